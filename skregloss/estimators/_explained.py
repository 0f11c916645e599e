"""How much of the loss a model explains."""

from __future__ import annotations

import numpy as np

from ..losses import Loss
from ..penalties import NoPenalty
from ..solvers import Problem
from ..solvers.null_model import null_model

EPS = np.finfo(np.float64).eps


def loss_explained(loss: Loss, y, eta, sample_weight=None, offset=None) -> float:
    """1 - deviance(eta) / deviance(best constant + offset), a deviance being the loss above its per-sample minima.

    Where the best constant already attains the minima, it is 1 for a model that attains them too and 0 otherwise.
    """
    problem = Problem(loss, NoPenalty(), np.empty((len(y), 0)), y, sample_weight=sample_weight, offset=offset)
    minimum, size = problem.loss_floor()
    deviance = problem.loss_at(eta) - minimum
    null_deviance = null_model(problem, problem.blocks(0.0)).point.value - minimum
    # What rounding leaves of a zero: the minima have been subtracted, and predictions are rounded themselves.
    rounding = 8.0 * EPS * abs(minimum) + (len(y) * EPS) ** 2 * size
    if null_deviance <= rounding:
        return 1.0 if deviance <= rounding else 0.0
    return float(1.0 - deviance / null_deviance)
