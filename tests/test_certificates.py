"""Every fit proves itself: what the certificate claims is recomputed from the formulas alone."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from fits import (
    ALPHA,
    CONVEX_LOSSES,
    LOSS_EXAMPLES,
    NON_CONVEX,
    ONE_PER_CONVEX_LOSS,
    ONE_PER_LOSS,
    ONE_PER_PENALTY,
    SHAPES,
    SMALL_CONVEX,
    STORAGES,
    TOLERANCES,
    WEIGHTED,
    certified,
    check_objective,
    data,
    free_gradient,
    no_single_move_pays,
    oracle_error,
    over_half,
    over_losses,
    over_penalties,
    over_storage,
    over_tol,
    over_weights,
    statement,
    weights,
)
from penalty_examples import CONVEX, sums_slow

from skregloss.losses import BY_NAME as LOSSES
from skregloss.losses import LogLoss, SquaredError
from skregloss.penalties import BY_NAME as PENALTIES
from skregloss.penalties import L1, L2, MCP, SCAD, ElasticNet, NoPenalty
from skregloss.solvers import Problem, solve


@over_half(storage=STORAGES, weighted=WEIGHTED, tol=TOLERANCES)
@over_penalties([*SMALL_CONVEX, NoPenalty()])
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_of_every_convex_loss(loss, penalty, storage, weighted, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


@over_half(intercept={"intercept": True, "no intercept": False}, tol=TOLERANCES)
@over_penalties([L1(), L2(), ElasticNet()])
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_with_more_columns_than_rows(loss, penalty, intercept, tol):
    X, y = data(loss, n=30, p=60)
    certified(loss, penalty, X, y, tol, fit_intercept=intercept)


@over_half(storage=STORAGES, tol=TOLERANCES)
@over_penalties(sums_slow(CONVEX))
@over_losses([SquaredError(), LogLoss()])
def test_gap_of_every_convex_penalty(loss, penalty, storage, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol)


@pytest.mark.slow
@over_half(shape=SHAPES, storage=STORAGES, weighted=WEIGHTED, tol=TOLERANCES)
@over_penalties(sums_slow(CONVEX))
@over_losses(CONVEX_LOSSES)
def test_gap_of_every_convex_pair(loss, penalty, shape, storage, weighted, tol):
    if shape == (30, 60) and penalty.l1_l2_parts() == (0.0, 0.0):
        pytest.skip("without a penalty a wide problem has no unique, or no finite, optimum")
    X, y = data(loss, *shape)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


def special_settings(kind, n, p):
    """Keyword arguments that exercise one feature of a problem at a time, and all of them together."""
    rng = np.random.default_rng(2)
    factors = rng.uniform(0.5, 2.0, p)
    factors[[0, 5]], factors[[2, 7]] = 0.0, np.inf
    box = (np.where(np.arange(p) % 3 == 0, -np.inf, -0.2), np.where(np.arange(p) % 4 == 0, np.inf, 0.3))
    choices = {
        "factors": {"factors": factors},
        "all free": {"factors": np.zeros(p)},
        "non-negative": {"bounds": (0.0, np.inf)},
        "non-negative, some unpenalised": {"bounds": (0.0, np.inf), "factors": np.where(np.arange(p) < 4, 0.0, 1.0)},
        "box": {"bounds": box},
        "box without zero": {"bounds": (np.full(p, 0.05), np.full(p, 0.4))},
        "offset": {"offset": rng.normal(size=n)},
        "no intercept": {"fit_intercept": False},
    }
    together = {"factors": factors, "bounds": box, "offset": choices["offset"]["offset"], "sample_weight": weights(n)}
    return {**choices, "together": together}[kind]


KINDS = ["factors", "all free", "non-negative", "non-negative, some unpenalised", "box", "box without zero"]
KINDS += ["offset", "no intercept", "together"]


@over_tol
@pytest.mark.parametrize("kind", KINDS)
@over_penalties([L1(), L2(), ElasticNet()])
@over_losses([SquaredError(), LogLoss(), LOSSES["poisson"](), LOSSES["huber"](), LOSSES["squared_hinge"]()])
def test_gap_with_settings(loss, penalty, kind, tol):
    X, y = data(loss)
    settings = special_settings(kind, *X.shape)
    solution = certified(loss, penalty, X, y, tol, **settings)
    low, high = settings.get("bounds", (-np.inf, np.inf))
    assert np.all(solution.coef >= low)
    assert np.all(solution.coef <= high)
    assert np.all(solution.coef[np.isinf(settings.get("factors", np.zeros(12)))] == 0.0)
    assert settings.get("fit_intercept", True) or solution.intercept == 0.0


@pytest.mark.slow
@over_tol
@over_storage
@pytest.mark.parametrize("kind", KINDS)
@over_penalties([L1(), L2(), ElasticNet(), MCP()])
@over_losses(ONE_PER_LOSS)
def test_every_loss_with_settings(loss, penalty, kind, storage, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol, **special_settings(kind, *X.shape))


@over_tol
@over_storage
@pytest.mark.parametrize("kind", ["factors", "box", "no intercept", "together"])
@over_penalties([L1(), MCP()])
def test_certificate_of_standardised_columns(penalty, kind, storage, tol):
    """The problem of the columns divided by their deviations, whose coefficients are those times the deviations."""
    X, y = data(LogLoss())
    X = X * np.geomspace(1e-2, 1e2, X.shape[1])
    settings = special_settings(kind, *X.shape)
    solution = solve(Problem(LogLoss(), penalty, storage(X), y, standardize=True, **settings), ALPHA, tol=tol)
    assert solution.converged
    weight = settings.get("sample_weight", np.ones(len(y)))
    deviation = np.sqrt(np.average((X - np.average(X, axis=0, weights=weight)) ** 2, axis=0, weights=weight))
    if "bounds" in settings:
        settings["bounds"] = tuple(bound * deviation for bound in settings["bounds"])
    arguments, keywords = statement(LogLoss(), penalty, X / deviation, y, ALPHA, settings)
    point = (np.clip(solution.coef * deviation, *settings.get("bounds", (-np.inf, np.inf))), solution.intercept)
    judge = oracle.relative_gap if penalty.convex else oracle.fixed_point_residual
    assert judge(*arguments, *point, **keywords) <= tol + (1e-13 if penalty.convex else 0.1 * tol + 1e-9)
    assert oracle.objective(oracle.Problem(*arguments, **keywords), *point) == pytest.approx(
        solution.certificate.objective, rel=1e-12
    )


@over_tol
@over_storage
@over_penalties(sums_slow(NON_CONVEX))
@over_losses([SquaredError(), LogLoss()])
def test_fixed_point_of_every_non_convex_penalty(loss, penalty, storage, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol)


@over_weights
@over_penalties([MCP(), SCAD(), PENALTIES["l0"]()])
@over_losses(ONE_PER_LOSS)
def test_fixed_point_of_every_loss(loss, penalty, weighted):
    X, y = data(loss)
    settings = {"sample_weight": weights(len(y)) if weighted else None}
    solution = solve(Problem(loss, penalty, X, y, **settings), ALPHA)
    assert solution.converged
    check_objective(solution, loss, penalty, X, y, ALPHA, settings)
    assert oracle_error(solution, loss, penalty, X, y, ALPHA, settings) <= 2e-6 or no_single_move_pays(
        solution, loss, penalty, X, y, ALPHA, settings
    )


@over_tol
@over_storage
@over_penalties([*ONE_PER_PENALTY, 0.7 * L1() + 0.3 * L2()])
@over_losses([loss for loss in ONE_PER_LOSS if not loss.convex])
def test_fixed_point_of_every_non_convex_loss(loss, penalty, storage, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol)


@over_storage
@over_losses(LOSS_EXAMPLES)
def test_gradient_vanishes_without_penalty(loss, storage):
    X, y = data(loss)
    for penalty, factors in ((NoPenalty(), None), (L1(), np.zeros(X.shape[1])), (0.0 * MCP(), None)):
        solution = solve(Problem(loss, penalty, storage(X), y, factors=factors), ALPHA, tol=1e-10)
        arguments, keywords = statement(loss, penalty, X, y, ALPHA, {"factors": factors})
        assert solution.converged
        assert free_gradient(oracle.Problem(*arguments, **keywords), solution) <= 1e-12
