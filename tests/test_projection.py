"""Points near the minimum over their free block are certified as exactly as those at it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from fits import LOSS_EXAMPLES, certified, data, over_losses, weights
from penalty_examples import short
from scipy import sparse

from skregloss.losses import LogLoss, Poisson
from skregloss.path import fit_path
from skregloss.penalties import L1, ElasticNet
from skregloss.solvers import Problem, judge, solve
from skregloss.solvers.curvature import Curvature
from skregloss.solvers.model_errors import model_errors
from skregloss.solvers.null_model import null_model
from skregloss.solvers.projection import projection
from skregloss.solvers.sample_terms import fenchel_gap
from skregloss.solvers.trend import Trend

BOUNDED = [loss for loss in LOSS_EXAMPLES if np.isfinite(loss.self_concordance)]
FACTORS = np.r_[0.0, 0.0, np.ones(10)]
over_storage = pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
over_factors = pytest.mark.parametrize("factors", [None, FACTORS], ids=["intercept", "free columns"])


def near_the_minimum(loss, storage, factors, size):
    """A problem, its free block, and a point off the minimum over that"""
    X, y = data(loss)
    problem = Problem(loss, L1().bind(12, None), storage(X), y, sample_weight=weights(60), factors=factors)
    null = null_model(problem, problem.blocks(1.0))
    rng = np.random.default_rng(2)
    coef = null.point.coef.copy()
    coef[null.free.columns] += size * rng.normal(size=len(null.free.columns))
    return problem, null.free, problem.at(coef, null.point.intercept + size * rng.normal())


def exact_gap(problem, point, scale):
    """The sum of Fenchel and Young, summed up"""
    parts = problem.weights, point.gradient, point.curvature.weights, point.dual
    return fenchel_gap(problem.data.kernel_loss, problem.y, point.eta, *parts, scale, 0.0, np.inf)


@pytest.mark.parametrize("scale", [1.0, 1.0 - 1e-8, 1.0 - 1e-5, 0.999, 0.9])
@over_losses(BOUNDED)
def test_gaps_of_the_loss(loss, scale):
    """They are no less than what they bound, and hardly more"""
    for size in (1e-1, 1e-3, 1e-6):
        problem, free, point = near_the_minimum(loss, np.asfortranarray, FACTORS, size)
        for near in (point, dataclasses.replace(point, projection=projection(problem, free, point))):
            summed, given = exact_gap(problem, near, scale), problem.data.gap(near, scale)
            rounding = 1e-14 * (abs(point.value) + problem.data.floor()[1])
            assert given == summed or summed - rounding <= given <= 1.021 * summed + rounding


@over_factors
@over_storage
@over_losses(BOUNDED)
def test_a_projection_is_feasible_and_its_bound_holds(loss, storage, factors):
    for size in (1e-1, 1e-3, 1e-6):
        problem, free, point = near_the_minimum(loss, storage, factors, size)
        found = projection(problem, free, point)
        if found is None:
            assert size == 1e-1
            continue
        Z = free.matrix()
        assert np.abs(Z.T @ found.dual).max() <= 1e-13 * np.abs(Z).max() * np.abs(found.dual).sum()
        lost = exact_gap(problem, dataclasses.replace(point, projection=found), 1.0)
        rounding = 1e-15 * (abs(point.value) + problem.data.floor()[1])
        assert found.excess > 0.0
        assert 0.4 * found.excess - rounding <= lost <= found.excess + rounding
        # The first order of what the gradient is after the step, but where curvature has all but vanished.
        after = problem.at(*free.add(point, found.step), point.eta + free.apply(found.step))
        assert (
            np.abs(after.gradient - found.dual).max()
            <= (10.0 * size + 0.01) * np.abs(point.gradient - found.dual).max() + 1e-15
        )


def test_no_projection_far_from_the_minimum():
    problem, free, point = near_the_minimum(Poisson(), np.asfortranarray, None, 1e-3)
    far = problem.at(point.coef, point.intercept - 3.0)
    assert projection(problem, free, point) is not None and projection(problem, free, far) is None


@over_factors
@pytest.mark.parametrize("penalty", [L1(), ElasticNet()], ids=short)
@over_losses([Poisson(), LogLoss()])
def test_fits_do_not_depend_on_projections(loss, penalty, factors, monkeypatch):
    """Certificates hold with and without them, and objectives agree to the tolerance."""
    X, y = data(loss)
    used, plain = [], judge.projection

    def noted(*arguments):
        used.append(plain(*arguments))
        return used[-1]

    monkeypatch.setattr(judge, "projection", noted)
    found = certified(loss, penalty, X, y, 1e-9, factors=factors)
    assert any(projected is not None for projected in used)
    monkeypatch.setattr(judge, "projection", lambda *arguments: None)
    exact = certified(loss, penalty, X, y, 1e-9, factors=factors)
    assert found.certificate.objective == pytest.approx(exact.certificate.objective, rel=1e-8)


@over_losses(BOUNDED)
def test_the_next_model_gains_no_more_than_the_error_of_the_last_one_allows(loss):
    X, y = data(loss)
    problem = Problem(loss, L1().bind(12, None), np.asfortranarray(X), y)
    Z = np.column_stack([np.ones(60), X])
    rng = np.random.default_rng(3)
    before = problem.at(0.1 * rng.normal(size=12), np.array([0.1]))
    step = 0.2 * rng.normal(size=12)
    after = problem.at(before.coef + step, before.intercept + 0.05)
    share, most = model_errors(before.curvature, before, after)
    move, change = after.eta - before.eta, after.gradient - before.gradient
    assert share == pytest.approx((move @ change) / (move**2 @ before.curvature.weights), rel=1e-12)
    rest = Z.T @ (change - before.curvature.weights * move)
    gram = Z.T @ (before.curvature.weights[:, None] * Z)
    assert 0.5 * rest @ np.linalg.solve(gram, rest) <= most * (1.0 + 1e-9)
    assert np.isfinite(most)
    assert model_errors(Curvature(np.zeros(60)), before, after)[1] == np.inf


@over_losses([Poisson(), LogLoss()])
def test_the_curvature_ahead_is_nearer_to_that_of_the_step(loss):
    X, y = data(loss)
    problem = Problem(loss, L1().bind(12, None), np.asfortranarray(X), y)
    top = fit_path(problem, 2).alpha_max
    alphas = top * np.geomspace(0.2, 0.1, 6)
    points = [fit_points(problem, alpha) for alpha in alphas]
    trend, better = Trend(problem), 0
    assert trend.curvature(points[0], alphas[1], alphas[0]) is None
    for k in range(1, 5):
        here, there = points[k], points[k + 1]
        ahead = trend.curvature(here, alphas[k + 1], alphas[k])
        better += model_errors(ahead, here, there)[1] < 0.1 * model_errors(here.curvature, here, there)[1]
    assert better >= 3


def fit_points(problem, alpha):
    return solve(problem, alpha, tol=1e-12).point


def test_nothing_is_ahead_after_a_jump_or_without_a_path():
    X, y = data(LogLoss())
    problem = Problem(LogLoss(), L1().bind(12, None), np.asfortranarray(X), y)
    trend, point = Trend(problem), fit_points(problem, 0.05)
    for alpha, previous in ((0.04, 0.05), (0.01, 0.049), (0.005, None), (0.004, 0.005)):
        assert trend.curvature(point, alpha, previous) is None
