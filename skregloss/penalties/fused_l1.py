"""The fused lasso."""

from __future__ import annotations

import copy
import math

import numpy as np

from .._validation import CLOSED_UNIT, check_parameter
from ._base import ON_THE_BOUND, Penalty, soft_threshold
from ._chains import resolve_chains
from ._total_variation import fused_dual_norm, total_variation_prox


class FusedL1(Penalty):
    """P(b) = alpha (r |b|_1 + (1 - r) sum_j |b_j - b_{j-1}|), r being `l1_ratio`

    The fused lasso: neighbouring coefficients become exactly equal, so that the coefficients are constant piece by piece
    along an order of the columns such as time, wavelength or the levels of an ordered factor. With r > 0 pieces become exactly
    zero as well. With r = 0 (total variation) a shift of a whole chain costs nothing, and alpha_max is the least alpha at
    which all differences vanish; if the sum of a chain's columns separates classes there is no minimum, as for any column that
    is not penalised, and the fit says so. With several outputs, each has its own chains.

    Parameters
    ----------
    l1_ratio : float, default=0
        The share r of L1, in [0, 1].
    chain : list or None, default=None
        The order of the columns along which differences are taken: None for their order in X, a list of columns by name or
        position, or a list of such lists for several chains. A column in no chain is a chain of its own: it has no
        differences, and pays for its size only. Penalty factors must be the same along a chain.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import FusedL1
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(100, 8))
    >>> y = X @ [0, 0, 0, 2, 2, 2, 0, 0] + rng.normal(size=100)
    >>> PenalizedRegressor(penalty=FusedL1(), alpha=0.2).fit(X, y).coef_.round(2)
    array([0.06, 0.06, 0.06, 1.82, 1.82, 1.82, 0.1 , 0.1 ])
    >>> PenalizedRegressor(penalty=FusedL1(l1_ratio=0.5), alpha=0.2).fit(X, y).coef_.round(2)
    array([0.  , 0.  , 0.  , 1.77, 1.81, 1.81, 0.  , 0.  ])
    """

    name = "fused_l1"
    divisible = False
    even = False

    def __init__(self, l1_ratio=0.0, chain=None):
        self.l1_ratio = l1_ratio
        self.chain = chain

    # All of it L1 is L1.
    grouped = property(lambda self: self.l1_ratio != 1.0)
    clusters = property(lambda self: self.l1_ratio != 1.0)

    def validate(self):
        check_parameter(self, "l1_ratio", CLOSED_UNIT)

    def bind(self, n_features, feature_names=None):
        bound = copy.copy(self)
        bound._labels, bound._places = resolve_chains(self.chain, n_features, feature_names)
        return bound

    def plus_l1(self, factor):
        more = copy.copy(self)
        more._more_l1 = factor
        return more

    def kernel_parameters(self):
        return {"l1": self.l1_ratio + getattr(self, "_more_l1", 0.0), "differences": 1.0 - self.l1_ratio}

    # What kernels find in the lowered object, for plain Python.
    l1 = property(lambda self: self.kernel_parameters()["l1"])
    differences = property(lambda self: self.kernel_parameters()["differences"])

    def l1_l2_parts(self):
        return (1.0, 0.0) if self.l1_ratio == 1.0 else None

    def difference_factor(self):
        return self.differences if self.l1 == 0.0 else None

    def block_labels(self, n_features):
        if not self.grouped:
            return None
        return self._labels if hasattr(self, "_labels") else self.bind(n_features)._labels

    def block_places(self, n_features):
        return self._places if hasattr(self, "_places") else self.bind(n_features)._places

    def value(self, b, alpha):
        return alpha * self.l1 * abs(b)

    def prox(self, z, step, alpha):
        return soft_threshold(z, step * alpha * self.l1)

    def derivative(self, b, alpha):
        return math.copysign(alpha * self.l1, b)

    def curvature(self, b, alpha):
        return 0.0

    def conjugate_point(self, v, alpha):
        return 0.0 if abs(v) <= alpha * self.l1 * ON_THE_BOUND else math.copysign(math.inf, v)

    def block_value(self, b, alpha, weight):
        total = 0.0
        for i in range(len(b)):
            total += self.l1 * abs(b[i])
            if i > 0:
                total += self.differences * abs(b[i] - b[i - 1])
        return alpha * total

    def block_prox(self, z, step, alpha, weight, out):
        # Moving the prox of the differences towards zero, coefficient by coefficient, leaves all signs of differences or
        # makes them zero.
        total_variation_prox(z, step * alpha * self.differences, out)
        for i in range(len(z)):
            out[i] = soft_threshold(out[i], step * alpha * self.l1)

    def block_slope(self, b, alpha, weight, out):
        for i in range(len(b)):
            before = np.sign(b[i] - b[i - 1]) if i > 0 else 0.0
            after = np.sign(b[i + 1] - b[i]) if i + 1 < len(b) else 0.0
            out[i] = alpha * (self.l1 * np.sign(b[i]) + self.differences * (before - after))

    def block_scale(self, v, alpha, weight):
        norm = fused_dual_norm(v, alpha * self.l1, alpha * self.differences)
        return 1.0 / norm if norm > 1.0 else 1.0

    def block_conjugate_point(self, v, alpha, weight, out):
        outside = fused_dual_norm(v, alpha * self.l1, alpha * self.differences) > ON_THE_BOUND
        for i in range(len(v)):
            out[i] = math.inf if outside else 0.0

    def block_pieces(self, b, owner, sign, size, joined):
        count = 0
        for i in range(len(b)):
            begins = i == 0 or b[i] != b[i - 1]
            if begins and b[i] != 0.0:
                size[count] = b[i]
                joined[count] = i > 0 and b[i - 1] != 0.0
                count += 1
            owner[i], sign[i] = count - 1 if b[i] != 0.0 else -1, 1.0
        return count

    @classmethod
    def examples(cls):
        return [cls(), cls(0.5), cls(0.2, chain=[[3, 0, 1], [5, 2]]), cls(1.0)]
