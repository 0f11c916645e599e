"""What solvers keep from one model to the next is what they would compute afresh."""

from __future__ import annotations

import itertools
import tracemalloc

import numpy as np
import pytest
from penalty_examples import short
from scipy import sparse

from skregloss import regularization_path
from skregloss.losses import CoxPartialLikelihood, LogLoss, Poisson, Softmax, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, MCP, ElasticNet
from skregloss.solvers import Problem, free_block, gram_store, solve
from skregloss.solvers.free_block import FreeBlock
from skregloss.solvers.gram_store import GramStore, eliminated
from skregloss.solvers.model_errors import model_errors
from skregloss.solvers.null_model import null_model

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 12)) @ (np.eye(12) + 0.3)
COUNTS = RNG.poisson(1.0, 60).astype(float)
TIMES = np.column_stack([np.full(60, -np.inf), RNG.exponential(size=60), RNG.random(60) < 0.7, np.zeros(60)])
TARGETS = [
    (LogLoss(), np.where(X[:, 0] + RNG.normal(size=60) > 0, 1.0, -1.0)),
    (Poisson(), COUNTS),
    (Softmax(3), RNG.integers(0, 3, 60).astype(float)),
    (CoxPartialLikelihood(), TIMES),
]


def names(value):
    return short(value) if not isinstance(value, np.ndarray) else ""


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("free", [[], [2, 5]], ids=str)
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "sparse"])
def test_all_classes_together_are_class_by_class(storage, free, standardize, monkeypatch):
    """X'HX is the second derivative of the multinomial loss, whichever way it is formed."""
    y, factors = RNG.integers(0, 3, 60).astype(float), np.ones(12)
    factors[free] = 0.0
    problem = Problem(Softmax(3), L1().bind(12, None), storage(X), y, factors=factors, standardize=standardize)
    block = FreeBlock(problem, problem.blocks(1.0).free)
    columns = RNG.permutation(problem.blocks(1.0).penalized)[:14]
    point = problem.at(0.1 * RNG.normal(size=36), np.array([0.3, -0.2, -0.1]))
    together = eliminated(problem.design, block, point.curvature, columns), block.gram(point.curvature)
    monkeypatch.setattr(free_block, "LARGEST_WHOLE", 0)
    apart = eliminated(problem.design, block, point.curvature, columns), block.gram(point.curvature)
    for one, other in zip([*together[0], together[1]], [*apart[0], apart[1]], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
    for k, column in enumerate(columns[:3]):
        unit = np.zeros(36)
        unit[column] = 1e-6
        up, down = (problem.at(point.coef + side * unit, point.intercept) for side in (1.0, -1.0))
        change = problem.design.rmatvec(up.gradient - down.gradient)[columns] / 2e-6
        np.testing.assert_allclose(point.curvature.gram(problem.design, columns)[k], change, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("loss, y", TARGETS, ids=names)
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "sparse"])
def test_a_store_has_the_matrices_of_its_curvature(loss, y, storage):
    """However its columns came, and however it was scaled in between."""
    problem = Problem(loss, L1().bind(12, None), storage(X), y)
    null = null_model(problem, problem.blocks(1.0))
    store, points = GramStore(problem, null.free), [null.point]
    for columns in ([1, 4], [1, 4, 7, 9], [0, 4, 11], list(range(12))):
        coef = np.zeros(problem.n_features)
        coef[columns] = 0.05 * RNG.normal(size=len(columns))
        points.append(problem.at(coef, null.point.intercept))
        store.follow(points[-1].curvature)
        check_store(store, problem, np.array(columns))
        before, after = points[-2:]
        store.rescale(model_errors(store.curvature, before, after)[0])
        check_store(store, problem, np.array(columns))


@pytest.mark.parametrize("factors", [{}, {3: 0.0}, {3: 0.0, 8: 0.0}], ids=str)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "sparse"])
def test_rows_are_a_factor_of_the_matrix(storage, intercept, factors):
    """The columns weighted and without the free block, one of them all in its span: G = RR'."""
    several, penalised = np.column_stack([X, np.ones(60), X[:, 3]]), np.ones(14)
    penalised[list(factors)] = list(factors.values())
    weights = RNG.uniform(size=60) * (np.arange(60) % 7 > 0)
    settings = {"factors": penalised, "fit_intercept": intercept, "sample_weight": weights, "standardize": True}
    problem = Problem(SquaredError(), L1().bind(14, None), storage(several), X[:, 0], **settings)
    null = null_model(problem, problem.blocks(1.0))
    columns = problem.blocks(1.0).penalized
    assert GramStore(problem, null.free).rows(columns[:0])[0].shape == (0, 60)
    gram, _, cross, inverse = eliminated(problem.design, null.free, null.point.curvature, columns)
    rows, diagonal, *free_parts = GramStore(problem, null.free).rows(columns)
    np.testing.assert_allclose(diagonal, np.diag(gram), rtol=1e-10)
    inside = columns < 12
    np.testing.assert_allclose((rows @ rows.T)[inside][:, inside], gram[inside][:, inside], atol=1e-12)
    spanned = [column for column, of in ((12, intercept), (13, 3 in factors)) if of]
    assert not rows[np.isin(columns, spanned)].any()
    for part, expected in zip(free_parts, (cross, inverse), strict=True):
        np.testing.assert_allclose(part, expected, atol=1e-12)


def check_store(store, problem, columns):
    found = store.parts(columns, 1.0)
    for part, expected in zip(found, eliminated(problem.design, store.free, store.curvature, columns), strict=True):
        np.testing.assert_allclose(part, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max(initial=0.0))


def test_a_rescaled_store_has_the_curvature_of_the_step():
    loss, y = TARGETS[0]
    problem = Problem(loss, L1().bind(12, None), np.asfortranarray(X), y)
    null = null_model(problem, problem.blocks(1.0))
    store = GramStore(problem, null.free)
    store.follow(null.point.curvature)
    columns = np.arange(3)
    store.parts(columns, 1.0)
    there = problem.at(np.r_[0.8, -0.5, 0.3, np.zeros(9)], null.point.intercept)
    move, change = there.eta - null.point.eta, there.gradient - null.point.gradient
    store.rescale(model_errors(store.curvature, null.point, there)[0])
    assert move @ store.curvature.apply(move) == pytest.approx(move @ change, rel=1e-12)
    assert move @ change < 0.95 * (move @ null.point.curvature.apply(move))


@pytest.mark.parametrize("penalty", [L1(), ElasticNet(0.5), MCP()], ids=short)
@pytest.mark.parametrize("loss, y", TARGETS, ids=names)
def test_paths_with_kept_matrices_end_where_fresh_ones_do(loss, y, penalty, monkeypatch):
    """Two solvers, one of which forms every matrix anew."""
    problem = Problem(loss, penalty.bind(12, None), np.asfortranarray(X), y)
    options = {"alphas": 8, "alpha_min_ratio": 0.05, "tol": 1e-9, "max_iter": 1000}
    monkeypatch.setattr(gram_store, "QUICK", 0.0)
    monkeypatch.setattr(gram_store, "CHEAP", 0.0)
    kept = fit_path(problem, **options)
    assert kept.converged.all()
    monkeypatch.setattr(GramStore, "follow", lambda self, curvature: self.renewed(curvature))
    fresh = fit_path(problem, **options)
    np.testing.assert_allclose(kept.objective, fresh.objective, rtol=1e-8)
    if penalty.convex:
        np.testing.assert_allclose(kept.coefs, fresh.coefs, atol=1e-4)


@pytest.mark.parametrize(
    ("loss", "penalty", "n_samples", "n_features"),
    [
        *itertools.product([SquaredError(), LogLoss()], [L1(), ElasticNet(0.5)], [200], [10000]),
        *itertools.product([SquaredError(), LogLoss()], [L1(), ElasticNet(0.5)], [75], [8000]),
        (SquaredError(), MCP(), 200, 10000),
        (SquaredError(), MCP(), 75, 8000),
        pytest.param(LogLoss(), MCP(), 200, 10000, marks=pytest.mark.slow),
    ],
    ids=short,
)
@pytest.mark.filterwarnings("ignore:.*the loss has no minimum over the coefficients")
def test_what_is_kept_is_small_beside_wide_data(loss, penalty, n_samples, n_features):
    """X is not copied, matrices do not outgrow it, and zeros take no room until the array of coefficients is asked for."""
    wide = np.asfortranarray(RNG.normal(size=(n_samples, n_features)))
    y = wide[:, :5].sum(axis=1) + RNG.normal(size=n_samples)
    y = np.sign(y) if loss.classification else y
    options = {"loss": loss, "penalty": penalty}
    options["alphas"] = 12 if penalty.convex else 6
    regularization_path(wide, y, **options)
    # Kernels have been compiled.
    path, peak = traced(regularization_path, wide, y, **options)
    assert peak < 0.5 * wide.nbytes
    assert path.coefs is path.coefs
    np.testing.assert_array_equal(np.count_nonzero(path.coefs, axis=0), path.n_nonzero)
    problem = Problem(loss, penalty.bind(n_features, None), wide, y)
    solve(problem, path.alphas[3])
    solution, peak = traced(solve, problem, path.alphas[3])
    assert solution.converged
    assert peak < 0.5 * wide.nbytes


def traced(function, *arguments, **options):
    """What it returns, and the most memory that it took"""
    tracemalloc.start()
    try:
        return function(*arguments, **options), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_full_store_keeps_what_is_asked_for():
    problem = Problem(SquaredError(), L1().bind(12, None), np.asfortranarray(X), X[:, 0] - X[:, 5])
    store = GramStore(problem, null_model(problem, problem.blocks(1.0)).free)
    store.most = 5
    for columns in ([0, 3, 8], [3, 8, 11], [1, 3, 11, 2], [0], list(range(7)), [4, 6, 11], [2, 3]):
        check_store(store, problem, np.array(columns))
        assert len(store.columns) <= max(store.most, len(columns))
        assert (store.place[store.columns] == np.arange(len(store.columns))).all()
