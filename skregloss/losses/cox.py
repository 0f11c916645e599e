"""Cox's partial likelihood of event times."""

from __future__ import annotations

import numpy as np

from ._base import Loss
from ._risk_sets import (
    RiskSets,
    cox_apply,
    cox_derivatives,
    cox_factor,
    cox_gap,
    cox_value,
    log_hazard_rises,
)

TIES = ("breslow", "efron")


class CoxPartialLikelihood(Loss):
    """sum over event times t of  W_t log(sum_{j at risk} w_j exp(eta_j)) - sum_{i with event at t} w_i eta_i

    divided by the sum of all weights w, W_t being the weight of the events at t. So written for Breslow's treatment of ties;
    Efron's takes the events tied at t out of the risk set one after another, with their mean weight, as R's `coxph` does.
    A sample is at risk at the times in (start, stop] of its stratum. Weights act as repetition for "breslow".

    Parameters
    ----------
    ties : {"breslow", "efron"}, default="breslow"
        How tied event times are treated.

    Examples
    --------
    >>> from skregloss import PenalizedCox
    >>> PenalizedCox(ties="efron").loss
    CoxPartialLikelihood(ties='efron')
    """

    joint = True
    event_times = True
    likelihood = True

    def __init__(self, ties="breslow"):
        self.ties = ties

    def joint_term(self, y, weights, total):
        return CoxTerm(self.ties == "efron", y, weights, total)

    def log_hazard_rises(self, y, weights, eta):
        """Strata and event times, from late to early in each stratum, and the log of the rise there of the cumulative hazard
        of a sample whose linear predictor is zero"""
        sets = RiskSets(y, weights, self.ties == "efron")
        return sets.strata, sets.times, log_hazard_rises(sets.kernel, eta, weights)

    def validate(self):
        if self.ties not in TIES:
            raise ValueError(f"ties of CoxPartialLikelihood is {self.ties!r}; valid are 'breslow' and 'efron'.")

    @classmethod
    def examples(cls):
        return [cls(ties) for ties in TIES]


class CoxTerm:
    """The mean of a sample y = (start, stop, event, stratum), as the sum over risk sets."""

    copies = repeats = 1

    def __init__(self, efron, y, weights, total):
        self.y, self.weights = y, weights
        self.sets = RiskSets(y, weights, efron)
        # The logarithms are of sums of the weights as given.
        self.shift = np.log(total) * self.sets.event_weight

    def rows_of(self, predictors):
        return predictors

    def arrange_offset(self, offset):
        return np.zeros(len(self.y)) if offset is None else np.asarray(offset, dtype=np.float64).copy()

    def intercept_owners(self, wanted):
        return 0, None

    def starting_intercepts(self, offset):
        return np.empty(0)

    def centred(self, coef, intercept, unpenalized):
        return coef, intercept

    def value(self, eta):
        return cox_value(self.sets.kernel, eta, self.weights) + self.shift

    def derivatives(self, eta):
        gradient, curvature = np.empty(len(eta)), np.empty(len(eta))
        rates, sums = self.sets.work()
        value = cox_derivatives(self.sets.kernel, eta, self.weights, gradient, curvature, rates, sums)
        return value + self.shift, gradient, curvature, CoxCoupling(self.sets, rates, sums)

    def floor(self):
        return self.sets.floor() + self.shift, abs(self.value(np.zeros(len(self.y))))

    def gap(self, eta, scale):
        return cox_gap(self.sets.kernel, eta, self.weights, scale)


class CoxCoupling:
    """-sum_t omega_t p_t p_t', p_t the shares of the samples at risk at t in the sum of their rates."""

    def __init__(self, sets, rates, sums, factor=1.0):
        self.sets, self.rates, self.sums, self.factor = sets, rates, sums, factor

    def scaled(self, factor):
        return CoxCoupling(self.sets, self.rates, self.sums, self.factor * factor)

    def apply(self, vector):
        return -self.factor * cox_apply(self.sets.kernel, self.rates, self.sums, vector)

    def _factor(self, design, columns):
        """sqrt(omega_t) p_t'x_j, risk set by risk set: the root of the coupling"""
        return cox_factor(self.sets.kernel, self.rates, self.sums, design.lower(), columns)

    def gram(self, design, columns, others):
        left = self._factor(design, columns)
        right = left if others is columns else self._factor(design, others)
        return -self.factor * (left @ right.T)

    def squares(self, design, columns):
        result = np.empty(len(columns))
        for start in range(0, len(columns), 256):
            part = columns[start : start + 256]
            result[start : start + 256] = -self.factor * np.einsum("jt,jt->j", *[self._factor(design, part)] * 2)
        return result
