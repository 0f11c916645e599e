"""PenalizedCox: forms of y, curves, concordance, bad input, and data with little to say."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import polars as pl
import pytest
import survival_data as table
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skregloss import PenalizedCox, PenalizedRegressor, regularization_path
from skregloss.estimators import StepFunction
from skregloss.losses import CoxPartialLikelihood

X, EVENT, START, STOP = table.X, table.EVENT, table.START, table.STOP
y_simple, y_starts = table.times(EVENT, STOP), table.times(EVENT, START, STOP)
TIGHT = {"alpha": 0.02, "tol": 1e-12}


@pytest.fixture(scope="module")
def drawn():
    """Event times that follow two of six columns, with ties, starts, strata and weights."""
    rng = np.random.default_rng(0)
    n = 150
    columns = rng.normal(size=(n, 6)) * (rng.uniform(size=(n, 6)) < 0.7)
    start = np.round(rng.exponential(0.3, n), 1)
    stop = start + np.round(rng.exponential(np.exp(-columns[:, 0] + 0.5 * columns[:, 1])), 1) + 0.1
    y = table.times(rng.uniform(size=n) < 0.7, start, stop)
    return (
        columns,
        y,
        {"strata": rng.choice(list("abc"), n), "sample_weight": rng.integers(0, 3, n), "offset": rng.normal(size=n)},
    )


@pytest.mark.parametrize(
    "same",
    [
        table.times(EVENT.astype(int), STOP),
        table.times(EVENT, np.full(14, -1e300), STOP),
        table.times(EVENT, STOP - 100.0),
        table.times(EVENT, np.exp(STOP)),
        np.rec.fromarrays([EVENT, STOP], names=["status", "days"]),
        pd.DataFrame({"status": EVENT, "days": STOP}, index=np.arange(14) + 7),
        pd.DataFrame({"status": EVENT, "begin": np.full(14, -1e3), "days": STOP}).astype({"status": "boolean"}),
        pl.DataFrame({"status": EVENT, "days": STOP}),
    ],
    ids=["0 and 1", "early starts", "negative times", "order", "record array", "pandas", "pandas with starts", "polars"],
)
def test_forms_of_the_same_times(same):
    expected = PenalizedCox(**TIGHT).fit(X, y_simple)
    np.testing.assert_array_equal(PenalizedCox(**TIGHT).fit(X, same).coef_, expected.coef_)


def test_numbers_are_times_without_censoring():
    expected = PenalizedCox(**TIGHT).fit(X, table.times(np.ones(14, dtype=bool), STOP))
    for numbers in (STOP, STOP.tolist(), pd.Series(STOP)):
        np.testing.assert_array_equal(PenalizedCox(**TIGHT).fit(X, numbers).coef_, expected.coef_)


BAD = {
    "all 14 samples are censored": {"y": table.times(~EVENT & EVENT, STOP)},
    "have weight zero": {"sample_weight": 1.0 - EVENT},
    "start when they stop or later: number 3 starts at 6.0": {
        "y": table.times(EVENT, np.where(START == 2, 6.0, START), STOP + 0.0)
    },
    "first field of y, 'event', must say": {"y": table.times(STOP, EVENT)},
    "contains NaN": {"y": table.times(EVENT, np.where(STOP == 7, np.nan, STOP))},
    "contains infinity": {"y": table.times(EVENT, np.where(STOP == 7, np.inf, STOP))},
    r"y has shape \(14, 2\); valid are": {"y": np.column_stack([EVENT, STOP])},
    "fields .* and shape": {"y": pd.DataFrame(np.ones((14, 4)), columns=list("abcd"))},
    "inconsistent numbers of samples": {"y": y_simple[:4]},
    "requires y to be passed": {"y": None},
    r"strata has shape \(3,\)": {"strata": [1, 2, 3]},
    r"strata\[1\] is None": {"strata": ["a", None, *"bcdefghijklm"]},
    "offset has shape": {"offset": [1.0, 2.0]},
}


@pytest.mark.parametrize(("message", "arguments"), BAD.items(), ids=list(BAD))
def test_bad_input(message, arguments):
    with pytest.raises(ValueError, match=message):
        PenalizedCox().fit(**{"X": X, "y": y_simple, **arguments})
    with pytest.raises(ValueError, match=message):
        regularization_path(**{"X": X, "y": y_simple, "loss": CoxPartialLikelihood(), "penalty": "l1", **arguments})


def test_bad_parameters():
    with pytest.raises(ValueError, match="valid are 'breslow' and 'efron'"):
        PenalizedCox(ties="exact").fit(X, y_simple)
    with pytest.raises(ValueError, match="valid are losses for numeric targets"):
        PenalizedRegressor(CoxPartialLikelihood()).fit(X, STOP)
    with pytest.raises(ValueError, match="strata is for CoxPartialLikelihood"):
        regularization_path(X, STOP, loss="squared_error", penalty="l1", strata=table.STRATA)


def test_what_the_fit_had_is_needed_again():
    model = PenalizedCox().fit(X, y_simple, offset=np.zeros(14), strata=table.STRATA)
    with pytest.raises(ValueError, match="fitted with an offset"):
        model.predict(X)
    with pytest.raises(ValueError, match="fitted with strata"):
        model.predict_survival_function(X, offset=np.zeros(14))
    with pytest.raises(ValueError, match="fitted with strata"):
        model.score(X, y_simple, offset=np.zeros(14))
    with pytest.raises(ValueError, match=r"not among the fitted \[1, 2\]"):
        model.predict_survival_function(X, offset=np.zeros(14), strata=np.full(14, 3))


def brute_concordance(y, risk, weights, strata):
    """All pairs, one by one"""
    pairs = np.zeros(3)
    for i in np.flatnonzero(y["event"]):
        for j in range(len(y)):
            outlives = y["stop"][j] > y["stop"][i] or (y["stop"][j] == y["stop"][i] and not y["event"][j])
            if strata[i] == strata[j] and outlives and y["start"][j] < y["stop"][i]:
                pairs[1 + int(np.sign(risk[j] - risk[i]))] += weights[i] * weights[j]
    return (pairs[0] + 0.5 * pairs[1]) / pairs.sum()


def test_concordance_of_all_pairs(drawn):
    columns, y, given = drawn
    model = PenalizedCox(alpha=0.05).fit(columns, y, **given)
    model.coef_ = np.round(model.coef_, 1)  # so that risks are tied
    columns, offset = np.round(columns), np.round(given["offset"])
    score = model.score(columns, y, **{**given, "offset": offset})
    assert score == brute_concordance(y, model.predict(columns, offset), given["sample_weight"], given["strata"])


def test_concordance_without_comparable_pairs():
    model = PenalizedCox().fit(X, y_simple)
    with pytest.warns(UndefinedMetricWarning, match="comparable pairs"):
        assert np.isnan(model.score(X[:3], table.times(np.zeros(3, dtype=bool), STOP[:3])))


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_curves_of_functions_and_of_arrays_agree(drawn, ties):
    columns, y, given = drawn
    model = PenalizedCox(alpha=0.05, ties=ties).fit(columns, y, **given)
    place = {"offset": given["offset"], "strata": given["strata"]}
    table_of_values = model.predict_survival_function(columns, return_array=True, **place)
    functions = model.predict_survival_function(columns, **place)
    hazards = model.predict_cumulative_hazard_function(columns, **place)
    risk = model.predict(columns, given["offset"])
    for i in range(0, len(columns), 10):
        known = model.event_times_ <= functions[i].domain[1]
        times = model.event_times_[known]
        np.testing.assert_allclose(functions[i](times), table_of_values[i, known], rtol=1e-14)
        assert np.isnan(table_of_values[i, ~known]).all()
        baseline = model.baseline_cumulative_hazard_[given["strata"][i]]
        np.testing.assert_allclose(hazards[i](times), baseline(times) * np.exp(risk[i]), rtol=1e-12)
        np.testing.assert_allclose(functions[i](times), np.exp(-hazards[i](times)), rtol=1e-14)


def test_as_many_events_are_expected_as_there_are(drawn):
    """sum_i w_i (H_i(stop_i) - H_i(start_i)) is the weight of the events: what the baseline of Breslow is made for"""
    columns, y, given = drawn
    model = PenalizedCox(alpha=0.05).fit(columns, y, **given)
    place = {"offset": given["offset"], "strata": given["strata"]}
    hazards = model.predict_cumulative_hazard_function(columns, **place)
    ends = zip(hazards, y["start"], y["stop"], strict=True)
    expected = sum(w * (H(stop) - H(start)) for w, (H, start, stop) in zip(given["sample_weight"], ends, strict=True))
    assert expected == pytest.approx(given["sample_weight"][y["event"]].sum(), rel=1e-10)


def test_step_functions_are_continuous_from_the_right():
    step = StepFunction(np.array([1.0, 2.0]), np.array([5.0, 7.0]), initial=3.0, domain=(0.0, 4.0))
    np.testing.assert_array_equal(step([[0.0, 0.999], [1.0, 1.999], [2.0, 4.0]]), [[3, 3], [5, 5], [7, 7]])
    assert step(1.5) == 5.0
    for outside in (-1.0, 4.1, np.nan):
        with pytest.raises(ValueError, match="known from"):
            step([1.0, outside])


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_a_stratum_without_events_adds_nothing(drawn, ties):
    columns, y, given = drawn
    silent = np.array(given["strata"]) == "b"
    y = y.copy()
    y["event"][silent] = False
    model = PenalizedCox(ties=ties, **TIGHT).fit(columns, y, strata=given["strata"])
    rest = PenalizedCox(ties=ties, **TIGHT).fit(columns[~silent], y[~silent], strata=given["strata"][~silent])
    share = (~silent).mean()  # the loss is divided by the weight of all samples
    rest.set_params(alpha=TIGHT["alpha"] / share).fit(columns[~silent], y[~silent], strata=given["strata"][~silent])
    np.testing.assert_allclose(model.coef_, rest.coef_, rtol=0, atol=1e-6)
    baseline = model.baseline_cumulative_hazard_["b"]
    assert baseline(baseline.domain[1]) == 0.0


def test_storage_and_precision(drawn):
    columns, y, given = drawn
    columns = columns.copy()
    columns[:5], columns[:, 4] = 0.0, 0.0
    dense = PenalizedCox(ties="efron", **TIGHT).fit(columns, y, **given)
    for storage in (sparse.csr_array, sparse.csc_array, np.float32):
        tolerance = 1e-5 if storage is np.float32 else 1e-8
        other = PenalizedCox(ties="efron", **TIGHT).fit(storage(columns), y, **given)
        np.testing.assert_allclose(other.coef_, dense.coef_, rtol=0, atol=tolerance)


def test_one_sample_and_one_event():
    assert PenalizedCox().fit(X[:1], y_simple[:1]).coef_.tolist() == [0.0, 0.0]
    last = table.times(np.arange(14) == 13, STOP)
    assert PenalizedCox().fit(X, last).coef_.tolist() == [0.0, 0.0]  # alone in its risk set
    first = PenalizedCox(alpha=0.001).fit(X, table.times(np.arange(14) == 0, STOP))
    assert first.certificate_.converged
    assert first.coef_.any()


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_all_times_equal(ties):
    model = PenalizedCox(ties=ties, alpha=0.001).fit(X, np.ones(14))
    assert model.certificate_.converged
    np.testing.assert_array_equal(model.event_times_, [1.0])
    assert model.coef_.tolist() == [0.0, 0.0]  # nobody outlives anybody


def test_more_columns_than_samples_and_duplicates():
    wide = np.random.default_rng(0).normal(size=(14, 60))
    wide[:, 30:] = wide[:, :30]
    model = PenalizedCox(alpha=0.01, tol=1e-10).fit(wide, y_starts)
    half = PenalizedCox(alpha=0.01, tol=1e-10).fit(wide[:, :30], y_starts)
    assert model.certificate_.converged
    assert model.certificate_.objective == pytest.approx(half.certificate_.objective, rel=1e-8)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_a_column_that_orders_all_events_has_no_finite_coefficient(ties):
    with pytest.warns(ConvergenceWarning, match="the loss has no minimum over the unpenalised coefficients"):
        model = PenalizedCox(None, ties=ties).fit(np.column_stack([-STOP, table.A]), table.times(np.ones(14) > 0, STOP))
    assert not model.certificate_.converged
    assert np.isfinite(model.coef_).all()


def test_huge_offsets():
    offset = np.linspace(800.0, 801.0, 14)
    far = PenalizedCox(**TIGHT).fit(X, y_starts, offset=offset)
    near = PenalizedCox(**TIGHT).fit(X, y_starts, offset=offset - 800.0)
    np.testing.assert_allclose(far.coef_, near.coef_, rtol=0, atol=1e-7)
    survival = far.predict_survival_function(X, return_array=True, offset=offset)
    np.testing.assert_allclose(survival, near.predict_survival_function(X, return_array=True, offset=offset - 800.0), rtol=1e-6)


def test_fit_keeps_no_samples():
    model = PenalizedCox().fit(np.tile(X, (200, 1)), np.tile(STOP, 200))
    assert len(pickle.dumps(model)) < 4000
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_survival_function(X, True), model.predict_survival_function(X, True))


def test_model_selection(drawn):
    columns, y, given = drawn
    pipeline = make_pipeline(StandardScaler(), PenalizedCox())
    search = GridSearchCV(pipeline, {"penalizedcox__penalty": ["l1", "l2"], "penalizedcox__ties": ["breslow", "efron"]}, cv=3)
    assert search.fit(columns, y).best_score_ > 0.6
    with config_context(enable_metadata_routing=True):
        model = PenalizedCox().set_fit_request(strata=True, offset=True).set_score_request(strata=True, offset=True)
        params = {"strata": given["strata"], "offset": given["offset"]}
        scores = cross_val_score(clone(model), columns, y, cv=3, params=params)
    assert np.isfinite(scores).all()
