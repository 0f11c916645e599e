"""Several quantiles at once: each as if fitted alone, scored together, and kept from crossing if wanted."""

from __future__ import annotations

import numpy as np
import pytest
from fits import data, weights
from sklearn.base import clone
from sklearn.metrics import mean_pinball_loss
from sklearn.model_selection import GridSearchCV, cross_val_score

from skregloss import PenalizedRegressor, PenalizedRegressorCV, regularization_path
from skregloss.losses import Quantile

QUANTILES = [0.1, 0.5, 0.9]


def test_each_is_as_if_fitted_alone():
    X, y = data(Quantile(), 80, 6)
    offset, sample_weight = np.linspace(-1, 1, 80), weights(80)
    several = PenalizedRegressor(Quantile(QUANTILES), alpha=0.02).fit(X, y, sample_weight, offset)
    assert several.coef_.shape == (3, 6)
    assert several.intercept_.shape == (3,)
    predicted = several.predict(X, offset)
    assert predicted.shape == (80, 3)
    for k, quantile in enumerate(QUANTILES):
        alone = PenalizedRegressor(Quantile(quantile), alpha=0.02).fit(X, y, sample_weight, offset)
        np.testing.assert_array_equal(several.coef_[k], alone.coef_)
        np.testing.assert_allclose(predicted[:, k], alone.predict(X, offset), rtol=1e-12)


def test_score_is_the_mean_pinball_loss_explained():
    X, y = data(Quantile(), 80, 6)
    model = PenalizedRegressor(Quantile(QUANTILES), alpha=0.02).fit(X, y)
    left = sum(mean_pinball_loss(y, model.predict(X)[:, k], alpha=q) for k, q in enumerate(QUANTILES))
    before = sum(mean_pinball_loss(y, np.full(80, np.quantile(y, q)), alpha=q) for q in QUANTILES)
    assert model.score(X, y) == pytest.approx(1 - left / before, rel=1e-6)
    assert PenalizedRegressor(Quantile(QUANTILES), alpha=100.0).fit(X, y).score(X, y) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("order", [[0, 1, 2, 3], [3, 0, 2, 1]])
def test_sorted_quantiles_do_not_cross(order):
    X, y = data(Quantile(), 40, 10)
    quantiles = np.array([0.3, 0.45, 0.55, 0.7])[order]
    plain = PenalizedRegressor(Quantile(quantiles), alpha=1e-4).fit(X, y)
    tidy = PenalizedRegressor(Quantile(quantiles, crossing="sort"), alpha=1e-4).fit(X, y)
    np.testing.assert_array_equal(plain.coef_, tidy.coef_)
    far = 3 * X
    in_order = np.argsort(quantiles)
    assert np.any(np.diff(plain.predict(far)[:, in_order], axis=1) < 0)
    assert np.all(np.diff(tidy.predict(far)[:, in_order], axis=1) >= 0)
    np.testing.assert_array_equal(np.sort(plain.predict(far), axis=1), tidy.predict(far)[:, in_order])
    assert tidy.score(X, y) >= plain.score(X, y) - 1e-12


def test_as_a_parameter():
    X, y = data(Quantile(), 60, 5)
    search = GridSearchCV(PenalizedRegressor(Quantile(QUANTILES)), {"alpha": [0.01, 0.1], "loss__crossing": ["sort"]}, cv=3)
    assert search.fit(X, y).predict(X).shape == (60, 3)
    assert clone(search.best_estimator_).loss.quantile == QUANTILES
    again = PenalizedRegressor(Quantile(QUANTILES), warm_start=True).fit(X, y)
    assert again.fit(X, y).n_iter_ <= 2


def test_what_is_not_valid_says_so():
    X, y = data(Quantile(), 30, 3)
    for wrong in ([], [0.5, 0.5], [0.5, 1.0], [0.0, 0.5]):
        with pytest.raises(ValueError, match=r"quantile of Quantile is .*; valid are (different )?numbers in \(0, 1\)"):
            PenalizedRegressor(Quantile(wrong)).fit(X, y)
    with pytest.raises(ValueError, match=r"crossing of Quantile is .no.; valid are .allow., .sort."):
        PenalizedRegressor(Quantile(QUANTILES, crossing="no")).fit(X, y)
    with pytest.raises(ValueError, match="one column of targets"):
        PenalizedRegressor(Quantile(QUANTILES)).fit(X, np.column_stack([y, y]))
    with pytest.raises(ValueError, match="follows one loss"):
        regularization_path(X, y, loss=Quantile(QUANTILES), penalty="l1")


def test_several_outputs():
    """Of one quantile: each column of targets as if fitted alone, for a penalty of single coefficients."""
    X, y = data(Quantile(), 60, 5)
    both = PenalizedRegressor(Quantile(0.7), alpha=0.02, tol=1e-10).fit(X, np.column_stack([y, -y]))
    for k, target in enumerate([y, -y]):
        alone = PenalizedRegressor(Quantile(0.7), alpha=0.02, tol=1e-10).fit(X, target)
        np.testing.assert_allclose(both.coef_[k], alone.coef_, atol=1e-7)


@pytest.mark.parametrize("crossing", ["allow", "sort"])
def test_cross_validated_strength_serves_all_quantiles(crossing):
    """The scores of a search are those of the single estimators, which are of all quantiles together."""
    X, y = data(Quantile(), 90, 6)
    loss = Quantile(QUANTILES, crossing=crossing)
    search = PenalizedRegressorCV(loss, "l1", alphas=4, alpha_min_ratio=0.02, cv=3).fit(X, y)
    scores = [cross_val_score(PenalizedRegressor(loss, alpha=alpha), X, y, cv=3).mean() for alpha in search.alphas_]
    np.testing.assert_allclose(search.cv_results_["mean_test_score"], scores, atol=1e-6)
    assert search.alpha_ == search.alphas_[np.argmax(scores)]
    best = PenalizedRegressor(loss, alpha=search.alpha_).fit(X, y)
    np.testing.assert_allclose(search.predict(X), best.predict(X), atol=1e-6)
    assert search.predict(X).shape == (90, 3)
    assert crossing == "allow" or np.all(np.diff(search.predict(3 * X), axis=1) >= 0.0)
    outer = GridSearchCV(search, {"penalty": ["l1", "l2"]}, cv=3).fit(X, y)
    assert outer.predict(X).shape == (90, 3)
    assert outer.score(X, y) == pytest.approx(outer.best_estimator_.score(X, y))
