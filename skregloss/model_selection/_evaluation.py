"""One path on a training part, scored on its test part."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._threads import blas_held
from ..path import path_solutions
from ..solvers import solve
from ..solvers.several_starts import is_better
from ._relaxation import Relaxation


@dataclass
class PathScores:
    """What came of a path for each share gamma of the penalised fit: arrays of shape (n_gammas, n_alphas)."""

    scores: np.ndarray
    fit_times: np.ndarray
    score_times: np.ndarray
    n_failed: int


def solution_lists(problems, alphas, options):
    """At each strength, the solutions of all problems."""
    return zip(*[path_solutions(problem, alphas, **options) for problem in problems], strict=True)


@blas_held()
def evaluate_path(problems, alphas, gammas, options, scorings: list[Any]) -> PathScores:
    """Solve `problems` at the strengths, and let a scoring for each gamma take the models."""
    relaxation = Relaxation(problems, options) if any(gamma != 1.0 for gamma in gammas) else None
    shape = len(gammas), len(alphas)
    fit_times, without_refit = np.empty(shape), np.zeros(shape, dtype=bool)
    n_failed, start = 0, time.perf_counter()
    for k, solutions in enumerate(solution_lists(problems, alphas, options)):
        n_failed += sum(not solution.converged for solution in solutions)
        refits = None if relaxation is None else relaxation.refit(solutions)
        now = time.perf_counter()
        for g, (gamma, scoring) in enumerate(zip(gammas, scorings, strict=True)):
            mixed, without_refit[g, k] = mix(solutions, refits, gamma)
            scoring.append(float(alphas[k]), mixed)
        fit_times[:, k] = now - start
        start = time.perf_counter()
    scores, score_times = (np.array(parts) for parts in zip(*[scoring.finish() for scoring in scorings], strict=True))
    scores[without_refit] = np.nan
    n_failed += 0 if relaxation is None else relaxation.n_failed
    return PathScores(scores, fit_times, score_times, n_failed)


def mix(solutions, refits, gamma):
    """gamma times the penalised fits plus 1 - gamma times the refits, and whether a refit that is needed is missing."""
    if gamma == 1.0 or refits is None:
        return solutions, False
    if any(refit is None for refit in refits):
        return solutions, True
    return [refit.mixed_with(solution, gamma) for solution, refit in zip(solutions, refits, strict=True)], False


def best_on_path(problems, alphas, k, gamma, options, record):
    """The solutions at the k-th strength, mixed with their refits, and the paths that `record` makes of all solutions;
    and whether a refit has no minimum, so that there was nothing to mix with.

    A non-convex problem is also solved as a single estimator would, and the better of both solutions is taken.
    """
    chosen, paths = [], []
    for problem in problems:

        def watched(problem=problem):
            for position, solution in enumerate(path_solutions(problem, alphas, **options)):
                if position == k:
                    chosen.append(solution)
                yield solution

        paths.append(record(problem, watched(), len(alphas), single=len(problems) == 1))
        if not problem.convex:
            single = solve(problem, chosen[-1].alpha, **options)
            chosen[-1] = single if is_better(single, chosen[-1]) else chosen[-1]
    if gamma == 1.0:
        return chosen, paths, False
    mixed, without_refit = mix(chosen, Relaxation(problems, options).refit(chosen), gamma)
    return mixed, paths, without_refit
