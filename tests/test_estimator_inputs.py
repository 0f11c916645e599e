"""What estimators accept as data, columns, weights and parameters, and the errors for everything else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Huber, LogLoss, SquaredError, Tweedie
from skregloss.penalties import MCP, SCAD, ElasticNet

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
X[np.abs(X) < 0.3] = 0.0
Y = X @ [2.0, -1.0, 0.0] + RNG.normal(size=40)
CLASSES = np.where(Y > 0, "high", "low")
NAMES = ["age", "income", "height"]
FRAME = pd.DataFrame(X, columns=NAMES)


def long_indices(matrix):
    matrix.indices, matrix.indptr = matrix.indices.astype(np.int64), matrix.indptr.astype(np.int64)
    return matrix


KINDS = {
    "C": np.ascontiguousarray,
    "F": np.asfortranarray,
    "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
    "list": lambda X: X.tolist(),
    "pandas": lambda X: pd.DataFrame(X, columns=NAMES),
    "polars": lambda X: pl.DataFrame(X, schema=NAMES),
    "csc_matrix": sparse.csc_matrix,
    "csr_matrix": sparse.csr_matrix,
    "coo_matrix": sparse.coo_matrix,
    "csc_array": sparse.csc_array,
    "csr_array": sparse.csr_array,
    "csc_array, long indices": lambda X: long_indices(sparse.csc_array(X)),
    "csr_matrix, long indices": lambda X: long_indices(sparse.csr_matrix(X)),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_matrix_gives_the_same_fit(kind):
    data = KINDS[kind](X)
    for cls, y in ((PenalizedRegressor, Y), (PenalizedClassifier, CLASSES)):
        expected = cls(tol=1e-12).fit(X, y)
        model = cls(tol=1e-12).fit(data, y)
        np.testing.assert_allclose(model.coef_, expected.coef_, rtol=1e-6)
        np.testing.assert_allclose(model.intercept_, expected.intercept_, rtol=1e-6)
        same = FRAME if kind in ("pandas", "polars") else X
        if cls is PenalizedClassifier:
            np.testing.assert_array_equal(model.predict(data), model.predict(same))
        else:
            np.testing.assert_allclose(model.predict(data), model.predict(same), rtol=1e-12)
        assert model.score(data, y) == pytest.approx(expected.score(X, y))
        assert hasattr(model, "feature_names_in_") == (kind in ("pandas", "polars"))


@pytest.mark.parametrize("convert", [np.asfortranarray, sparse.csc_array])
def test_float32_is_fitted_as_it_is(convert):
    single = convert(X).astype(np.float32)
    model = PenalizedRegressor(tol=1e-10).fit(single, Y)
    double = PenalizedRegressor(tol=1e-10).fit(single.astype(np.float64), Y)
    assert model.coef_.dtype == model.predict(single).dtype == np.float64
    np.testing.assert_allclose(model.coef_, double.coef_, rtol=1e-6)


def test_integers_and_booleans_are_numbers():
    whole, yes = (X * 3).astype(int), X > 0
    np.testing.assert_array_equal(
        PenalizedRegressor().fit(whole, Y.astype(int)).coef_,
        PenalizedRegressor().fit(whole.astype(float), Y.astype(int).astype(float)).coef_,
    )
    np.testing.assert_array_equal(
        PenalizedRegressor().fit(yes, Y > 0).coef_, PenalizedRegressor().fit(yes.astype(float), (Y > 0) + 0.0).coef_
    )


def test_column_vector_y_warns():
    for cls, y in ((PenalizedRegressor, Y), (PenalizedClassifier, CLASSES)):
        with pytest.warns(DataConversionWarning):
            model = cls().fit(X, y[:, None])
        np.testing.assert_array_equal(model.coef_, cls().fit(X, y).coef_)


def test_a_number_weighs_all_samples():
    for weight in (1, 3.5, np.float64(2.0)):
        model = PenalizedRegressor(tol=1e-12).fit(X, Y, sample_weight=weight)
        np.testing.assert_allclose(model.coef_, PenalizedRegressor(tol=1e-12).fit(X, Y).coef_, rtol=1e-9)
    assert PenalizedRegressor().fit(X, Y).score(X, Y, 2.0) == PenalizedRegressor().fit(X, Y).score(X, Y)


FACTORS = [
    np.array([0.0, np.inf, 1.0]),
    [0, np.inf, 1],
    {"age": 0, "income": np.inf},
    {0: 0, np.int64(1): np.inf},
    {0: 0, "income": float("inf"), "height": 1.0},
    pd.Series([0.0, np.inf, 1.0]),
]


@pytest.mark.parametrize("factors", FACTORS, ids=repr)
def test_penalty_factors_of_every_form(factors):
    model = PenalizedRegressor(alpha=100.0, penalty_factors=factors).fit(FRAME, Y)
    np.testing.assert_array_equal(model.coef_ != 0, [True, False, False])


def test_all_columns_may_be_excluded_or_free():
    model = PenalizedRegressor(penalty_factors=np.full(3, np.inf)).fit(X, Y)
    assert not model.coef_.any() and model.intercept_ == pytest.approx(Y.mean())
    free = PenalizedRegressor(penalty_factors=np.zeros(3)).fit(X, Y)
    np.testing.assert_allclose(free.coef_, np.linalg.lstsq(np.c_[X, np.ones(40)], Y)[0][:3], rtol=1e-6)


LOW, HIGH = [0.0, -np.inf, 0.5], [1.0, -0.5, 0.75]
BOUNDS = [
    (LOW, HIGH),
    (np.array(LOW), HIGH),
    ([0.0, None, 0.5], HIGH),
    np.transpose([LOW, HIGH]),
    [(0.0, 1.0), (None, -0.5), (0.5, 0.75)],
    {"age": (0.0, 1.0), "income": (None, -0.5), "height": (0.5, 0.75)},
    {0: (0.0, 1.0), "income": [None, -0.5], 2: np.array([0.5, 0.75])},
]


@pytest.mark.parametrize("bounds", BOUNDS, ids=repr)
def test_bounds_of_every_form(bounds):
    model = PenalizedRegressor(bounds=bounds, tol=1e-10).fit(FRAME, Y)
    np.testing.assert_allclose(model.coef_, [1.0, model.coef_[1], 0.5])
    assert model.coef_[1] < -0.5


@pytest.mark.parametrize("bounds", [(0, None), (0.0, np.inf), [0, None], np.array([0.0, np.inf]), {"income": (0, None)}])
def test_non_negative_coefficients(bounds):
    model = PenalizedRegressor(bounds=bounds).fit(FRAME, Y)
    assert model.coef_[0] > 1.0 and model.coef_[1] == 0.0


def test_with_two_columns_a_tuple_is_low_and_high_and_a_list_has_rows():
    low_high = PenalizedRegressor(bounds=([0.5, -3.0], [0.6, -2.0])).fit(X[:, :2], Y)
    rows = PenalizedRegressor(bounds=[[0.5, 0.6], [-3.0, -2.0]]).fit(X[:, :2], Y)
    np.testing.assert_allclose(low_high.coef_, [0.6, -2.0])
    np.testing.assert_array_equal(rows.coef_, low_high.coef_)


PARAMETER_ERRORS = [
    ({"alpha": -1}, ValueError, "alpha of PenalizedRegressor is -1; valid are numbers in"),
    ({"alpha": np.nan}, ValueError, "alpha"),
    ({"alpha": np.inf}, ValueError, "alpha"),
    ({"alpha": "1"}, TypeError, "alpha.*'1'"),
    ({"alpha": True}, TypeError, "alpha"),
    ({"tol": 0}, ValueError, r"tol of .* is 0; valid are numbers in \(0, inf\)"),
    ({"tol": None}, TypeError, "tol"),
    ({"max_iter": 0}, ValueError, r"max_iter of .*; valid are integers in \[1, inf\)"),
    ({"max_iter": 2.5}, TypeError, "max_iter"),
    ({"fit_intercept": 1}, TypeError, "fit_intercept.*True and False"),
    ({"standardize": "yes"}, TypeError, "standardize"),
    ({"warm_start": None}, TypeError, "warm_start"),
    ({"verbose": -1}, ValueError, "verbose"),
    ({"verbose": "no"}, TypeError, "verbose"),
    ({"loss": "squared"}, ValueError, "squared_error"),
    ({"loss": Huber}, TypeError, "Huber"),
    ({"loss": 3}, TypeError, "loss"),
    ({"loss": "log_loss"}, ValueError, "log_loss.*numeric targets.*'poisson'"),
    ({"loss": LogLoss()}, ValueError, "LogLoss.*numeric targets"),
    ({"loss": Huber(delta=-1)}, ValueError, "delta"),
    ({"loss": Tweedie(power=3)}, ValueError, "power"),
    ({"penalty": "l3"}, ValueError, "'l1'"),
    ({"penalty": MCP}, TypeError, "MCP"),
    ({"penalty": ElasticNet(2.0)}, ValueError, "l1_ratio"),
    ({"penalty": MCP() + SCAD()}, ValueError, "MCP and SCAD has no prox"),
    ({"penalty_factors": [1.0, 2.0]}, ValueError, r"\(2,\).*\(3,\)"),
    ({"penalty_factors": [1.0, -1.0, 1.0]}, ValueError, "column 'income' is -1"),
    ({"penalty_factors": [1.0, np.nan, 1.0]}, ValueError, "column 'income' is nan"),
    ({"penalty_factors": [1.0, "a", 1.0]}, TypeError, "numbers"),
    ({"penalty_factors": 2.0}, ValueError, "one factor per column"),
    ({"penalty_factors": {"agee": 1.0}}, ValueError, "'agee'.*did you mean 'age'"),
    ({"penalty_factors": {"zzz": 1.0}}, ValueError, "its columns are 'age', 'income', 'height'"),
    ({"penalty_factors": {3: 1.0}}, ValueError, "column 3, but X has the columns 0 to 2"),
    ({"penalty_factors": {-1: 1.0}}, ValueError, "column -1"),
    ({"penalty_factors": {1.5: 1.0}}, TypeError, "1.5"),
    ({"penalty_factors": {"age": 1.0, 0: 2.0}}, ValueError, "column 'age' twice"),
    ({"penalty_factors": {"age": [1.0, 2.0]}}, ValueError, "column 'age'"),
    ({"penalty_factors": {"age": None}}, ValueError, "column 'age' is nan"),
    ({"bounds": (1, 0)}, ValueError, r"column 'age' are \(1.0, 0.0\).*low <= high"),
    ({"bounds": (0, np.nan)}, ValueError, "column 'age'"),
    ({"bounds": (np.inf, None)}, ValueError, "low < inf"),
    ({"bounds": (None, -np.inf)}, ValueError, "high > -inf"),
    ({"bounds": (0, 1, 2)}, ValueError, "length 3"),
    ({"bounds": 1.0}, ValueError, "bounds has shape"),
    ({"bounds": [LOW, HIGH]}, ValueError, r"\(2, 3\).*\(3, 2\).*tuple"),
    ({"bounds": ([0.0, 0.0], None)}, ValueError, "one number per column"),
    ({"bounds": ("low", None)}, TypeError, "numbers"),
    ({"bounds": {"income": (1, 0)}}, ValueError, "column 'income'"),
    ({"bounds": {"incom": (0, 1)}}, ValueError, "did you mean 'income'"),
    ({"bounds": {"income": 1.0}}, ValueError, r"pair \(low, high\)"),
]


@pytest.mark.parametrize(("params", "kind", "message"), PARAMETER_ERRORS, ids=lambda item: repr(item)[:60])
def test_parameters_that_are_not_valid(params, kind, message):
    model = PenalizedRegressor(**params)  # anything can be constructed; errors are up to `fit`
    with pytest.raises(kind, match=message) as error:
        model.fit(FRAME, Y)
    assert "\n" not in str(error.value)


def test_column_names_need_a_frame():
    for params in ({"penalty_factors": {"age": 0.0}}, {"bounds": {"age": (0, 1)}}):
        with pytest.raises(ValueError, match=r"X has no column names.*positions from 0 to 2"):
            PenalizedRegressor(**params).fit(X, Y)


DATA_ERRORS = [
    (X, Y, {"sample_weight": np.ones(3)}, r"sample_weight has shape \(3,\).*\(40,\)"),
    (X, Y, {"sample_weight": np.ones((40, 2))}, "sample_weight"),
    (X, Y, {"sample_weight": np.r_[-1.0, np.ones(39)]}, r"sample_weight\[0\] is -1"),
    (X, Y, {"sample_weight": -1.0}, "negative"),
    (X, Y, {"sample_weight": np.zeros(40)}, "zero for every sample"),
    (X, Y, {"sample_weight": 0.0}, "zero for every sample"),
    (X, Y, {"sample_weight": np.full(40, np.nan)}, "sample_weight contains NaN"),
    (X, Y, {"sample_weight": np.full(40, np.inf)}, "sample_weight contains infinity"),
    (X, Y, {"offset": np.ones(3)}, r"offset has shape \(3,\).*per sample, \(40,\)"),
    (X, Y, {"offset": np.full(40, np.nan)}, "offset contains NaN"),
    (X, Y, {"offset": 1.0}, "offset"),
    (X, np.dstack([Y, Y]), {}, "dim 3"),
    (X, np.r_[np.nan, Y[1:]], {}, "NaN"),
    (X, np.r_[np.inf, Y[1:]], {}, "infinity"),
    (np.where(X.max() == X, np.nan, X), Y, {}, "NaN"),
    (np.where(X.max() == X, np.inf, X), Y, {}, "infinity"),
    (X, Y[:-1], {}, "inconsistent numbers of samples"),
    (X[:, 0], Y, {}, "2D array"),
    (X[:0], Y[:0], {}, "0 sample"),
    (X[:, :0], Y, {}, "0 feature"),
    (X, CLASSES, {}, "could not convert"),
    (X + 1j, Y, {}, "[Cc]omplex"),
]


@pytest.mark.parametrize(("X", "y", "params", "message"), DATA_ERRORS, ids=lambda item: repr(item)[:40])
def test_data_that_are_not_valid(X, y, params, message):
    with pytest.raises(ValueError, match=message):
        PenalizedRegressor().fit(X, y, **params)


@pytest.mark.parametrize(
    ("loss", "y", "message"),
    [
        ("poisson", np.r_[1.0, 2.0, -3.0, -4.0], r"Poisson is defined for y in \[0, inf\), but y\[2\] is -3.0 \(2"),
        ("gamma", np.r_[1.0, 0.0, 3.0, 4.0], r"Gamma is defined for y in \(0, inf\), but y\[1\] is 0.0\."),
        (Tweedie(1.2), np.r_[1.0, 2.0, 3.0, -1.0], r"Tweedie.*y\[3\]"),
    ],
)
def test_targets_outside_the_domain_of_the_loss(loss, y, message):
    with pytest.raises(ValueError, match=message):
        PenalizedRegressor(loss).fit(X[:4], y)
    with pytest.raises(ValueError, match=message):
        PenalizedRegressor(loss).fit(X[:4], np.abs(y) + 1.0).score(X[:4], y)


@pytest.mark.parametrize(
    ("params", "y", "fit_params", "message"),
    [
        ({"loss": "huber"}, CLASSES, {}, "loss of .* is 'huber'; valid are losses for classes: .*'log_loss'"),
        ({"loss": SquaredError()}, CLASSES, {}, "losses for classes"),
        ({"class_weight": "even"}, CLASSES, {}, "'balanced'"),
        ({"class_weight": {"tall": 2.0}}, CLASSES, {}, r"'tall'.*\['high', 'low'\]"),
        ({"class_weight": {"low": -1.0}}, CLASSES, {}, "class 'low' is -1"),
        ({"class_weight": {"low": 0.0}}, CLASSES, {}, "class 'low' have weight zero"),
        ({"class_weight": "balanced"}, CLASSES, {"sample_weight": CLASSES == "low"}, "class 'high' have weight zero"),
        ({}, CLASSES, {"sample_weight": CLASSES == "low"}, "class 'high' have weight zero"),
        ({}, np.full(40, "low"), {}, "only one class: 'low'"),
        ({}, Y, {}, "Unknown label type"),
        ({}, np.c_[Y > 0, Y > 1], {}, "1d array"),
        ({}, np.arange(40) % 3, {"offset": np.ones(40)}, r"per sample and class, \(40, 3\)"),
    ],
)
def test_classes_that_are_not_valid(params, y, fit_params, message):
    with pytest.raises(ValueError, match=message):
        PenalizedClassifier(**params).fit(X, y, **fit_params)


def test_prediction_checks_its_columns():
    model = PenalizedRegressor().fit(FRAME, Y)
    with pytest.raises(ValueError, match="2 features"):
        PenalizedRegressor().fit(X, Y).predict(X[:, :2])
    with pytest.raises(ValueError, match="feature names"):
        model.predict(FRAME.rename(columns={"age": "years"}))
    with pytest.raises(ValueError, match="offset has shape"):
        model.predict(FRAME, offset=np.ones(3))
