"""What every solution must satisfy whatever the data: thresholds, equivalences and symmetries of the one problem."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from fits import ALPHA, ONE_PER_LOSS, data, over_losses, over_penalties, weights
from penalty_examples import EXAMPLES, short, sums_slow
from scipy import sparse

from skregloss.losses import BY_NAME, LogLoss, Poisson, SquaredError
from skregloss.penalties import L0, L1, L2, MCP, SCAD, ElasticNet, Lq, NoPenalty
from skregloss.solvers import Problem, cholesky, inner, make_solver, solve
from skregloss.solvers.free_block import FreeBlock
from skregloss.solvers.models import GramModel, ResidualModel

SMALL_LOSSES = [SquaredError(), LogLoss(), Poisson(), BY_NAME["huber"](), BY_NAME["tweedie"]()]
TIGHT = 1e-12


def fit(loss, penalty, X, y, alpha=ALPHA, tol=TIGHT, **settings):
    solution = solve(Problem(loss, penalty, X, y, **settings), alpha, tol=tol)
    assert solution.converged
    return solution


def same(one, other, rtol=1e-7, atol=1e-8):
    np.testing.assert_allclose(one.coef, other.coef, rtol=rtol, atol=atol)
    assert one.intercept == pytest.approx(other.intercept, rel=rtol, abs=atol)


def identical(one, other):
    return np.array_equal(one.coef, other.coef) and one.intercept == other.intercept


@over_penalties(sums_slow(EXAMPLES))
@over_losses([SquaredError(), LogLoss(), Poisson()])
def test_alpha_max_is_tight(loss, penalty):
    X, y = data(loss)
    problem = Problem(loss, penalty, X, y)
    alpha_max = make_solver(problem).alpha_max()
    if not np.isfinite(alpha_max) or alpha_max == 0.0:
        assert penalty.l1_l2_parts() is not None and penalty.l1_l2_parts()[0] == 0.0
        return
    assert np.all(make_solver(problem).solve(alpha_max, tol=1e-10, max_iter=100).coef == 0.0)
    assert np.all(make_solver(problem).solve(1.5 * alpha_max, tol=1e-10, max_iter=100).coef == 0.0)
    if penalty.convex or loss.constant_curvature:
        # Elsewhere a non-convex penalty may find that the loss does not keep what its curvature at zero promised.
        assert np.any(make_solver(problem).solve(0.999 * alpha_max, tol=1e-10, max_iter=100).coef != 0.0)


@over_losses(ONE_PER_LOSS)
def test_alpha_max_with_settings(loss):
    """Weights, an offset, a free column and an excluded one, and bounds that forbid half of the directions."""
    X, y = data(loss)
    factors = np.array([0.0, np.inf, 3.0, *np.ones(9)])
    settings = {"sample_weight": weights(60), "offset": 0.1 * X[:, 3], "factors": factors, "standardize": True}
    settings["bounds"] = (np.array([-np.inf, *np.zeros(11)]), np.inf)
    solver = make_solver(Problem(loss, L1(), X, y, **settings))
    alpha_max = solver.alpha_max()
    assert np.all(solver.solve(alpha_max, tol=1e-10, max_iter=100).coef[1:] == 0.0)
    assert np.any(solver.solve(0.999 * alpha_max, tol=1e-10, max_iter=100).coef[1:] != 0.0)


@over_penalties([L1(), ElasticNet(), MCP()])
@over_losses(SMALL_LOSSES)
def test_weights_are_repetition(loss, penalty):
    X, y = data(loss)
    w = weights(len(y)).astype(int)
    weighted = fit(loss, penalty, X, y, tol=1e-10, sample_weight=w)
    rows = np.repeat(np.arange(len(y)), w)
    same(weighted, fit(loss, penalty, X[rows], y[rows], tol=1e-10), 1e-5, 1e-6)
    same(weighted, fit(loss, penalty, X[w > 0], y[w > 0], tol=1e-10, sample_weight=w[w > 0]), 1e-5, 1e-6)
    for factor in (2.0**-600, 1e-3, 7.0, 2.0**600):
        same(weighted, fit(loss, penalty, X, y, tol=1e-10, sample_weight=factor * w), 1e-5, 1e-6)


@over_penalties([L1(), L2(), ElasticNet()])
@over_losses(SMALL_LOSSES)
def test_order_of_rows_and_columns_does_not_matter(loss, penalty):
    X, y = data(loss)
    rng = np.random.default_rng(5)
    rows, columns = rng.permutation(len(y)), rng.permutation(X.shape[1])
    plain = fit(loss, penalty, X, y, tol=1e-10)
    same(plain, fit(loss, penalty, X[rows], y[rows], tol=1e-10), 1e-5, 1e-6)
    turned = fit(loss, penalty, X[:, columns], y, tol=1e-10)
    np.testing.assert_allclose(turned.coef, plain.coef[columns], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ElasticNet(1.0), L1()),
        (ElasticNet(0.0), L2()),
        (0.7 * L1() + 0.3 * L2(), ElasticNet(0.7)),
        (2.0 * (0.5 * L1()), L1()),
        (MCP(gamma=1e9), L1()),
        (SCAD(gamma=1e9), L1()),
        (L1() + 0.0 * MCP(), L1()),
        (0.0 * L1(), NoPenalty()),
        (MCP() + 0.0 * L2(), MCP()),
    ],
    ids=short,
)
@over_losses(SMALL_LOSSES)
def test_equal_penalties(loss, one, other):
    X, y = data(loss)
    same(fit(loss, one, X, y, tol=1e-10), fit(loss, other, X, y, tol=1e-10), 1e-5, 1e-6)


@over_penalties([L1(), MCP(), L0(), Lq()])
@over_losses([SquaredError(), LogLoss()])
def test_a_factor_is_another_strength(loss, penalty):
    """And for L1 also another unit of the column."""
    X, y = data(loss)
    factors = np.random.default_rng(3).uniform(0.5, 2.0, X.shape[1])
    same(fit(loss, penalty, X, y, tol=1e-9, factors=np.full(12, 2.0)), fit(loss, penalty, X, y, 2.0 * ALPHA, tol=1e-9), 1e-6)
    if penalty.convex:
        scaled = fit(loss, penalty, X, y, factors=factors)
        other = fit(loss, penalty, X / factors, y)
        np.testing.assert_allclose(scaled.coef, other.coef / factors, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
@over_penalties([L1(), ElasticNet(), MCP()])
@over_losses([SquaredError(), LogLoss()])
def test_standardize_is_division_by_the_deviation(loss, penalty, storage):
    X, y = data(loss)
    X = X * np.geomspace(1e-3, 1e3, X.shape[1]) + (0.0 if storage is sparse.csc_array else 5.0)
    X[:, 4] = 3.0
    w = weights(len(y))
    deviation = np.sqrt(np.average((X - np.average(X, axis=0, weights=w)) ** 2, axis=0, weights=w))
    deviation[4] = 1.0
    view = fit(loss, penalty, storage(X), y, tol=1e-9, sample_weight=w, standardize=True)
    manual = fit(loss, penalty, storage(X / deviation), y, tol=1e-9, sample_weight=w)
    np.testing.assert_allclose(view.coef * deviation, manual.coef, rtol=1e-5, atol=1e-6)
    assert view.coef[4] == 0.0


def test_offset_shifts_the_target_of_squared_error():
    X, y = data(SquaredError())
    offset = np.random.default_rng(7).normal(size=len(y))
    same(fit(SquaredError(), L1(), X, y, offset=offset), fit(SquaredError(), L1(), X, y - offset))
    shifted = fit(LogLoss(), L1(), X, np.sign(y), offset=np.full(len(y), 0.7))
    plain = fit(LogLoss(), L1(), X, np.sign(y))
    np.testing.assert_allclose(shifted.coef, plain.coef, rtol=1e-5, atol=1e-6)
    assert shifted.intercept + 0.7 == pytest.approx(plain.intercept, abs=1e-5)


@over_penalties([L1(), ElasticNet(), MCP()])
@over_losses(SMALL_LOSSES)
def test_storage_does_not_matter(loss, penalty):
    X, y = data(loss)
    X = X.astype(np.float32)
    plain = fit(loss, penalty, X.astype(np.float64), y, tol=1e-10)
    for stored in (X, sparse.csc_array(X), sparse.csc_array(X.astype(np.float64)), sparse.csr_array(X)):
        same(plain, fit(loss, penalty, stored, y, tol=1e-10), 1e-5, 1e-6)


@over_penalties(sums_slow(EXAMPLES))
def test_repeated_and_concurrent_fits_are_identical(penalty):
    X, y = data(LogLoss())
    fits = [lambda X=stored: solve(Problem(LogLoss(), penalty, X, y), ALPHA) for stored in (X, sparse.csc_array(X))] * 3
    first = [one() for one in fits]
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(lambda one: one(), fits))
    assert all(identical(*pair) for pair in zip(first, again, strict=True))


def test_fits_leave_their_inputs_alone():
    X, y = data(LogLoss())
    settings = {"sample_weight": weights(60), "offset": np.ones(60), "factors": np.array([0.0, np.inf, *np.ones(10)])}
    settings["bounds"] = (np.full(12, -1.0), np.full(12, 1.0))
    arrays = [X, y, settings["sample_weight"], settings["offset"], settings["factors"], *settings["bounds"]]
    before = [item.copy() for item in arrays]
    for item in arrays:
        item.flags.writeable = False
    solve(Problem(LogLoss(), MCP(), X, y, standardize=True, **settings), ALPHA)
    assert all(np.array_equal(*pair) for pair in zip(arrays, before, strict=True))


@over_penalties([L1(), L2(), ElasticNet()])
@over_losses(SMALL_LOSSES)
def test_warm_start_gives_the_same_answer(loss, penalty):
    X, y = data(loss)
    problem = Problem(loss, penalty, X, y, standardize=True)
    cold = solve(problem, ALPHA, tol=1e-11)
    far = np.random.default_rng(4).normal(size=12)
    for start in ((cold.coef, cold.intercept), (np.zeros(12), 0.0), (far, 1.0), (0.1 * np.ones(12), -3.0)):
        warm = solve(problem, ALPHA, tol=1e-11, start=start)
        assert warm.converged
        same(warm, cold, 1e-4, 1e-5)
    assert solve(problem, ALPHA, tol=1e-11, start=(cold.coef, cold.intercept)).n_iter <= 2


@pytest.mark.parametrize("seed", range(20))
def test_cholesky_factor_grows_and_shrinks(seed):
    """Random appends and removals; the factor always belongs to the rows that are left."""
    rng = np.random.default_rng(seed)
    A = rng.normal(size=(30, 12))
    gram = A.T @ A
    factor, order = np.zeros((12, 12)), []
    for _ in range(60):
        outside = np.setdiff1d(np.arange(12), order)
        if len(order) == 0 or (len(outside) and rng.uniform() < 0.6):
            new = rng.choice(outside)
            assert cholesky.append(factor, len(order), gram[new, [*order, new]], gram[new, new], 1e-13)
            order.append(new)
        else:
            place = int(rng.integers(len(order)))
            cholesky.remove(factor, len(order), place)
            order.pop(place)
        size = len(order)
        L = np.tril(factor[:size, :size])
        np.testing.assert_allclose(L @ L.T, gram[np.ix_(order, order)], rtol=1e-10, atol=1e-10)
        if size:
            x = rng.normal(size=size)
            expected = np.linalg.solve(gram[np.ix_(order, order)], x)
            cholesky.solve(factor, size, x)
            np.testing.assert_allclose(x, expected, rtol=1e-8, atol=1e-10)


def test_cholesky_refuses_a_dependent_column():
    factor = np.zeros((3, 3))
    assert cholesky.append(factor, 0, np.array([4.0]), 4.0, 1e-13)
    before = factor[:1, :1].copy()
    assert not cholesky.append(factor, 1, np.array([8.0, 16.0]), 16.0, 1e-13)
    assert np.array_equal(factor[:1, :1], before)


def model_at(kind, problem, coef, alpha):
    """The quadratic model of a problem on all its penalised columns."""
    blocks = problem.blocks(alpha)
    point = problem.at(coef, np.full(problem.intercepts.count, 0.1))
    return kind(problem, FreeBlock(problem, blocks.free), point, blocks.terms, 1.0, None)


over_models = pytest.mark.parametrize("warm", [False, True], ids=["cold", "warm"])
over_shapes = pytest.mark.parametrize("shape", [(60, 12), (30, 60)], ids=["tall", "wide"])


def two_minima(first, second, loss, penalty, shape, warm, intercept, tolerance=1e-14):
    """The same model, in two of its forms (kind of model, L1 and L2 parts), minimised."""
    X, y = data(loss, *shape)
    factors = np.where(np.arange(shape[1]) % 5 == 0, 0.0, 1.0) if shape[1] == 12 else None
    problem = Problem(loss, penalty, X, y, factors=factors, fit_intercept=intercept)
    coef = np.random.default_rng(6).normal(size=shape[1]) * 0.2 * warm
    models = []
    for kind, parts in (first, second):
        models.append(model_at(kind, problem, coef, 0.02))
        inner.minimize_model(models[-1], parts, tolerance)
    np.testing.assert_allclose(models[0].b, models[1].b, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(models[0].free_step(), models[1].free_step(), rtol=1e-6, atol=1e-7)
    assert np.array_equal(models[0].b == 0.0, models[1].b == 0.0)


@over_models
@over_shapes
@over_penalties([L1(), ElasticNet(0.8), 0.5 * L1() + 0.2 * L2()])
@over_losses([SquaredError(), LogLoss()])
def test_homotopy_and_coordinate_descent_agree(loss, penalty, shape, warm):
    two_minima((GramModel, penalty.l1_l2_parts()), (GramModel, None), loss, penalty, shape, warm, True)


@over_models
@over_shapes
@pytest.mark.parametrize("intercept", [True, False], ids=["intercept", "no intercept"])
@over_penalties([L1(), ElasticNet(0.8)])
@over_losses([SquaredError(), LogLoss()])
def test_descent_on_gram_matrix_and_on_residual_agree(loss, penalty, intercept, shape, warm):
    two_minima((GramModel, None), (ResidualModel, None), loss, penalty, shape, warm, intercept)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
@over_penalties([L1(), L2(), MCP()])
@over_losses([SquaredError(), LogLoss()])
def test_columns_that_are_left_out_or_fixed_at_zero_change_nothing(loss, penalty, scale):
    X, y = data(loss)
    alone = solve(Problem(loss, penalty, X, y), ALPHA)
    extra = np.column_stack([scale * np.random.default_rng(5).normal(size=len(y)), X])
    factors, low, high = np.ones(X.shape[1] + 1), np.full(X.shape[1] + 1, -np.inf), np.full(X.shape[1] + 1, np.inf)
    factors[0], low[0], high[0] = np.inf, 0.0, 0.0
    for settings in ({"factors": factors}, {"bounds": (low, high)}):
        solution = solve(Problem(loss, penalty, extra, y, **settings), ALPHA)
        assert solution.coef[0] == 0.0
        np.testing.assert_allclose(solution.coef[1:], alone.coef, rtol=0, atol=1e-12)
        assert solution.certificate.kkt == pytest.approx(alone.certificate.kkt, abs=1e-12)


@over_penalties([L1(), ElasticNet()])
def test_one_step_suffices_for_squared_error(penalty):
    X, y = data(SquaredError())
    solution = solve(Problem(SquaredError(), penalty, X, y), ALPHA, tol=1e-13)
    assert solution.converged
    assert solution.n_iter == 1
