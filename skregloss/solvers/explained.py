"""How much of the loss a model explains."""

from __future__ import annotations

import numpy as np

from ..penalties import NoPenalty
from .null_model import null_model
from .problem import Problem

EPS = np.finfo(np.float64).eps


class LossExplained:
    """eta -> 1 - deviance(eta) / deviance(best constant + offset), a deviance being the loss above its per-sample minima.

    Where the best constant already attains the minima, it is 1 for a model that attains them too and 0 otherwise.
    """

    def __init__(self, loss, y, sample_weight=None, offset=None):
        columns = np.empty((len(y), 0))
        self.problem = problem = Problem(loss, NoPenalty(), columns, y, sample_weight=sample_weight, offset=offset)
        self.minimum, size = problem.loss_floor()
        self.null_deviance = null_model(problem, problem.blocks(0.0)).point.value - self.minimum
        # What rounding leaves of a zero: the minima have been subtracted, and predictions are rounded themselves.
        self.rounding = 8.0 * EPS * abs(self.minimum) + (len(y) * EPS) ** 2 * size

    def deviance(self, eta) -> float:
        """The mean loss above its per-sample minima."""
        return self.problem.loss_at(eta) - self.minimum

    def __call__(self, eta) -> float:
        return share_explained([self], [eta])


def share_explained(judges, etas) -> float:
    """The fraction of the loss explained by several linear predictors together: of the sum of their deviances."""
    deviance = sum(judge.deviance(eta) for judge, eta in zip(judges, etas, strict=True))
    null, rounding = sum(judge.null_deviance for judge in judges), sum(judge.rounding for judge in judges)
    if null <= rounding:
        return 1.0 if deviance <= rounding else 0.0
    return float(1.0 - deviance / null)
