"""Grid search over strengths along warm-started paths, through pipelines."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.base import BaseEstimator, MetaEstimatorMixin, clone, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import ParameterGrid
from sklearn.utils import indexable
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping, process_routing

from .._validation import check_flag
from ..path import alpha_grid
from ._callbacks import CallbackSupportMixin, Tasks, in_parallel, with_callbacks
from ._deferral import way_to_final
from ._delegation import BestEstimator
from ._evaluation import PathScores
from ._folds import draw_folds
from ._pipelines import Samples, cloned, grids_of_group, group_settings, score_group
from ._results import fold_results
from ._selection import check_selection, select, standard_errors


class PathSearchCV(BestEstimator, CallbackSupportMixin, MetaEstimatorMixin, BaseEstimator):
    """`GridSearchCV` over the strength of an estimator, along one warm-started path per fold.

    The estimator is one of ours, or a pipeline that ends in one. Each fold fits the transformers once for each setting of
    their parameters, on its training part alone, and then solves all strengths one after another. The result is that of
    scikit-learn's `GridSearchCV` over the strength and `param_grid`.

    Parameters
    ----------
    estimator : estimator
        `PenalizedRegressor`, `PenalizedClassifier` or `PenalizedCox`, or a `Pipeline` or `TransformedTargetRegressor`, also
        nested, that ends in one.
    alphas : int or array-like of shape (n_alphas,), default=100
        How many strengths, on a geometric grid from alpha_max down; or the strengths themselves. The grid is that of the
        estimator fitted to all data, for each setting of `param_grid` its own.
    param_grid : dict or list of dict, default=None
        Other parameters to search, of any step, as for `GridSearchCV`.
    cv : int, splitter or iterable, default=None
        The folds: 5 by default, a number of them, a scikit-learn splitter, or pairs (train, test).
    scoring : str or callable, default=None
        A scikit-learn scorer; by default the estimator's own `score`. A callable is given the whole pipeline.
    selection : str or callable, default="min"
        "min": the candidate with the highest mean score. "1se": the strongest alpha whose mean score is within one
        standard error of that, the other parameters being the same. A callable takes `cv_results_` and returns an index.
    refit : bool, default=True
        Whether to fit the chosen candidate to all data.
    n_jobs : int, default=None
        How many paths are computed at the same time, as for joblib.
    alpha_min_ratio : float, default=None
        The last strength of the grid divided by the first; the default is that of `regularization_path`.

    Attributes
    ----------
    best_estimator_ : estimator
        The chosen candidate, fitted to all data.
    best_params_ : dict
        Its parameters among those searched.
    best_score_ : float
        Its mean score.
    best_index_ : int
        Its position in `cv_results_`.
    alpha_ : float
        Its strength.
    alphas_ : ndarray of shape (n_alphas,) or (n_settings, n_alphas)
        The strengths, decreasing; one row for each setting of `param_grid`.
    cv_results_ : dict
        As `GridSearchCV` has it. A candidate's time to fit is that of its strength on the path, and its share of the time
        of the transformers.
    n_splits_ : int
        The number of folds.
    scorer_ : callable
        The scorer.
    refit_time_ : float
        The seconds that the fit to all data took.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all of them are strings.
    classes_ : ndarray of shape (n_classes,)
        The classes, for classifiers.

    See Also
    --------
    skregloss.PenalizedRegressorCV : The same without a pipeline, with more rules of selection.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import PolynomialFeatures, StandardScaler
    >>> from skregloss import PathSearchCV, PenalizedRegressor
    >>> X, y = load_diabetes(return_X_y=True)
    >>> model = make_pipeline(PolynomialFeatures(include_bias=False), StandardScaler(), PenalizedRegressor())
    >>> grid = {"polynomialfeatures__degree": [1, 2], "penalizedregressor__penalty": ["l1", "mcp"]}
    >>> search = PathSearchCV(model, alphas=20, param_grid=grid, selection="1se").fit(X, y)
    >>> search.alphas_.shape
    (4, 20)
    >>> sorted(search.best_params_)
    ['penalizedregressor__alpha', 'penalizedregressor__penalty', 'polynomialfeatures__degree']
    """

    # These go to the final estimator, if it requests them.
    __metadata_request__fit: ClassVar[dict] = {"sample_weight": UNUSED, "offset": UNUSED}

    def __init__(
        self,
        estimator: Any,
        alphas: int | ArrayLike = 100,
        param_grid: Any = None,
        cv: Any = None,
        scoring: str | Callable | None = None,
        selection: str | Callable = "min",
        refit: bool = True,
        n_jobs: int | None = None,
        *,
        alpha_min_ratio: float | None = None,
    ):
        self.estimator = estimator
        self.alphas = alphas
        self.param_grid = param_grid
        self.cv = cv
        self.scoring = scoring
        self.selection = selection
        self.refit = refit
        self.n_jobs = n_jobs
        self.alpha_min_ratio = alpha_min_ratio

    @with_callbacks
    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None, **params
    ) -> PathSearchCV:
        """Search strengths and parameters, and fit the chosen candidate to all data.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The targets or classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0 for the final estimator and for the scorer; with metadata routing for what requests them.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor, in fitting and scoring.
        **params : dict
            `groups` for the splitter, and parameters of `fit` for steps of the pipeline, such as
            `scaler__sample_weight`; with metadata routing whatever is requested.

        Returns
        -------
        self : PathSearchCV
            The fitted search.
        """
        check_flag(type(self).__name__, "refit", self.refit)
        check_selection(self.selection, criteria=False)
        way = way_to_final(self.estimator)
        alpha_name = "__".join([*(name for name, _ in way), "alpha"])
        settings = self._settings(alpha_name)
        scorer = check_scoring(self.estimator, scoring=self.scoring)
        X, y = indexable(X, y)
        routed = self._routed(way, sample_weight, offset, params)
        data = Samples(X, y, routed["fit"], routed["score"], offset)
        splitter = {"classifier": is_classifier(self.estimator), "parameters": routed["split"]}
        folds = draw_folds(self.cv, X, y, **splitter)
        groups = group_settings(settings, alpha_name.removesuffix("alpha"))
        grids = self._grids(data, groups, len(settings))
        tasks = Tasks(self, X, y, len(groups) * len(folds) + self.refit)
        arguments = [(self, scorer, data, fold, group, grids) for group in groups for fold in folds]
        done = tasks.run("paths on a fold", score_group, arguments)
        of_setting: dict[int, list[PathScores]] = {k: [] for k in range(len(settings))}
        for scores in done:
            for k, path in scores.items():
                of_setting[k].append(path)
        self._choose(settings, grids, of_setting, alpha_name)
        self.scorer_, self.n_splits_ = scorer, len(folds)
        self.alphas_ = np.array(grids) if self.param_grid is not None else grids[0]
        self.alpha_ = float(self.best_params_[alpha_name])
        if self.refit:
            tasks.run_here("refit", self._refit, X, y, routed["fit"])
        tasks.end()
        return self

    def _refit(self, X, y, metadata):
        """Fit the chosen candidate to all data."""
        start = time.perf_counter()
        best = clone(self.estimator).set_params(**cloned(self.best_params_))
        self.best_estimator_ = best.fit(X, y, **metadata)
        self.refit_time_ = time.perf_counter() - start
        if hasattr(self.best_estimator_, "feature_names_in_"):
            self.feature_names_in_ = self.best_estimator_.feature_names_in_

    def _settings(self, alpha_name) -> list[dict]:
        """The settings of the other parameters."""
        settings = [{}] if self.param_grid is None else list(ParameterGrid(self.param_grid))
        if any(alpha_name in setting for setting in settings):
            raise ValueError(f"param_grid has {alpha_name!r}; strengths are given by alphas.")
        if not settings:
            raise ValueError("param_grid is empty; valid are None, a dict of lists, and a list of such dicts.")
        return settings

    def _routed(self, way, sample_weight, offset, params) -> dict:
        """What goes to `fit`, to the scorer and to the splitter."""
        own = {"sample_weight": sample_weight, "offset": offset}
        own = {name: value for name, value in own.items() if value is not None}
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", **own, **params)
            return {
                "fit": routed["estimator"]["fit"],
                "score": routed["scorer"]["score"],
                "split": routed["splitter"]["split"],
            }
        groups = params.pop("groups", None)
        prefix = "".join(f"{name}__" for name, is_step in way if is_step)
        fit = {**params, **{prefix + name: value for name, value in own.items()}}
        score = {} if sample_weight is None else {"sample_weight": sample_weight}
        return {"fit": fit, "score": score, "split": {} if groups is None else {"groups": groups}}

    def _grids(self, data, groups, count) -> list[np.ndarray]:
        """The strengths of each setting."""
        if np.ndim(self.alphas) > 0:
            return [alpha_grid(None, None, self.alphas)] * count
        found = in_parallel(self.n_jobs, grids_of_group, [(self, data, group) for group in groups])
        merged = {k: grid for part in found for k, grid in part.items()}
        return [merged[k] for k in range(count)]

    def _choose(self, settings, grids, of_setting, alpha_name):
        """Set cv_results_ and the best of it."""
        params = [
            {**setting, alpha_name: alpha} for setting, grid in zip(settings, grids, strict=True) for alpha in grid.tolist()
        ]

        def table(name):
            return np.concatenate(
                [np.column_stack([getattr(path, name)[0] for path in of_setting[k]]) for k in range(len(settings))]
            )

        n_failed = sum(path.n_failed for paths in of_setting.values() for path in paths)
        if n_failed:
            warnings.warn(
                f"{n_failed} fits on folds did not reach the tol of the estimator; "
                "raise its max_iter, or end at a stronger alpha with alpha_min_ratio or alphas.",
                ConvergenceWarning,
                stacklevel=3,
            )
        scores = table("scores")
        results = fold_results(params, scores, table("fit_times"), table("score_times"))
        families = np.repeat(np.arange(len(settings)), [len(grid) for grid in grids])
        means = results["mean_test_score"]
        errors = standard_errors(scores)
        index = select(self.selection, results, means, errors, families, np.concatenate(grids))
        self.cv_results_, self.best_index_ = results, index
        self.best_params_, self.best_score_ = params[index], float(means[index])

    def __sklearn_is_fitted__(self):
        return hasattr(self, "cv_results_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inner = self.estimator.__sklearn_tags__()
        tags.estimator_type = inner.estimator_type
        tags.classifier_tags, tags.regressor_tags = inner.classifier_tags, inner.regressor_tags
        tags.input_tags, tags.target_tags = inner.input_tags, inner.target_tags
        return tags

    def get_metadata_routing(self):
        """Which metadata go to the estimator, the splitter and the scorer.

        Returns
        -------
        routing : MetadataRouter
            As described in scikit-learn's guide to metadata routing.
        """
        router = MetadataRouter(owner=self)
        router.add(estimator=self.estimator, method_mapping=MethodMapping().add(caller="fit", callee="fit"))
        router.add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        mapping = MethodMapping().add(caller="fit", callee="score").add(caller="score", callee="score")
        return router.add(scorer=check_scoring(self.estimator, scoring=self.scoring), method_mapping=mapping)
