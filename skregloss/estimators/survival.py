"""Cox's model of event times with any penalty."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_consistent_length, validate_data

from .._coding import Data, EventTimes
from .._event_times import event_times, stratum_codes, structured_times
from .._validation import SOLVER_LAYOUT, check_weights
from ..losses import CoxPartialLikelihood
from ..penalties import Penalty
from ._base import PenalizedLinearModel
from ._baseline_hazard import BaselineHazard
from ._concordance import concordance_pairs
from ._survival_curves import SurvivalCurves


class PenalizedCox(SurvivalCurves, PenalizedLinearModel):
    """Cox's proportional hazards with any penalty.

    It minimises minus the log of the partial likelihood, divided by the sum of the sample weights w, over the coefficients
    b::

        (1 / sum w) sum over event times t of [W_t log(sum_{j at risk} w_j exp(eta_j)) - sum_{i with event at t} w_i eta_i]
            + sum_j P(b_j; alpha f_j),    eta = offset + X b

    with W_t the weight of the events at t, for Breslow's treatment of ties. There is no intercept: the baseline hazard, which
    is free, takes its place. glmnet's `family="cox"` has the same alpha as its lambda if the columns are on the same scale.

    Parameters
    ----------
    penalty : str, Penalty or None, default="l1"
        The penalty: a name, an object such as `ElasticNet(0.5)` or `MCP() + 0.1 * L2()`, or None for no penalty.
    alpha : float, default=0.01
        Strength of the penalty, >= 0. From `alpha_max_` on, all penalised coefficients are zero.
    ties : {"breslow", "efron"}, default="breslow"
        How tied event times are treated. Weights act as repetition for "breslow"; for "efron" the events tied at a time are
        taken out of the risk set one after another with their mean weight, as R's `coxph` does.
    standardize : bool, default=False
        Whether to penalise the coefficients that the columns would have with unit variance. `coef_` is for the columns
        as given in any case.
    penalty_factors : array-like of shape (n_features,) or dict, default=None
        Multiples of alpha, >= 0, for each column; 0 leaves it unpenalised, inf leaves it out. A dict is by column name
        or position, and columns that are not in it have factor 1.
    bounds : tuple, array-like of shape (n_features, 2) or dict, default=None
        Bounds of the coefficients. A tuple (low, high) is for all columns, low and high each a number, None for no
        bound, or an array with one number per column: `(0, None)` makes all coefficients non-negative. An array or a
        list has one row (low, high) per column. A dict has pairs (low, high) by column name or position.
    tol : float, default=1e-6
        The accuracy to reach: of the duality gap relative to the null deviance for convex problems, of the optimality
        conditions otherwise.
    max_iter : int, default=100
        The most iterations, each the solution of one quadratic model.
    warm_start : bool, default=False
        Whether `fit` starts from the last fit's coefficients.
    verbose : bool or int, default=0
        Whether `fit` prints its progress.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,)
        The coefficients: logarithms of hazard ratios.
    baseline_cumulative_hazard_ : StepFunction, or dict of StepFunction
        The cumulative hazard of a sample whose linear predictor is zero; with strata, one by label.
    event_times_ : ndarray of shape (n_times,)
        The different times of events, of all strata together.
    strata_ : ndarray of shape (n_strata,) or None
        The labels of the strata, sorted.
    certificate_ : Certificate
        How far from the optimum the fit can be: `objective`, `gap`, `relative_gap`, `kkt`, `converged`.
    alpha_max_ : float
        The least alpha at which all penalised coefficients are zero.
    n_iter_ : int
        The number of iterations.
    loss_ : CoxPartialLikelihood
        The loss as fitted.
    penalty_ : Penalty
        The penalty as fitted.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all of them are strings.

    See Also
    --------
    PenalizedRegressor : The same for numbers.

    Notes
    -----
    A sample is at risk in (start, stop]: at its own stop, but not yet at its start. Without starts, all are at risk from
    the beginning. Samples that share a subject, as time-varying covariates make them, are independent rows.

    A stratum without events adds nothing to the fit, and its cumulative hazard is zero.

    The baseline is Breslow's estimate, or Efron's for `ties="efron"`, as in R's `survfit`.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss import PenalizedCox
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 10))
    >>> time, censoring = rng.exponential(np.exp(-X[:, 0])), rng.exponential(2.0, size=200)
    >>> y = np.empty(200, dtype=[("event", bool), ("time", float)])
    >>> y["event"], y["time"] = time <= censoring, np.minimum(time, censoring)
    >>> model = PenalizedCox(alpha=0.1).fit(X, y)
    >>> np.flatnonzero(model.coef_).tolist()
    [0, 6, 7]
    >>> model.predict_survival_function(X[:2], return_array=True).shape == (2, len(model.event_times_))
    True
    """

    _classification = False
    _event_times = True
    fit_intercept = False

    def __init__(
        self,
        penalty: str | Penalty | None = "l1",
        alpha: float = 0.01,
        *,
        ties: str = "breslow",
        standardize: bool = False,
        penalty_factors: Any = None,
        bounds: Any = None,
        tol: float = 1e-6,
        max_iter: int = 100,
        warm_start: bool = False,
        verbose: int = 0,
    ):
        self.penalty = penalty
        self.alpha = alpha
        self.ties = ties
        self.standardize = standardize
        self.penalty_factors = penalty_factors
        self.bounds = bounds
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose

    @property
    def loss(self) -> CoxPartialLikelihood:
        """Minus the log of the partial likelihood."""
        return CoxPartialLikelihood(self.ties)

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> PenalizedCox:
        """Fit the model.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns. Fortran-ordered arrays and CSC matrices of float64 or float32 are not copied.
        y : structured array or data frame of shape (n_samples,), or array-like of numbers
            Two fields (event, time), or three (event, start, stop) for samples that are not at risk from the beginning, in
            this order and under any names. event is boolean, or 1 and 0. Plain numbers are times without censoring. Only the
            order of times matters: they may be zero or negative.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor as it is.
        strata : array-like of shape (n_samples,), default=None
            A label for each sample: each stratum has risk sets and a baseline hazard of its own.

        Returns
        -------
        self : PenalizedCox
            The fitted model.
        """
        self._solve(self._problems(X, y, sample_weight, offset, strata=strata))
        if hasattr(self, "_samples"):  # there are none where a search defers the fit
            del self._samples
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def _check_data(self, X, y, sample_weight=None, offset=None, strata=None) -> Data:
        X = validate_data(self, X, None if y is None else "no_validation", **SOLVER_LAYOUT)
        times = event_times(y)
        check_consistent_length(X, times)
        codes, self.strata_ = stratum_codes(strata, len(times))
        return Data(X, np.column_stack([times, codes]), check_weights(sample_weight, len(times)), offset)

    def _coding_of(self, loss, data):
        return EventTimes(type(self).__name__, loss, data)

    def _problems_of(self, data):
        problems = super()._problems_of(data)
        self._samples = data.y, data.weights
        return problems

    def _adopt(self, solutions):
        super()._adopt(solutions)
        self.coef_ = self.coef_[0]
        del self.intercept_
        self._baseline = BaselineHazard(self.loss_, *self._samples, solutions[0].point.eta)
        self.event_times_ = self._baseline.event_times

    def _bound_to(self, data):
        bound, y = super()._bound_to(data)
        bound._bound_strata = None if self.strata_ is None else self.strata_[y[:, 3].astype(np.intp)]
        return bound, structured_times(y)

    def predict(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """The risk score: the linear predictor, larger for those who have the event earlier.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        risk : ndarray of shape (n_samples,)
            The logarithm of the hazard relative to the baseline.
        """
        return self._predictor(X, offset)

    def score(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        strata: ArrayLike | None = None,
    ) -> float:
        """Harrell's concordance: the share of comparable pairs in which the one with the earlier event has the higher risk.

        A pair is comparable if one sample has an event at which the other is at risk and which that one outlives; one that is
        censored at the very time does. With starts, both must have been at risk then. Pairs are formed within strata, weigh
        the product of their weights, and count one half if their risks are equal. It is what `survival::concordance` in R
        gives.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : structured array or data frame of shape (n_samples,), or array-like of numbers
            As for `fit`.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.
        strata : array-like of shape (n_samples,), default=None
            The stratum of each sample; needed if the model was fitted with strata.

        Returns
        -------
        concordance : float
            1 for the perfect order, 0.5 for a random one; NaN, with a warning, without comparable pairs.
        """
        risk = self._predictor(X, offset)
        times = event_times(y)
        check_consistent_length(risk, times)
        samples = np.column_stack([times, stratum_codes(self._strata_of(strata, "score"), len(risk))[0]])
        concordant, discordant, tied = concordance_pairs(samples, risk, check_weights(sample_weight, len(risk)))
        total = concordant + discordant + tied
        if not total > 0.0:
            warnings.warn("The concordance is not defined without comparable pairs.", UndefinedMetricWarning, stacklevel=2)
            return float("nan")
        return (concordant + 0.5 * tied) / total
