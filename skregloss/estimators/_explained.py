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
    # The minima have been subtracted, and the best constant is as good as rounded means are.
    rounding = 8.0 * EPS * abs(minimum)
    if null_deviance <= rounding + (len(y) * EPS) ** 2 * size:
        return 1.0 if deviance <= rounding else 0.0
    return float(1.0 - deviance / null_deviance)
