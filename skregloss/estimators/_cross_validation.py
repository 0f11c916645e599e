"""The fit of estimators that choose penalty and strength themselves."""

from __future__ import annotations

import inspect
import itertools
import numbers
import warnings
from typing import Any, ClassVar, NamedTuple

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import get_scorer
from sklearn.utils.metadata_routing import MetadataRouter, MethodMapping, process_routing

from ..design import Moments
from ..model_selection._adaptation import with_given_factors
from ..model_selection._callbacks import CallbackSupportMixin, Tasks, in_parallel
from ..model_selection._evaluation import best_on_path
from ..model_selection._folds import draw_folds
from ..model_selection._results import criterion_results, fold_results
from ..model_selection._scores import METRICS
from ..model_selection._search import PathSearch
from ..model_selection._selection import check_selection, is_criterion, select, standard_errors
from ..path import record_path

OWN_PARAMETERS = ("alphas", "alpha_min_ratio", "cv", "scoring", "selection", "n_jobs", "gamma", "adaptive")


class Chain(NamedTuple):
    """Candidates that lie on one path: a model, its rounds of reweighting, its penalty factors and strengths."""

    model: Any
    searched: dict
    rounds: int
    factors: list
    alphas: np.ndarray


class CrossValidated(CallbackSupportMixin):
    """Mixin for a single estimator's class: chooses penalty, strength, relaxation and reweighting, and fits all data."""

    _single: ClassVar[type]
    n_jobs: int | None
    penalty: Any
    scoring: Any
    adaptive: Any

    def _fit(self, X, y, sample_weight, offset, params, **metadata):
        self._check_options()
        search, penalties, rounds = self._settings()
        data = self._check_data(X, y, sample_weight, offset, **metadata)
        routed = self._routed(data.weights, offset, params)
        shared = search.criterion is None and not sparse.issparse(data.X)
        data = data._replace(metadata=routed["metadata"], moments=Moments(data.X, data.weights) if shared else None)
        self._model_of(penalties[0])._problems_of(data)  # what is not valid is an error before folds are drawn
        folds = []
        if search.criterion is None:
            folds = self._draw_folds(data, routed["split"])
        chains = self._chains(search, data, folds, penalties, rounds)
        tasks = Tasks(self, data.X, data.y, len(chains) * max(len(folds), 1) + 1)
        choose = self._by_criterion if search.criterion else self._by_folds
        results, scores, index = choose(search, data, folds, chains, tasks)
        tasks.run_here("refit", self._finish, search, data, chains, index)
        tasks.end()
        self.n_splits_ = len(folds)
        self.cv_results_, self.best_index_ = results, index
        self.best_params_, self.best_score_ = results["params"][index], float(scores[index])
        return self

    def _draw_folds(self, data, parameters):
        return draw_folds(self.cv, data.X, data.y, classifier=is_classifier(self), parameters=parameters)

    def _scorer(self):
        """What `scoring` stands for."""
        return get_scorer(self.scoring)

    def _settings(self):
        """The search, and the penalties and numbers of rounds to try."""
        check_selection(self.selection)
        gammas = _listed("gamma", self.gamma, lambda value: 0.0 <= value <= 1.0, "numbers in [0, 1]", numbers.Real)
        rounds = _listed("adaptive", self.adaptive, lambda value: value >= 0, "integers >= 0", numbers.Integral)
        penalties = list(self.penalty) if _is_list(self.penalty) else [self.penalty]
        if not penalties:
            raise ValueError("penalty is an empty list; valid are a penalty and a list of them.")
        criterion = self.selection if is_criterion(self.selection) else None
        if criterion is not None:
            self._check_criterion(gammas)
        if self.scoring is not None and not isinstance(self.scoring, str) and not callable(self.scoring):
            raise ValueError(f"scoring is {self.scoring!r}; valid are None, the name of a scorer, and a callable.")
        at_once = self.scoring is None or (isinstance(self.scoring, str) and self.scoring in METRICS)
        scorer = self.scoring if at_once else self._scorer()
        options = {"tol": self.tol, "max_iter": self.max_iter}
        return PathSearch(self.alphas, self.alpha_min_ratio, gammas, options, scorer, criterion), penalties, rounds

    def _check_criterion(self, gammas):
        for name in ("cv", "scoring"):
            if getattr(self, name) is not None:
                raise ValueError(
                    f"selection={self.selection!r} needs no folds, but {name} is {getattr(self, name)!r}; valid is {name}=None."
                )
        if any(gamma != 1.0 for gamma in gammas):
            raise ValueError(
                f"selection={self.selection!r} counts degrees of freedom, which a mixture with a refit has no number of; "
                "valid is gamma=1.0, or a selection by folds."
            )

    def _model_of(self, penalty):
        """The single estimator under one penalty, with the columns known."""
        shared = {name: value for name, value in self.get_params(deep=False).items() if name not in OWN_PARAMETERS}
        model = self._single(**{**shared, "penalty": penalty})
        names = ("n_features_in_", "feature_names_in_", "strata_")
        vars(model).update({name: getattr(self, name) for name in names if hasattr(self, name)})
        return model

    def _routed(self, sample_weight, offset, params) -> dict:
        """What the splitter is given, and what a scorer is."""
        if get_config()["enable_metadata_routing"]:
            routed = process_routing(self, "fit", sample_weight=sample_weight, offset=offset, **params)
            metadata = routed["scorer"]["score"] if self.scoring is not None else {}
            return {"split": routed["splitter"]["split"], "metadata": metadata}
        unknown = [name for name in params if name != "groups"]
        if unknown:
            raise ValueError(
                f"fit of {type(self).__name__} got {unknown[0]!r}; valid are sample_weight, offset and groups, and others only "
                "with sklearn.set_config(enable_metadata_routing=True) and a splitter or scorer that requests them."
            )
        metadata = {}
        if sample_weight is not None and self.scoring is not None:
            _check_takes_weights(self._scorer())
            metadata["sample_weight"] = sample_weight
        return {"split": params, "metadata": metadata}

    def get_metadata_routing(self):
        """Which metadata go to the splitter and to the scorer.

        Returns
        -------
        routing : MetadataRouter
            As described in scikit-learn's guide to metadata routing.
        """
        router = MetadataRouter(owner=self).add_self_request(self)
        router.add(splitter=self.cv, method_mapping=MethodMapping().add(caller="fit", callee="split"))
        if self.scoring is not None:
            mapping = MethodMapping().add(caller="fit", callee="score")
            router.add(scorer=self._scorer(), method_mapping=mapping)
        return router

    def _chains(self, search, data, folds, penalties, rounds) -> list[Chain]:
        pairs = list(itertools.product(penalties, rounds))
        models = [self._model_of(penalty) for penalty, _ in pairs]
        prepared = in_parallel(
            self.n_jobs, search.prepare, [(model, data, folds, count) for model, (_, count) in zip(models, pairs, strict=True)]
        )
        chains = []
        for model, (penalty, count), (factors, alphas) in zip(models, pairs, prepared, strict=True):
            searched = {"penalty": penalty} if _is_list(self.penalty) else {}
            searched |= {"adaptive": count} if _is_list(self.adaptive) else {}
            chains.append(Chain(model, searched, count, factors, alphas))
        return chains

    def _candidates(self, search, chains):
        """The parameters of all candidates, the family that each belongs to, and its strength."""
        params, families = [], []
        for c, chain in enumerate(chains):
            for g, gamma in enumerate(search.gammas):
                own = {"gamma": gamma} if _is_list(self.gamma) else {}
                params += [{**chain.searched, **own, "alpha": alpha} for alpha in chain.alphas.tolist()]
                families += [c * len(search.gammas) + g] * len(chain.alphas)
        return params, np.array(families), np.array([candidate["alpha"] for candidate in params])

    def _by_folds(self, search, data, folds, chains, tasks):
        """cv_results_, the mean scores, and the chosen candidate."""
        pairs = itertools.product(chains, range(len(folds)))
        arguments = [(chain.model, data, folds, k, chain.rounds, chain.alphas) for chain, k in pairs]
        paths = tasks.run("path on a fold", search.score_fold, arguments)
        n_failed = sum(path.n_failed for path in paths)
        if n_failed:
            warnings.warn(
                f"{n_failed} fits on folds did not reach tol={self.tol:g}; "
                "raise max_iter, or end at a stronger alpha with alpha_min_ratio or alphas.",
                ConvergenceWarning,
                stacklevel=5,
            )

        def table(name):
            parts = np.array([getattr(path, name) for path in paths]).reshape(len(chains), len(folds), -1)
            return parts.transpose(0, 2, 1).reshape(-1, len(folds))

        params, families, strengths = self._candidates(search, chains)
        scores = table("scores")
        results = fold_results(params, scores, table("fit_times"), table("score_times"))
        means = results["mean_test_score"]
        self._warn_of_missing(means)
        return results, means, select(self.selection, results, means, standard_errors(scores), families, strengths)

    def _warn_of_missing(self, means):
        n_missing = int(np.isnan(means).sum())
        if 0 < n_missing < len(means):
            warnings.warn(
                f"{n_missing} of {len(means)} candidates have no score and cannot be chosen: in some fold their refit without "
                "penalty has no minimum (the support separates the classes, say), or their score is NaN.",
                UserWarning,
                stacklevel=6,
            )

    def _by_criterion(self, search, data, folds, chains, tasks):
        """cv_results_, minus the criterion, and the chosen candidate."""
        models = [(chain, with_given_factors(chain.model._problems_of(data), chain.factors)) for chain in chains]
        arguments = [(problems, chain.alphas, data) for chain, problems in models]
        tables = tasks.run("path", search.criteria, arguments)
        params, families, strengths = self._candidates(search, chains)
        results = criterion_results(params, search.criterion, np.concatenate(tables))
        scores = -results[search.criterion]
        return results, scores, select("min", results, scores, np.zeros(len(scores)), families, strengths)

    def _finish(self, search, data, chains, index):
        """Solve the path of the chosen chain on all data, and adopt its solution at the chosen strength."""
        n_alphas = len(chains[0].alphas)
        family, k = divmod(index, n_alphas)
        c, g = divmod(family, len(search.gammas))
        chain, gamma = chains[c], search.gammas[g]
        model = chain.model
        problems = with_given_factors(model._problems_of(data), chain.factors)
        fitted = best_on_path(problems, chain.alphas, k, gamma, search.options, self._recorder(model))
        chosen, paths, without_refit = fitted
        if without_refit:
            warnings.warn(
                f"The refit of the chosen support to all data has no minimum, so that gamma={gamma:g} cannot be applied: "
                "the fit is the penalised one.",
                ConvergenceWarning,
                stacklevel=7,
            )
        model.alpha = float(chain.alphas[k])
        model._adopt(chosen)
        inputs = {*model.get_params(deep=False), "n_features_in_", "feature_names_in_"}
        vars(self).update({name: value for name, value in vars(model).items() if name not in inputs})
        self.alpha_, self.gamma_, self.adaptive_ = model.alpha, 1.0 if without_refit else gamma, chain.rounds
        self.path_ = paths[0] if len(paths) == 1 else paths
        # A problem of several outputs has the same factors for each.
        factors = [np.where(p.live, p.factors, np.inf).reshape(-1, self.n_features_in_)[0] for p in problems]
        self.penalty_factors_ = factors[0] if len(factors) == 1 else np.array(factors)
        shape = [len(self.penalty)] if _is_list(self.penalty) else []
        shape += [len(self.adaptive)] if _is_list(self.adaptive) else []
        self.alphas_ = np.array([chain.alphas for chain in chains]).reshape(*shape, n_alphas)

    def _recorder(self, model):
        """Makes a RegularizationPath of an iterator of solutions."""
        names, classes = getattr(self, "feature_names_in_", None), getattr(model, "classes_", None)
        options = {"tol": self.tol, "verbose": int(self.verbose), "feature_names": names}

        def record(problem, solutions, count, single):
            return record_path(problem, solutions, count, **options, classes=classes if single else None)

        return record


def _is_list(value) -> bool:
    return isinstance(value, (list, tuple, np.ndarray))


def _listed(name, value, is_valid, valid, kind) -> list:
    """The values to try of a parameter that is one value or a list of them."""
    values = list(value) if _is_list(value) else [value]
    for each in values or [value]:
        if not isinstance(each, kind) or isinstance(each, bool) or not is_valid(each):
            raise ValueError(f"{name} is {value!r}; valid are {valid}, or a list of them.")
    return values


def _check_takes_weights(scorer) -> None:
    """Raise for a scorer that would leave out the weights."""
    parameters = inspect.signature(scorer).parameters.values()
    if not any(each.name == "sample_weight" or each.kind is each.VAR_KEYWORD for each in parameters):
        raise ValueError(
            f"fit got sample_weight, but scoring={scorer!r} takes none; "
            "valid is a callable(estimator, X, y, sample_weight=None)."
        )
