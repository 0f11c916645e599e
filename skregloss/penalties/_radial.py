"""Penalties of the length of a group of coefficients."""

from __future__ import annotations

import copy
import math

from numba.extending import register_jitable

from ._base import Penalty
from ._groups import group_weights, resolve_groups

# A length so large that P(b)/b is the slope of the penalty at infinity.
FAR = 1e15


class Radial(Penalty):
    """P(B) = sum_g rho(|b_g|_2; alpha weight_g), rho a penalty of one number, the `radius`

    Groups of coefficients go to zero together. A subclass says what `radius` is; coefficients in no group are groups of
    their own. With several outputs, a group holds the coefficients of its columns for all of them.

    Parameters
    ----------
    groups : list, dict, int or None, default=None
        Lists of columns by name or position, a label per column, a dict from names to columns, or an int k for
        consecutive groups of k columns. None makes each column a group of its own.
    weights : array-like or dict, default=None
        A factor > 0 per group, in the order of `groups` (of the sorted labels if labels are given); the square roots of the
        numbers of columns if None.
    """

    grouped = True

    def __init__(self, groups=None, weights=None):
        self.groups = groups
        self.weights = weights

    @property
    def radius(self) -> Penalty:
        """The penalty of the length."""
        raise NotImplementedError

    def kernel_parameters(self):
        return {"radius": self.radius}

    def bind(self, n_features, feature_names=None):
        bound = copy.copy(self)
        names, bound._labels = resolve_groups(self.groups, n_features, feature_names)
        bound._weights = group_weights(self.weights, names, bound._labels)
        return bound

    def block_labels(self, n_features):
        if not hasattr(self, "_labels"):
            return self.bind(n_features)._labels
        return self._labels

    def block_weights(self, labels):
        if not hasattr(self, "_weights"):
            return self.bind(len(labels))._weights
        return self._weights

    def block_value(self, b, alpha, weight):
        return self.radius.value(norm(b), alpha * weight)

    def block_prox(self, z, step, alpha, weight, out):
        # The loss term depends on the direction of b only through its angle to z: b lies along z.
        length = norm(z)
        factor = self.radius.prox(length, step, alpha * weight) / length if length > 0.0 else 0.0
        for i in range(len(z)):
            out[i] = factor * z[i]

    def block_distance(self, b, grad, alpha, weight):
        length = norm(b)
        if length == 0.0:
            return self.radius.subdiff_distance(0.0, norm(grad), alpha * weight)
        slope = self.radius.derivative(length, alpha * weight) / length
        total = 0.0
        for i in range(len(b)):
            total += (grad[i] + slope * b[i]) ** 2
        return math.sqrt(total)

    def block_slope(self, b, alpha, weight, out):
        length = norm(b)
        slope = self.radius.derivative(length, alpha * weight) / length
        for i in range(len(b)):
            out[i] = slope * b[i]

    def block_bend(self, b, alpha, weight, out):
        # rho'' along b, rho' / |b| across it.
        length = norm(b)
        across = self.radius.derivative(length, alpha * weight) / length
        along = (self.radius.curvature(length, alpha * weight) - across) / length**2
        for i in range(len(b)):
            for j in range(len(b)):
                out[i, j] = along * b[i] * b[j]
            out[i, i] += across

    def block_scale(self, v, alpha, weight):
        length = norm(v)
        slope = self.radius.value(FAR, alpha * weight) / FAR
        return slope / length if length > slope else 1.0

    def block_conjugate_point(self, v, alpha, weight, out):
        length = norm(v)
        point = self.radius.conjugate_point(length, alpha * weight)
        for i in range(len(v)):
            out[i] = point * v[i] / length if length > 0.0 and point > 0.0 else 0.0

    def value(self, b, alpha):
        return self.radius.value(b, alpha)

    def prox(self, z, step, alpha):
        return self.radius.prox(z, step, alpha)

    def derivative(self, b, alpha):
        return self.radius.derivative(b, alpha)

    def curvature(self, b, alpha):
        return self.radius.curvature(b, alpha)

    def subdiff_distance(self, b, grad, alpha):
        return self.radius.subdiff_distance(b, grad, alpha)

    def conjugate_point(self, v, alpha):
        return self.radius.conjugate_point(v, alpha)

    def conjugate(self, v, alpha):
        return self.radius.conjugate(v, alpha)

    def entry_alpha(self, grad, step):
        return self.radius.entry_alpha(grad, step)

    def validate(self):
        self.radius.validate()


@register_jitable
def norm(vector):
    """|vector|_2, without overflow"""
    largest = 0.0
    for i in range(len(vector)):
        largest = max(largest, abs(vector[i]))
    if not 0.0 < largest < math.inf:
        return largest
    total = 0.0
    for i in range(len(vector)):
        total += (vector[i] / largest) ** 2
    return largest * math.sqrt(total)
