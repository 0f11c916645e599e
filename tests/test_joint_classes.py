"""Several classes at once: softmax against scikit-learn and glmnet, ordered classes against polr and SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from class_data import GLMNET, POLR, STRENGTHS, W, X, Y
from oracle import joint
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from skregloss import PenalizedClassifier
from skregloss.losses import LogLoss, OrdinalLogistic, Softmax
from skregloss.penalties import L1, L2, L21
from skregloss.solvers import Problem, solve

TIGHT = {"tol": 1e-12, "max_iter": 1000}


def softmax_objective(model, weights, norm):
    eta = (X @ model.coef_.T + model.intercept_).T.ravel()
    return joint.value(Softmax(3), eta, Y, weights / weights.sum()) + norm(model.coef_)


@pytest.mark.parametrize("C", [0.05, 1.0])
def test_ridge_of_scikit_learn(C):
    other = LogisticRegression(C=C, solver="newton-cg", tol=1e-12, max_iter=10**4).fit(X, Y, sample_weight=W)
    mine = PenalizedClassifier(penalty="l2", alpha=1 / (C * W.sum()), **TIGHT).fit(X, Y, sample_weight=W)
    np.testing.assert_allclose(mine.coef_, other.coef_, rtol=0, atol=1e-6)
    np.testing.assert_allclose(mine.intercept_, other.intercept_ - other.intercept_.mean(), rtol=0, atol=1e-6)
    np.testing.assert_allclose(mine.predict_proba(X), other.predict_proba(X), rtol=0, atol=1e-7)


@pytest.mark.parametrize("C", [0.1, 0.5])
def test_lasso_of_scikit_learn(C):
    alpha = 1 / (C * W.sum())
    other = LogisticRegression(C=C, l1_ratio=1.0, solver="saga", tol=1e-12, max_iter=10**5).fit(X, Y, sample_weight=W)
    mine = PenalizedClassifier(alpha=alpha, **TIGHT).fit(X, Y, sample_weight=W)

    def norm(coef):
        return alpha * np.abs(coef).sum()

    assert mine.certificate_.objective == pytest.approx(softmax_objective(mine, W, norm), rel=1e-13)
    assert softmax_objective(mine, W, norm) == pytest.approx(softmax_objective(other, W, norm), rel=0, abs=1e-7)
    assert softmax_objective(mine, W, norm) <= softmax_objective(other, W, norm) + 1e-13


@pytest.mark.parametrize(("kind", "share"), list(GLMNET))
def test_glmnet(kind, share):
    norm = L21() if kind == "grouped" else L1()
    penalty = norm if share == 1.0 else share * norm + (1.0 - share) * L2()
    for alpha, recorded in zip(STRENGTHS, GLMNET[kind, share], strict=True):
        model = PenalizedClassifier(penalty=penalty, alpha=alpha, **TIGHT).fit(X, Y, sample_weight=W)
        assert model.certificate_.objective == pytest.approx(recorded, rel=0, abs=1e-9)


def test_intercepts_and_unpenalised_coefficients_sum_to_zero():
    model = PenalizedClassifier(alpha=0.02, penalty_factors=[1, 0, 1, 0, 1], **TIGHT).fit(X, Y, offset=np.outer(W, [1, 0, -1]))
    assert model.certificate_.converged
    assert abs(model.intercept_.sum()) < 1e-12
    np.testing.assert_allclose(model.coef_[:, [1, 3]].sum(axis=0), 0.0, atol=1e-12)


def test_class_weight_and_offset_are_what_they_say():
    offset = np.random.default_rng(0).normal(size=(60, 3))
    factors = np.array([1.0, 2.0, 0.5])
    options = {"alpha": 0.03, **TIGHT}
    one = PenalizedClassifier(class_weight={0: 1.0, 1: 2.0, 2: 0.5}, **options).fit(X, Y, sample_weight=W, offset=offset)
    other = PenalizedClassifier(**options).fit(X, Y, sample_weight=W * factors[Y], offset=offset)
    np.testing.assert_allclose(one.coef_, other.coef_, rtol=0, atol=1e-10)
    # A column of its own for each class, with coefficient one, is an offset.
    eta = (X @ one.coef_.T + one.intercept_ + offset).T.ravel()
    weights = W * factors[Y] / (W * factors[Y]).sum()
    gradient = joint.gradient(Softmax(3), eta, Y, weights).reshape(3, -1)
    np.testing.assert_allclose(gradient.sum(axis=1), 0.0, atol=1e-8)
    slopes = gradient @ X
    assert np.abs(slopes).max() <= 0.03 + 1e-6
    np.testing.assert_allclose(slopes[one.coef_ != 0], -0.03 * np.sign(one.coef_[one.coef_ != 0]), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", list(POLR))
def test_polr(name):
    """Its L-BFGS ends some 1e-6 from the minimum."""
    coef, cuts, deviance = POLR[name]
    weights = W if name == "weighted" else np.ones(60)
    model = PenalizedClassifier("ordinal_logistic", None, **TIGHT).fit(X, Y, sample_weight=weights)
    assert model.certificate_.converged
    assert model.coef_.shape == (1, 5)
    np.testing.assert_allclose(model.coef_[0], coef, rtol=0, atol=2e-4)
    np.testing.assert_allclose(-model.intercept_, cuts, rtol=0, atol=2e-4)
    assert 2.0 * weights.sum() * model.certificate_.objective == pytest.approx(deviance, rel=0, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.0, 0.1])
def test_ordered_classes_against_scipy(alpha):
    """The formula P(y <= k) = 1 / (1 + exp(eta - cut_k)), minimised by SciPy over coefficients and log-distances of cuts"""

    def objective(parameters):
        cuts = parameters[5] + np.array([0.0, np.exp(parameters[6])])
        below = 1.0 / (1.0 + np.exp(X @ parameters[:5] - np.array([[-np.inf], [cuts[0]], [cuts[1]], [np.inf]])))
        chances = np.diff(below, axis=0)[Y, np.arange(60)]
        return -(W * np.log(chances)).sum() / W.sum() + alpha / 2 * (parameters[:5] ** 2).sum()

    found = minimize(objective, np.zeros(7), method="BFGS", options={"gtol": 1e-8})
    model = PenalizedClassifier("ordinal_logistic", "l2", alpha, **TIGHT).fit(X, Y, sample_weight=W)
    np.testing.assert_allclose(model.coef_[0], found.x[:5], rtol=0, atol=1e-5)
    assert model.certificate_.objective <= found.fun + 1e-13
    assert model.certificate_.objective == pytest.approx(found.fun, rel=0, abs=1e-10)


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_two_ordered_classes_are_log_loss(penalty):
    ordinal = solve(
        Problem(OrdinalLogistic(2), PenalizedClassifier(penalty=penalty)._check_pair()[1], X, Y // 2), 0.02, tol=1e-13
    )
    signs = np.where(Y == 2, 1.0, -1.0)
    binary = solve(Problem(LogLoss(), PenalizedClassifier(penalty=penalty)._check_pair()[1], X, signs), 0.02, tol=1e-13)
    np.testing.assert_allclose(ordinal.coef, binary.coef, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ordinal.intercept, binary.intercept, rtol=0, atol=1e-12)
    assert ordinal.certificate.objective == pytest.approx(binary.certificate.objective, rel=1e-12)


def test_ordered_classes_as_strings():
    names = np.array(["a low", "b middle", "c high"])
    model = PenalizedClassifier("ordinal_logistic", alpha=0.01).fit(X, names[Y])
    assert model.classes_.tolist() == names.tolist()
    assert model.coef_.shape == (1, 5)
    assert model.intercept_.shape == (2,)
    assert model.intercept_[0] > model.intercept_[1]
    chances = model.predict_proba(X)
    np.testing.assert_allclose(chances.sum(axis=1), 1.0, rtol=1e-14)
    assert (chances >= 0.0).all()
    assert model.predict(X).tolist() == names[chances.argmax(axis=1)].tolist()
    assert model.score(X, names[Y]) > 0.6


def test_bad_input():
    with pytest.raises(ValueError, match="valid is fit_intercept=True"):
        PenalizedClassifier("ordinal_logistic", fit_intercept=False).fit(X, Y)
    for loss in ("ordinal_logistic", "log_loss"):
        with pytest.raises(ValueError, match="All samples of class 1 have weight zero"):
            PenalizedClassifier(loss).fit(X, Y, sample_weight=(Y != 1) * 1.0)
    with pytest.raises(ValueError, match="offset has shape"):
        PenalizedClassifier().fit(X, Y, offset=np.zeros(60))


def test_a_joint_loss_object_takes_the_classes_there_are():
    by_object, by_name = PenalizedClassifier(Softmax(7)).fit(X, Y), PenalizedClassifier().fit(X, Y)
    np.testing.assert_array_equal(by_object.coef_, by_name.coef_)
    np.testing.assert_array_equal(PenalizedClassifier(OrdinalLogistic(9)).fit(X, Y).intercept_.shape, (2,))


@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
def test_separable_classes_have_no_finite_coefficients(loss):
    with pytest.warns(UserWarning, match="the loss has no minimum over the unpenalised coefficients"):
        model = PenalizedClassifier(loss, None).fit(X, np.digitize(X[:, 0], [-0.5, 0.5]))
    assert not model.certificate_.converged
    assert np.isfinite(model.coef_).all()
