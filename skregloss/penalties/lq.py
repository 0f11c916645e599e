"""The Lq penalty."""

from __future__ import annotations

import math

from .._validation import UNIT, check_parameter
from ._base import Penalty

MOST_NEWTON_STEPS = 50


class Lq(Penalty):
    """P(b) = alpha |b|^q

    Sets coefficients to exactly zero more readily than L1, and shrinks those it keeps less the larger they are.
    Between 0 and the smallest coefficient it keeps there is a gap.

    Parameters
    ----------
    q : float, default=0.5
        The power, in (0, 1). Values near 1 approach L1, values near 0 approach L0. 1/2 and 2/3 are fastest.

    Examples
    --------
    >>> from skregloss.penalties import Lq
    >>> penalty = Lq(0.5)
    >>> penalty.prox(0.8, 1.0, 0.5), round(penalty.prox(2.0, 1.0, 0.5), 3)
    (0.0, 1.814)
    """

    name = "lq"
    convex = False

    def __init__(self, q=0.5):
        self.q = q

    def value(self, b, alpha):
        return alpha * abs(b) ** self.q

    def prox(self, z, step, alpha):
        size, strength = abs(z), step * alpha
        if strength == 0.0:
            return z
        # A stationary point as good as 0 solves b - z + strength q b^(q-1) = 0 and b^2/2 - z b + strength b^q = 0:
        # b = (2 (1-q) strength)^(1/(2-q)), at z = (2-q) / (2 (1-q)) b. Below that z the answer is 0.
        smallest = (2.0 * (1.0 - self.q) * strength) ** (1.0 / (2.0 - self.q))
        if size <= (2.0 - self.q) / (2.0 * (1.0 - self.q)) * smallest:
            return 0.0
        return z * self.relative_root(smallest / size)

    def relative_root(self, smallest):
        """The larger root t = b / z of t - 1 + c t^(q-1) = 0 with c = q / (2 (1-q)) smallest^(2-q)."""
        c = 0.5 * self.q / (1.0 - self.q) * smallest ** (2.0 - self.q)
        if self.q == 0.5:
            # t = x^2 with x^3 - x + c = 0, by the cosine of a third of an angle.
            angle = math.acos(-1.5 * math.sqrt(3.0) * c)
            return min(4.0 / 3.0 * math.cos(angle / 3.0) ** 2, 1.0)
        if self.q == 2.0 / 3.0:
            # t = x^3 with x^4 - x + c = (x^2 + a x + .) (x^2 - a x + .), where w = a^2 solves w^3 - 4 c w - 1 = 0.
            third = 4.0 / 3.0 * c
            cube_root = (0.5 + math.sqrt(0.25 - third**3)) ** (1.0 / 3.0)
            w = cube_root + third / cube_root
            a = math.sqrt(w)
            return min((0.5 * (a + math.sqrt(2.0 / a - w))) ** 3, 1.0)
        # Convex, and positive at 1: Newton's method descends from there to the root without passing it.
        t = 1.0
        for _ in range(MOST_NEWTON_STEPS):
            pull = c * t ** (self.q - 1.0)
            lower = max(t - (t - 1.0 + pull) / (1.0 - (1.0 - self.q) * pull / t), smallest)
            if not lower < t:
                break
            t = lower
        return t

    def derivative(self, b, alpha):
        return self.q * self.value(b, alpha) / b

    def curvature(self, b, alpha):
        return (self.q - 1.0) * self.derivative(b, alpha) / b

    def subdiff_distance(self, b, grad, alpha):
        # The slope at 0 is infinite, so that 0 is stationary for every gradient.
        return abs(grad + self.derivative(b, alpha)) if b != 0.0 else 0.0

    def entry_alpha(self, grad, step):
        # The threshold on z in `prox`, solved for alpha.
        twice = 2.0 * (1.0 - self.q)
        smallest = twice / (2.0 - self.q) * step * abs(grad)
        return self.round_entry_up(smallest ** (2.0 - self.q) / (twice * step), grad, step)

    def validate(self):
        check_parameter(self, "q", UNIT)

    @classmethod
    def examples(cls):
        return [cls(), cls(2 / 3), cls(0.1), cls(0.8)]
