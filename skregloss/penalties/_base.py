"""What a penalty is: scalar functions of one coefficient and its strength, and the facts that solvers ask for."""

from __future__ import annotations

import math
import numbers
from typing import ClassVar

import numpy as np
from numba.extending import register_jitable
from sklearn.base import BaseEstimator

from .._jit import Jittable

# "Infinite" steps and coefficients, for the defaults that take limits numerically.
HUGE = 1e15
FARTHEST_COEFFICIENT = 1e12
# A dual point scaled onto the bound |v| <= alpha may lie beyond it by rounding.
ON_THE_BOUND = 1.0 + 1e-12
# More floats than the rounding of a closed form spans.
MOST_ROUNDINGS = 64


@register_jitable
def soft_threshold(z, threshold):
    """sign(z) max(|z| - threshold, 0)"""
    return math.copysign(abs(z) - threshold, z) if abs(z) > threshold else 0.0


class Penalty(Jittable, BaseEstimator):
    """A penalty P(b; alpha) of one coefficient b at strength alpha, with P(0) = 0 the least value.

    A subclass gives `value` and `prox`, and states what differs from the defaults below. Methods are plain scalar
    functions in NumPy or math calls: the solvers compile them. The strength is passed in, never stored.
    """

    # The string that names the penalty in an estimator.
    name: ClassVar[str] = ""
    # Whether P is a sum over coefficients (or groups of them), and whether it is convex.
    separable: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    # Whether it is a sum over groups of coefficients instead, and has the methods of `block_` for them.
    grouped: ClassVar[bool] = False
    # Whether it makes coefficients of a group equal, in value or in size; several outputs then have groups of their own.
    clusters: ClassVar[bool] = False
    # Whether it is a norm of the matrix of coefficients that makes its rank small; all coefficients are then one group.
    low_rank: ClassVar[bool] = False
    # Whether P of a group in which some coefficients are zero is the same function of the others alone.
    divisible: ClassVar[bool] = True
    # Whether P depends on |b| alone and does not decrease in it; a penalty that is not so cannot be added to L1.
    even: ClassVar[bool] = True
    # Whether `prox` can be computed; False for some sums, and `why_no_prox` then says why.
    has_prox: ClassVar[bool] = True

    # A NumPy number on the left of `*` leaves the product to `__rmul__`.
    __array_ufunc__ = None

    def value(self, b, alpha):
        """P(b; alpha)"""
        raise NotImplementedError

    def prox(self, z, step, alpha):
        """argmin over b of (b - z)^2 / 2 + step P(b; alpha): the global one, for every step > 0; 0 in a tie with 0"""
        raise NotImplementedError

    def derivative(self, b, alpha):
        """P'(b) at b != 0; a central difference unless overridden."""
        h = 1e-6 * abs(b)
        return (self.value(b + h, alpha) - self.value(b - h, alpha)) / (2.0 * h)

    def curvature(self, b, alpha):
        """P''(b) at b != 0; a central difference unless overridden."""
        h = 1e-4 * abs(b)
        return (self.derivative(b + h, alpha) - self.derivative(b - h, alpha)) / (2.0 * h)

    def subdiff_distance(self, b, grad, alpha):
        """How far -grad is from the subdifferential of P at b: zero exactly where grad + P has a stationary point."""
        if b != 0.0:
            return abs(grad + self.derivative(b, alpha))
        # For convex P, prox_P(-grad) = 0 exactly where -grad is a subgradient at 0, and it moves away at unit rate.
        return abs(self.prox(-grad, 1.0, alpha))

    def conjugate_point(self, v, alpha):
        """argmax over b of v b - P(b), infinite if not attained, for convex P: prox(step v) for a huge step."""
        b = self.prox(HUGE * v, HUGE, alpha)
        return b if abs(b) < FARTHEST_COEFFICIENT else np.sign(b) * np.inf

    def conjugate(self, v, alpha):
        """sup over b of v b - P(b; alpha)"""
        b = self.conjugate_point(v, alpha)
        return v * b - self.value(b, alpha) if np.isfinite(b) else np.inf

    def entry_alpha(self, grad, step):
        """The least alpha at which b = 0 is the prox fixed point for this gradient and step; infinite without one."""
        return self.bisect_entry(grad, step)

    def bisect_entry(self, grad, step):
        """`entry_alpha`, to the last float, for any P that does not decrease in alpha."""
        if grad == 0.0:
            return 0.0
        z = -step * grad
        high = abs(grad)
        while self.prox(z, step, high) != 0.0:
            high *= 2.0
            if high > HUGE * abs(grad):
                return np.inf
        low = 0.0
        for _ in range(200):
            middle = 0.5 * (low + high)
            if middle <= low or middle >= high:
                break
            if self.prox(z, step, middle) == 0.0:
                high = middle
            else:
                low = middle
        return high

    def round_entry_up(self, alpha, grad, step):
        """The first float from `alpha` on at which the prox is 0, since closed forms of `entry_alpha` are rounded."""
        for _ in range(MOST_ROUNDINGS):
            if alpha == np.inf or self.prox(-step * grad, step, alpha) == 0.0:
                break
            alpha = np.nextafter(alpha, np.inf)
        return alpha

    def l1_l2_parts(self) -> tuple[float, float] | None:
        """(c, d) if P(b; alpha) = alpha (c |b| + d b^2 / 2), for which there is an exact solver; else None."""
        return None

    def terms(self) -> list:
        """The (factor, penalty) that add up to this penalty; more than one for a sum."""
        return [(1.0, self)]

    def why_no_prox(self) -> str:
        """Why `has_prox` is False, in a sentence; empty if it is not."""
        return ""

    def block_labels(self, n_features: int) -> np.ndarray | None:
        """The position of each column's group, for a penalty of groups; None for one of single coefficients."""
        return None

    def block_weights(self, labels: np.ndarray) -> np.ndarray:
        """The weight of each group."""
        return np.ones(labels.max(initial=-1) + 1)

    def block_places(self, n_features: int) -> np.ndarray:
        """What the columns of a group are ordered by."""
        return np.arange(n_features)

    @property
    def per_output(self) -> bool:
        """Whether each output has groups of its own."""
        return self.clusters

    def difference_factor(self) -> float | None:
        """c if P is alpha c sum |b_j - b_{j-1}| along each group and no more; else None."""
        return None

    def plus_l1(self, factor: float) -> Penalty | None:
        """This penalty plus `factor` times L1, if that is a penalty of the same kind but not by soft thresholds; else None."""
        return None

    def for_outputs(self, count: int) -> Penalty:
        """The penalty of the coefficients of so many outputs."""
        return self

    # For a penalty of groups, b being the coefficients of one of them and weight its weight:

    def block_value(self, b, alpha, weight):
        """P(b)"""
        raise NotImplementedError

    def block_prox(self, z, step, alpha, weight, out):
        """out = argmin over b of |b - z|^2 / 2 + step P(b)"""
        raise NotImplementedError

    def block_distance(self, b, grad, alpha, weight):
        """How far -grad is from the subdifferential of P at b"""
        raise NotImplementedError

    def block_slope(self, b, alpha, weight, out):
        """out = P'(b) at b != 0"""
        raise NotImplementedError

    def block_bend(self, b, alpha, weight, out):
        """out = P''(b), a matrix, at b != 0"""
        raise NotImplementedError

    def block_scale(self, v, alpha, weight):
        """The largest s <= 1 such that the conjugate of P is finite at s v, for convex P"""
        raise NotImplementedError

    def block_conjugate_point(self, v, alpha, weight, out):
        """out = argmax over b of v'b - P(b), for convex P and v where it is attained"""
        raise NotImplementedError

    def block_pieces(self, b, owner, sign, size, joined):
        """For a penalty that makes coefficients equal: b_j = sign_j size_o, o = owner_j, or owner_j = -1 where b_j = 0

        As long as the sizes keep their sign, and those of o and o - 1 their order if joined_o, P is linear in them. Returns
        their number.
        """
        raise NotImplementedError

    def bind(self, n_features: int, feature_names=None) -> Penalty:
        """The penalty with everything that depends on the columns resolved."""
        return self

    def validate(self) -> None:
        """Raise a ValueError or TypeError, naming parameter and valid values, if a parameter is not valid."""

    @classmethod
    def examples(cls) -> list:
        """Instances that between them show everything the class can do; tests run over all of them."""
        return [cls()]

    def __add__(self, other):
        if not isinstance(other, Penalty):
            return NotImplemented
        from .sum import Sum

        return Sum(self, other)

    def __radd__(self, other):
        # What `sum` begins with.
        return self if isinstance(other, numbers.Real) and other == 0 else NotImplemented

    def __truediv__(self, divisor):
        return self * (1.0 / float(divisor)) if isinstance(divisor, numbers.Real) else NotImplemented

    def __mul__(self, factor):
        if not np.isscalar(factor):
            return NotImplemented
        from .scaled import Scaled

        return Scaled(self, factor)

    __rmul__ = __mul__
