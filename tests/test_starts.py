"""Where fits begin changes how long they take, and for a convex problem nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from penalty_examples import short

from skregloss.losses import LogLoss, SquaredError
from skregloss.path import fit_path
from skregloss.path._continuation import Continuation
from skregloss.penalties import L0, MCP, SCAD, GroupL2, GroupMCP, LogSum, Lq, SparseGroup
from skregloss.solvers import Problem, make_solver, solve, working_set
from skregloss.solvers.ahead import AheadSolver

OPTIONS = {"tol": 1e-8, "max_iter": 1000}
NON_CONVEX = [MCP(), SCAD(), LogSum(), Lq(), L0(), GroupMCP(3)]


def problem_of(loss, penalty, n_samples=50, n_features=30, seed=0):
    """Correlated columns, of which six matter; classes that no few of them separate"""
    rng = np.random.default_rng(seed)
    n_samples *= 4 if loss.classification else 1
    X = rng.normal(size=(n_samples, n_features))
    X += 0.7 * np.roll(X, 1, axis=1)
    y = X[:, ::5][:, :6] @ [2.0, -1.5, 1.0, -1.0, 0.5, 0.5]
    y += (4.0 if loss.classification else 1.0) * rng.normal(size=n_samples)
    return Problem(loss, penalty.bind(n_features, None), np.asfortranarray(X), np.sign(y) if loss.classification else y)


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=short)
@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_a_way_to_a_rival_ends_there(penalty, loss):
    """A start near a solution leads to it, and so it is that solution that comes back; one below it is another."""
    problem = problem_of(loss, penalty)
    solver = make_solver(problem)
    alpha = 0.4 * solver.alpha_max()
    solution = solver.solve(alpha, **OPTIONS)
    assert solution.converged
    assert solution.point.coef.any()
    near = problem.at(1.01 * solution.point.coef, solution.point.intercept)
    assert solver.solve(alpha, start=near, rival=solution, **OPTIONS) is solution
    stale = solver.solve(alpha, tol=1e-1, max_iter=1)
    found = solver.solve(alpha, start=near, rival=stale, **OPTIONS)
    assert found.certificate.objective <= solution.certificate.objective + 1e-10


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=short)
@pytest.mark.parametrize("penalty", NON_CONVEX, ids=short)
def test_starts_given_up_would_have_led_to_no_better_solution(penalty, loss, monkeypatch):
    """The objectives of paths are those of paths on which every start is followed to its end."""
    for seed in range(2):
        problem = problem_of(loss, penalty, 40, 60, seed)
        options = {"alphas": 8, "alpha_min_ratio": 0.2, "tol": 1e-7, "max_iter": 1000}
        path = fit_path(problem, **options)
        with monkeypatch.context() as patch:
            patch.setattr(working_set, "leads_to", lambda point, rival, terms: False)
            every = fit_path(problem, **options)
        assert path.converged.all()
        np.testing.assert_allclose(path.objective, every.objective, rtol=1e-9)


@pytest.mark.parametrize("penalty", NON_CONVEX[:-1], ids=short)
def test_what_was_stored_first_does_not_decide_where_starts_lead(penalty):
    """Descent ends in one minimum or another by the order of columns; that is not the order in which they have been stored."""
    problem, found = problem_of(SquaredError(), penalty, 30, 80), []
    alpha = 0.1 * make_solver(problem).alpha_max()
    for columns in (np.arange(80), np.arange(80)[::-1], np.random.default_rng(0).permutation(80)):
        solver = make_solver(problem)
        solver._store(solver.null(problem.blocks(alpha))).reserve(columns)
        found.append(solver.solve_several(alpha, [problem.at(np.ones(80), np.zeros(problem.intercepts.count))], **OPTIONS).coef)
    np.testing.assert_allclose(found[1:], [found[0], found[0]], rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("penalty", [GroupL2(4), SparseGroup(4, 0.2)], ids=short)
def test_paths_of_more_coefficients_than_rows_end_where_single_fits_do(penalty, monkeypatch):
    """They begin where the last two solutions point to."""
    problem, looked = problem_of(SquaredError(), penalty, 25, 160), []
    straight_on = working_set.straight_on
    monkeypatch.setattr(AheadSolver, "_ahead", lambda *args: [])
    monkeypatch.setattr(working_set, "straight_on", lambda *parts: looked.append(straight_on(*parts)) or looked[-1])
    continuation = Continuation(problem, **OPTIONS)
    alphas = continuation.solver.alpha_max() * np.geomspace(1.0, 1e-2, 15)
    solutions = list(continuation.solutions(alphas))
    assert looked
    for point in looked:
        np.testing.assert_allclose(point.eta, problem.at(point.coef, point.intercept).eta, atol=1e-10)
    for solution in solutions[-3:]:
        single = solve(problem, solution.alpha, **OPTIONS)
        assert solution.converged
        assert single.converged
        gaps = solution.certificate.gap + single.certificate.gap
        assert solution.certificate.objective == pytest.approx(single.certificate.objective, rel=1e-12, abs=gaps)
