"""The path of a problem whose parts have been checked."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from .._columns import column_label
from .._progress import progress_printed
from .._threads import blas_held
from ..solvers import Solution
from ..solvers.explained import LossExplained
from ..solvers.local_convexity import is_locally_convex
from ._coefficients import CoefficientTable
from ._continuation import Continuation
from ._grid import alpha_grid
from ._result import RegularizationPath

# The least number of strengths with a nonzero coefficient before a path may stop early.
LEAST_STRENGTHS = 5


def fit_path(
    problem,
    alphas=100,
    *,
    alpha_min_ratio=None,
    tol=1e-6,
    max_iter=100,
    stall_tol=None,
    verbose=0,
    interruptible=False,
    feature_names=None,
    classes=None,
) -> RegularizationPath:
    """Solve `problem` at strengths from strong to weak; the arguments are those of `regularization_path`.

    Unless `interruptible`, a KeyboardInterrupt goes through.
    """
    with blas_held():
        continuation = Continuation(problem, tol=tol, max_iter=max_iter)
        grid = alpha_grid(problem, continuation.solver.alpha_max(), alphas, alpha_min_ratio)
        null = continuation.solver.null(problem.blocks(1.0))
    return record_path(
        problem,
        continuation.solutions(grid),
        len(grid),
        null=null,
        tol=tol,
        stall_tol=stall_tol,
        verbose=verbose,
        interruptible=interruptible,
        feature_names=feature_names,
        classes=classes,
    )


def path_solutions(problem, alphas, *, tol, max_iter) -> Iterator[Solution]:
    """The solutions of `problem` at decreasing strengths, each computed when it is asked for."""
    with blas_held():
        solutions = Continuation(problem, tol=tol, max_iter=max_iter).solutions(alphas)
    while True:
        # Not while whoever asks is at work.
        with blas_held():
            solution = next(solutions, None)
        if solution is None:
            return
        yield solution


def record_path(
    problem,
    solutions: Iterator[Solution],
    count,
    *,
    null=None,
    tol,
    stall_tol=None,
    verbose=0,
    interruptible=False,
    feature_names=None,
    classes=None,
) -> RegularizationPath:
    """The path that `count` solutions of `problem` at decreasing strengths make

    `null` is the null model, if it is known, and the other arguments are those of `fit_path`.
    """
    explained = LossExplained(problem, null)
    rows: list[dict] = []
    table = CoefficientTable()
    alpha_max = np.nan
    interrupted = False
    try:
        with blas_held(), progress_printed(verbose > 1):
            for solution in solutions:
                rows.append(_row(problem, solution, explained))
                table.append(solution)
                alpha_max = float(solution.alpha_max)
                if verbose:
                    _report(rows, count)
                if stall_tol is not None and _stalls(rows, stall_tol):
                    break
    except KeyboardInterrupt:
        if not (interruptible and rows):
            raise
        interrupted = True
        warnings.warn(f"Interrupted: the path has the first {len(rows)} of {count} strengths.", RuntimeWarning, stacklevel=4)
    _warn_if_not_converged(rows, tol, feature_names)
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0] if name not in ("worst", "advice")}
    # Strengths last, after outputs.
    columns["intercepts"] = np.moveaxis(columns["intercepts"], 0, -1)
    return RegularizationPath(
        **columns,
        table=table,
        alpha_max=alpha_max,
        column_scale=np.array(problem.column_scale),
        feature_names=feature_names,
        classes=classes,
        loss=problem.loss,
        penalty=problem.given_penalty,
        interrupted=interrupted,
    )


def _row(problem, solution, explained) -> dict:
    """What a path keeps of a solution."""
    certificate = solution.certificate
    return {
        "alphas": solution.alpha,
        "intercepts": solution.intercept,
        "n_nonzero": sum(len(support) for support, _ in solution.rows),
        "objective": certificate.objective,
        "relative_gap": certificate.relative_gap,
        "kkt": certificate.kkt,
        "converged": certificate.converged,
        "n_iter": solution.n_iter,
        "loss_explained": explained.at(solution.loss),
        "locally_convex": is_locally_convex(problem, solution),
        "worst": solution.worst_feature,
        "advice": solution.advice,
    }


def _report(rows, count):
    row = rows[-1]
    print(
        f"{len(rows):{len(str(count))}}/{count}  alpha {row['alphas']:<10.4g} {row['n_nonzero']:5} nonzero  "
        f"{row['loss_explained']:7.2%} explained  {_error(row)}",
        flush=True,
    )


def _error(row) -> str:
    """What the certificate says."""
    if np.isfinite(row["relative_gap"]):
        return f"relative gap {row['relative_gap']:.1e}"
    return f"violation {row['kkt']:.1e}"


def _stalls(rows, stall_tol) -> bool:
    """Whether the last strength has brought too little; never before some strengths have had a nonzero coefficient."""
    if sum(row["n_nonzero"] > 0 for row in rows) < LEAST_STRENGTHS:
        return False
    now, before = rows[-1]["loss_explained"], rows[-2]["loss_explained"]
    return now - before < stall_tol * abs(now)


def _warn_of_no_minimum(rows, count):
    """Warn of converged strengths at which there is something amiss all the same."""
    if rows:
        message = (
            f"At {len(rows)} of {count} strengths, the strongest of them alpha={rows[0]['alphas']:.4g}, {rows[0]['advice']}."
        )
        warnings.warn(message, ConvergenceWarning, stacklevel=6)


def _warn_if_not_converged(rows, tol, feature_names):
    _warn_of_no_minimum([row for row in rows if row["converged"] and row["advice"]], len(rows))
    failed = [row for row in rows if not row["converged"]]
    if not failed:
        return
    worst = max(failed, key=lambda row: row["relative_gap"] if np.isfinite(row["relative_gap"]) else row["kkt"])
    message = (
        f"The path did not converge at {len(failed)} of {len(rows)} strengths. Worst is alpha={worst['alphas']:.4g}, "
        f"after {worst['n_iter']} iterations: {_error(worst)}, tol is {tol:g}"
    )
    if worst["worst"] >= 0:
        message += f", most at the coefficient of {column_label(worst['worst'], feature_names)}"
    advice = worst["advice"] or "raise max_iter, set standardize=True if columns differ in scale, or end at a stronger alpha"
    warnings.warn(f"{message}; {advice}.", ConvergenceWarning, stacklevel=5)
