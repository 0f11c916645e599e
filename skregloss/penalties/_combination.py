"""The one form that every sum and every multiple of penalties is brought to."""

from __future__ import annotations

import math

import numpy as np

from ._base import ON_THE_BOUND, Penalty, soft_threshold
from .no_penalty import NoPenalty


class Combination(Penalty):
    """P(b) = scale core(b) + alpha (l1 |b| + l2 b^2 / 2)

    However deeply sums and multiples are nested, kernels see one core with three numbers. `Sum` and `Scaled` differ
    in `terms` only.
    """

    def gather(self):
        """The (factor, penalty) of terms that are not of the L1 and L2 kind, and how much L1 and L2 the rest is."""
        cores, l1, l2 = [], 0.0, 0.0
        for factor, penalty in self.terms():
            parts = penalty.l1_l2_parts()
            if parts is not None:
                l1 += factor * parts[0]
                l2 += factor * parts[1]
            elif factor != 0.0:
                cores.append((factor, penalty))
        if l1 > 0.0 and len(cores) == 1:
            factor, core = cores[0]
            together = core.plus_l1(l1 / factor)
            if together is not None:
                cores, l1 = [(factor, together)], 0.0
        return cores, l1, l2

    def kernel_parameters(self):
        cores, l1, l2 = self.gather()
        if len(cores) > 1:
            raise ValueError(self.why_no_prox())
        scale, core = cores[0] if cores else (1.0, NoPenalty())
        return {"core": core, "scale": scale, "l1": l1, "l2": l2}

    # What kernels find in the lowered object, for plain Python.
    core = property(lambda self: self.kernel_parameters()["core"])
    scale = property(lambda self: self.kernel_parameters()["scale"])
    l1 = property(lambda self: self.kernel_parameters()["l1"])
    l2 = property(lambda self: self.kernel_parameters()["l2"])

    separable = property(lambda self: all(penalty.separable for _, penalty in self.terms()))
    convex = property(lambda self: all(penalty.convex for _, penalty in self.gather()[0]))
    grouped = property(lambda self: any(penalty.grouped for _, penalty in self.gather()[0]))
    clusters = property(lambda self: any(penalty.clusters for _, penalty in self.gather()[0]))
    low_rank = property(lambda self: any(penalty.low_rank for _, penalty in self.gather()[0]))
    divisible = property(lambda self: all(penalty.divisible for _, penalty in self.gather()[0]))
    even = property(lambda self: all(penalty.even for _, penalty in self.terms()))
    has_prox = property(lambda self: not self.why_no_prox())

    def why_no_prox(self):
        cores, l1, _ = self.gather()
        names = " and ".join(type(penalty).__name__ for _, penalty in cores)
        if len(cores) > 1:
            return f"The sum of {names} has no prox; a sum may have one term besides L1, L2 and ElasticNet."
        if cores and l1 != 0.0 and not cores[0][1].even:
            return f"The sum of {names} and L1 has no prox, because {names} is not declared `even`; add L2 only."
        return cores[0][1].why_no_prox() if cores else ""

    def l1_l2_parts(self):
        cores, l1, l2 = self.gather()
        return None if cores else (l1, l2)

    def value(self, b, alpha):
        return self.scale * self.core.value(b, alpha) + alpha * self.l1 * abs(b) + 0.5 * alpha * self.l2 * b * b

    def prox(self, z, step, alpha):
        # L2: (b - z)^2 / 2 + step d b^2 / 2 is, up to a constant, (1 + step d) (b - z / (1 + step d))^2 / 2; dividing
        # by 1 + step d leaves the other terms with a shorter step.
        shrink = 1.0 + step * alpha * self.l2
        z, step = z / shrink, step / shrink
        # L1, with a core that is even and does not decrease in |b|: let z >= 0, so that b >= 0 too. There
        # (b - z)^2 / 2 + step c b is, up to a constant, (b - (z - step c))^2 / 2. If z - step c >= 0, this is the
        # core's prox there; if it is negative, all terms increase with b, and b = 0.
        return self.core.prox(soft_threshold(z, step * alpha * self.l1), self.scale * step, alpha)

    def derivative(self, b, alpha):
        return self.scale * self.core.derivative(b, alpha) + math.copysign(alpha * self.l1, b) + alpha * self.l2 * b

    def curvature(self, b, alpha):
        return self.scale * self.core.curvature(b, alpha) + alpha * self.l2

    def subdiff_distance(self, b, grad, alpha):
        if b != 0.0:
            rest = grad + math.copysign(alpha * self.l1, b) + alpha * self.l2 * b
        else:
            rest = soft_threshold(grad, alpha * self.l1)
        return self.scale * self.core.subdiff_distance(b, rest / self.scale, alpha)

    def excess(self, v, alpha):
        """What L1 leaves of the slope v, as in `prox`."""
        l1 = alpha * self.l1
        on_the_bound = self.l2 * alpha == 0.0 and abs(v) <= l1 * ON_THE_BOUND
        return 0.0 if on_the_bound else soft_threshold(v, l1)

    def conjugate_point(self, v, alpha):
        l2, excess = alpha * self.l2, self.excess(v, alpha)
        if l2 == 0.0:
            return self.core.conjugate_point(excess / self.scale, alpha)
        # excess b - l2 b^2 / 2 is, up to a constant, -l2 (b - excess / l2)^2 / 2.
        return self.core.prox(excess / l2, self.scale / l2, alpha)

    def conjugate(self, v, alpha):
        l2, excess = alpha * self.l2, self.excess(v, alpha)
        if l2 == 0.0:
            return self.scale * self.core.conjugate(excess / self.scale, alpha)
        b = self.conjugate_point(v, alpha)
        return excess * b - 0.5 * l2 * b * b - self.scale * self.core.value(b, alpha)

    def entry_alpha(self, grad, step):
        if grad == 0.0:
            return 0.0
        if self.l1 == 0.0 and self.l2 == 0.0:
            return self.round_entry_up(self.core.entry_alpha(grad / self.scale, self.scale * step), grad, step)
        if self.l1 > 0.0:
            # Where L1 does it alone; mostly the core helps.
            alpha = self.round_entry_up(abs(grad) / self.l1, grad, step)
            if self.prox(-step * grad, step, alpha * (1.0 - 1e-12)) != 0.0:
                return alpha
        return self.bisect_entry(grad, step)

    def block_labels(self, n_features):
        labels = [penalty.block_labels(n_features) for _, penalty in self.gather()[0]]
        return labels[0] if labels else None

    def block_weights(self, labels):
        return self.core.block_weights(labels)

    def block_places(self, n_features):
        return self.core.block_places(n_features)

    def difference_factor(self):
        cores, l1, l2 = self.gather()
        if len(cores) != 1 or l1 != 0.0 or l2 != 0.0:
            return None
        factor, core = cores[0]
        own = core.difference_factor()
        return None if own is None else factor * own

    def block_value(self, b, alpha, weight):
        total = self.scale * self.core.block_value(b, alpha, weight)
        for i in range(len(b)):
            total += alpha * self.l1 * abs(b[i]) + 0.5 * alpha * self.l2 * b[i] * b[i]
        return total

    def block_prox(self, z, step, alpha, weight, out):
        # As in `prox`: L2 shortens the step, and L1 is taken off the coefficients before the core sees them.
        shrink = 1.0 + step * alpha * self.l2
        step = step / shrink
        rest = np.empty(len(z))
        for i in range(len(z)):
            rest[i] = soft_threshold(z[i] / shrink, step * alpha * self.l1)
        self.core.block_prox(rest, self.scale * step, alpha, weight, out)

    def block_distance(self, b, grad, alpha, weight):
        rest = np.empty(len(b))
        for i in range(len(b)):
            if b[i] != 0.0:
                rest[i] = grad[i] + math.copysign(alpha * self.l1, b[i]) + alpha * self.l2 * b[i]
            else:
                rest[i] = soft_threshold(grad[i], alpha * self.l1)
            rest[i] /= self.scale
        return self.scale * self.core.block_distance(b, rest, alpha, weight)

    def block_slope(self, b, alpha, weight, out):
        self.core.block_slope(b, alpha, weight, out)
        for i in range(len(b)):
            out[i] = self.scale * out[i] + alpha * self.l2 * b[i]
            if b[i] != 0.0:
                out[i] += math.copysign(alpha * self.l1, b[i])

    def block_bend(self, b, alpha, weight, out):
        self.core.block_bend(b, alpha, weight, out)
        for i in range(len(b)):
            for j in range(len(b)):
                out[i, j] *= self.scale
            out[i, i] += alpha * self.l2

    def block_excess(self, v, alpha, factor):
        """What L1 leaves of the slopes factor v."""
        rest = np.empty(len(v))
        for i in range(len(v)):
            rest[i] = self.excess(factor * v[i], alpha)
        return rest

    def block_scale(self, v, alpha, weight):
        if alpha * self.l2 > 0.0:
            return 1.0
        if self.l1 == 0.0:
            return self.core.block_scale(v / self.scale, alpha, weight)
        low, high = 0.0, 1.0
        if self.core.block_scale(self.block_excess(v, alpha, high) / self.scale, alpha, weight) == 1.0:
            return high
        # What L1 leaves grows with the factor faster than in proportion: the factors that do are an interval from 0.
        for _ in range(60):
            middle = 0.5 * (low + high)
            if self.core.block_scale(self.block_excess(v, alpha, middle) / self.scale, alpha, weight) == 1.0:
                low = middle
            else:
                high = middle
        return low

    def block_conjugate_point(self, v, alpha, weight, out):
        l2, rest = alpha * self.l2, self.block_excess(v, alpha, 1.0)
        if l2 == 0.0:
            self.core.block_conjugate_point(rest / self.scale, alpha, weight, out)
        else:
            self.core.block_prox(rest / l2, self.scale / l2, alpha, weight, out)

    def block_pieces(self, b, owner, sign, size, joined):
        return self.core.block_pieces(b, owner, sign, size, joined)
