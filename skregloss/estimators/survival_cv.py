"""Cox's model of event times with its penalty and strength chosen by cross-validation or by a criterion."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from numpy.typing import ArrayLike

from ..model_selection._callbacks import with_callbacks
from ..model_selection._folds import draw_folds
from ._cross_validation import CrossValidated
from .survival import PenalizedCox


class PenalizedCoxCV(CrossValidated, PenalizedCox):
    """`PenalizedCox` with the penalty and its strength chosen by cross-validation or by a criterion.

    For each penalty, one path over all strengths is computed on each fold, and the chosen candidate is fitted to all data.

    Parameters
    ----------
    penalty : str, Penalty, None or list of these, default="l1"
        The penalty: a name, an object such as `ElasticNet(0.5)` or `MCP() + 0.1 * L2()`, or None for no penalty. A list is
        searched, each with strengths from its own alpha_max down.
    alphas : int or array-like of shape (n_alphas,), default=100
        How many strengths, on a geometric grid from alpha_max down, for each penalty its own; or the strengths themselves.
    alpha_min_ratio : float, default=None
        The last strength of the grid divided by the first; by default 1e-4 with more samples than columns, else 1e-2.
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
    verbose : bool or int, default=0
        Whether `fit` prints its progress.
    cv : int, splitter or iterable, default=None
        The folds: 5 by default, a number of them with the same share of events, a scikit-learn splitter, which is given the
        events for y, or pairs (train, test). They are drawn once and shared by all candidates.
    scoring : str or callable, default=None
        By default the cross-validated partial likelihood: the log of the partial likelihood of all samples minus that of the
        training part, at the coefficients fitted to that part and each relative to its supremum, per weight of the events held
        out. It is minus one half of what `cv.glmnet(family="cox")` has for each fold. "concordance" is Harrell's, as `score`
        has it, on the test part by itself. A callable (estimator, X, y) is given y with the fields (event, time) or
        (event, start, stop).
    selection : str or callable, default="min"
        Which candidate is chosen. "min": the one with the highest mean score. "1se": the strongest alpha whose mean score is
        within one standard error of that, all else being the same. A callable takes `cv_results_` and returns an index.
        "aic", "aicc", "bic", "ebic" and "gcv" are criteria that need no folds, so `cv` and `scoring` must be None; the number
        of samples in them is that of the events, by weight.
    n_jobs : int, default=None
        How many paths are computed at the same time, as for joblib.
    gamma : float or list of float, default=1.0
        The share of the penalised fit in a relaxed fit: coefficients are gamma times those of the penalised fit plus
        1 - gamma times those of its support refitted without penalty. A list is searched.
    adaptive : int or list of int, default=0
        Rounds of reweighting: in each, penalty factors become small where a pilot fit has large coefficients. A list is
        searched.

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
    alpha_ : float
        The chosen strength.
    gamma_ : float
        The chosen share of the penalised fit.
    adaptive_ : int
        The chosen number of rounds of reweighting.
    alphas_ : ndarray of shape (n_alphas,)
        The strengths, decreasing. If `penalty` or `adaptive` is a list, there is an axis for each of them before the last.
    cv_results_ : dict
        The scores, as scikit-learn's `GridSearchCV` has them: `params`, `param_alpha`, `split0_test_score`,
        `mean_test_score`, `rank_test_score`, `mean_fit_time` and so on, with `param_penalty`, `param_gamma` and
        `param_adaptive` for what was given as a list. For a criterion its value and its rank, as `bic` and `rank_bic`.
    best_index_ : int
        The position of the chosen candidate.
    best_params_ : dict
        What was searched of it.
    best_score_ : float
        Its mean score; for a criterion minus its value.
    n_splits_ : int
        The number of folds, 0 for a criterion.
    path_ : RegularizationPath
        The path on all data for the chosen penalty, without relaxation.
    penalty_factors_ : ndarray of shape (n_features_in_,)
        The penalty factors of the fit, infinite for columns that are left out.

    See Also
    --------
    PenalizedCox : The same at a given strength.
    PenalizedRegressorCV : The same for numbers; its notes hold here, too.

    Notes
    -----
    In the partial likelihood of a test part by itself, its samples are compared with one another only; the default score
    compares them with the training part as well, which makes more of small folds. The concordance compares the samples of a
    test part with one another, too, and is NaN, with no score for any candidate, where no two of them are comparable.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss import PenalizedCoxCV
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(200, 10))
    >>> time, censoring = rng.exponential(np.exp(-X[:, 0])), rng.exponential(2.0, size=200)
    >>> y = np.empty(200, dtype=[("event", bool), ("time", float)])
    >>> y["event"], y["time"] = time <= censoring, np.minimum(time, censoring)
    >>> model = PenalizedCoxCV(selection="1se").fit(X, y)
    >>> np.flatnonzero(model.coef_).tolist()
    [0]
    """

    _single = PenalizedCox

    def __init__(
        self,
        penalty: Any = "l1",
        *,
        alphas: int | ArrayLike = 100,
        alpha_min_ratio: float | None = None,
        ties: str = "breslow",
        standardize: bool = False,
        penalty_factors: Any = None,
        bounds: Any = None,
        tol: float = 1e-6,
        max_iter: int = 100,
        verbose: int = 0,
        cv: Any = None,
        scoring: str | Callable | None = None,
        selection: str | Callable = "min",
        n_jobs: int | None = None,
        gamma: float | Sequence[float] = 1.0,
        adaptive: int | Sequence[int] = 0,
    ):
        self.penalty = penalty
        self.alphas = alphas
        self.alpha_min_ratio = alpha_min_ratio
        self.ties = ties
        self.standardize = standardize
        self.penalty_factors = penalty_factors
        self.bounds = bounds
        self.tol = tol
        self.max_iter = max_iter
        self.verbose = verbose
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.n_jobs = n_jobs
        self.gamma = gamma
        self.adaptive = adaptive

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: ArrayLike | None = None,
        offset: ArrayLike | None = None,
        strata: ArrayLike | None = None,
        **params,
    ) -> PenalizedCoxCV:
        """Choose penalty and strength, and fit the model to all data.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : structured array or data frame of shape (n_samples,), or array-like of numbers
            Two fields (event, time) or three (event, start, stop), or times without censoring, as for `PenalizedCox`.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0, for fitting and scoring. A scorer gets them too, or with metadata routing if it requests them.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor as it is, in fitting and scoring.
        strata : array-like of shape (n_samples,), default=None
            A label for each sample, in fitting and scoring.
        **params : dict
            `groups` for the splitter; with metadata routing whatever the splitter and the scorer request.

        Returns
        -------
        self : PenalizedCoxCV
            The fitted model.
        """
        self._fit(X, y, sample_weight, offset, params, strata=strata)
        del self._samples
        return self

    def _draw_folds(self, data, parameters):
        return draw_folds(self.cv, data.X, data.y[:, 2].astype(int), classifier=True, parameters=parameters)

    def _scorer(self):
        return concordance if self.scoring == "concordance" else super()._scorer()


def concordance(estimator, X, y, sample_weight=None) -> float:
    """The scorer that "concordance" stands for."""
    return estimator.score(X, y, sample_weight=sample_weight)
