"""The proportional-odds loss of ordered classes."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from ._base import Loss


class OrdinalLogistic(Loss):
    """-log P(y), with log(P(y > k) / P(y <= k)) = eta - cut_k, for ordered classes and cut points cut_0 < cut_1 < ...

    The proportional-odds model: one linear predictor, whatever the number of classes, moves all samples along one scale,
    and cut points, which are never penalised, divide the scale into classes. A positive coefficient speaks for higher
    classes. With two classes it is `LogLoss`.

    Parameters
    ----------
    n_classes : int, default=3
        The number of classes, for the loss by itself; estimators set it from the data. y is coded from 0 on.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss.losses import OrdinalLogistic
    >>> OrdinalLogistic(3).probabilities(np.array([[1.0, -1.0]])).round(2).tolist()
    [[0.27, 0.46, 0.27]]
    """

    name = "ordinal_logistic"
    classification = True
    defines_probability = True
    joint = True

    def __init__(self, n_classes=3):
        self.n_classes = n_classes

    def for_classes(self, count):
        return type(self)(count)

    def joint_term(self, y, weights, total):
        return OrdinalTerm(int(self.n_classes), y, weights)

    def probabilities(self, eta):
        above = 1.0 / (1.0 + np.exp(-np.clip(eta.reshape(len(eta), -1), -700.0, 700.0)))
        edges = np.column_stack([np.ones(len(eta)), above, np.zeros(len(eta))])
        return np.maximum(edges[:, :-1] - edges[:, 1:], 0.0)

    @classmethod
    def examples(cls):
        return [cls(2), cls(3), cls(5)]


class OrdinalTerm:
    """sum_i w_i (-log(s(u_i) - s(v_i))), s the logistic function, u the linear predictor of y > y_i - 1 and v of y > y_i

    Rows are all u, then all v. The lowest class has no u and the highest no v. Since s(u) - s(v) =
    (1 - exp(v - u)) s(u) (1 - s(v)), a sample's loss is f(u) + f(-v) + h(v - u), f(m) = log(1 + exp(-m)) and
    h(t) = -log(1 - exp(t)): three convex functions of one number each.
    """

    copies, repeats = 1, 2

    def __init__(self, n_classes, y, weights):
        self.n_classes = n_classes
        self.y = np.asarray(y).astype(np.int64)
        self.sample_weights = weights
        # Rows that do not exist have no weight.
        self.weights = np.concatenate([weights * (self.y > 0), weights * (self.y < n_classes - 1)])

    def rows_of(self, predictors):
        edges = np.column_stack([np.zeros(len(self.y)), predictors.reshape(len(self.y), -1), np.zeros(len(self.y))])
        samples = np.arange(len(self.y))
        return np.concatenate([edges[samples, self.y], edges[samples, self.y + 1]])

    def arrange_offset(self, offset):
        return np.zeros(2 * len(self.y)) if offset is None else np.tile(np.asarray(offset, dtype=np.float64), 2)

    def intercept_owners(self, wanted):
        if not wanted:
            raise ValueError(
                "OrdinalLogistic has its cut points for intercepts and cannot do without; valid is fit_intercept=True."
            )
        upper = np.where(self.y < self.n_classes - 1, self.y, -1)
        return self.n_classes - 1, np.concatenate([self.y - 1, upper])

    def starting_intercepts(self, offset):
        shares = np.bincount(self.y, self.sample_weights, self.n_classes)
        shares = np.maximum(shares, np.finfo(float).eps)
        above = shares[::-1].cumsum()[::-1][1:] / shares.sum()
        return np.log(above / (1.0 - above))

    def centred(self, coef, intercept, unpenalized):
        return coef, intercept

    def value(self, eta):
        return ordinal_value(eta.reshape(2, -1), self.y, self.n_classes, self.sample_weights)

    def derivatives(self, eta):
        gradient, weights = np.zeros((2, len(self.y))), np.zeros((2, len(self.y)))
        between = np.zeros(len(self.y))
        value = ordinal_derivatives(eta.reshape(2, -1), self.y, self.n_classes, self.sample_weights, gradient, weights, between)
        return value, gradient.ravel(), weights.ravel(), DifferenceCoupling(between)

    def floor(self):
        return 0.0, np.log(self.n_classes)

    def gap(self, eta, scale):
        return ordinal_gap(eta.reshape(2, -1), self.y, self.n_classes, self.sample_weights, scale)


class DifferenceCoupling:
    """h''(v - u) for the two linear predictors of a sample: it bends with their difference, which no column moves."""

    def __init__(self, bends):
        self.bends = bends

    def scaled(self, factor):
        return DifferenceCoupling(factor * self.bends)

    def apply(self, vector):
        upper, lower = vector.reshape(2, -1)
        difference = self.bends * (upper - lower)
        return np.concatenate([difference, -difference])

    def gram(self, design, columns, others):
        return np.zeros((len(columns), len(others)))

    def squares(self, design, columns):
        return np.zeros(len(columns))


@kernel
def softplus(t):
    """log(1 + exp(t))"""
    return max(t, 0.0) + np.log1p(np.exp(-abs(t)))


@kernel
def sigmoid(t):
    """1 / (1 + exp(-t))"""
    return np.exp(min(t, 0.0)) / (1.0 + np.exp(-abs(t)))


@kernel
def ordinal_value(eta, y, n_classes, weights):
    """The mean loss; infinite where cut points are out of order"""
    total = 0.0
    for i in range(y.shape[0]):
        if weights[i] == 0.0:
            continue
        u, v = eta[0, i], eta[1, i]
        if y[i] > 0:
            total += weights[i] * softplus(-u)
        if y[i] < n_classes - 1:
            total += weights[i] * softplus(v)
        if 0 < y[i] < n_classes - 1:
            if not v < u:
                return np.inf
            total -= weights[i] * np.log(-np.expm1(v - u))
    return total


@kernel
def ordinal_derivatives(eta, y, n_classes, weights, gradient, curvature, between):
    """Fill the gradient, the curvatures f'' and the h'' between the two; return the value."""
    for i in range(y.shape[0]):
        u, v = eta[0, i], eta[1, i]
        if y[i] > 0:
            gradient[0, i] -= weights[i] * sigmoid(-u)
            curvature[0, i] = weights[i] * sigmoid(u) * sigmoid(-u)
        if y[i] < n_classes - 1:
            gradient[1, i] += weights[i] * sigmoid(v)
            curvature[1, i] = weights[i] * sigmoid(v) * sigmoid(-v)
        if 0 < y[i] < n_classes - 1 and v < u:
            slope = 1.0 / np.expm1(u - v)
            gradient[0, i] -= weights[i] * slope
            gradient[1, i] += weights[i] * slope
            between[i] = weights[i] * slope * (1.0 + slope)
    return ordinal_value(eta, y, n_classes, weights)


@kernel
def relative_entropy_of_two(p, scale):
    """The Fenchel-Young gap of log(1 + exp(t)) at the dual point s p, p its slope: KL between (s p, 1 - s p) and (p, 1 - p)"""
    q = 1.0 - scale * p
    result = q * np.log(q / (1.0 - p)) if p < 1.0 else np.inf
    return result + (scale * p * np.log(scale) if scale > 0.0 else 0.0)


@kernel
def ordinal_gap(eta, y, n_classes, weights, scale):
    """The gap of the dual point s gradient, each of the three functions with its own share of it

    h*(z) = z log z - (1 + z) log(1 + z).
    """
    total = 0.0
    for i in range(y.shape[0]):
        if weights[i] == 0.0:
            continue
        u, v = eta[0, i], eta[1, i]
        term = 0.0
        if y[i] > 0:
            term += relative_entropy_of_two(sigmoid(-u), scale)
        if y[i] < n_classes - 1:
            term += relative_entropy_of_two(sigmoid(v), scale)
        if 0 < y[i] < n_classes - 1:
            z = 1.0 / np.expm1(u - v)
            s = scale * z
            # h(t) + h*(s) - s t with t = log(z / (1 + z)) and h(t) = log(1 + z)
            term += s * np.log(scale) if scale > 0.0 else 0.0
            term += (1.0 + s) * np.log1p((z - s) / (1.0 + s))
        total += weights[i] * max(term, 0.0)
    return total
