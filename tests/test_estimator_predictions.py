"""What fitted estimators predict and score, with weights, offsets and routed metadata."""

from __future__ import annotations

import re
import warnings

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, d2_tweedie_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import BY_NAME, Huber, Poisson, get_loss
from skregloss.penalties import L1, L2, MCP, ElasticNet

FOUR_PENALTIES = [L1(), L2(), ElasticNet(0.5), MCP()]


@pytest.mark.parametrize("name", sorted({cls.name for cls in BY_NAME.values() if cls.classification}))
def test_probabilities_only_where_the_loss_defines_them(name, two_classes):
    model, defined = PenalizedClassifier(name), get_loss(name).defines_probability
    for fitted in (model, model.fit(*two_classes)):
        assert hasattr(fitted, "predict_proba") == hasattr(fitted, "predict_log_proba") == defined
    decision, predicted = model.decision_function(two_classes[0]), model.predict(two_classes[0])
    np.testing.assert_array_equal(predicted, model.classes_[(decision > 0).astype(int)])
    if defined:
        probabilities = model.predict_proba(two_classes[0])
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0)
        np.testing.assert_array_equal(probabilities[:, 1] > 0.5, decision > 0)


def test_more_classes_are_fitted_one_against_the_rest():
    X, y = load_iris(return_X_y=True)
    model = PenalizedClassifier("squared_hinge").fit(X, y)
    for k in range(3):
        one = PenalizedClassifier("squared_hinge").fit(X, y == k)
        np.testing.assert_array_equal(model.coef_[k], one.coef_[0])
        np.testing.assert_allclose(model.decision_function(X)[:, k], one.decision_function(X), atol=1e-12)
    np.testing.assert_allclose(PenalizedClassifier("probit").fit(X, y).predict_proba(X).sum(axis=1), 1.0)


@pytest.mark.parametrize("labels", [["no", "yes"], [False, True], [0, 1], [-1, 1], [0.0, 1.0], [7, 3]])
def test_labels_of_every_kind(labels, two_classes):
    X, y = two_classes
    named = np.array(sorted(labels))[y]
    model = PenalizedClassifier().fit(X, named)
    assert model.predict(X).dtype == named.dtype
    np.testing.assert_array_equal(model.predict(X) == named, PenalizedClassifier().fit(X, y).predict(X) == y)


def test_class_weights_multiply_sample_weights(two_classes):
    X, y = two_classes
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    by_class = PenalizedClassifier(class_weight={0: 3.0}, tol=1e-12).fit(X, y, weights)
    by_hand = PenalizedClassifier(tol=1e-12).fit(X, y, weights * np.where(y == 0, 3.0, 1.0))
    np.testing.assert_allclose(by_class.coef_, by_hand.coef_, rtol=1e-9)
    rare = np.flatnonzero((y == 0) | (np.arange(len(y)) % 4 == 0))
    ours = PenalizedClassifier(class_weight="balanced", penalty="l2", tol=1e-12).fit(X[rare], y[rare])
    reference = LogisticRegression(C=1 / (0.01 * len(rare)), class_weight="balanced", tol=1e-10, max_iter=1000)
    np.testing.assert_allclose(ours.coef_, reference.fit(X[rare], y[rare]).coef_, rtol=1e-5)


def test_balanced_weights_take_repeated_rows_for_weights(two_classes):
    X, y = two_classes
    repeats = np.random.default_rng(0).integers(1, 4, len(y))
    model = PenalizedClassifier(class_weight="balanced", tol=1e-12)
    weighted = clone(model).fit(X, y, repeats).coef_
    np.testing.assert_allclose(clone(model).fit(X.repeat(repeats, 0), y.repeat(repeats)).coef_, weighted, rtol=1e-8)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(
    ("loss", "reference"),
    [
        ("squared_error", r2_score),
        ("poisson", lambda *args, **kw: d2_tweedie_score(*args, power=1, **kw)),
        ("gamma", lambda *args, **kw: d2_tweedie_score(*args, power=2, **kw)),
        ("tweedie", lambda *args, **kw: d2_tweedie_score(*args, power=1.5, **kw)),
        ("inverse_gaussian", lambda *args, **kw: d2_tweedie_score(*args, power=3, **kw)),
    ],
)
def test_score_is_the_fraction_of_the_loss_explained(loss, reference, weighted, counts):
    X, y, _ = counts
    y = y + 1.0 if get_loss(loss).y_interval.low == 0.0 and not get_loss(loss).y_interval.low_closed else y
    weights = np.random.default_rng(0).uniform(size=len(y)) if weighted else None
    model = PenalizedRegressor(loss).fit(X[:80], y[:80])
    expected = reference(y, model.predict(X), sample_weight=weights)
    np.testing.assert_allclose(model.score(X, y, weights), expected, rtol=1e-9)


@pytest.mark.parametrize(("shift", "scale"), [(0.0, 1.0), (1e6, 1e-3), (-3.0, 1e-8), (1e8, 0.0), (0.1, 0.0), (0.0, 0.0)])
def test_score_is_r2_also_for_nearly_constant_targets(shift, scale):
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(30, 2)), rng.normal(size=30)
    y = shift + scale * (X[:, 0] + noise)
    model = PenalizedRegressor(alpha=0.1 * scale).fit(X, y)
    expected = r2_score(y, model.predict(X)) if scale else 1.0
    assert model.score(X, y) == pytest.approx(expected, rel=1e-6)
    assert model.score(X, y + X[:, 1]) < 1.0
    with pytest.warns(UndefinedMetricWarning):
        assert np.isnan(model.score(X[:1], y[:1]))


def test_score_of_a_wrong_constant_is_zero_where_the_right_one_is_perfect():
    X = np.arange(5.0)[:, None]
    model = PenalizedRegressor().fit(X, np.full(5, 2.0))
    assert model.score(X, np.full(5, 2.0)) == 1.0
    assert model.score(X, np.full(5, 3.0)) == r2_score(np.full(5, 3.0), model.predict(X)) == 0.0


def test_offset_enters_fit_prediction_and_score(counts):
    X, y, log_exposure = counts
    model = PenalizedRegressor("poisson", tol=1e-10).fit(X, y, offset=log_exposure)
    rates = PenalizedRegressor("poisson", tol=1e-10).fit(X, y / np.exp(log_exposure), np.exp(log_exposure))
    assert not np.allclose(model.coef_, PenalizedRegressor("poisson").fit(X, y).coef_, rtol=1e-2)
    np.testing.assert_allclose(model.predict(X, offset=np.zeros(len(y))), rates.predict(X), rtol=0.2)
    null = np.exp(log_exposure) * y.sum() / np.exp(log_exposure).sum()
    value = Poisson().value
    floor = np.mean([value(t, np.log(t)) if t else 0.0 for t in y])
    deviances = [np.mean(value(y, np.log(mean))) - floor for mean in (model.predict(X, log_exposure), null)]
    np.testing.assert_allclose(model.score(X, y, offset=log_exposure), 1 - deviances[0] / deviances[1], rtol=1e-9)
    for method in (model.predict, lambda X: model.score(X, y)):
        with pytest.raises(ValueError, match="fitted with an offset"):
            method(X)


def test_offset_of_classifiers(two_classes):
    X, y = two_classes
    offset = np.random.default_rng(0).normal(size=len(y))
    model = PenalizedClassifier().fit(X, y, offset=offset)
    decision = model.decision_function(X, offset)
    np.testing.assert_allclose(decision - offset, X @ model.coef_[0] + model.intercept_[0], atol=1e-12)
    assert model.score(X, y, offset=offset) == accuracy_score(y, model.predict(X, offset))
    for method in (model.predict, model.decision_function, model.predict_proba, lambda X: model.score(X, y)):
        with pytest.raises(ValueError, match="fitted with an offset"):
            method(X)
    without = PenalizedClassifier().fit(X, y)
    np.testing.assert_allclose(without.decision_function(X, offset), without.decision_function(X) + offset)
    X, y = load_iris(return_X_y=True)
    offsets = np.random.default_rng(0).normal(size=(len(y), 3))
    model = PenalizedClassifier("probit").fit(X, y, offset=offsets)
    one = PenalizedClassifier("probit").fit(X, y == 1, offset=offsets[:, 1])
    np.testing.assert_array_equal(model.coef_[1], one.coef_[0])
    for fitted in (model, PenalizedClassifier().fit(X, y, offset=offsets)):
        assert fitted.predict_proba(X, offsets).shape == (len(y), 3)
        eta = offsets + X @ fitted.coef_.T + fitted.intercept_
        np.testing.assert_allclose(fitted.decision_function(X, offsets), eta, atol=1e-12)


def test_metadata_is_routed_to_fit_and_score(counts):
    X, y, offset = counts
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        model = PenalizedRegressor("poisson").set_fit_request(sample_weight=True, offset=True)
        model.set_score_request(sample_weight=True, offset=True).set_predict_request(offset=True)
        params = {"sample_weight": weights, "offset": offset}
        for estimator in (model, make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)):
            found = cross_validate(estimator, X, y, cv=2, params=params, error_score="raise", return_estimator=True)
            halves = [np.arange(60, 120), np.arange(60)]
            for half, score, fitted in zip(halves, found["test_score"], found["estimator"], strict=True):
                test = np.setdiff1d(np.arange(120), half)
                by_hand = clone(model).fit(
                    *(fitted[0].transform(X[half]) if estimator is not model else X[half], y[half]),
                    sample_weight=weights[half],
                    offset=offset[half],
                )
                seen = fitted[0].transform(X[test]) if estimator is not model else X[test]
                assert by_hand.score(seen, y[test], weights[test], offset[test]) == pytest.approx(score, rel=1e-9)
        grid = {"alpha": [0.01, 0.1], "penalty": [L1(), L2()]}
        search = GridSearchCV(model, grid, cv=3, error_score="raise").fit(X, y, **params)
        assert np.isfinite(search.cv_results_["mean_test_score"]).all()
        classifier = PenalizedClassifier().set_fit_request(sample_weight=True, offset=True)
        classifier.set_score_request(sample_weight=True, offset=True)
        cross_validate(classifier, X, y > 2, cv=2, params=params, error_score="raise")


@pytest.mark.parametrize("penalty", [L1(), ElasticNet(0.9), MCP()])
def test_select_from_model_keeps_nonzero_coefficients(penalty, numbers):
    X, y = numbers
    by_threshold = SelectFromModel(PenalizedRegressor(penalty=penalty, alpha=5.0), threshold=1e-10).fit(X, y)
    np.testing.assert_array_equal(by_threshold.get_support(), by_threshold.estimator_.coef_ != 0)
    assert 0 < by_threshold.get_support().sum() < 8
    by_default = SelectFromModel(PenalizedRegressor(penalty="l1", alpha=5.0)).fit(X, y)
    np.testing.assert_array_equal(by_default.get_support(), by_default.estimator_.coef_ != 0)


def test_html_shows_loss_and_penalty_with_their_parameters():
    html = estimator_html_repr(make_pipeline(StandardScaler(), PenalizedRegressor(Huber(2.5), MCP(gamma=4.5))))
    assert re.search(r"Huber\(delta=2\.5\)", html) and re.search(r"MCP\(gamma=4\.5\)", html)


def test_tags():
    tags = {name: PenalizedRegressor(name).__sklearn_tags__() for name in ("gamma", "poisson", "huber", "nonsense")}
    assert [tag.target_tags.positive_only for tag in tags.values()] == [True, True, False, False]
    assert all(tag.input_tags.sparse and not tag.regressor_tags.poor_score for tag in tags.values())
    assert PenalizedClassifier().__sklearn_tags__().classifier_tags.multi_class


def test_clean_fits_do_not_warn(numbers, two_classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for penalty in FOUR_PENALTIES:
            PenalizedRegressor(penalty=penalty).fit(*numbers).score(*numbers)
            PenalizedClassifier(penalty=penalty).fit(*two_classes).score(*two_classes)


def test_scores_check_their_targets(counts):
    X, y = counts[:2]
    model = PenalizedRegressor(Poisson()).fit(X, y)
    with pytest.raises(ValueError, match="inconsistent"):
        model.score(X, y[:-1])
    with pytest.raises(ValueError, match="NaN"):
        model.score(X, np.full(len(y), np.nan))
