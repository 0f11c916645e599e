"""Tall designs: all columns are in the working set, and gradients follow from their Gram matrix as far as it is exact."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from fits import oracle_error
from scipy import sparse

from skregloss.design import Dense
from skregloss.losses import SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, ElasticNet
from skregloss.solvers import Problem, exact_path, make_solver
from skregloss.solvers.working_set import MODEL_TOLERANCE

ROWS, COLUMNS, STRENGTHS = 400, 200, 24
SETTINGS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "standardised": {"standardize": True},
    "weights": {"sample_weight": np.random.default_rng(1).integers(0, 4, ROWS).astype(float)},
    "offset": {"offset": np.linspace(-0.5, 0.5, ROWS)},
    "factors": {"factors": np.where(np.arange(COLUMNS) % 3 == 0, 2.0, 0.5)},
    "free column": {"factors": np.where(np.arange(COLUMNS) == 5, 0.0, 1.0)},
}


def data(share=0.5, seed=0):
    """Columns that have much in common, two of which are the same, one empty and one constant"""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(ROWS, COLUMNS)) + share * rng.normal(size=(ROWS, 20)) @ rng.normal(size=(20, COLUMNS)) + 3.0
    X[:, 7], X[:, 11], X[:, 12] = X[:, 6], 0.0, 1.0
    return np.asfortranarray(X), X[:, ::20] @ rng.normal(size=10) + rng.normal(size=ROWS)


class Products:
    """How many products there have been with all columns, or with most."""

    def __init__(self, monkeypatch):
        self.count = 0
        for name in ("rmatvec", "rmatvecs"):
            monkeypatch.setattr(Dense, name, self._counted(getattr(Dense, name)))

    def _counted(self, product):
        def counted(design, vectors, columns=None):
            if columns is None or 2 * len(columns) > design.n_features:
                self.count += vectors.size // design.n_samples
            return product(design, vectors, columns)

        return counted


def solutions(problem, alphas, tol):
    solver, point, since = make_solver(problem), None, None
    solver.foresee(alphas)
    for alpha in alphas:
        solution = solver.solve(alpha, tol=tol, max_iter=100, start=point, previous_alpha=since)
        point, since = solution.point, alpha
        yield alpha, solution


@pytest.fixture
def all_at_once(monkeypatch):
    """All columns are in the working set from the beginning."""
    monkeypatch.setattr(exact_path, "SHARE_LIKELY", COLUMNS)


@pytest.mark.usefixtures("all_at_once")
@pytest.mark.parametrize("penalty", [L1(), ElasticNet(0.3)], ids=["l1", "elasticnet"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_certificates(setting, penalty, monkeypatch):
    """The oracle agrees with every certificate, though products with all columns are few"""
    settings, (X, y) = SETTINGS[setting], data()
    problem = Problem(SquaredError(), penalty, X, y, **settings)
    alphas = make_solver(problem).alpha_max() * np.geomspace(1.0, 1e-3, STRENGTHS)
    # What the oracle is given has been divided by the scales already.
    stated, scale = dict(settings), np.ones(COLUMNS)
    if stated.pop("standardize", False):
        scale = np.where(X.std(axis=0) > 0.0, X.std(axis=0), 1.0)
    products = Products(monkeypatch)
    found = list(solutions(problem, alphas, 1e-9))
    assert products.count <= STRENGTHS / 2
    for alpha, solution in found:
        assert solution.converged
        coef = solution.coef * scale
        fitted = SimpleNamespace(coef=coef, intercept=solution.intercept)
        assert oracle_error(fitted, SquaredError(), penalty, X / scale, y, alpha, stated) <= 1.01e-9


@pytest.mark.parametrize("ratio", [0.5, 1e-3], ids=["never", "later"])
def test_all_columns_once_many_matter(ratio, monkeypatch):
    """Of a path that ends early few products of columns are formed; of others all, and then no more products with the data"""
    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=(ROWS, COLUMNS)))
    problem = Problem(SquaredError(), L1(), X, X[:, :10] @ rng.normal(size=10) + rng.normal(size=ROWS))
    alphas, largest = make_solver(problem).alpha_max() * np.geomspace(1.0, ratio, 3 * STRENGTHS), 0
    gram = Dense.gram

    def counted(design, weights, columns, *args):
        nonlocal largest
        largest = max(largest, len(columns))
        return gram(design, weights, columns, *args)

    monkeypatch.setattr(Dense, "gram", counted)
    products = Products(monkeypatch)
    for alpha, solution in solutions(problem, alphas, 1e-9):
        assert oracle_error(solution, SquaredError(), L1(), X, problem.y, alpha, {}) <= 1.01e-9
    assert largest < COLUMNS / 4 if ratio == 0.5 else largest > COLUMNS / 2
    count, products.count = products.count, 0
    monkeypatch.setattr(exact_path, "SHARE_LIKELY", 0)
    list(solutions(problem, alphas, 1e-9))
    assert products.count == count if ratio == 0.5 else products.count > 1.5 * count


@pytest.mark.usefixtures("all_at_once")
def test_slopes_that_disagree_are_computed(monkeypatch):
    """Where the Gram matrix is wrong, or not exact enough, products with all columns tell so"""
    X, y = data()
    problem = Problem(SquaredError(), L1(), X, y)
    alphas = make_solver(problem).alpha_max() * np.geomspace(1.0, 1e-3, STRENGTHS)
    products = Products(monkeypatch)
    expected = [solution.coef for _, solution in solutions(problem, alphas, 1e-9)]
    few = products.count
    gram = Dense.gram

    def wrong(design, *args, **options):
        return (1.0 + 1e-7) * gram(design, *args, **options)

    monkeypatch.setattr(Dense, "gram", wrong)
    for (alpha, solution), coef in zip(solutions(problem, alphas, 1e-9), expected, strict=True):
        assert solution.converged
        assert oracle_error(solution, SquaredError(), L1(), X, y, alpha, {}) <= 1.01e-9
        np.testing.assert_allclose(solution.coef, coef, atol=1e-5)
    assert products.count > 2 * few + STRENGTHS


@pytest.mark.usefixtures("all_at_once")
def test_as_exact_as_without(monkeypatch):
    """Nearly dependent columns and the smallest violations that can be asked for"""
    X, y = data(share=1e3)
    problem = Problem(SquaredError(), L1(), X, y)
    alphas = make_solver(problem).alpha_max() * np.geomspace(1.0, 1e-4, STRENGTHS)
    together = [solution for _, solution in solutions(problem, alphas, 10 * MODEL_TOLERANCE)]
    monkeypatch.setattr(exact_path, "SHARE_LIKELY", 0)
    alone = [solution for _, solution in solutions(problem, alphas, 10 * MODEL_TOLERANCE)]
    for one, other in zip(together, alone, strict=True):
        assert one.converged >= other.converged
        assert one.certificate.objective <= other.certificate.objective * (1.0 + 1e-12)


@pytest.mark.parametrize("rows", [COLUMNS, COLUMNS - 1, ROWS])
@pytest.mark.parametrize(
    "store",
    [np.asfortranarray, sparse.csc_array, lambda X: np.asfortranarray(X, dtype=np.float32)],
    ids=["dense", "csc", "float32"],
)
def test_paths_are_the_same_however_many_columns_are_looked_at(rows, store, monkeypatch):
    X, y = data()
    X, y = X[:rows].astype(np.float32).astype(np.float64), y[:rows]
    monkeypatch.setattr(exact_path, "SHARE_LIKELY", COLUMNS)
    path = fit_path(Problem(SquaredError(), L1(), store(X), y), STRENGTHS, alpha_min_ratio=0.01, tol=1e-11)
    monkeypatch.setattr(exact_path, "SHARE_LIKELY", 0)
    expected = fit_path(Problem(SquaredError(), L1(), np.asfortranarray(X), y), path.alphas, tol=1e-11)
    assert path.converged.all() and expected.converged.all()
    np.testing.assert_allclose(X @ path.coefs, X @ expected.coefs, atol=1e-4)
    np.testing.assert_allclose(path.objective, expected.objective, rtol=1e-10)
