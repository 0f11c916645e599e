"""What an adapter is."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np

FINE = tuple(10.0**-k for k in range(3, 15))


@dataclass
class Path:
    """Coefficients (..., n_features, n_alphas), intercepts (..., n_alphas); times if not those of the call.

    A cross-validation has one column, at its choice, and the mean squared error at each strength.
    """

    coefs: np.ndarray
    intercepts: np.ndarray
    wall: float | None = None
    cpu: float | None = None
    choice: int | None = None
    errors: np.ndarray | None = None


class Solver:
    """An adapter: turns a problem into what its solver takes, and the answer into a `Path`.

    `ladder` holds the solver's tolerances, from loose to tight, `cases` the pairs of loss and penalty it has.
    """

    package = ""
    ladder: tuple[float, ...] = FINE
    cases: frozenset = frozenset()
    sparse = offset = intercept = cross_validates = True

    def __init__(self, threads):
        self.threads = threads

    def version(self) -> str:
        return version(self.package)

    def why_not(self, problem) -> str | None:
        """Why it cannot solve this problem, None if it can."""
        if (problem.loss, problem.penalty) not in self.cases:
            return f"has no {problem.loss} with {problem.penalty}"
        if problem.folds and not self.cross_validates:
            return "has no cross-validation of paths"
        if problem.offset is not None and not self.offset:
            return "has no offset"
        if not isinstance(problem.X, np.ndarray) and not self.sparse:
            return "takes no sparse matrix"
        centred = problem.loss == "squared_error" and not problem.folds
        if problem.intercept and not centred and not self.intercept:
            return f"has no unpenalised intercept with {problem.loss}"
        return None

    def prepare(self, problem):
        """What `solve` needs besides the problem; not part of its time."""

    def solve(self, problem, prepared, tol) -> Path:
        raise NotImplementedError


def chosen(problem, alpha, errors, alphas, coef, intercept) -> Path:
    """The outcome of a cross-validation."""
    place = int(np.argmin(np.abs(np.asarray(alphas) - alpha)))
    return Path(np.asarray(coef)[:, None], np.atleast_1d(intercept), choice=place, errors=errors)


def centred(problem, coefs) -> Path:
    """The path of centred data, whose intercepts are zero."""
    return Path(coefs, np.zeros(coefs.shape[-1]))
