"""A loss and a penalty of a few lines in the user's own file are as good as the built-in ones."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Loss
from skregloss.penalties import L1, L2, ElasticNet, Penalty

OWN_FILE = '''
import math

from skregloss.losses import Loss
from skregloss.penalties import Penalty


class LogCosh(Loss):
    """log cosh((y - eta) / width)"""

    def __init__(self, width=1.0):
        self.width = width

    def value(self, y, eta):
        t = abs(y - eta) / self.width
        return t + math.log1p(math.exp(-2.0 * t)) - math.log(2.0)

    def gradient(self, y, eta):
        return -math.tanh((y - eta) / self.width) / self.width


class SmoothHinge(Loss):
    """log(1 + exp(1 - m)), m = y eta"""

    classification = True

    def value(self, y, eta):
        z = 1.0 - y * eta
        return max(z, 0.0) + math.log1p(math.exp(-abs(z)))

    def gradient(self, y, eta):
        return -y / (1.0 + math.exp(min(y * eta - 1.0, 700.0)))


class OwnNet(Penalty):
    """alpha (share |b| + (1 - share) b^2 / 2)"""

    def __init__(self, share=0.5):
        self.share = share

    def value(self, b, alpha):
        return alpha * (self.share * abs(b) + (1.0 - self.share) * b * b / 2.0)

    def prox(self, z, step, alpha):
        left = max(abs(z) - step * alpha * self.share, 0.0)
        return math.copysign(left, z) / (1.0 + step * alpha * (1.0 - self.share))
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The user's file as a module that worker processes can import too."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own_losses_and_penalties.py").write_text(OWN_FILE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]))
        import own_losses_and_penalties

        yield own_losses_and_penalties
    sys.modules.pop("own_losses_and_penalties", None)


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 8))
    y = X @ [2.0, -1.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0] + rng.standard_t(3, size=80)
    return X, y


def objective_gradient(model, X, y, derivative):
    """The gradient of the mean loss, in NumPy."""
    eta = X @ np.ravel(model.coef_) + model.intercept_
    slopes = derivative(y, eta)
    return X.T @ slopes / len(y), slopes.mean()


def assert_optimal(model, X, y, derivative, l1, l2):
    """Zero in the subdifferential, checked with formulas of the test's own."""
    coef = np.ravel(model.coef_)
    gradient, mean = objective_gradient(model, X, y, derivative)
    gradient = gradient + l2 * coef
    excess = np.where(coef != 0, gradient + l1 * np.sign(coef), np.maximum(abs(gradient) - l1, 0.0))
    assert abs(excess).max() < 1e-6
    assert abs(mean) < 1e-6


def test_a_loss_of_ones_own(own, data):
    X, y = data
    model = PenalizedRegressor(own.LogCosh(2.0), "l1", 0.02, tol=1e-12).fit(X, y)
    assert model.certificate_.converged
    assert model.certificate_.relative_gap <= 1e-12
    assert_optimal(model, X, y, lambda y, eta: -np.tanh((y - eta) / 2) / 2, 0.02, 0.0)


def test_a_penalty_of_ones_own_is_the_built_in_one(own, data):
    X, y = data
    for loss in ("squared_error", "huber"):
        mine = PenalizedRegressor(loss, own.OwnNet(0.7), 0.05, tol=1e-12).fit(X, y)
        built_in = PenalizedRegressor(loss, ElasticNet(0.7), 0.05, tol=1e-12).fit(X, y)
        np.testing.assert_allclose(mine.coef_, built_in.coef_, rtol=0, atol=1e-7)
        assert (mine.coef_ == 0).sum() == (built_in.coef_ == 0).sum()
        assert mine.certificate_.relative_gap <= 1e-12
        assert mine.alpha_max_ == pytest.approx(built_in.alpha_max_, rel=1e-9)


def test_both_in_a_classifier(own, data):
    X, y = data
    y = np.where(y > 0, 1, -1)
    model = PenalizedClassifier(own.SmoothHinge(), own.OwnNet(0.9), 0.02, tol=1e-12).fit(X, y)
    assert model.certificate_.converged
    assert model.score(X, y) > 0.7
    assert not hasattr(model, "predict_proba")
    assert_optimal(model, X, y, lambda y, eta: -y / (1 + np.exp(y * eta - 1)), 0.02 * 0.9, 0.02 * 0.1)


def test_clone_and_pickle(own, data):
    X, y = data
    model = PenalizedRegressor(own.LogCosh(), own.OwnNet(), 0.05).fit(X, y)
    again = clone(model).set_params(loss__width=3.0, penalty__share=0.1)
    assert (again.loss.width, again.penalty.share, model.loss.width) == (3.0, 0.1, 1.0)
    loaded = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(loaded.predict(X), model.predict(X))
    np.testing.assert_array_equal(loaded.fit(X, y).coef_, model.coef_)
    assert "OwnNet" in repr(model)


def test_sums_with_built_in_ones(own, data):
    X, y = data
    mine = PenalizedRegressor(penalty=own.OwnNet(1.0) + 0.5 * L1(), alpha=0.02, tol=1e-12).fit(X, y)
    built_in = PenalizedRegressor(penalty="l1", alpha=0.03, tol=1e-12).fit(X, y)
    np.testing.assert_allclose(mine.coef_, built_in.coef_, rtol=0, atol=1e-7)


@pytest.fixture(scope="module")
def workers(own):
    """New ones, for those that are there already do not know the user's folder"""
    get_reusable_executor().shutdown(wait=True)


def test_grid_search_in_two_processes(own, data, workers):
    X, y = data
    grid = {"penalty": [L1(), own.OwnNet()], "loss": ["squared_error", own.LogCosh()], "alpha": [0.01, 0.1]}
    search = GridSearchCV(PenalizedRegressor(), grid, n_jobs=2, cv=2, error_score="raise", scoring="neg_mean_absolute_error")
    search.fit(X, y)
    alone = clone(search).set_params(n_jobs=None).fit(X, y)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], alone.cv_results_["mean_test_score"])
    assert search.best_estimator_.certificate_.converged


def test_grid_search_over_their_parameters(own, data, workers):
    X, y = data
    grid = {"penalty__share": [0.2, 0.8], "alpha": [0.01, 0.1]}
    search = GridSearchCV(PenalizedClassifier(own.SmoothHinge(), own.OwnNet()), grid, n_jobs=2, cv=2, error_score="raise")
    assert search.fit(X, np.where(y > 0, "high", "low")).best_score_ > 0.6
    assert search.best_estimator_.penalty_.share == search.best_params_["penalty__share"]


NOTEBOOK = """
import numpy as np
from sklearn.model_selection import GridSearchCV
from skregloss import PenalizedRegressor
from skregloss.penalties import L1, Penalty

class Typed(Penalty):
    def value(self, b, alpha):
        return alpha * abs(b)

    def prox(self, z, step, alpha):
        return np.sign(z) * max(abs(z) - step * alpha, 0.0)

X = np.random.default_rng(0).normal(size=(40, 3))
y = X[:, 0]
PenalizedRegressor(penalty=Typed()).fit(X, y)
search = GridSearchCV(PenalizedRegressor(), {"penalty": [Typed(), L1()], "alpha": [0.1]}, n_jobs=2, cv=2, error_score="raise")
scores = search.fit(X, y).cv_results_["mean_test_score"]
assert abs(scores[0] - scores[1]) < 1e-6, scores
"""


def test_a_class_typed_into_a_notebook_works_in_worker_processes_after_a_fit(tmp_path):
    (tmp_path / "notebook.py").write_text(NOTEBOOK)
    subprocess.run([sys.executable, tmp_path / "notebook.py"], check=True, timeout=300)


def test_the_log_cosh_of_the_readme_on_targets_far_from_zero(own, data):
    X, y = data
    model = PenalizedRegressor(own.LogCosh(), alpha=0.1).fit(X, 1e4 * (y + 3.0))
    assert model.certificate_.converged


def test_a_class_without_its_methods_is_told_which():
    class Nothing(Penalty):
        pass

    with pytest.raises(TypeError, match="does not define value"):
        PenalizedRegressor(penalty=Nothing()).fit(np.ones((3, 1)), np.arange(3.0))


class ForgetsParameter(Penalty):
    def value(self, b, alpha):
        return self.weight * alpha * abs(b)

    def prox(self, z, step, alpha):
        return 0.0


class CallsPlainFunction(Loss):
    def value(self, y, eta):
        return plain(y - eta)

    def gradient(self, y, eta):
        return self.value(y, eta)


def plain(r):
    return r * r


@pytest.mark.parametrize(
    ("loss", "penalty", "sentence"),
    [
        ("squared_error", ForgetsParameter(), "ForgetsParameter.value does not compile: Unknown attribute 'weight'"),
        # In a sum as well.
        ("huber", ForgetsParameter() + 0.1 * L2(), "ForgetsParameter.value does not compile: Unknown attribute 'weight'"),
        # The method to blame is the one that is called, not its caller.
        (CallsPlainFunction(), "l1", "CallsPlainFunction.value does not compile: Untyped global name 'plain'"),
    ],
    ids=["penalty", "sum", "loss"],
)
def test_methods_that_do_not_compile_are_named_in_one_sentence(loss, penalty, sentence, data):
    with pytest.raises(TypeError, match=re.escape(sentence)) as caught:
        PenalizedRegressor(loss, penalty).fit(*data)
    assert len(str(caught.value).splitlines()) == 1
    assert "register_jitable" in str(caught.value)
