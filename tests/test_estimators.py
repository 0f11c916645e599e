"""The estimators as parts of scikit-learn: searched, cloned, routed, selected from, pickled and shown."""

from __future__ import annotations

import inspect
import pickle
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import Lasso, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import skregloss
from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Huber
from skregloss.penalties import L1, L2, MCP, ElasticNet
from skregloss.solvers import Certificate

FOUR_PENALTIES = [L1(), L2(), ElasticNet(0.5), MCP()]


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
    assert isinstance(model.certificate_, Certificate)
    model = PenalizedClassifier("squared_hinge").fit(*load_iris(return_X_y=True))
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


@pytest.mark.parametrize("cls", [PenalizedRegressor, PenalizedClassifier])
def test_every_parameter_and_attribute_is_documented(cls):
    text = inspect.getdoc(cls)
    X, y = load_iris(return_X_y=True, as_frame=True)
    model = cls().fit(X, y)
    attributes = [name for name in vars(model) if name.endswith("_")]
    for name in (*model.get_params(deep=False), *attributes):
        assert re.search(rf"^{name} : ", text, re.MULTILINE), name


def test_a_series_or_frame_with_names_goes_by_name():
    X, y = load_iris(return_X_y=True, as_frame=True)
    names = list(X.columns)
    factors = pd.Series([0.5, 2.0, 1.0, 3.0], index=names)
    expected = PenalizedRegressor(penalty_factors=factors.to_dict()).fit(X, y).coef_
    np.testing.assert_array_equal(PenalizedRegressor(penalty_factors=factors[::-1]).fit(X, y).coef_, expected)
    bounds = pd.DataFrame({"low": [0.0, -0.1, 0.0, 0.0], "high": [0.1, 0.0, 1.0, 1.0]}, index=names)
    expected = PenalizedRegressor(bounds=bounds.to_numpy()).fit(X, y).coef_
    np.testing.assert_array_equal(PenalizedRegressor(bounds=bounds[::-1]).fit(X, y).coef_, expected)


def test_a_fit_that_fails_leaves_the_last_one_whole(two_classes):
    X, y = two_classes
    model = PenalizedClassifier().fit(X, y)
    before = model.predict(X)
    with pytest.raises(ValueError, match="bounds"):
        model.set_params(bounds=(1.0, 0.0)).fit(X, np.where(y == 1, "b", "a"))
    np.testing.assert_array_equal(model.predict(X), before)
