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
        self.rounding = 8.0 * EPS * abs(self.minimum) + (len(problem.y) * EPS) ** 2 * size

    @classmethod
    def of(cls, loss, y, sample_weight=None, offset=None):
        """The same for samples that no problem binds"""
        return cls(Problem(loss, NoPenalty(), np.empty((len(y), 0)), y, sample_weight=sample_weight, offset=offset))

    def deviance(self, eta) -> float:
        """The mean loss above its per-sample minima."""
        return self.problem.loss_at(eta) - self.minimum

    def __call__(self, eta) -> float:
        deviance = self.deviance(eta)
        if self.null_deviance <= self.rounding:
            return 1.0 if deviance <= self.rounding else 0.0
        return float(1.0 - deviance / self.null_deviance)
