"""Agreement with scikit-learn, with published tables, and with recorded fits of other programs.

Recorded fits lie beside real data in the folder that the environment variable SKREGLOSS_DATA names; without it those tests
are skipped.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import (
    ElasticNet as SklearnElasticNet,
)
from sklearn.linear_model import (
    GammaRegressor,
    HuberRegressor,
    Lasso,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.preprocessing import scale

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Huber, Quantile, Tweedie
from skregloss.penalties import ElasticNet

TIGHT = {"tol": 1e-12, "max_iter": 1000}
FOLDER = Path(os.environ.get("SKREGLOSS_DATA", "no such folder"))
recorded = pytest.mark.skipif(not (FOLDER / "loader.py").is_file(), reason="SKREGLOSS_DATA names no data")


def assert_same_fit(mine, other, tolerance=1e-7):
    scale = max(1.0, np.abs(other.coef_).max())
    np.testing.assert_allclose(np.ravel(mine.coef_), np.ravel(other.coef_), rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(mine.intercept_, other.intercept_, rtol=0, atol=tolerance * max(scale, np.abs(other.intercept_)))


@pytest.fixture(scope="module")
def numbers():
    X, y = load_diabetes(return_X_y=True)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    return scale(X), y / y.std(), weights


@pytest.fixture(scope="module")
def classes():
    X, y = load_breast_cancer(return_X_y=True)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, size=len(y))
    return scale(X), y, weights


@pytest.mark.parametrize("alpha", [0.1, 0.001])
def test_lasso(numbers, alpha):
    X, y, weights = numbers
    mine = PenalizedRegressor(alpha=alpha, **TIGHT).fit(X, y, sample_weight=weights)
    assert_same_fit(mine, Lasso(alpha, tol=1e-13, max_iter=10**6).fit(X, y, sample_weight=weights))


@pytest.mark.parametrize("l1_ratio", [0.1, 0.5, 0.9])
def test_elastic_net(numbers, l1_ratio):
    X, y, weights = numbers
    mine = PenalizedRegressor(penalty=ElasticNet(l1_ratio), alpha=0.05, **TIGHT).fit(X, y, sample_weight=weights)
    other = SklearnElasticNet(0.05, l1_ratio=l1_ratio, tol=1e-13, max_iter=10**6)
    assert_same_fit(mine, other.fit(X, y, sample_weight=weights))


def test_ridge_multiplies_by_the_sum_of_weights(numbers):
    X, y, weights = numbers
    mine = PenalizedRegressor(penalty="l2", alpha=0.3, **TIGHT).fit(X, y, sample_weight=weights)
    assert_same_fit(mine, Ridge(0.3 * weights.sum()).fit(X, y, sample_weight=weights))


@pytest.mark.parametrize(
    ("loss", "other"),
    [
        ("poisson", PoissonRegressor(alpha=0.1)),
        ("gamma", GammaRegressor(alpha=0.1)),
        (Tweedie(1.3), TweedieRegressor(power=1.3, link="log", alpha=0.1)),
        (Tweedie(1.8), TweedieRegressor(power=1.8, link="log", alpha=0.1)),
    ],
    ids=["poisson", "gamma", "tweedie-1.3", "tweedie-1.8"],
)
def test_generalised_linear_models(numbers, loss, other):
    X, y, weights = numbers
    mine = PenalizedRegressor(loss, "l2", 0.1, **TIGHT).fit(X, y, sample_weight=weights)
    other.set_params(solver="newton-cholesky", tol=1e-12, max_iter=1000)
    assert_same_fit(mine, other.fit(X, y, sample_weight=weights))


def test_huber_at_the_scale_that_scikit_learn_found(numbers):
    X, y, _ = numbers
    other = HuberRegressor(epsilon=1.35, alpha=0.5, tol=1e-10, max_iter=10**5).fit(X, y)
    # scale H_eps(r / scale) = (2 / scale) huber(r; eps scale), and its penalty is alpha |b|^2 without a half.
    mine = PenalizedRegressor(Huber(1.35 * other.scale_), "l2", 0.5 * other.scale_ / len(y), **TIGHT).fit(X, y)
    # Its L-BFGS stops at about 1e-6; no number of iterations brings it further.
    assert_same_fit(mine, other, tolerance=2e-5)
    assert mine.certificate_.objective <= huber_objective(other, X, y, mine.alpha) + 1e-14


def huber_objective(model, X, y, alpha):
    delta = 1.35 * model.scale_
    residual = np.abs(y - model.predict(X))
    values = np.where(residual <= delta, residual**2 / 2, delta * (residual - delta / 2))
    return values.mean() + alpha * (model.coef_**2).sum() / 2


@pytest.mark.parametrize("C", [0.01, 1.0])
def test_logistic_ridge(classes, C):
    X, y, weights = classes
    other = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(X, y, sample_weight=weights)
    mine = PenalizedClassifier(penalty="l2", alpha=1 / (C * weights.sum()), **TIGHT).fit(X, y, sample_weight=weights)
    assert_same_fit(mine, other)
    np.testing.assert_allclose(mine.predict_proba(X), other.predict_proba(X), rtol=0, atol=1e-7)


@pytest.mark.parametrize("C", [0.05, 0.5])
def test_logistic_lasso(classes, C):
    X, y, _ = classes
    # liblinear penalises its intercept, so that only models without one coincide.
    other = LogisticRegression(C=C, l1_ratio=1.0, solver="liblinear", tol=1e-12, max_iter=10**6, fit_intercept=False).fit(X, y)
    mine = PenalizedClassifier(alpha=1 / (C * len(y)), fit_intercept=False, **TIGHT).fit(X, y)
    assert_same_fit(mine, other)


def load(name):
    specification = importlib.util.spec_from_file_location("loader", FOLDER / "loader.py")
    loader = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(loader)
    return loader.fremtpl2_design() if name == "fremtpl2" else loader.load(name)


def coefficients(model):
    return np.r_[np.ravel(model.intercept_), np.ravel(model.coef_)]


UNPENALISED = [
    *(("log_loss", name, "logistic") for name in ("saheart", "german_scale")),
    *(("poisson", name, "poisson") for name in ("quine", "nmes1988", "bike_sharing")),
    ("gamma", "autoclaims", "gamma_log"),
    *(("squared_error", name, "ols") for name in ("boston", "california_housing", "stackloss")),
]


@recorded
@pytest.mark.parametrize(("loss", "name", "reference"), UNPENALISED, ids=lambda value: value)
def test_recorded_fits_without_a_penalty(loss, name, reference):
    data = load(name)
    estimator = PenalizedClassifier if loss == "log_loss" else PenalizedRegressor
    model = estimator(loss, None, **TIGHT).fit(data["X"], data["y"])
    np.testing.assert_allclose(coefficients(model), data[f"ref_{reference}_coef"], rtol=1e-7)


@recorded
@pytest.mark.parametrize("percent", [25, 50, 75])
@pytest.mark.parametrize("name", ["engel", "stackloss", "boston"])
def test_recorded_quantiles(name, percent):
    data = load(name)
    model = PenalizedRegressor(Quantile(percent / 100), None, tol=1e-9).fit(data["X"], data["y"])
    assert model.certificate_.objective * len(data["y"]) == pytest.approx(float(data[f"ref_rq{percent}_loss"]), rel=1e-9)
    np.testing.assert_allclose(coefficients(model), data[f"ref_rq{percent}_coef"], rtol=1e-7, atol=1e-9)


@recorded
@pytest.mark.slow
def test_recorded_fit_with_an_offset():
    X, claims, exposure, *_ = load("fremtpl2")
    model = PenalizedRegressor("poisson", None, **TIGHT).fit(X, claims, offset=np.log(exposure))
    np.testing.assert_allclose(coefficients(model), load("fremtpl2freq")["ref_poisson_offset_coef"], rtol=1e-7)


@recorded
def test_the_prostate_table():
    """Table 3.3 of The Elements of Statistical Learning, which gives three digits."""
    data = load("prostate_esl")
    train = data["train"].astype(bool)
    X, y = scale(data["X"]) * np.sqrt(1 - 1 / len(data["X"])), data["y"]
    fits = {
        "ols": PenalizedRegressor(penalty=None),
        "lasso": PenalizedRegressor(alpha=float(data["ref_esl_lasso_lambda"]), standardize=True),
        "ridge": PenalizedRegressor(penalty="l2", alpha=float(data["ref_esl_ridge_lambda_df5"]) / train.sum()),
    }
    for name, tolerance in (("ols", 6e-4), ("lasso", 6e-4), ("ridge", 2.1e-3)):
        model = fits[name].fit(X[train], y[train])
        np.testing.assert_allclose(model.coef_, data[f"ref_esl_table33_{name}"][1:], rtol=0, atol=tolerance)
