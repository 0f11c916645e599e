"""The sorted L1 penalty."""

from __future__ import annotations

import copy
import math

import numpy as np
from numba.extending import register_jitable
from scipy.special import ndtri

from .._validation import UNIT, check_parameter
from ._base import Penalty

# A dual point scaled onto its bound may lie beyond it by rounding.
ON_THE_BOUND = 1.0 + 1e-12


class SLOPE(Penalty):
    """P(b) = alpha sum_i w_i |b|_(i), with |b|_(1) >= |b|_(2) >= ... and weights w_1 >= w_2 >= ...

    The larger a coefficient is among the others, the more it pays. Sets small coefficients to exactly zero as L1 does,
    and makes those of correlated features exactly equal in size, so that they enter as clusters. With several outputs, the
    coefficients of each are sorted by themselves.

    Parameters
    ----------
    q : float, default=0.1
        The false discovery rate, in (0, 1), that the weights of Benjamini and Hochberg aim at: w_i = z(1 - q i / (2 p)) /
        z(1 - q / (2 p)), z being the quantiles of the normal distribution and p the number of features; the first is 1.
    weights : array-like of shape (n_features,), default=None
        The weights themselves, not increasing, the first > 0; `q` then plays no part. Equal weights are L1.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import SLOPE
    >>> model = PenalizedRegressor(penalty=SLOPE(), alpha=20.0, standardize=True).fit(*load_diabetes(return_X_y=True))
    >>> int((model.coef_ != 0).sum())
    4
    """

    name = "slope"
    grouped = True
    clusters = True

    def __init__(self, q=0.1, weights=None):
        self.q = q
        self.weights = weights

    def validate(self):
        check_parameter(self, "q", UNIT)
        if self.weights is None:
            return
        weights = np.asarray(self.weights, dtype=np.float64)
        fall = weights.ndim == 1 and len(weights) and np.all(np.diff(weights) <= 0.0)
        if not (fall and weights[0] > 0.0 and weights[-1] >= 0.0 and np.isfinite(weights[0])):
            raise ValueError(f"weights of SLOPE is {self.weights!r}; valid are numbers >= 0, not increasing, the first > 0.")

    def bind(self, n_features, feature_names=None):
        bound = copy.copy(self)
        if self.weights is None:
            places = np.arange(1, n_features + 1)
            bound._sorted = ndtri(1.0 - self.q * places / (2.0 * n_features)) / ndtri(1.0 - self.q / (2.0 * n_features))
        else:
            bound._sorted = np.ascontiguousarray(self.weights, dtype=np.float64)
            if len(bound._sorted) != n_features:
                raise ValueError(
                    f"weights of SLOPE has {len(bound._sorted)} numbers for {n_features} columns; valid is one each."
                )
        return bound

    def kernel_parameters(self):
        if not hasattr(self, "_sorted"):
            raise ValueError("SLOPE needs the number of columns: call bind(n_features) first.")
        return {"sorted": self._sorted}

    sorted = property(lambda self: self.kernel_parameters()["sorted"])

    def block_labels(self, n_features):
        return np.zeros(n_features, dtype=np.int64)

    def value(self, b, alpha):
        return alpha * abs(b) * self.sorted[0]

    def prox(self, z, step, alpha):
        return math.copysign(max(abs(z) - step * alpha * self.sorted[0], 0.0), z)

    def block_value(self, b, alpha, weight):
        sizes = np.sort(np.abs(b))
        total = 0.0
        for i in range(len(b)):
            total += self.sorted[i] * sizes[len(b) - 1 - i]
        return alpha * total

    def block_prox(self, z, step, alpha, weight, out):
        sorted_prox(z, step * alpha, self.sorted, out)

    def block_slope(self, b, alpha, weight, out):
        order = np.argsort(-np.abs(b))
        for i in range(len(b)):
            out[order[i]] = alpha * self.sorted[i] * np.sign(b[order[i]])

    def block_scale(self, v, alpha, weight):
        # v is in the dual ball if its k largest entries sum to no more than the k largest weights, for every k.
        sizes = np.sort(np.abs(v))
        scale, total, limit = 1.0, 0.0, 0.0
        for i in range(len(v)):
            total += sizes[len(v) - 1 - i]
            limit += alpha * self.sorted[i]
            if scale * total > limit:
                scale = limit / total
        return scale

    def block_conjugate_point(self, v, alpha, weight, out):
        outside = self.block_scale(v, alpha * ON_THE_BOUND, weight) < 1.0
        for i in range(len(v)):
            out[i] = math.inf if outside else 0.0

    def block_pieces(self, b, owner, sign, size, joined):
        order = np.argsort(np.abs(b))
        count = 0
        for place in order:
            length = abs(b[place])
            if length == 0.0:
                owner[place] = -1
                continue
            if count == 0 or length != size[count - 1]:
                size[count], joined[count] = length, count > 0
                count += 1
            owner[place], sign[place] = count - 1, math.copysign(1.0, b[place])
        return count

    @classmethod
    def examples(cls):
        return [cls(), cls(q=0.5)]


@register_jitable
def sorted_prox(z, strength, weights, out):
    """out = argmin over b of |b - z|^2 / 2 + strength sum_i weights_i |b|_(i)

    |z| sorted, less the weights, made not increasing by pooling neighbours, and cut off at zero.
    """
    size = len(z)
    order = np.argsort(-np.abs(z))
    totals, counts, pools = np.empty(size), np.empty(size, np.int64), 0
    for i in range(size):
        totals[pools], counts[pools] = abs(z[order[i]]) - strength * weights[i], 1
        while pools > 0 and totals[pools - 1] * counts[pools] <= totals[pools] * counts[pools - 1]:
            totals[pools - 1] += totals[pools]
            counts[pools - 1] += counts[pools]
            pools -= 1
        pools += 1
    i = 0
    for pool in range(pools):
        value = max(totals[pool] / counts[pool], 0.0)
        for _ in range(counts[pool]):
            out[order[i]] = math.copysign(value, z[order[i]]) if value > 0.0 else 0.0
            i += 1
