"""Data at the edge: whatever comes in, finite coefficients come out soon, and `converged` is never a false claim."""

from __future__ import annotations

import time

import numpy as np
import pytest
from fits import certified, check_objective, data, oracle_error, over_losses, over_penalties, targets
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import sparse

from skregloss.losses import BY_NAME as LOSSES
from skregloss.losses import Huber, LogLoss, Poisson, SquaredError
from skregloss.penalties import L1, L2, MCP, ElasticNet, NoPenalty
from skregloss.solvers import Problem, solve

ONE_PER_LOSS = [cls() for cls in sorted(set(LOSSES.values()), key=lambda cls: cls.name) if cls.smooth and not cls.joint]
CLASSIFIERS = [loss for loss in ONE_PER_LOSS if loss.classification]
COUNTS = [
    loss for loss in ONE_PER_LOSS if not loss.classification and loss.y_interval.low == 0.0 and loss.y_interval.low_closed
]
POSITIVE = [loss for loss in ONE_PER_LOSS if loss.y_interval.low == 0.0]
REAL = [loss for loss in ONE_PER_LOSS if not loss.classification and np.isneginf(loss.y_interval.low)]
FEW = [SquaredError(), Huber(), LogLoss(), Poisson(), LOSSES["gamma"](), LOSSES["squared_hinge"]()]
SECONDS = 5.0


def quick_fit(loss, penalty, X, y, alpha, tol=1e-6, **keywords):
    """The solution, which must be there within seconds; compiling does not count."""
    for _ in range(2):
        start = time.process_time()
        solution = solve(Problem(loss, penalty, X, y, **keywords), alpha, tol=tol)
        if time.process_time() - start < SECONDS:
            return solution
    raise AssertionError("too slow")


def survives(loss, penalty, X, y, alpha=0.05, tol=1e-6, **keywords):
    """Fit, and check everything that holds for any data; the solution."""
    solution = quick_fit(loss, penalty, X, y, alpha, tol, **keywords)
    assert np.all(np.isfinite(solution.coef))
    assert np.isfinite(solution.intercept)
    assert not np.isnan(solution.certificate.objective)
    if solution.converged:
        convex = loss.convex and penalty.convex
        with np.errstate(all="ignore"):
            error = oracle_error(solution, loss, penalty, X, y, alpha, keywords)
            # NaN where the oracle finds no null model to measure by.
            assert not error > tol + (1e-13 if convex else 0.1 * tol + 1e-9)
            check_objective(solution, loss, penalty, X, y, alpha, keywords)
    return solution


def must_converge(loss, penalty, X, y, alpha=0.05, **keywords):
    solution = survives(loss, penalty, X, y, alpha, **keywords)
    assert solution.converged
    return solution


@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (2, 1), (12, 1), (4, 80)], ids=lambda shape: "x".join(map(str, shape)))
@over_penalties([L1(), L2(), MCP()])
@over_losses(ONE_PER_LOSS)
def test_shapes(loss, penalty, shape):
    rng = np.random.default_rng(0)
    X = rng.normal(size=shape)
    y = targets(loss, X[:, 0], rng)
    if loss.classification and shape[0] > 1:
        y[:2] = -1.0, 1.0
    one_class = loss.classification and shape[0] == 1
    never = one_class or not np.any(y) or not penalty.convex
    if shape[0] == 1:  # fitted exactly by the intercept: every relative error is 0 / 0
        assert np.all(np.isfinite(quick_fit(loss, penalty, X, y, 0.05).coef))
    else:
        (survives if never else must_converge)(loss, penalty, X, y)
    must_converge(loss, penalty, X, y, fit_intercept=False) if penalty.convex else None


@over_penalties([L1(), L2(), MCP()])
@over_losses(REAL + POSITIVE)
def test_constant_target(loss, penalty):
    X = data(loss)[0]
    solution = quick_fit(loss, penalty, X, np.full(len(X), 2.5), 0.05)
    assert solution.converged
    np.testing.assert_allclose(solution.coef, 0.0, atol=1e-6)


@over_penalties([L1(), L2(), NoPenalty()])
@over_losses(COUNTS)
def test_counts_that_are_all_zero(loss, penalty):
    X = data(loss)[0]
    solution = survives(loss, penalty, X, np.zeros(len(X)))
    assert not solution.converged
    assert "minimum" in solution.advice
    if not isinstance(penalty, NoPenalty):
        must_converge(loss, penalty, X, np.zeros(len(X)), fit_intercept=False)


@over_losses(COUNTS)
def test_a_free_dummy_of_a_group_without_events(loss):
    X, y = data(loss)
    X[:, 0] = np.arange(len(y)) < 8
    y[:8] = 0.0
    solution = survives(loss, L1(), X, y, factors=np.array([0.0, *np.ones(11)]))
    assert not solution.converged
    must_converge(loss, L1(), X, y)


@over_losses(CLASSIFIERS)
def test_separable_classes(loss):
    X = data(loss)[0]
    y = np.where(X[:, 0] > 0.0, 1.0, -1.0)
    for penalty in (L1(), L2(), ElasticNet()):
        must_converge(loss, penalty, X, y)
        must_converge(loss, penalty, X, y, alpha=1e-4)
    solution = survives(loss, NoPenalty(), X, y)
    # Hinges vanish at a finite margin.
    assert solution.converged == (loss.name in ("squared_hinge", "modified_huber"))


@over_losses(CLASSIFIERS)
def test_a_single_class(loss):
    X = data(loss)[0]
    for y in (np.ones(len(X)), -np.ones(len(X))):
        solution = survives(loss, L1(), X, y)
        assert solution.converged == (loss.name in ("squared_hinge", "modified_huber"))


@pytest.mark.parametrize("scale", [1e-150, 1e-8, 1e8, 1e150])
@over_penalties([L1(), L2(), MCP()])
@over_losses(FEW)
def test_scale_of_the_features(loss, penalty, scale):
    X, y = data(loss)
    if not 1e-100 < scale < 1e100:
        with pytest.raises(ValueError, match="rescale"):
            solve(Problem(loss, penalty, scale * X, y), 0.05)
        return
    survives(loss, penalty, scale * X, y)
    if penalty.convex:
        # The L1 problem with its strength in the same unit.
        must_converge(loss, L1(), scale * X, y, alpha=0.05 * scale)


@pytest.mark.parametrize("bounds", [(0.05, 0.1), (0.0, np.inf), (-0.1, 0.2)], ids=str)
@over_penalties([L1(), L2(), ElasticNet()])
@over_losses(FEW)
def test_bounds_with_more_columns_than_rows(loss, penalty, bounds):
    X, y = data(loss, n=20, p=30)
    X = X + np.linspace(-5.0, 5.0, 30)
    for storage in (np.asfortranarray, sparse.csc_array):
        must_converge(loss, penalty, storage(X), y, 0.01, bounds=bounds)


@pytest.mark.parametrize("scale", [1e-150, 1e-8, 1e-4, 1e4, 1e8, 1e150])
@over_losses([SquaredError(), LOSSES["expectile"](), LOSSES["gamma"](), LOSSES["tweedie"](), Huber()])
def test_scale_of_the_targets(loss, scale):
    X, y = data(loss)
    alpha = 0.05 * (scale if loss.name in ("squared_error", "expectile") else 1.0)
    survives(loss, L1(), X, scale * y, alpha=alpha)
    if 1e-9 < scale < 1e9 and loss.name != "tweedie":
        must_converge(loss, L1(), X, scale * y, alpha=alpha)


@pytest.mark.parametrize("standardize", [False, True])
@over_penalties([L1(), ElasticNet(), MCP()])
@over_losses(FEW)
def test_columns_of_all_scales(loss, penalty, standardize):
    X, y = data(loss)
    for columns in (X * np.geomspace(1e-6, 1e6, 12), X + 1e6, 1e6 + np.arange(12) + X, X * 1e-6 + 1.0):
        solution = quick_fit(loss, penalty, columns, y, 0.05, standardize=standardize)
        assert np.all(np.isfinite(solution.coef))
        assert solution.converged


@over_penalties([L1(), L2(), MCP(), NoPenalty()])
@over_losses(POSITIVE + CLASSIFIERS)
def test_exponentials_that_overflow(loss, penalty):
    X, y = data(loss)
    survives(loss, penalty, 1e3 * X, y, alpha=1.0)
    survives(loss, penalty, X, y, offset=np.linspace(-800.0, 800.0, len(y)))
    if loss.name == "poisson":
        survives(loss, penalty, X, 1e8 * y)


@over_losses(ONE_PER_LOSS)
def test_extreme_weights(loss):
    X, y = data(loss)
    spread = np.where(np.arange(len(y)) % 3 == 0, 1e-300, 1.0)
    for w in (np.full(len(y), 1e-300), np.full(len(y), 1e300), spread, 1e300 * spread, np.geomspace(1e-30, 1e30, len(y))):
        survives(loss, L1(), X, y, sample_weight=w)
    must_converge(loss, L1(), X, y, sample_weight=spread)


@over_losses(REAL)
def test_heavy_tails(loss):
    X, y = data(loss, n=200)
    y += np.random.default_rng(1).standard_cauchy(200) ** 3
    for penalty in (L1(), L2(), NoPenalty()):
        must_converge(loss, penalty, X, y)


@over_losses([*FEW, LOSSES["expectile"]()])
def test_collinear_free_columns(loss):
    X, y = data(loss)
    X = np.hstack([X, X[:, :2], X[:, [2]] + X[:, [3]], np.ones((len(y), 1))])
    must_converge(loss, NoPenalty(), X, y) if not loss.classification else survives(loss, NoPenalty(), X, y)
    must_converge(loss, L1(), X, y, factors=np.where(np.isin(np.arange(16), [0, 1, 12, 13, 15]), 0.0, 1.0))


@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
@pytest.mark.parametrize("value", [1.0, 0.1, -3.0, 1e6 / 3.0, 1e-9])
@over_penalties([L1(), L2(), MCP(), NoPenalty()])
def test_constant_columns_do_not_matter(penalty, value, storage):
    """Whatever rounding leaves of a constant column after its mean has been taken off."""
    for loss in (SquaredError(), LogLoss()):
        X, y = data(loss, n=47)
        plain = survives(loss, penalty, storage(X), y, 0.01, tol=1e-7)
        wide = storage(np.hstack([X, np.full((47, 1), value)]))
        for standardize in (False, True):
            solution = quick_fit(loss, penalty, wide, y, 0.01, tol=1e-7, standardize=standardize)
            assert solution.converged
            assert solution.certificate.objective <= plain.certificate.objective * (1.0 + 1e-7) or standardize
            assert abs(solution.coef[-1] * value) <= 1e3


def dependent(kind):
    X, wide = data(SquaredError(), n=40, p=10)[0], data(SquaredError(), n=20, p=60)[0]
    return {
        "duplicates": lambda: np.hstack([X, X, X[:, :3]]),
        "negatives": lambda: np.hstack([X, -X]),
        "sum of two": lambda: np.hstack([X, X[:, [0]] + X[:, [1]], X[:, [2]] - X[:, [3]]]),
        "constant": lambda: np.hstack([X, np.ones((40, 2)), np.full((40, 1), -3.0)]),
        "zero": lambda: np.hstack([X, np.zeros((40, 3))]),
        "wide": lambda: wide,
        "wide duplicates": lambda: np.hstack([wide, wide]),
        "one hot": lambda: np.hstack([X, np.eye(4)[np.arange(40) % 4], np.eye(5)[np.arange(40) % 5]]),
        "low rank": lambda: X @ np.random.default_rng(8).normal(size=(10, 30)),
    }[kind]()


DEPENDENT = ["duplicates", "negatives", "sum of two", "constant", "zero", "wide", "wide duplicates", "one hot", "low rank"]


@pytest.mark.parametrize("alpha", [0.05, 1e-3])
@pytest.mark.parametrize("kind", DEPENDENT)
@over_penalties([L1(), L2(), ElasticNet(0.99), MCP() + 0.1 * L2()])
@over_losses([SquaredError(), LogLoss(), Poisson()])
def test_dependent_columns_reach_the_certificate(loss, penalty, kind, alpha):
    X = dependent(kind)
    y = targets(loss, X[:, :3] @ [0.5, -0.5, 0.3], np.random.default_rng(9))
    certified(loss, penalty, X, y, 1e-10 if penalty.convex else 1e-6, alpha)


@pytest.mark.parametrize("kind", DEPENDENT)
@over_losses([SquaredError(), LogLoss()])
def test_dependent_free_columns_reach_the_certificate(loss, kind):
    X = dependent(kind)
    y = targets(loss, X[:, :3] @ [0.5, -0.5, 0.3], np.random.default_rng(9))
    factors = np.where(np.arange(X.shape[1]) % 4 == 0, 0.0, 1.0)
    factors[:2], factors[-2:] = 0.0, 0.0
    if "wide" in kind:
        factors[4:-2] = 1.0
    certified(loss, L1(), X, y, 1e-10, 0.02, factors=factors)


entries = st.sampled_from([0.0, 1.0, -1.0, 0.5, 3.0, 1e-3, 100.0, 1e5, 1e-8])


@st.composite
def problems(draw):
    """A loss, a penalty and small data full of ties, zeros and large ratios."""
    loss = draw(st.sampled_from(FEW))
    penalty = draw(st.sampled_from([L1(), L2(), ElasticNet(), MCP()]))
    n, p = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    X = np.array(draw(st.lists(st.lists(entries, min_size=p, max_size=p), min_size=n, max_size=n)))
    y = targets(loss, draw(st.sampled_from([0.0, 1.0])) * np.clip(X[:, 0], -3.0, 3.0), np.random.default_rng(n))
    weight = np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.0, 1e-6]), min_size=n, max_size=n)))
    weight = weight if weight.any() else None
    keywords = {"sample_weight": weight, "fit_intercept": draw(st.booleans())}
    return loss, penalty, X, y, draw(st.sampled_from([1e-4, 0.05, 1.0])), keywords


@given(problems())
@example((SquaredError(), L1(), np.zeros((3, 2)), np.zeros(3), 0.05, {}))
@example((SquaredError(), L1(), np.array([[1.0], [0.0]]), np.zeros(2), 0.05, {"sample_weight": np.array([0.0, 1.0])}))
@example((LogLoss(), L1(), np.ones((2, 1)), np.array([-1.0, 1.0]), 0.05, {}))
@settings(derandomize=True, deadline=None, max_examples=150)
def test_anything_goes(problem):
    loss, penalty, X, y, alpha, keywords = problem
    survives(loss, penalty, X, y, alpha, **keywords)
