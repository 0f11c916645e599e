"""Estimators that choose their penalty and its strength by cross-validation or by a criterion."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from ..losses import Loss
from ..model_selection._callbacks import with_callbacks
from ._cross_validation import CrossValidated
from .classification import PenalizedClassifier


class PenalizedClassifierCV(CrossValidated, PenalizedClassifier):
    """`PenalizedClassifier` with the penalty and its strength chosen by cross-validation or by a criterion.

    For each penalty, one path over all strengths is computed on each fold, and the chosen candidate is fitted to all data.

    Parameters
    ----------
    loss : str or Loss, default="log_loss"
        The loss: a name for one with its default parameters, or an object.
    penalty : str, Penalty, None or list of these, default="l1"
        The penalty: a name, an object such as `ElasticNet(0.5)` or `MCP() + 0.1 * L2()`, or None for no penalty. A list is
        searched, each with strengths from its own alpha_max down.
    alphas : int or array-like of shape (n_alphas,), default=100
        How many strengths, on a geometric grid from alpha_max down, for each penalty its own; or the strengths themselves.
    alpha_min_ratio : float, default=None
        The last strength of the grid divided by the first; by default 1e-4 with more samples than columns, else 1e-2.
    fit_intercept : bool, default=True
        Whether to fit b0, which is never penalised.
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
    class_weight : dict or "balanced", default=None
        Factors of the sample weights by class; "balanced" gives all classes the same total weight.
    cv : int, splitter or iterable, default=None
        The folds: 5 by default, a number of them, a scikit-learn splitter, or pairs (train, test). They are drawn once
        and shared by all candidates.
    scoring : str or callable, default=None
        A scikit-learn scorer. By default the fraction of the loss explained, for classes as well.
    selection : str or callable, default="min"
        Which candidate is chosen. "min": the one with the highest mean score, which is the least mean loss. "1se": the
        strongest alpha whose mean score is within one standard error of that, all else being the same. A callable takes
        `cv_results_` and returns an index. "aic", "aicc", "bic", "ebic" and "gcv" are criteria that need no folds, so
        `cv` and `scoring` must be None.
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
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted. With two of them, the second is the one with y = +1.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The coefficients; one row for two classes and for ordered ones.
    intercept_ : ndarray of shape (1,), (n_classes,) or (n_classes - 1,)
        The intercepts, zeros without them. Those of ordered classes are falling: with number k, the linear predictor is the
        log of the odds of a class above the k-th.
    certificate_ : Certificate or list of Certificate
        How far from the optimum the fit can be: `objective`, `gap`, `relative_gap`, `kkt`, `converged`; a list with one
        for each class if each was fitted against the rest.
    alpha_max_ : float
        The least alpha at which all penalised coefficients are zero.
    n_iter_ : int
        The number of iterations, for the class that took the most.
    loss_ : Loss
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
    path_ : RegularizationPath or list of RegularizationPath
        The path on all data for the chosen penalty, without relaxation; one for each class if each was
        fitted against the rest.
    penalty_factors_ : ndarray of shape (n_features_in_,) or (n_classes, n_features_in_)
        The penalty factors of the fit, infinite for columns that are left out.

    See Also
    --------
    PenalizedClassifier : The same at a given strength.
    PathSearchCV : The same search through a pipeline.

    Notes
    -----
    Scores of the folds have the same weight in the mean. The standard error is sqrt(sum_k (s_k - mean)^2 / (K - 1) / K)
    over K folds, glmnet's formula for folds of equal weight. Weights and offset of each fold are used in fitting and in
    scoring (those of the classes too, by the loss explained).

    Criteria and degrees of freedom are defined in `skregloss.model_selection.criteria`. The number of samples in them is
    the sum of the sample weights. They trust the residuals, so with more columns than samples folds are the better choice.

    Relaxed fits: a refit that has no minimum, as for a support that separates the classes, leaves its candidates without a
    score: NaN, and a warning. The certificate is that of the penalised fit.

    Adaptive fits: the factor of coefficient b_j becomes f_j max|b| / (|b_j| + max|b| / 100), where f_j is the factor given
    and b the pilot fit, on the scale of the penalty. The pilot's strength has the best score over folds within the data
    that it may see: those are, for the fit of a fold, its training part cut by the other folds. So no candidate has seen
    what it is scored on. A criterion chooses the pilot by itself.

    Non-convex penalties: paths try other starts than single fits do, so that on the folds their objective can be lower (or,
    rarely, higher) than that of a single estimator at the same strength. On all data the better of both is taken.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skregloss import PenalizedClassifierCV
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = PenalizedClassifierCV(alphas=20, standardize=True, selection="1se").fit(X, y)
    >>> bool(model.score(X, y) > 0.95)
    True
    """

    _single = PenalizedClassifier

    def __init__(
        self,
        loss: str | Loss = "log_loss",
        penalty: Any = "l1",
        *,
        alphas: int | ArrayLike = 100,
        alpha_min_ratio: float | None = None,
        fit_intercept: bool = True,
        standardize: bool = False,
        penalty_factors: Any = None,
        bounds: Any = None,
        tol: float = 1e-6,
        max_iter: int = 100,
        verbose: int = 0,
        class_weight: Mapping | str | None = None,
        cv: Any = None,
        scoring: str | Callable | None = None,
        selection: str | Callable = "min",
        n_jobs: int | None = None,
        gamma: float | Sequence[float] = 1.0,
        adaptive: int | Sequence[int] = 0,
    ):
        self.loss = loss
        self.penalty = penalty
        self.alphas = alphas
        self.alpha_min_ratio = alpha_min_ratio
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.penalty_factors = penalty_factors
        self.bounds = bounds
        self.tol = tol
        self.max_iter = max_iter
        self.verbose = verbose
        self.class_weight = class_weight
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.n_jobs = n_jobs
        self.gamma = gamma
        self.adaptive = adaptive

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None, **params
    ) -> PenalizedClassifierCV:
        """Choose penalty and strength, and fit the model to all data.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The classes.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0, for fitting and scoring. A scorer gets them too, or with metadata routing if it requests them.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictor as it is, in fitting and scoring.
        **params : dict
            `groups` for the splitter; with metadata routing whatever the splitter and the scorer request.

        Returns
        -------
        self : PenalizedClassifierCV
            The fitted model.
        """
        return self._fit(X, y, sample_weight, offset, params)
