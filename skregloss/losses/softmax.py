"""The log loss of more than two classes."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._base import Loss
from ._joint import output_owners, stacked


class Softmax(Loss):
    """log(sum_k exp(eta_k)) - eta_y, with a linear predictor for each class

    What `LogLoss` is for more than two classes: the multinomial likelihood in its symmetric form. Adding a constant to all
    linear predictors of a sample changes nothing, so that intercepts are made to sum to zero over classes.

    Parameters
    ----------
    n_classes : int, default=3
        The number of classes; y is coded from 0 on.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss.losses import Softmax
    >>> Softmax(3).probabilities(np.array([[0.0, 0.0, np.log(2.0)]])).round(2).tolist()
    [[0.25, 0.25, 0.5]]
    """

    classification = True
    defines_probability = True
    joint = True
    predictor_per_class = True

    def __init__(self, n_classes=3):
        self.n_classes = n_classes

    def for_classes(self, count):
        return type(self)(count)

    def joint_term(self, y, weights, total):
        return SoftmaxTerm(int(self.n_classes), y, weights)

    def probabilities(self, eta):
        shifted = np.exp(eta - eta.max(axis=1, keepdims=True))
        return shifted / shifted.sum(axis=1, keepdims=True)

    @classmethod
    def examples(cls):
        return [cls(3), cls(5)]


class SoftmaxTerm:
    """sum_i w_i (log sum_k exp(eta_ik) - eta_i,y_i), class after class in eta."""

    repeats = 1

    def __init__(self, n_classes, y, weights):
        self.copies = n_classes
        self.y = np.asarray(y).astype(np.int64)
        self.sample_weights = weights
        self.weights = np.tile(weights, n_classes)

    def rows_of(self, predictors):
        return predictors.T.ravel()

    def arrange_offset(self, offset):
        return stacked(offset, len(self.y), self.copies)

    def intercept_owners(self, wanted):
        return output_owners(wanted, len(self.y), self.copies)

    def starting_intercepts(self, offset):
        shares = np.bincount(self.y, self.sample_weights, self.copies)
        logs = np.log(np.maximum(shares, np.finfo(float).tiny))
        return logs - logs.mean()

    def centred(self, coef, intercept, unpenalized):
        """The same model with intercepts and unpenalised coefficients that sum to zero over classes"""
        coef = coef.copy()
        coef[:, unpenalized] -= coef[:, unpenalized].mean(axis=0)
        return coef, intercept - intercept.mean() if len(intercept) else intercept

    def value(self, eta):
        return softmax_value(eta.reshape(self.copies, -1), self.y, self.sample_weights)

    def derivatives(self, eta):
        eta = eta.reshape(self.copies, -1)
        shares, gradient = np.empty_like(eta), np.empty_like(eta)
        value = softmax_derivatives(eta, self.y, self.sample_weights, shares, gradient)
        weights = self.sample_weights * shares
        return value, gradient.ravel(), weights.ravel(), SoftmaxCoupling(self.sample_weights, shares)

    def floor(self):
        return 0.0, np.log(self.copies)

    def gap(self, eta, scale):
        return softmax_gap(eta.reshape(self.copies, -1), self.y, self.sample_weights, scale)


class SoftmaxCoupling:
    """-w_i p_ik p_il between the linear predictors k and l of a sample."""

    def __init__(self, weights, shares):
        self.weights, self.shares = weights, shares

    def scaled(self, factor):
        return SoftmaxCoupling(factor * self.weights, self.shares)

    def apply(self, vector):
        parts = vector.reshape(self.shares.shape)
        mean = np.einsum("ki,ki->i", self.shares, parts)
        return -(self.weights * mean * self.shares).ravel()

    def gram(self, design, columns, others):
        result = np.zeros((len(columns), len(others)))
        symmetric = others is columns
        right = list(design.parts(others))
        for k, places, own in design.parts(columns):
            for m, other_places, others_own in right:
                if symmetric and m < k:
                    continue
                weights = self.weights * self.shares[k] * self.shares[m]
                block = -design.design.gram(weights, own, others_own)
                result[np.ix_(places, other_places)] = block
                if symmetric and m > k:
                    result[np.ix_(other_places, places)] = block.T
        return result

    def whole_gram(self, rows, outputs):
        """The Gram matrix under the whole curvature of columns given as rows, each of an output"""
        heights = self.weights * self.shares[outputs]
        result = _symmetric_product(rows, np.sqrt(heights)) * (outputs[:, None] == outputs)
        result -= _symmetric_product(rows, np.sqrt(heights * self.shares[outputs]))
        return result

    def squares(self, design, columns):
        result = np.empty(len(columns))
        for k, places, own in design.parts(columns):
            result[places] = -design.design.squares(self.weights * self.shares[k] ** 2, own)
        return result


def _symmetric_product(rows, roots):
    rows = rows * roots
    return rows @ rows.T


@kernel
def softmax_value(eta, y, weights):
    """sum_i w_i (log sum_k exp(eta_ki) - eta_y,i)"""
    total = 0.0
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            largest = np.argmax(eta[:, i])
            top, others = eta[largest, i], 0.0
            for k in range(eta.shape[0]):
                if k != largest:
                    others += np.exp(eta[k, i] - top)
            total += weights[i] * (np.log1p(others) + top - eta[y[i], i])
    return total


@kernel
def softmax_derivatives(eta, y, weights, shares, gradient):
    """Fill the probabilities and w_i (p_ki - [k = y_i]); return the value."""
    total = 0.0
    for i in range(y.shape[0]):
        largest = np.argmax(eta[:, i])
        top, others = eta[largest, i], 0.0
        for k in range(eta.shape[0]):
            shares[k, i] = np.exp(eta[k, i] - top)
            if k != largest:
                others += shares[k, i]
        rest = 0.0
        for k in range(eta.shape[0]):
            shares[k, i] /= 1.0 + others
            gradient[k, i] = weights[i] * shares[k, i]
            if k != y[i]:
                rest += shares[k, i]
        gradient[y[i], i] = -weights[i] * rest  # p - 1 as minus the others: exact where p is close to 1
        if weights[i] != 0.0:
            total += weights[i] * (np.log1p(others) + top - eta[y[i], i])
    return total


@kernel
def softmax_gap(eta, y, weights, scale):
    """sum_i w_i KL(s p + (1 - s) e_y || p): what the dual point s (p - e_y) loses, l* being the negative entropy"""
    total = 0.0
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            rest = 0.0  # sum over the other classes of exp(eta_k - eta_y) = (1 - p) / p
            for k in range(eta.shape[0]):
                if k != y[i]:
                    rest += np.exp(eta[k, i] - eta[y[i], i])
            own = 1.0 / (1.0 + rest)
            other = rest / (1.0 + rest) if rest < np.inf else 1.0
            mixed = own + (1.0 - scale) * other
            term = scale * other * np.log(scale) if scale > 0.0 else 0.0
            term += mixed * np.log1p((1.0 - scale) * rest)
            total += weights[i] * max(term, 0.0)
    return total
