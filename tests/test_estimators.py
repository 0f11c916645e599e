"""The estimators as parts of scikit-learn: searched, cloned, routed, selected from, pickled and shown."""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris, make_classification, make_regression
from sklearn.exceptions import ConvergenceWarning, UndefinedMetricWarning
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.metrics import accuracy_score, d2_tweedie_score, r2_score
from sklearn.model_selection import GridSearchCV, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_html_repr

import skregloss
from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import BY_NAME, Huber, Poisson, get_loss
from skregloss.penalties import L1, L2, MCP, ElasticNet
from skregloss.solvers import Certificate

FOUR_PENALTIES = [L1(), L2(), ElasticNet(0.5), MCP()]


@pytest.fixture(scope="module")
def numbers():
    return make_regression(60, 8, n_informative=3, noise=2.0, random_state=0)


@pytest.fixture(scope="module")
def two_classes():
    return make_classification(80, 8, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    X, exposure = rng.normal(size=(120, 4)), rng.uniform(0.5, 4.0, size=120)
    return X, rng.poisson(exposure * np.exp(0.5 + X[:, 0] - 0.5 * X[:, 1])).astype(float), np.log(exposure)


def test_public_names():
    assert set(skregloss.__all__) >= {"PenalizedRegressor", "PenalizedClassifier", "__version__"}


def test_import_is_lean():
    """What scikit-learn's base needs is loaded anyway; nothing beyond it may come with us."""
    script = """
import sys, sklearn.base, sklearn.utils.validation, sklearn.utils.extmath, numba
before = set(sys.modules)
import skregloss
heavy = ("sklearn.linear_model", "sklearn.model_selection", "sklearn.metrics", "sklearn.preprocessing")
print([name for name in set(sys.modules) - before if name.startswith((*heavy, "pandas", "matplotlib"))])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_defaults_are_lasso_and_l1_logistic_regression(numbers, two_classes):
    X, y = numbers
    model, reference = PenalizedRegressor(tol=1e-12).fit(X, y), Lasso(alpha=0.01, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(model.coef_, reference.coef_, rtol=1e-7)
    X, y = two_classes
    model = PenalizedClassifier(tol=1e-12).fit(X, y)
    reference = LogisticRegression(C=1 / (0.01 * len(y)), l1_ratio=1.0, solver="saga", tol=1e-10, max_iter=100_000)
    np.testing.assert_allclose(model.coef_, reference.fit(X, y).coef_, atol=1e-6)


def test_defaults_are_useful():
    assert PenalizedRegressor().fit(*load_diabetes(return_X_y=True)).score(*load_diabetes(return_X_y=True)) > 0.5
    assert PenalizedClassifier().fit(*load_iris(return_X_y=True)).score(*load_iris(return_X_y=True)) > 0.9


def test_fitted_attributes(numbers, two_classes):
    model = PenalizedRegressor().fit(*numbers)
    assert model.coef_.shape == (8,) and isinstance(model.intercept_, float)
    assert isinstance(model.certificate_, Certificate) and model.certificate_.converged
    assert isinstance(model.n_iter_, int) and model.n_iter_ >= 1
    assert isinstance(model.alpha_max_, float)
    model = PenalizedClassifier().fit(*two_classes)
    assert model.coef_.shape == (1, 8) and model.intercept_.shape == (1,)
    assert isinstance(model.certificate_, Certificate)
    model = PenalizedClassifier().fit(*load_iris(return_X_y=True))
    assert model.coef_.shape == (3, 4) and model.intercept_.shape == (3,)
    assert [type(item) for item in model.certificate_] == [Certificate] * 3


@pytest.mark.parametrize("data", [load_diabetes, load_iris])
def test_alpha_max_is_where_coefficients_vanish(data):
    X, y = data(return_X_y=True)
    model = (PenalizedRegressor if data is load_diabetes else PenalizedClassifier)(tol=1e-10)
    alpha_max = model.fit(X, y).alpha_max_
    assert not clone(model).set_params(alpha=alpha_max * 1.0001).fit(X, y).coef_.any()
    assert clone(model).set_params(alpha=alpha_max * 0.999).fit(X, y).coef_.any()


@pytest.mark.parametrize("cls", [PenalizedRegressor, PenalizedClassifier])
def test_grid_search_over_penalties_and_strengths(cls, numbers, two_classes):
    X, y = numbers if cls is PenalizedRegressor else two_classes
    grid = {"penalty": FOUR_PENALTIES, "alpha": [0.01, 0.1]}
    search = GridSearchCV(cls(), grid, n_jobs=2, cv=3, error_score="raise").fit(X, y)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()
    assert type(search.best_params_["penalty"]) in map(type, FOUR_PENALTIES)


def test_grid_search_over_nested_parameters_inside_a_pipeline(numbers):
    pipeline = make_pipeline(StandardScaler(), PenalizedRegressor(Huber(), ElasticNet(), alpha=0.1))
    grid = {"penalizedregressor__penalty__l1_ratio": [0.1, 0.9], "penalizedregressor__loss__delta": [0.5, 5.0]}
    search = GridSearchCV(pipeline, grid, n_jobs=2, cv=3, error_score="raise").fit(*numbers)
    assert len(set(search.cv_results_["mean_test_score"])) == 4
    fitted = search.best_estimator_[-1]
    assert fitted.loss_.delta == search.best_params_["penalizedregressor__loss__delta"]


def test_parameters_of_loss_and_penalty():
    model = PenalizedRegressor(Huber(2.0), MCP(4.0) + 0.1 * L2())
    assert model.get_params()["loss__delta"] == 2.0 and model.get_params()["penalty__left__gamma"] == 4.0
    copy = clone(model).set_params(penalty__left__gamma=5.0, loss__delta=1.0)
    assert copy.penalty.left.gamma == 5.0 and model.penalty.left.gamma == 4.0 and model.loss.delta == 2.0
    assert PenalizedRegressor("huber").set_params(loss=Huber(), loss__delta=7.0).loss.delta == 7.0


@pytest.mark.parametrize(
    ("params", "advice"),
    [
        ({"loss__delta": 2}, "loss=Huber(delta=2)"),
        ({"penalty__l1_ratio": 0.5}, "penalty=ElasticNet(l1_ratio=0.5)"),
        ({"penalty__gamma": 3, "penalty": None}, "penalty=MCP(gamma=3)"),
        ({"penalty__gamma": 3, "penalty": "scad"}, "penalty=SCAD(gamma=3)"),
    ],
)
def test_parameters_of_a_name_cannot_be_set(params, advice):
    with pytest.raises(ValueError, match=re.escape(advice)):
        PenalizedRegressor("huber").set_params(**params)


def test_fit_leaves_parameters_and_inputs_alone(numbers):
    X, y = (np.array(item, order="F") for item in numbers)
    weights, offset, factors = np.ones(len(y)), np.zeros(len(y)), np.ones(8)
    model = PenalizedRegressor(Huber(), MCP() + 0.1 * L2(), penalty_factors=factors, bounds=(None, np.ones(8)))
    before = pickle.dumps((model, X, y, weights, offset))
    loss, penalty = model.loss, model.penalty
    model.fit(X, y, weights, offset)
    assert model.loss is loss and model.penalty is penalty
    assert pickle.dumps((clone(model), X, y, weights, offset)) == before
    model.fit(*(read_only(item) for item in (X, y, weights, offset)))


def read_only(array):
    array = array.copy(order="K")
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("convert", [np.asfortranarray, sparse.csc_array])
def test_fit_keeps_no_copy_of_the_data(convert):
    X = np.random.default_rng(0).normal(size=(2000, 50))
    model = PenalizedRegressor("huber", alpha=0.1).fit(convert(X), X[:, 0])
    assert len(pickle.dumps(model)) < 10_000


@pytest.mark.parametrize("penalty", ["l1", MCP()])
def test_fits_are_bit_identical_also_in_threads_and_processes(penalty, two_classes):
    X, y = two_classes
    model = PenalizedClassifier(penalty=penalty)
    first = clone(model).fit(X, y).coef_.tobytes()
    with ThreadPoolExecutor(4) as pool:
        assert {fit.coef_.tobytes() for fit in pool.map(lambda _: clone(model).fit(X, y), range(8))} == {first}
    fits = joblib.Parallel(n_jobs=2)(joblib.delayed(clone(model).fit)(X, y) for _ in range(2))
    assert {fit.coef_.tobytes() for fit in fits} == {first}


def test_pickled_models_predict_the_same(two_classes):
    X, y = two_classes
    model = PenalizedClassifier(penalty=MCP() + 0.1 * L2()).fit(X, y)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict_proba(X), model.predict_proba(X))


@pytest.mark.parametrize("cls", [PenalizedRegressor, PenalizedClassifier])
def test_sparsify_and_densify(cls, numbers):
    X, y = numbers if cls is PenalizedRegressor else load_iris(return_X_y=True)
    model = cls(alpha=0.1, warm_start=True).fit(X, y)
    coef, predicted = model.coef_.copy(), model.predict(X)
    assert sparse.issparse(model.sparsify().coef_) and model.coef_.format == "csr"
    for kind in (np.asarray, sparse.csr_array, sparse.csc_matrix):
        np.testing.assert_allclose(model.predict(kind(X)), predicted)
    assert model.fit(X, y).coef_.shape == coef.shape
    np.testing.assert_array_equal(model.sparsify().densify().coef_.shape, coef.shape)
    np.testing.assert_allclose(model.densify().predict(X), predicted, rtol=1e-3)


def test_warm_start_continues(numbers):
    X, y = numbers
    model = PenalizedRegressor("pseudo_huber", alpha=0.1, warm_start=True, tol=1e-10).fit(X, y)
    cold, coef = model.n_iter_, model.coef_
    assert model.fit(X, y).n_iter_ < cold
    np.testing.assert_allclose(model.coef_, coef, rtol=1e-6)
    model.fit(X[:, :3], y)  # of another shape: begins anew
    assert model.coef_.shape == (3,)


def test_verbose_prints_progress_of_this_fit_only(numbers, capsys):
    PenalizedRegressor().fit(*numbers)
    assert capsys.readouterr().out == ""
    PenalizedRegressor(verbose=1).fit(*numbers)
    assert "objective" in capsys.readouterr().out
    PenalizedRegressor().fit(*numbers)
    assert capsys.readouterr().out == ""


def test_not_converged_warns_what_was_reached_and_what_to_do(two_classes):
    import pandas as pd

    X, y = two_classes
    frame = pd.DataFrame(X, columns=[f"input {j}" for j in range(8)])
    model = PenalizedClassifier(max_iter=1, tol=1e-14)
    with pytest.warns(ConvergenceWarning, match=r"relative gap is .*tol is 1e-14.*column 'input \d'.*max_iter"):
        model.fit(frame, y)
    assert not model.certificate_.converged and np.isfinite(model.coef_).all()


def test_separable_classes_without_penalty_warn_and_stay_finite():
    X = np.arange(10.0)[:, None]
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        model = PenalizedClassifier(penalty=None).fit(X, X[:, 0] > 4)
    assert np.isfinite(model.coef_).all() and model.score(X, X[:, 0] > 4) == 1.0


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
    model = PenalizedClassifier().fit(X, y)
    for k in range(3):
        one = PenalizedClassifier().fit(X, y == k)
        np.testing.assert_array_equal(model.coef_[k], one.coef_[0])
        np.testing.assert_allclose(model.decision_function(X)[:, k], one.decision_function(X), atol=1e-12)
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)


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


@pytest.mark.parametrize(
    ("shift", "scale"), [(0.0, 1.0), (1e6, 1e-3), (-3.0, 1e-8), (1e8, 0.0), (0.1, 0.0), (0.0, 0.0)]
)
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
    model = PenalizedClassifier().fit(X, y, offset=offsets)
    one = PenalizedClassifier().fit(X, y == 1, offset=offsets[:, 1])
    np.testing.assert_array_equal(model.coef_[1], one.coef_[0])
    assert model.predict_proba(X, offsets).shape == (len(y), 3)


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
