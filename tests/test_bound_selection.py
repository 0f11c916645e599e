"""Paths, cross-validation, criteria and effects with penalties that bind coefficients together."""

from __future__ import annotations

import numpy as np
import pytest
from bound_examples import label
from fits import data

from skregloss import PenalizedClassifierCV, PenalizedRegressorCV, regularization_effects, regularization_path
from skregloss.losses import LogLoss, SquaredError
from skregloss.model_selection.criteria import degrees_of_freedom
from skregloss.penalties import L1, L2, SLOPE, FusedL1, NuclearNorm
from skregloss.solvers import Problem, make_solver

PENALTIES = [SLOPE(), FusedL1(), FusedL1(0.4), NuclearNorm(), FusedL1() + 0.3 * L2(), NuclearNorm() + L2(), SLOPE() + L1()]
over_penalties = pytest.mark.parametrize("penalty", PENALTIES, ids=[label(each) for each in PENALTIES])


@over_penalties
@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=str)
def test_path(loss, penalty):
    X, y = data(loss)
    path = regularization_path(X, y, loss=loss, penalty=penalty, alphas=15, tol=1e-8)
    assert path.converged.all()
    assert path.penalty.get_params().keys() == penalty.get_params().keys()
    cold = make_solver(Problem(loss, penalty.bind(12), X, y)).solve(path.alphas[9], tol=1e-8, max_iter=100)
    assert path.objective[9] == pytest.approx(cold.certificate.objective, rel=1e-7)
    if isinstance(penalty, FusedL1):
        jumps = np.abs(np.diff(path.coefs, axis=0)).max(axis=0) if penalty.l1_ratio == 0.0 else np.abs(path.coefs).max(axis=0)
        assert jumps[0] <= 1e-12
        assert np.all(jumps[1:] > 0.0)


@over_penalties
def test_path_of_several_outputs(penalty):
    X, y = data(SquaredError())
    path = regularization_path(X, np.column_stack([y, X[:, 0] - y, X[:, 1]]), loss="squared_error", penalty=penalty, alphas=8)
    assert path.coefs.shape == (3, 12, 8)
    assert path.converged.all()


@over_penalties
@pytest.mark.parametrize(("outputs", "share"), [(1, 0.05), (3, 0.3)])
def test_degrees_of_freedom_are_how_much_the_fit_follows_the_targets(penalty, outputs, share):
    """The sum of the derivatives of fitted values by their own targets, by differences."""
    rng = np.random.default_rng(6)
    X = rng.normal(size=(20, 6))
    Y = X @ rng.normal(size=(6, 2)) @ rng.normal(size=(2, outputs)) + rng.normal(size=(20, outputs))

    def solved(Y, alpha=None):
        problem = Problem(SquaredError(), penalty.bind(6), X, Y if outputs > 1 else Y[:, 0])
        solver = make_solver(problem)
        top = solver.alpha_max()
        alpha = alpha or share * (top if np.isfinite(top) else 1.0)
        solution = solver.solve(alpha, tol=1e-15, max_iter=200)
        fitted = X @ np.atleast_2d(solution.coef).T + np.ravel(solution.intercept)
        return fitted, degrees_of_freedom(problem, solution), alpha

    _, claimed, alpha = solved(Y)
    total, h = 0.0, 1e-5
    for i, k in np.ndindex(Y.shape):
        move = np.zeros_like(Y)
        move[i, k] = h
        total += (solved(Y + move, alpha)[0] - solved(Y - move, alpha)[0])[i, k] / (2 * h)
    assert claimed == pytest.approx(total, rel=1e-3)


@over_penalties
def test_cross_validation(penalty):
    X, y = data(SquaredError())
    model = PenalizedRegressorCV(penalty=penalty, alphas=6, cv=3, gamma=[0.0, 1.0]).fit(X, y)
    assert model.certificate_.converged
    for selection in ("bic", "aic"):
        assert PenalizedRegressorCV(penalty=penalty, alphas=6, selection=selection).fit(X, y).certificate_.converged
    classes = np.digitize(y, np.quantile(y, [0.3, 0.6]))
    assert PenalizedClassifierCV(penalty=penalty, alphas=4, cv=3).fit(X, classes).coef_.shape == (3, 12)


def test_effects():
    X, y = data(LogLoss())
    effects = regularization_effects(
        X,
        (y > 0).astype(int),
        losses=["squared_error", "log_loss"],
        penalties=["l1", "slope", "fused_l1", "nuclear", FusedL1(0.3)],
    )
    frame = effects.to_frame()
    assert set(frame["penalty"]) >= {"l1", "slope", "fused_l1", "nuclear"}
