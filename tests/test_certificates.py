"""Every fit proves itself: what the certificate claims is recomputed from the formulas alone."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from penalty_examples import CONVEX, EXAMPLES, short
from scipy import sparse
from scipy.optimize import minimize_scalar

from skregloss.losses import BY_NAME as LOSSES
from skregloss.losses import LogLoss, SquaredError
from skregloss.penalties import BY_NAME as PENALTIES
from skregloss.penalties import L1, L2, MCP, SCAD, ElasticNet, NoPenalty
from skregloss.solvers import Problem, solve

LOSS_CLASSES = sorted(set(LOSSES.values()), key=lambda cls: cls.name)
LOSS_EXAMPLES = [loss for cls in LOSS_CLASSES if cls.smooth for loss in cls.examples()]
CONVEX_LOSSES = [loss for loss in LOSS_EXAMPLES if loss.convex]
ONE_PER_LOSS = [cls() for cls in LOSS_CLASSES if cls.smooth]
ONE_PER_CONVEX_LOSS = [loss for loss in ONE_PER_LOSS if loss.convex]
ONE_PER_PENALTY = [cls() for cls in PENALTIES.values() if cls.separable]
NON_CONVEX = [penalty for penalty in EXAMPLES if not penalty.convex]
SMALL_CONVEX = [L1(), L2(), ElasticNet(), 0.7 * L1() + 0.3 * L2()]
ALPHA = 0.05


def targets(loss, eta, rng):
    """Targets that the loss is defined for, which follow eta."""
    if loss.classification:
        return np.where(eta + rng.logistic(size=len(eta)) > 0.0, 1.0, -1.0)
    if np.isneginf(loss.y_interval.low):
        return eta + rng.standard_t(3, size=len(eta))
    if loss.y_interval.low_closed:
        return rng.poisson(np.exp(eta)).astype(float)
    return np.exp(eta) * rng.gamma(2.0, 0.5, len(eta))


def data(loss, n=60, p=12, seed=0):
    """Correlated columns with many zeros, and targets that follow three of them."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + 0.7 * rng.normal(size=(n, 1))) * (rng.uniform(size=(n, p)) < 0.6)
    return X, targets(loss, X[:, :3] @ [0.8, -0.6, 0.5] + 0.2, rng)


def weights(n):
    return np.random.default_rng(1).integers(0, 4, n).astype(float)


def oracle_terms(penalty):
    """A penalty as the oracle states it."""
    terms = [(factor, term.name, term.get_params()) for factor, term in penalty.terms() if factor != 0.0]
    return terms or "none"


def statement(loss, penalty, X, y, alpha, settings):
    """Arguments and keywords of the oracle's functions for a problem of the solver's."""
    keywords = {"alpha": alpha, **settings}
    if keywords.get("bounds") is not None:
        keywords["bounds"] = np.stack([np.broadcast_to(bound, X.shape[1]) for bound in keywords["bounds"]], axis=1)
    return (loss.name, loss.get_params(), oracle_terms(penalty), X, y), keywords


def objective(loss, penalty, X, y, solution, alpha, settings):
    """The objective of a solution by the oracle, and the size of the numbers that it sums."""
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    problem = oracle.Problem(*arguments, **keywords)
    rows = np.abs(problem.rows.value(problem.eta(solution.coef, solution.intercept)))
    return oracle.objective(problem, solution.coef, solution.intercept), problem.weights @ rows


def check_objective(solution, loss, penalty, X, y, alpha, settings):
    value, size = objective(loss, penalty, X, y, solution, alpha, settings)
    assert solution.certificate.objective == pytest.approx(value, rel=0.0, abs=1e-12 * max(abs(value), size) + 1e-300)


def free_gradient(problem, solution):
    """The largest gradient entry of the free block, relative to the sizes of what it sums."""
    slopes = problem.weights * problem.rows.slope(problem.eta(solution.coef, solution.intercept))
    Z = problem.columns(problem.free)
    return np.max(np.abs(Z.T @ slopes) / np.max(np.abs(Z).T @ np.abs(slopes), initial=1e-300), initial=0.0)


def oracle_error(solution, loss, penalty, X, y, alpha, settings):
    """The relative gap of a convex problem, else the residual of the prox fixed point."""
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    if loss.convex and penalty.convex:
        gap = oracle.relative_gap(*arguments, solution.coef, solution.intercept, **keywords)
        if not np.isnan(gap):
            return gap
    problem = oracle.Problem(*arguments, **keywords)
    if len(problem.bound) == 0:
        return free_gradient(problem, solution)
    return oracle.fixed_point_residual(*arguments, solution.coef, solution.intercept, **keywords)


def no_single_move_pays(solution, loss, penalty, X, y, alpha, settings):
    """Whether no coefficient, the intercept following it, can lower the objective itself by more than its rounding.

    The residual of the fixed point trusts the curvature at the point, which can be far from the curvature along a move.
    """
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    problem = oracle.Problem(*arguments, **keywords)
    here = oracle.objective(problem, solution.coef, solution.intercept)
    for j, b in np.ndenumerate(solution.coef):
        for move in [-b, *np.linspace(-1.5, 1.5, 40)]:
            coef = solution.coef.copy()
            coef[j] += move
            best = minimize_scalar(lambda shift, coef=coef: oracle.objective(problem, coef, solution.intercept + shift))
            if best.fun < here - 1e-9 * abs(here):
                return False
    return True


def certified(loss, penalty, X, y, tol, alpha=ALPHA, **settings):
    """Fit, and check what the certificate says with the oracle; the solution."""
    solution = solve(Problem(loss, penalty, X, y, **settings), alpha, tol=tol)
    certificate = solution.certificate
    assert certificate.converged
    assert (certificate.kkt if np.isnan(certificate.gap) else certificate.relative_gap) <= tol
    # The residual of a non-convex problem is measured at curvatures that are themselves rounded.
    slack = 1e-13 if loss.convex and penalty.convex else 0.1 * tol + 1e-9
    assert oracle_error(solution, loss, penalty, X, y, alpha, settings) <= tol + slack
    check_objective(solution, loss, penalty, X, y, alpha, settings)
    return solution


over_storage = pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
over_weights = pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
over_tol = pytest.mark.parametrize("tol", [1e-6, 1e-10])


def over_losses(losses):
    return pytest.mark.parametrize("loss", losses, ids=short)


def over_penalties(penalties):
    return pytest.mark.parametrize("penalty", penalties, ids=short)


@over_tol
@over_weights
@over_storage
@over_penalties([*SMALL_CONVEX, NoPenalty()])
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_of_every_convex_loss(loss, penalty, storage, weighted, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


@over_tol
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "no intercept"])
@over_penalties([L1(), L2(), ElasticNet()])
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_with_more_columns_than_rows(loss, penalty, intercept, tol):
    X, y = data(loss, n=30, p=60)
    certified(loss, penalty, X, y, tol, fit_intercept=intercept)


@over_tol
@over_storage
@over_penalties(CONVEX)
@over_losses([SquaredError(), LogLoss()])
def test_gap_of_every_convex_penalty(loss, penalty, storage, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol)


@pytest.mark.slow
@over_tol
@over_weights
@over_storage
@pytest.mark.parametrize("shape", [(60, 12), (30, 60)], ids=["tall", "wide"])
@over_penalties(CONVEX)
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
@over_penalties(NON_CONVEX)
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
