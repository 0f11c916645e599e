"""Scores of models on the held-out part of the data."""

from __future__ import annotations

import time

import numpy as np
from sklearn import config_context
from sklearn.metrics import get_scorer, mean_absolute_error, mean_squared_error, r2_score, root_mean_squared_error

from ..path import CoefficientTable
from ..penalties import NoPenalty
from ..solvers import Problem
from ..solvers.explained import LossExplained, share_explained
from ..solvers.sample_terms import predictions

# Scorers of predicted numbers, by name, that are a metric of each column of predictions: the metric, and its sign.
METRICS = {
    "neg_mean_squared_error": (mean_squared_error, -1.0),
    "neg_root_mean_squared_error": (root_mean_squared_error, -1.0),
    "neg_mean_absolute_error": (mean_absolute_error, -1.0),
    "r2": (r2_score, 1.0),
}


class ExplainedScores:
    """The fraction of the loss explained, over all linear predictors together; computed for all models at once."""

    def __init__(self, model, test):
        self._X, self._loss = test.X, model.loss_
        self._targets = model._coding.encode(test)
        self._judges = [LossExplained.of(target.loss, target.y, target.weights, target.offset) for target in self._targets]
        self._tables = [CoefficientTable() for _ in self._targets]
        self._count = 0

    def append(self, alpha, solutions) -> None:
        """The next model: one solution per problem."""
        for table, solution in zip(self._tables, solutions, strict=True):
            table.append(solution)
        self._count += 1

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The score of each model, and the seconds it took."""
        start = time.perf_counter()
        if self._X.shape[0] < 2:
            return np.full(self._count, np.nan), np.zeros(self._count)
        predictors = [table.predictors(self._X) for table in self._tables]
        for etas, target in zip(predictors, self._targets, strict=True):
            if target.offset is not None:
                etas += target.offset if etas.shape[1:] == target.offset.shape else target.offset[:, None]
        models = list(zip(*predictors, strict=True))
        if len(self._loss.parts()) > 1:
            models = [tuple(self._loss.arranged(np.column_stack(etas)).T) for etas in models]
        scores = np.array([share_explained(self._judges, etas) for etas in models])
        return scores, np.full(self._count, (time.perf_counter() - start) / self._count)


class MetricScores:
    """What a metric says of predicted numbers; computed for all models at once, which are columns to it."""

    def __init__(self, model, test, name):
        self._model, self._test = model, test
        self._metric, self._sign = METRICS[name]
        self._table, self._count = CoefficientTable(), 0

    def append(self, alpha, solutions) -> None:
        """The next model: one solution per problem."""
        self._table.append(solutions[0])
        self._count += 1

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The score of each model, and the seconds it took."""
        start = time.perf_counter()
        (target,) = self._model._coding.encode(self._test)
        etas = self._table.predictors(self._test.X)
        if target.offset is not None:
            etas = etas + target.offset
        found = predictions(self._model.loss_.lower(), etas.ravel()).reshape(etas.shape)
        columns = np.tile(self._test.y, (self._count, 1))
        scores = self._sign * self._metric(columns.T, found.T, multioutput="raw_values", **self._test.metadata)
        return scores, np.full(self._count, (time.perf_counter() - start) / self._count)


class ScorerScores:
    """What a scorer says of an estimator, which is given each model in turn.

    `final` is the part of it that adopts solutions: the estimator itself, or the end of a pipeline.
    """

    def __init__(self, final, estimator, X, y, *, scorer, parameters):
        self._final, self._estimator, self._X, self._y = final, estimator, X, y
        self._scorer, self._parameters = scorer, parameters
        self._scores: list[float] = []
        self._times: list[float] = []

    def append(self, alpha, solutions) -> None:
        """The next model: one solution per problem."""
        start = time.perf_counter()
        self._final.alpha = alpha
        self._final._adopt(solutions)
        with config_context(assume_finite=True, skip_parameter_validation=True):
            score = self._scorer(self._estimator, self._X, self._y, **self._parameters)
        self._scores.append(float(score))
        self._times.append(time.perf_counter() - start)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The score of each model, and the seconds it took."""
        return np.array(self._scores), np.array(self._times)


class PartialLikelihoodScores:
    """The deviance of the training part minus that of all samples, per weight of the held-out events.

    A deviance is the summed loss above its infimum. For a loss in which samples are compared with one another: those held out
    are compared with the training part, too. It is the cross-validated partial likelihood of Verweij and van Houwelingen, and
    minus one half of what glmnet has.
    """

    def __init__(self, model, data, train, test):
        everyone, held_out = data.rows(np.concatenate([train, test])), data.rows(test)
        self._X, self._n_train = everyone.X, len(train)
        self._everyone, self._train = _total_deviance(model, everyone), _total_deviance(model, data.rows(train))
        weights = np.ones(len(test)) if held_out.weights is None else held_out.weights
        self._events = float(weights[held_out.y[:, 2] > 0.0].sum())
        if self._events == 0.0:
            raise ValueError(
                "A fold has no events in its test part, which cannot be scored; valid are folds with events in each."
            )
        self._table, self._count = CoefficientTable(), 0

    def append(self, alpha, solutions) -> None:
        """The next model: one solution per problem."""
        self._table.append(solutions[0], 0.0)
        self._count += 1

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The score of each model, and the seconds it took."""
        start = time.perf_counter()
        etas = self._table.predictors(self._X)
        scores = [(self._train(eta[: self._n_train]) - self._everyone(eta)) / self._events for eta in etas]
        return np.array(scores), np.full(self._count, (time.perf_counter() - start) / self._count)


def _total_deviance(model, data):
    """The loss of these samples above its infimum, summed with their weights, as a function of X b"""
    (target,) = model._coding.encode(data)
    total = float(len(data.y) if target.weights is None else target.weights.sum())
    options = {"sample_weight": target.weights, "offset": target.offset, "fit_intercept": False}
    problem = Problem(target.loss, NoPenalty(), np.empty((len(data.y), 0)), target.y, **options)
    floor, _ = problem.data.floor()
    return lambda eta: total * (problem.loss_at(problem.offset + eta) - floor)


def scores_on(model, data, train, test, scorer):
    """What takes the models of `model`, fitted to rows `train` of the data, and scores them on the rows `test`.

    The scorer is a callable or one of METRICS. Without one it is the loss explained, or the partial likelihood.
    """
    held_out = data.rows(test)
    if scorer is None:
        return (
            PartialLikelihoodScores(model, data, train, test) if model.loss_.event_times else ExplainedScores(model, held_out)
        )
    if isinstance(scorer, str):
        if _predicts_numbers(model, held_out):
            return MetricScores(model, held_out, scorer)
        scorer = get_scorer(scorer)
    final, y = model._bound_to(held_out)
    return ScorerScores(final, final, held_out.X, y, scorer=scorer, parameters=held_out.metadata)


def _predicts_numbers(model, held_out) -> bool:
    """Whether a model predicts one number, and nothing else than weights goes to its scorer"""
    one = held_out.y.ndim == 1 and len(model.loss_.parts()) == 1
    numbers = not model.loss_.classification and not model.loss_.event_times
    return one and numbers and set(held_out.metadata) <= {"sample_weight"}
