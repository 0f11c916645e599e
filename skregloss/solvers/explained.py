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

    def __init__(self, problem):
        self.problem = problem = problem.without_columns()
        self.minimum, size = problem.data.floor()
        self.null_deviance = make_solver(problem).null(problem.blocks(0.0)).point.value - self.minimum
        # What rounding leaves of a zero: the minima have been subtracted, and predictions are rounded themselves.
        # Next to a kink the loss grows with the rounding itself, elsewhere near a minimum with its square.
        noise = len(problem.y) * EPS
        self.rounding = 8.0 * EPS * abs(self.minimum) + (noise**2 if problem.loss.smooth else noise) * size

    @classmethod
    def of(cls, loss, y, sample_weight=None, offset=None):
        """The same for samples that no problem binds"""
        return cls(Problem(loss, NoPenalty(), np.empty((len(y), 0)), y, sample_weight=sample_weight, offset=offset))

    def deviance(self, eta) -> float:
        """The mean loss above its per-sample minima."""
        return self.problem.loss_at(eta) - self.minimum

    def __call__(self, eta) -> float:
        return explained_in_all([self], [eta])


def explained_in_all(losses, etas) -> float:
    """The same for the sum of several deviances: each loss with its own linear predictor"""
    deviance = sum(loss.deviance(eta) for loss, eta in zip(losses, etas, strict=True))
    null_deviance, rounding = sum(loss.null_deviance for loss in losses), sum(loss.rounding for loss in losses)
    if null_deviance <= rounding:
        return 1.0 if deviance <= rounding else 0.0
    return float(1.0 - deviance / null_deviance)
