"""The search over strengths of one model: paths over folds, or one path and a criterion."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._adaptation import adaptive_factors, strengths_of, with_given_factors
from ._evaluation import PathScores, evaluate_path, solution_lists
from ._folds import folds_within
from ._scores import scores_on
from ._selection import best_of
from .criteria import criterion


@dataclass(frozen=True)
class PathSearch:
    """What is the same for all models of a search."""

    alphas: Any
    alpha_min_ratio: float | None
    gammas: Sequence[float]
    # tol and max_iter of every fit
    options: dict
    scorer: Any = None
    # The name of a criterion in place of scores on folds, or None.
    criterion: str | None = None

    def prepare(self, model, data, folds, rounds):
        """The penalty factors of each problem of the data after rounds of reweighting, and the strengths to try."""
        problems = self._reweighted(copy.copy(model), data, folds, rounds)
        return [problem.factors for problem in problems], strengths_of(problems, self.alphas, self.alpha_min_ratio)

    def score_fold(self, model, data, folds, k, rounds, alphas) -> PathScores:
        """The scores of a path on the k-th fold; reweighting looks at its training part alone."""
        train, test = folds[k]
        part, model = data.rows(train), copy.copy(model)
        within = folds_within(folds, k, len(data.y)) if rounds else []
        problems = self._reweighted(model, part, within, rounds)
        scorings = [scores_on(model, data, train, test, self.scorer) for _ in self.gammas]
        return evaluate_path(problems, alphas, self.gammas, self.options, scorings)

    def _reweighted(self, model, data, folds, rounds) -> list:
        """The problems of `data` after rounds of reweighting, each by the pilot fit that folds or the criterion prefer."""
        first = problems = model._problems_of(data)
        for _ in range(rounds):
            alphas = strengths_of(problems, self.alphas, self.alpha_min_ratio)
            best = self._preferred(model, data, folds, problems, alphas)
            *_, pilots = solution_lists(problems, alphas[: best + 1], self.options)
            problems = [
                problem.with_factors(adaptive_factors(problem, pilot)) for problem, pilot in zip(first, pilots, strict=True)
            ]
        return problems

    def _preferred(self, model, data, folds, problems, alphas) -> int:
        """The position of the best strength under the penalty factors of `problems`."""
        if self.criterion:
            return best_of(-self.criteria(problems, alphas, data))
        scores = []
        for train, test in folds:
            part = copy.copy(model)
            of_fold = with_given_factors(part._problems_of(data.rows(train)), [problem.factors for problem in problems])
            scoring = scores_on(part, data, train, test, self.scorer)
            scores.append(evaluate_path(of_fold, alphas, [1.0], self.options, [scoring]).scores[0])
        return best_of(np.mean(scores, axis=0))

    def criteria(self, problems, alphas, data) -> np.ndarray:
        """The criterion at each strength."""
        n_samples = len(data.y) if data.weights is None else data.weights.sum()
        fits = solution_lists(problems, alphas, self.options)
        return np.array([criterion(self.criterion, problems, solutions, n_samples) for solutions in fits])
