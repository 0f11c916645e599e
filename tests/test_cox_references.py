"""Cox models against R: `survival` without a penalty and for curves and concordance, `glmnet` with one."""

from __future__ import annotations

import numpy as np
import pytest
import survival_data as table
from oracle import joint
from test_references import load, recorded

from skregloss import PenalizedCox, regularization_path
from skregloss.losses import CoxPartialLikelihood
from skregloss.penalties import ElasticNet

TIGHT = {"tol": 1e-12, "max_iter": 1000}
over_ties = pytest.mark.parametrize("ties", ["breslow", "efron"])
y_simple = table.times(table.EVENT, table.STOP)
y_starts = table.times(table.EVENT, table.START, table.STOP)


@over_ties
def test_starts_and_weights(ties):
    recorded = table.WEIGHTED[ties]
    model = PenalizedCox(None, ties=ties, **TIGHT).fit(table.X, y_starts, sample_weight=table.WEIGHTS)
    np.testing.assert_allclose(model.coef_, recorded["coef"], rtol=1e-9)
    assert -model.certificate_.objective * table.WEIGHTS.sum() == pytest.approx(recorded["loglik"][1], rel=1e-12)
    hazard = model.predict_cumulative_hazard_function([[0.4, 1.0]], return_array=True)
    np.testing.assert_allclose(model.event_times_, table.TIMES)
    np.testing.assert_allclose(hazard[0], recorded["hazard"], rtol=1e-9)
    function = model.predict_survival_function([[0.4, 1.0]])[0]
    np.testing.assert_allclose(function(table.TIMES), np.exp(-np.array(recorded["hazard"])), rtol=1e-9)


@over_ties
def test_no_starts_no_weights(ties):
    model = PenalizedCox(None, ties=ties, **TIGHT).fit(table.X, y_simple)
    np.testing.assert_allclose(model.coef_, table.SIMPLE[ties]["coef"], rtol=1e-9)
    np.testing.assert_allclose(model.baseline_cumulative_hazard_(table.TIMES), table.SIMPLE[ties]["hazard"], rtol=1e-9)


@over_ties
def test_strata(ties):
    """No times are tied within a stratum."""
    options = {"sample_weight": table.WEIGHTS, "strata": table.STRATA}
    model = PenalizedCox(None, ties=ties, **TIGHT).fit(table.X, y_starts, **options)
    np.testing.assert_allclose(model.coef_, table.STRATIFIED["coef"], rtol=1e-9)
    assert -model.certificate_.objective * table.WEIGHTS.sum() == pytest.approx(table.STRATIFIED["loglik"][1], rel=1e-12)
    functions = model.predict_cumulative_hazard_function([[0.4, 1.0], [-1.0, 0.0]], strata=[1, 2])
    for function, stratum in zip(functions, (1, 2), strict=True):
        times, hazard = table.STRATIFIED[stratum]
        np.testing.assert_allclose(function(times), hazard, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "y", "options"),
    [
        ("simple", y_simple, {}),
        ("weighted", y_simple, {"sample_weight": table.WEIGHTS}),
        ("starts", y_starts, {}),
        ("stratified", y_starts, {"sample_weight": table.WEIGHTS, "strata": table.STRATA}),
    ],
)
def test_concordance(name, y, options):
    """The risk itself as the only column, of a model with coefficient 1."""
    strata = {"strata": options["strata"]} if "strata" in options else {}
    model = PenalizedCox("l2").fit(table.RISK[:, None], y, **strata)
    model.coef_ = np.ones(1)
    assert model.score(table.RISK[:, None], y, **options) == pytest.approx(table.CONCORDANCE[name], rel=1e-15)


@pytest.mark.parametrize(
    ("name", "penalty", "y", "options"),
    [
        ("lasso", ElasticNet(1.0), y_simple, {"sample_weight": table.WEIGHTS}),
        ("elasticnet", ElasticNet(0.5), y_simple, {"sample_weight": table.WEIGHTS}),
        ("stratified", ElasticNet(1.0), y_starts, {"strata": table.STRATA}),
    ],
)
def test_glmnet(name, penalty, y, options):
    path = regularization_path(
        table.WIDE, y, loss=CoxPartialLikelihood(), penalty=penalty, alphas=table.STRENGTHS, tol=1e-12, **options
    )
    assert path.converged.all()
    np.testing.assert_allclose(path.coefs.T, table.GLMNET[name], rtol=0, atol=1e-5)
    np.testing.assert_allclose(path.objective, glmnet_objectives(name, penalty, y, options), rtol=0, atol=1e-11)


def glmnet_objectives(name, penalty, y, options):
    weights = options.get("sample_weight", np.ones(len(y)))
    start = y["start"] if "start" in y.dtype.names else np.full(len(y), -np.inf)
    samples = np.column_stack([start, table.STOP, table.EVENT, options.get("strata", np.zeros(len(y)))])
    coefs = np.array(table.GLMNET[name])
    values = [joint.cox(CoxPartialLikelihood(), table.WIDE @ coef, samples, weights) / weights.sum() for coef in coefs]
    r = penalty.l1_ratio
    norms = r * np.abs(coefs).sum(axis=1) + (1.0 - r) / 2.0 * (coefs**2).sum(axis=1)
    return np.array(values) + table.STRENGTHS * norms


TABLES = ["surv_lung", "surv_veteran", "surv_pbc", "surv_rotterdam", "surv_gbsg", "glmnet_cox"]


@recorded
@over_ties
@pytest.mark.parametrize("name", TABLES)
def test_recorded_fits_without_a_penalty(name, ties):
    data = load(name)
    columns = np.column_stack([data["X"], data["time"], data["event"]])
    columns = columns[np.isfinite(columns).all(axis=1)]
    X, y = columns[:, :-2], table.times(columns[:, -1] > 0.0, columns[:, -2])
    model = PenalizedCox(None, ties=ties, **TIGHT).fit(X, y)
    np.testing.assert_allclose(model.coef_, data[f"ref_cox_{ties}_coef"], rtol=1e-6)
    assert -model.certificate_.objective * len(X) == pytest.approx(data[f"ref_cox_{ties}_loglik"][1], rel=1e-10)
