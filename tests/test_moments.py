"""Second moments of rows that are left of others are those of the rows themselves, or are said to be unknown."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skregloss import PenalizedClassifierCV, PenalizedRegressorCV
from skregloss.design import Dense, Moments, make_design
from skregloss.penalties import L1

ROWS, COLUMNS = 60, 7
RNG = np.random.default_rng(0)
X = np.asfortranarray(RNG.normal(size=(ROWS, COLUMNS)) @ (np.eye(COLUMNS) + 0.4) + np.arange(COLUMNS))
WEIGHTS = {"none": None, "numbers": RNG.uniform(0.5, 2.0, ROWS), "with zeros": RNG.integers(0, 3, ROWS).astype(float)}
PARTS = {"fold": np.arange(12, ROWS), "some": np.flatnonzero(RNG.uniform(size=ROWS) < 0.8), "all": np.arange(ROWS)}

over_weights = pytest.mark.parametrize("weights", WEIGHTS.values(), ids=WEIGHTS)
over_parts = pytest.mark.parametrize("rows", PARTS.values(), ids=PARTS)


def products(X, weights, shift):
    """(X - shift)' diag(weights) (X - shift)"""
    moved = X.astype(np.float64) - shift
    return (moved.T * weights) @ moved


def check(moments, X, weights):
    """They are those of X, about any point and for any multiple of the weights."""
    centre = weights @ X.astype(np.float64) / weights.sum()
    columns = np.array([4, 0, 6, 3, 2])
    for shift in (np.zeros(X.shape[1]), centre, np.arange(X.shape[1]) - 3.0):
        sizes = np.sqrt(weights @ (np.abs(X.astype(np.float64)) + np.abs(shift)) ** 2)
        for factor in (1.0, 1e-3):
            expected, size = products(X, factor * weights, shift), factor * np.outer(sizes, sizes)
            assert (np.abs(moments.gram(factor * weights, np.arange(COLUMNS), shift) - expected) <= 1e-13 * size).all()
            part = moments.gram(factor * weights, columns, shift) - expected[np.ix_(columns, columns)]
            assert (np.abs(part) <= 1e-13 * size[np.ix_(columns, columns)]).all()


@over_weights
@over_parts
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_of_most_rows(rows, weights, dtype):
    x = X.astype(dtype)
    ones = np.ones(ROWS) if weights is None else weights
    whole = Moments(x, weights)
    check(whole, x, ones)
    part = whole.of(rows)
    check(part, x[rows], ones[rows])
    within = np.arange(0, len(rows) - 5)
    check(part.of(within), x[rows][within], ones[rows][within])


@pytest.mark.parametrize("shift", [1e6, 1e9])
def test_far_from_zero(shift):
    """A variance does not suffer from where its columns lie."""
    x, rows = X + shift, PARTS["fold"]
    part = Moments(x, None).of(rows)
    centre = x[rows].mean(axis=0)
    expected = products(x[rows], np.ones(len(rows)), centre)
    np.testing.assert_allclose(part.gram(np.ones(len(rows)), np.arange(COLUMNS), centre), expected, rtol=1e-12 * shift)


def test_unknown_for_few_rows_and_for_repeated_ones():
    whole = Moments(X, None)
    assert whole.of(np.arange(ROWS // 3)) is None
    assert whole.of(np.r_[np.arange(ROWS - 5), 0]) is None
    assert whole.of(np.arange(ROWS)[::-1]) is not None


@pytest.mark.parametrize("others", [np.linspace(1.0, 2.0, ROWS), np.r_[np.ones(ROWS - 1), 0.0]])
def test_unknown_for_other_weights(others):
    assert Moments(X, None).gram(others, np.arange(COLUMNS)) is None


def test_unknown_where_digits_cancel():
    """A column that varies in the rows that are taken away alone has next to no variance left, of which no digit is right."""
    x, rows = X.copy(order="F"), PARTS["fold"]
    x[rows, 2] = 1e-9 * x[rows, 2]
    part = Moments(x, None).of(rows)
    assert part.sums is None
    assert part.gram(np.ones(len(rows)), np.arange(COLUMNS)) is None
    assert part.of(np.arange(len(rows) - 1)).sums is None


def test_a_constant_column_is_no_such_column():
    x = X.copy(order="F")
    x[:, 3], x[:, 4] = 0.1, 0.0
    part = Moments(x, None).of(PARTS["fold"])
    check(part, x[PARTS["fold"]], np.ones(len(PARTS["fold"])))


def test_a_design_asks_for_most_columns_alone(monkeypatch):
    asked = []
    monkeypatch.setattr(Moments, "gram", lambda moments, *args: asked.append(args))
    design, every, ones = make_design(X, Moments(X, None)), np.arange(COLUMNS), np.ones(ROWS)
    for columns, others in ((every[4:], None), (every[:0], None), (every, every)):
        np.testing.assert_allclose(design.gram(ones, columns, others), Dense(X).gram(ones, columns, others))
    assert not asked
    for count, columns in enumerate((every, every[2:], every[::-1]), 1):
        np.testing.assert_array_equal(design.gram(ones, columns), Dense(X).gram(ones, columns))
        assert len(asked) == count


class Used:
    """How many Gram matrices moments have given, and how many of all columns were computed from rows."""

    def __init__(self, monkeypatch):
        self.known = self.computed = 0
        gram, own = Moments.gram, Dense._gram

        def counted(moments, *args):
            found = gram(moments, *args)
            self.known += found is not None
            return found

        def computed(design, weights, columns, *args):
            self.computed += len(columns) == design.n_features and design.n_samples > 150
            return own(design, weights, columns, *args)

        monkeypatch.setattr(Moments, "gram", counted)
        monkeypatch.setattr(Dense, "_gram", computed)


SETTINGS = {
    "plain": {},
    "no intercept": {"fit_intercept": False},
    "standardised": {"standardize": True},
    "adaptive": {"adaptive": 1},
    "relaxed": {"gamma": [0.5, 1.0]},
    "ordinary": {"penalty_factors": np.r_[0.0, np.ones(19)]},
}


def regression(n=200, p=20):
    rng = np.random.default_rng(1)
    X = rng.normal(size=(n, p)) + rng.normal(size=(n, 1)) + 5.0
    return X, X[:, :4] @ [1.0, -1.0, 0.5, 0.2] + rng.normal(size=n), rng.integers(1, 4, n).astype(float)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
@pytest.mark.parametrize("setting", SETTINGS)
def test_searches_share_them(setting, weighted, monkeypatch):
    """Scores and fits are those of designs that know nothing; of five folds and all rows one sum over all rows is needed."""
    X, y, weights = regression()
    options = {"cv": 5, "alphas": 12, "tol": 1e-10, **SETTINGS[setting]}
    weights = weights if weighted else None
    used = Used(monkeypatch)
    found = PenalizedRegressorCV("squared_error", L1(), **options).fit(X, y, sample_weight=weights)
    assert used.known >= 6 and used.computed == 1
    monkeypatch.setattr(Moments, "gram", lambda *args: None)
    alone = PenalizedRegressorCV("squared_error", L1(), **options).fit(X, y, sample_weight=weights)
    np.testing.assert_allclose(found.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"], rtol=1e-8)
    np.testing.assert_allclose(found.coef_, alone.coef_, rtol=1e-6, atol=1e-8)
    assert found.alpha_ == alone.alpha_


def test_folds_of_several_threads_end_in_the_same_bits():
    X, y, _ = regression()
    fits = [PenalizedRegressorCV("squared_error", L1(), cv=5, n_jobs=n_jobs).fit(X, y) for n_jobs in (1, 2)]
    np.testing.assert_array_equal(fits[0].coef_, fits[1].coef_)
    np.testing.assert_array_equal(*(fit.cv_results_["mean_test_score"] for fit in fits))


@pytest.mark.parametrize("store", [sparse.csr_array, np.asarray], ids=["sparse", "classes"])
def test_others_have_no_need_of_them(store, monkeypatch):
    """Neither sparse columns nor weights that follow the fit; and weights of classes are other ones"""
    X, y, _ = regression()
    used = Used(monkeypatch)
    if store is np.asarray:
        PenalizedClassifierCV("log_loss", L1(), cv=3, alphas=5, class_weight="balanced").fit(X, y > y.mean() + 1.0)
    else:
        PenalizedRegressorCV("squared_error", L1(), cv=3, alphas=5).fit(store(X), y)
    assert used.known <= 4
