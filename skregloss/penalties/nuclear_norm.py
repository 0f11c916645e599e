"""The nuclear norm of the coefficients of several outputs."""

from __future__ import annotations

import copy
import math

import numpy as np
from numba.extending import register_jitable

from ._base import ON_THE_BOUND, Penalty, soft_threshold


class NuclearNorm(Penalty):
    """P(B) = alpha sum_k s_k(B), s_k the singular values of the coefficients B of all outputs

    Makes the rank of B small: the outputs (or classes) then depend on few combinations of the columns, shared by all of
    them. With one output it is the length of the coefficients, as `GroupL2` of a single group with weight 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_linnerud
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import NuclearNorm
    >>> X, y = load_linnerud(return_X_y=True)
    >>> model = PenalizedRegressor(penalty=NuclearNorm(), alpha=5.0, standardize=True).fit(X, y)
    >>> int(np.linalg.matrix_rank(model.coef_))
    1
    """

    name = "nuclear"
    grouped = True
    low_rank = True
    divisible = False
    even = False

    def for_outputs(self, count):
        bound = copy.copy(self)
        bound._outputs = count
        return bound

    def kernel_parameters(self):
        return {"outputs": getattr(self, "_outputs", 1)}

    # What kernels find in the lowered object, for plain Python.
    outputs = property(lambda self: self.kernel_parameters()["outputs"])

    def block_labels(self, n_features):
        return np.zeros(n_features, dtype=np.int64)

    def value(self, b, alpha):
        return alpha * abs(b)

    def prox(self, z, step, alpha):
        return soft_threshold(z, step * alpha)

    def block_value(self, b, alpha, weight):
        _, values, _ = singular_values(b, int(self.outputs))
        return alpha * np.sum(values)

    def block_prox(self, z, step, alpha, weight, out):
        left, values, right = singular_values(z, int(self.outputs))
        for i in range(len(z)):
            out[i] = 0.0
        width = right.shape[1]
        for k in range(len(values)):
            shrunk = values[k] - step * alpha
            if shrunk > 0.0:
                for i in range(left.shape[0]):
                    for j in range(width):
                        out[i * width + j] += shrunk * left[i, k] * right[k, j]

    def block_scale(self, v, alpha, weight):
        _, values, _ = singular_values(v, int(self.outputs))
        return alpha / values[0] if values[0] > alpha else 1.0

    def block_conjugate_point(self, v, alpha, weight, out):
        _, values, _ = singular_values(v, int(self.outputs))
        for i in range(len(v)):
            out[i] = math.inf if values[0] > alpha * ON_THE_BOUND else 0.0


@register_jitable
def singular_values(b, outputs):
    """The singular value decomposition of b, its rows output after output; infinite values where b is not finite"""
    matrix = np.empty((outputs, len(b) // outputs))
    largest = 0.0
    for i in range(outputs):
        for j in range(matrix.shape[1]):
            matrix[i, j] = b[i * matrix.shape[1] + j]
            largest = max(largest, abs(matrix[i, j]))
            if not math.isfinite(matrix[i, j]):
                largest = math.inf
    if not 0.0 < largest < math.inf:
        # Nothing to decompose.
        rank = min(matrix.shape[0], matrix.shape[1])
        return np.zeros((outputs, rank)), np.full(rank, largest), np.zeros((rank, matrix.shape[1]))
    left, values, right = np.linalg.svd(matrix / largest, False)
    return left, values * largest, right
