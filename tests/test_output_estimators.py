"""The estimators with several outputs: shapes, names, weights and what does not fit."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import DataConversionWarning
from sklearn.metrics import r2_score
from sklearn.model_selection import GridSearchCV

from skregloss import PenalizedRegressor, PenalizedRegressorCV, regularization_path
from skregloss.losses import Quantile
from skregloss.penalties import L21, GroupL2, SparseGroup

RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(50, 5)), columns=list("abcde"))
Y = X.to_numpy()[:, :3] @ RNG.normal(size=(3, 3)) + RNG.normal(size=(50, 3))


@pytest.mark.parametrize("penalty", ["l1", "l21", SparseGroup(5), GroupL2([["a", "c"]])], ids=str)
@pytest.mark.parametrize("loss", ["squared_error", "huber"])
def test_shapes(loss, penalty):
    model = PenalizedRegressor(loss, penalty, alpha=0.1).fit(X, pd.DataFrame(Y, columns=["p", "q", "r"]))
    assert model.coef_.shape == (3, 5)
    assert model.intercept_.shape == (3,)
    assert model.predict(X).shape == (50, 3)
    np.testing.assert_allclose(model.predict(X), X.to_numpy() @ model.coef_.T + model.intercept_)
    assert model.certificate_.converged
    assert model.n_iter_ >= 1
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict(X), model.predict(X))
    np.testing.assert_allclose(model.sparsify().predict(X), copy.predict(X), rtol=1e-9)
    np.testing.assert_array_equal(model.densify().coef_, copy.coef_)
    bare = clone(model).set_params(fit_intercept=False).fit(X, Y)
    assert np.array_equal(bare.intercept_, np.zeros(3))


def test_score_is_the_share_of_the_variance_of_all_outputs():
    model = PenalizedRegressor(penalty="l21", alpha=0.1).fit(X, Y)
    weights = RNG.uniform(size=50)
    left = np.average((Y - model.predict(X)) ** 2, axis=0, weights=weights).sum()
    total = np.average((Y - np.average(Y, axis=0, weights=weights)) ** 2, axis=0, weights=weights).sum()
    assert model.score(X, Y, weights) == pytest.approx(1.0 - left / total, rel=1e-12)
    assert model.score(X, Y) == pytest.approx(r2_score(Y, model.predict(X), multioutput="variance_weighted"), rel=1e-12)


def test_a_single_column_of_targets_is_flattened_with_a_warning():
    with pytest.warns(DataConversionWarning):
        model = PenalizedRegressor(penalty=L21(), alpha=0.1).fit(X, Y[:, :1])
    assert model.coef_.shape == (5,)
    assert isinstance(model.intercept_, float)
    with pytest.warns(DataConversionWarning):
        path = regularization_path(X, Y[:, :1], loss="squared_error", penalty="l21", alphas=3)
    assert path.coefs.shape == (5, 3)


def test_offsets_have_the_shape_of_the_targets():
    offset = RNG.normal(size=Y.shape)
    model = PenalizedRegressor(penalty="l21", alpha=0.1, tol=1e-12).fit(X, Y, offset=offset)
    shifted = PenalizedRegressor(penalty="l21", alpha=0.1, tol=1e-12).fit(X, Y - offset)
    np.testing.assert_allclose(model.coef_, shifted.coef_, atol=1e-8)
    np.testing.assert_allclose(model.predict(X, offset=offset), shifted.predict(X) + offset, atol=1e-7)
    with pytest.raises(ValueError, match="fitted with an offset"):
        model.predict(X)
    with pytest.raises(ValueError, match=r"offset has shape \(50,\)"):
        model.fit(X, Y, offset=offset[:, 0])


def test_targets_of_another_shape():
    model = PenalizedRegressor(penalty="l21", alpha=0.1).fit(X, Y)
    with pytest.raises(ValueError, match=r"y has shape \(50, 2\), but the model predicts shape \(50, 3\)"):
        model.score(X, Y[:, :2])
    with pytest.raises(ValueError, match=r"y\[3, 1\] is -1"):
        PenalizedRegressor("poisson").fit(X, np.where(np.arange(150).reshape(50, 3) == 10, -1.0, 2.0))


def test_grid_search_and_warm_start():
    search = GridSearchCV(PenalizedRegressor(penalty=SparseGroup(5)), {"penalty__l1_ratio": [0.1, 0.9]}, cv=3).fit(X, Y)
    assert search.predict(X).shape == (50, 3)
    model = PenalizedRegressor(penalty="l21", alpha=0.1, warm_start=True).fit(X, Y)
    assert model.fit(X, Y).n_iter_ == 1
    cold = PenalizedRegressor(penalty="l21", alpha=0.05, tol=1e-12).fit(X, Y)
    np.testing.assert_allclose(model.set_params(alpha=0.05, tol=1e-12).fit(X, Y).coef_, cold.coef_, atol=1e-7)
    assert model.set_params(alpha=0.1).fit(X, Y[:, :2]).coef_.shape == (2, 5)


def test_a_path_has_the_fits_of_the_estimator():
    path = regularization_path(X, Y, loss="huber", penalty="l21", alphas=[0.2, 0.05], tol=1e-12)
    for k, alpha in enumerate(path.alphas):
        model = PenalizedRegressor("huber", "l21", alpha, tol=1e-12).fit(X, Y)
        np.testing.assert_allclose(path.coefs[:, :, k], model.coef_, atol=1e-6)
        np.testing.assert_allclose(path.intercepts[:, k], model.intercept_, atol=1e-6)
        assert path.loss_explained[k] == pytest.approx(model.score(X, Y), rel=1e-6)


def test_factors_of_a_search_are_those_of_the_columns():
    own = [0.0, 1.0, 2.0, 1.0, np.inf]
    model = PenalizedRegressorCV(alphas=3, penalty_factors=own).fit(X, Y)
    np.testing.assert_array_equal(model.penalty_factors_, own)
    assert model.coef_.shape == (3, 5)
    several = PenalizedRegressorCV(Quantile([0.2, 0.8]), alphas=3, penalty_factors=own, tol=1e-3).fit(X, Y[:, 0])
    np.testing.assert_array_equal(several.penalty_factors_, [own, own])
    assert len(several.path_) == len(several.certificate_) == 2
