"""The losses in NumPy, for the certificate: independent of every solver, this package included.

Each is the mean over samples. `residual` is minus its gradient by the linear predictors, `refitted` adds the best intercept
to linear predictors. `bound(eta, share)` is the least of  mean loss + <v, eta>  over all linear predictors eta, where v is
the residual times `share`: with it, L(X b) + P(b) >= bound - P*(X' v) for all b once v is orthogonal to the intercept.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logsumexp, softmax, xlogy


def make_loss(name, y, offset):
    """The loss of this name on these targets."""
    return LOSSES[name](np.asarray(y, dtype=np.float64), offset)


class RowLoss:
    """A loss of one linear predictor per row. `floor` is the mean of its minima."""

    floor = 0.0

    def __init__(self, y, offset):
        self.y = y
        self.offset = np.zeros(len(y)) if offset is None else offset

    def zero(self):
        return self.offset

    def predictors(self, X, coef, intercept):
        return self.offset + intercept + X @ coef

    def refitted(self, eta, wanted):
        """The linear predictors with the intercept that makes the residuals sum to zero, by Newton's method."""
        if not wanted:
            return eta
        for _ in range(100):
            slope = self.residual(eta).sum()
            step = np.clip(slope / max(self.bend(eta), 1e-300), -2.0, 2.0)
            eta = eta + step
            if abs(step) < 1e-15 * max(1.0, np.abs(eta).max()):
                break
        return eta

    def bound(self, eta, share):
        mean = self.mean_at(eta, share)
        shift = share * self.residual(eta) @ self.offset
        return np.mean(self.entropy(mean)) - shift


class SquaredError(RowLoss):
    """(y - eta)^2 / 2"""

    def value(self, eta):
        return np.mean((self.y - eta) ** 2) / 2

    def residual(self, eta):
        return (self.y - eta) / len(self.y)

    def refitted(self, eta, wanted):
        return eta + (self.y - eta).mean() if wanted else eta

    def bound(self, eta, share):
        scaled = share * (self.y - eta)
        return np.mean(scaled * self.y - scaled**2 / 2)


class LogLoss(RowLoss):
    """log(1 + exp(eta)) - y eta, for y in {0, 1}"""

    def value(self, eta):
        return np.mean(np.logaddexp(0.0, eta) - self.y * eta)

    def residual(self, eta):
        return (self.y - expit(eta)) / len(self.y)

    def bend(self, eta):
        return np.mean(expit(eta) * expit(-eta))

    def mean_at(self, eta, share):
        return (1 - share) * self.y + share * expit(eta)

    def entropy(self, mean):
        return -xlogy(mean, mean) - xlogy(1 - mean, 1 - mean)


class Poisson(RowLoss):
    """exp(eta) - y eta"""

    def __init__(self, y, offset):
        super().__init__(y, offset)
        self.floor = np.mean(y - xlogy(y, y))

    def value(self, eta):
        with np.errstate(over="ignore"):
            return np.mean(np.exp(eta) - self.y * eta)

    def residual(self, eta):
        return (self.y - np.exp(eta)) / len(self.y)

    def bend(self, eta):
        return np.mean(np.exp(eta))

    def mean_at(self, eta, share):
        return (1 - share) * self.y + share * np.exp(eta)

    def entropy(self, mean):
        return mean - xlogy(mean, mean)


class Softmax:
    """log(sum_k exp(eta_k)) - eta_y; linear predictors are columns"""

    floor = 0.0

    def __init__(self, y, offset):
        self.Y = np.eye(int(y.max()) + 1)[y.astype(int)]

    def zero(self):
        return np.zeros_like(self.Y)

    def predictors(self, X, coef, intercept):
        return X @ coef.T + intercept

    def value(self, eta):
        return np.mean(logsumexp(eta, axis=1) - np.sum(self.Y * eta, axis=1))

    def residual(self, eta):
        return (self.Y - softmax(eta, axis=1)) / len(eta)

    def refitted(self, eta, wanted):
        for _ in range(100 if wanted else 0):
            P = softmax(eta, axis=1)
            hessian = np.diag(P.sum(axis=0)) - P.T @ P
            step = np.linalg.pinv(hessian, rcond=1e-12) @ (self.Y - P).sum(axis=0)
            step *= min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
            eta = eta + step
            if np.abs(step).max() < 1e-14 * max(1.0, np.abs(eta).max()):
                break
        return eta

    def bound(self, eta, share):
        mean = (1 - share) * self.Y + share * softmax(eta, axis=1)
        return -np.mean(np.sum(xlogy(mean, mean), axis=1))


class Cox:
    """log(sum_{j at risk} exp(eta_j)) - eta_i for each event i, over the number of samples, ties as Breslow has them."""

    floor = 0.0

    def __init__(self, y, offset):
        time, self.event = y[:, 0], y[:, 1]
        self.order = np.argsort(-time, kind="stable")
        falling = -time[self.order]
        # In falling order of time: the last one at risk with each sample, and the first one of its time.
        self.last = np.searchsorted(falling, falling, side="right") - 1
        self.first = np.searchsorted(falling, falling, side="left")
        self.at_event = self.event[self.order] > 0

    def zero(self):
        return np.zeros(len(self.event))

    def predictors(self, X, coef, intercept):
        return X @ coef

    def refitted(self, eta, wanted):
        return eta

    def _sums(self, eta):
        """In falling order of time: eta, its exponential, and the sum of exponentials at risk."""
        eta = eta[self.order] - eta.max()
        rates = np.exp(eta)
        return eta, rates, np.cumsum(rates)[self.last]

    def value(self, eta):
        eta, _, at_risk = self._sums(eta)
        return np.sum((np.log(at_risk) - eta)[self.at_event]) / len(eta)

    def residual(self, eta):
        _, rates, at_risk = self._sums(eta)
        hazards = np.cumsum((self.at_event / at_risk)[::-1])[::-1][self.first]
        result = np.empty(len(rates))
        result[self.order] = (self.at_event - rates * hazards) / len(rates)
        return result

    def bound(self, eta, share):
        """The entropy of each event's shares of risk, moved towards certainty that it was the one's who had it."""
        eta, rates, at_risk = self._sums(eta)
        own = rates / at_risk
        negative = np.cumsum(rates * eta)[self.last] / at_risk - np.log(at_risk)
        others = share * (negative - xlogy(own, own)) + xlogy(share, share) * (1.0 - own)
        moved = share * own + 1.0 - share
        return -np.sum((others + xlogy(moved, moved))[self.at_event]) / len(eta)


class Quantile(RowLoss):
    """|y - eta| / 2, the loss of the median"""

    def value(self, eta):
        return np.mean(np.abs(self.y - eta)) / 2

    def residual(self, eta):
        return np.sign(self.y - eta) / (2 * len(self.y))

    def refitted(self, eta, wanted):
        return eta + np.median(self.y - eta) if wanted else eta


LOSSES = {
    "squared_error": SquaredError,
    "log_loss": LogLoss,
    "poisson": Poisson,
    "softmax": Softmax,
    "cox": Cox,
    "quantile": Quantile,
}
