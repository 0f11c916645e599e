"""How much of the loss a model explains."""

from __future__ import annotations

import numpy as np

from ..penalties import NoPenalty
from .choose import make_solver
from .problem import Problem

EPS = np.finfo(np.float64).eps


class LossExplained:
    """eta -> 1 - deviance(eta) / deviance(best constant + offset), a deviance being the loss above its per-sample minima.

    Where the best constant already attains the minima, it is 1 for a model that attains them too and 0 otherwise.
    """

    def __init__(self, problem, null=None):
        """`null` is the null model of the problem, if that is known"""
        # Without an intercept, or at bounds other than zero, it has no best constant.
        if null is None or problem.intercepts.count == 0 or problem.bounded:
            problem = problem.without_columns()
            null = make_solver(problem).null(problem.blocks(0.0))
        self.problem = problem
        self.minimum, size = problem.data.floor()
        self.null_deviance = null.constant - self.minimum
        # What rounding leaves of a zero: the minima have been subtracted, and predictions are rounded themselves.
        # Next to a kink the loss grows with the rounding itself, elsewhere near a minimum with its square.
        noise = len(problem.y) * EPS
        self.rounding = 8.0 * EPS * abs(self.minimum) + (noise**2 if problem.loss.smooth else noise) * size

    @classmethod
    def of(cls, loss, y, sample_weight=None, offset=None):
        """The same for samples that no problem binds"""
        return cls(Problem(loss, NoPenalty(), np.empty((len(y), 0)), y, sample_weight=sample_weight, offset=offset))

    def deviance(self, eta) -> float:
        """The mean loss above its per-sample minima; `eta` row by row, as the problem has it."""
        return self.problem.loss_at(eta) - self.minimum

    def __call__(self, eta) -> float:
        return self.at(self.problem.loss_at(eta))

    def at(self, value) -> float:
        """The same of a mean loss"""
        return _share(value - self.minimum, self.null_deviance, self.rounding)


def share_explained(judges, predictors) -> float:
    """The fraction of the loss explained by linear predictors together, as estimators have them: of the sum of deviances."""
    deviance = sum(judge.deviance(judge.problem.data.rows_of(eta)) for judge, eta in zip(judges, predictors, strict=True))
    return _share(deviance, sum(judge.null_deviance for judge in judges), sum(judge.rounding for judge in judges))


def _share(deviance, null, rounding) -> float:
    if null <= rounding:
        return 1.0 if deviance <= rounding else 0.0
    return float(1.0 - deviance / null)
