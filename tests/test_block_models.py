"""Quadratic models with penalties of groups: minima at falling strengths, values and certificates, as NumPy has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fits import over_penalties
from penalty_examples import sums_slow

from skregloss.losses import LogLoss, SquaredError
from skregloss.penalties import L2, GroupL2, GroupMCP, SparseGroup
from skregloss.solvers import Problem, block_terms, inner, make_solver
from skregloss.solvers.block_gaps import block_dual_scale, block_gap
from skregloss.solvers.block_kernels import block_distances, block_sum
from skregloss.solvers.block_walk import walk
from skregloss.solvers.curvature import Curvature
from skregloss.solvers.models import ResidualModel
from skregloss.solvers.prox_newton import minimize_on

ROWS, COLUMNS, SIZE = 30, 20, 4
GROUPS = [GroupL2(SIZE), GroupL2([[0, 1, 2], list(range(3, 12))]), GroupL2(SIZE) + 0.5 * L2(), SparseGroup(SIZE, 0.3)]
RNG = np.random.default_rng(0)
X = np.asfortranarray(RNG.normal(size=(ROWS, COLUMNS)) * RNG.uniform(0.5, 2.0, COLUMNS) + RNG.normal(size=COLUMNS))
Y = X[:, :3] @ [1.0, -2.0, 0.5] + RNG.normal(size=ROWS)


def terms_of(penalty, loss=None, y=Y, **settings):
    problem = Problem(loss or SquaredError(), penalty.bind(COLUMNS), X, y, **settings)
    solver, blocks = make_solver(problem), problem.blocks(1.0)
    return problem, solver.alpha_max(), solver.null(blocks), blocks.terms


def walked(gram, q, terms, strengths, known, found):
    largest = [np.linalg.eigvalsh(gram[a:b, a:b])[-1] for a, b in zip(terms.starts[:-1], terms.starts[1:], strict=True)]
    blocks = terms.starts, np.array(largest), terms.strengths, terms.weights
    b = found[1].copy() if known else np.zeros(len(q))
    count = walk(terms.penalty, gram, q - gram @ b, b, *blocks, strengths, known, 1e-12, 0.0, 0.0, found)
    return found[2 : 2 + count]


@over_penalties(sums_slow(GROUPS))
@pytest.mark.parametrize("dependent", [False, True])
def test_a_walk_goes_from_minimum_to_minimum(penalty, dependent):
    _, top, _, terms = terms_of(penalty)
    columns = X[:, terms.columns] - X.mean(axis=0)[terms.columns]
    if dependent:
        columns[:, 1] = columns[:, 0]
    gram, q = np.ascontiguousarray(columns.T @ columns / ROWS), columns.T @ (Y - Y.mean()) / ROWS
    strengths = np.r_[np.inf, np.inf, top * np.geomspace(0.9, 1e-3, 20)]
    first = walked(gram, q, terms, strengths, 0, np.empty((22, COLUMNS)))
    assert len(first) == 20 and np.isfinite(first).all()
    for strength, b in zip(strengths[2:], first, strict=True):
        distances = terms.with_factor(strength).distances(b, gram @ b - q)
        assert distances.max() <= 1e-11 * strength
    assert (first == 0.0).any() and (first != 0.0).all(axis=1)[-1]
    # It can be cut anywhere and gone on with.
    again = np.empty((12, COLUMNS))
    again[:2] = first[8:10]
    second = walked(gram, q, terms, strengths[10:], 2, again)
    np.testing.assert_allclose(columns @ second.T, columns @ first[10:].T, atol=1e-9)


@over_penalties(sums_slow(GROUPS))
def test_what_is_assessed_at_once_is_what_is_assessed_one_by_one(penalty):
    problem, top, _, terms = terms_of(penalty)
    factors, solver = top * np.array([0.9, 0.3, 0.1]), make_solver(problem)
    exact = np.array([solver.solve(alpha, tol=1e-10, max_iter=100).point.coef[terms.columns] for alpha in factors])
    rough = exact * RNG.uniform(0.9, 1.1, exact.shape)
    coefs, alphas = np.vstack([exact, rough, 0.0 * exact[:1]]), np.r_[factors, factors, 0.5 * top]
    grads = np.array([-terms.of(X.T @ centred(Y - X[:, terms.columns] @ b)) / ROWS for b in coefs])
    values, worst, places, scales, gaps = terms.assess(coefs, grads, alphas, 0.0)
    for k, (b, grad, alpha) in enumerate(zip(coefs, grads, alphas, strict=True)):
        blocks = terms.starts, alpha * terms.strengths, terms.weights
        distances = block_distances(terms.penalty, b, grad, *blocks)
        assert values[k] == pytest.approx(block_sum(terms.penalty, b, *blocks), rel=1e-13)
        assert worst[k] == distances[places[k]] == distances.max()
        assert scales[k] == pytest.approx(block_dual_scale(terms.penalty, -grad, *blocks), rel=1e-13)
        assert gaps[k] == pytest.approx(block_gap(terms.penalty, b, -scales[k] * grad, *blocks), rel=1e-6, abs=1e-13)


def centred(vector):
    return vector - vector.mean()


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("straight", [False, True], ids=["curved", "some straight"])
@over_penalties(sums_slow(GROUPS))
def test_the_value_of_a_model_on_the_residual(penalty, straight, intercept):
    """It changes as that of -r'(Xd + zc) + (Xd + zc)'H(Xd + zc)/2 + P(b), minimised over c, also where h is zero"""
    labels, weights = np.sign(Y - np.median(Y)), RNG.uniform(0.5, 2.0, ROWS)
    problem, top, null, terms = terms_of(penalty, LogLoss(), labels, sample_weight=weights, fit_intercept=intercept)
    terms, curvature = terms.with_factor(0.2 * top), null.point.curvature.weights.copy()
    if straight:
        curvature[::5] = 0.0
    model = ResidualModel(problem, null.free, replace(null.point, curvature=Curvature(curvature)), terms, 1.0, None)
    residual, z = -null.point.gradient, np.full((ROWS, 1), float(intercept))

    def value(b):
        bends = z.T @ (curvature[:, None] * z)
        along = X[:, terms.columns] @ b
        c = np.linalg.lstsq(bends, z.T @ (residual - curvature * along), rcond=None)[0]
        eta = along + z @ c
        return -residual @ eta + eta @ (curvature * eta) / 2 + terms.value(b)

    states, values = [model.state], [model.value()]
    for _ in range(3):
        model.epochs(1, 0.0)
        states.append(model.state)
        values.append(model.value())
    # A mean of states, with weights that sum to one, is the state of the mean.
    model.state = np.array([0.5, -1.0, -0.5, 2.0]) @ states
    values.append(model.value())
    points = [state[:COLUMNS] for state in [*states, model.state]]
    assert values[3] < values[0]
    np.testing.assert_allclose(np.array(values) - values[0], [value(b) - value(points[0]) for b in points], atol=1e-12)


def test_descent_on_the_residual_reaches_the_minimum(monkeypatch):
    """With more columns than rows, in fewer epochs than without extrapolation"""
    rng = np.random.default_rng(4)
    wide = np.asfortranarray(rng.normal(size=(40, 200)) + rng.normal(size=(40, 1)))
    y = wide[:, :5].sum(axis=1) + rng.normal(size=40)
    problem = Problem(SquaredError(), GroupL2(SIZE).bind(200), wide, y)
    solver = make_solver(problem)
    alpha = 0.02 * solver.alpha_max()
    blocks = problem.blocks(alpha)
    null, counts = solver.null(blocks), []
    descend = ResidualModel.epochs
    monkeypatch.setattr(ResidualModel, "epochs", lambda *args: counts.append(1) or descend(*args))
    options = {"target": 0.0, "share": 0.0, "tolerance": 1e-12, "max_steps": 1}
    needed = []
    for extrapolated in (inner.EXTRAPOLATED, 1):
        monkeypatch.setattr(inner, "EXTRAPOLATED", extrapolated)
        counts.clear()
        point, _ = minimize_on(problem, null.free, null.point, blocks.terms, **options)
        slopes = wide[:, blocks.terms.columns].T @ centred(wide @ point.coef - y) / 40
        assert blocks.terms.distances(point.coef[blocks.terms.columns], slopes).max() <= 1e-11
        needed.append(len(counts))
    assert needed[0] < 0.5 * needed[1], needed


@pytest.mark.parametrize("loss, y", [(SquaredError(), Y), (LogLoss(), np.sign(Y))], ids=["squared", "log"])
@pytest.mark.parametrize("at_a_time", [1, 5, 32])
@pytest.mark.parametrize("intercept", [True, False])
def test_largest_curvatures_of_blocks(loss, y, at_a_time, intercept, monkeypatch):
    """The largest eigenvalue of X_g'HX_g less what the intercept takes up of it, however many blocks are formed at once."""
    monkeypatch.setattr(block_terms, "AT_A_TIME", at_a_time)
    problem, top, null, terms = terms_of(
        GroupMCP([[0, 1, 2], list(range(3, 10)), [12], [14, 17]]), loss, y, fit_intercept=intercept
    )
    point = make_solver(problem).solve(0.3 * top, tol=1e-6, max_iter=50).point
    weights = point.curvature.weights
    found = terms.largest_curvatures(problem, null.free, point.curvature)
    assert len(found) == terms.count == 4 + 20 - 13
    for first, last, value in zip(terms.starts[:-1], terms.starts[1:], found, strict=True):
        own = X[:, terms.columns[first:last]]
        own = own - intercept * (weights @ own) / weights.sum()
        np.testing.assert_allclose(value, np.linalg.eigvalsh((own.T * weights) @ own)[-1], rtol=1e-10)


def test_curvature_of_blocks_without_what_is_concave():
    """Block by block as of the whole matrix, for a support that has some of the coefficients of a block."""
    *_, terms = terms_of(GroupMCP([[0, 1, 2], list(range(3, 10)), [12], [14, 17]]))
    support = np.flatnonzero(np.arange(COLUMNS) % 4 != 2)
    curvature = RNG.normal(size=(len(support), len(support)))
    curvature = np.where(np.equal.outer(terms.owner[support], terms.owner[support]), curvature + curvature.T, 0.0)
    values, vectors = np.linalg.eigh(curvature)
    expected = (vectors * np.maximum(values, 0.0)) @ vectors.T
    assert values[0] < -0.1 and len(np.unique(np.bincount(terms.owner[support]))) > 2
    np.testing.assert_allclose(terms.without_concavity(curvature, support), expected, rtol=1e-10, atol=1e-12)
