"""The one place that decides whether a loss and a penalty work together, and which solver serves them."""

from __future__ import annotations

import inspect

import numpy as np

from ..losses import Loss
from ..penalties import Penalty
from .block_path import BlockPathSolver
from .exact_path import ExactSolver
from .joint_path import JointPathSolver
from .local_path import LocalSolver
from .matrix_path import MatrixPathSolver
from .multipliers import MultiplierSolver
from .newton_path import NewtonPathSolver
from .working_set import WorkingSetSolver


def check_pair(loss, penalty) -> None:
    """Raise the one error for a pair that cannot be fitted, before any data is touched."""
    _check_defined(loss, Loss, ("joint_term",) if loss.joint else ("value", "gradient"))
    _check_defined(penalty, Penalty, ("value", "prox"))
    if not penalty.has_prox:
        raise ValueError(penalty.why_no_prox())
    if not loss.smooth:
        _check_defined(loss, Loss, ("prox",))
    if not penalty.separable:
        raise ValueError(
            f"{type(penalty).__name__} is declared not to be separable, and no solver fits it; "
            "valid is a sum over coefficients, or over groups of them."
        )


def _check_defined(item, base, methods) -> None:
    """What a subclass must give, given."""
    for name in methods:
        if getattr(type(item), name) is getattr(base, name):
            signature = inspect.signature(getattr(base, name))
            raise TypeError(f"{type(item).__name__} does not define {name}; valid is a method {name}{signature}.")


def make_solver(problem) -> WorkingSetSolver:
    """The solver of a problem whose pair has been checked."""
    if not problem.loss.smooth:
        return MultiplierSolver(problem)
    parts, penalty = problem.penalty.l1_l2_parts(), problem.penalty
    if penalty.grouped and problem.convex and problem.loss.constant_curvature and not (penalty.clusters or penalty.low_rank):
        return BlockPathSolver(problem)
    if LocalSolver.serves(problem):
        return LocalSolver(problem)
    if parts is None or parts[0] == 0.0 or problem.bounded:
        return WorkingSetSolver(problem)
    if problem.loss.constant_curvature:
        return ExactSolver(problem)
    if problem.convex and problem.loss.predictor_per_class:
        return JointPathSolver(problem)
    by_rows = problem.convex and not problem.loss.joint and not problem.loss.flat_pieces and problem.data.copies == 1
    if by_rows and problem.design.dense:
        return NewtonPathSolver(problem)
    if by_rows and problem.design.sparse and np.isfinite(problem.data.self_concordance):
        return MatrixPathSolver(problem)
    return WorkingSetSolver(problem)
