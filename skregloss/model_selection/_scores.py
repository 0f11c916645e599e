"""Scores of models on the held-out part of the data."""

from __future__ import annotations

import copy
import time

import numpy as np
from sklearn import config_context

from ..solvers.explained import LossExplained, share_explained
from ._predictors import CoefficientTable


class ExplainedScores:
    """The fraction of the loss explained, over all linear predictors together; computed for all models at once."""

    def __init__(self, model, test):
        self._X = test.X
        self._targets = model._coding.encode(test)
        self._judges = [LossExplained.of(target.loss, target.y, target.weights, target.offset) for target in self._targets]
        self._tables = [CoefficientTable() for _ in self._targets]
        self._count = 0

    def append(self, alpha, solutions) -> None:
        """The next model: one solution per problem."""
        for table, solution in zip(self._tables, solutions, strict=True):
            table.append(solution.coef, solution.intercept)
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
        scores = np.array([share_explained(self._judges, etas) for etas in zip(*predictors, strict=True)])
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
        with config_context(assume_finite=True):
            score = self._scorer(self._estimator, self._X, self._y, **self._parameters)
        self._scores.append(float(score))
        self._times.append(time.perf_counter() - start)

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """The score of each model, and the seconds it took."""
        return np.array(self._scores), np.array(self._times)


def scores_on(model, test, scorer):
    """What takes the models of `model` and scores them on the samples `test`; without a scorer, by the loss explained."""
    if scorer is None:
        return ExplainedScores(model, test)
    final = copy.copy(model)
    vars(final).pop("feature_names_in_", None)  # the rows have been made an array
    final._bound_offset = test.offset
    return ScorerScores(final, final, test.X, test.y, scorer=scorer, parameters=test.metadata)
