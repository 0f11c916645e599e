"""What is told of the effects of penalties, against NumPy, scikit-learn and fits one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import ElasticNet as SklearnElasticNet
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import jaccard_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_score

from skregloss import PenalizedClassifier, PenalizedRegressor, regularization_effects
from skregloss.losses import Huber
from skregloss.penalties import L2, MCP, ElasticNet

CANCER = load_breast_cancer(return_X_y=True, as_frame=True)
TINY = {"tol": 1e-12, "strengths": [1.0, 0.3, 0.05]}
# The slope of each loss in eta, for y in {-1, +1} if it is one for classes.
SLOPES = {
    "squared_error": lambda y, eta: eta - y,
    "huber": lambda y, eta: np.clip(eta - y, -1.35, 1.35),
    "poisson": lambda y, eta: np.exp(eta) - y,
    "log_loss": lambda y, eta: -y * expit(-y * eta),
    "squared_hinge": lambda y, eta: -2 * y * np.maximum(1 - y * eta, 0),
}
FOR_CLASSES = ("log_loss", "squared_hinge")


@pytest.fixture(scope="module")
def cancer():
    return regularization_effects(*CANCER)


def fitted(loss, y01, X, alpha, penalty, factors):
    cls = PenalizedClassifier if loss in FOR_CLASSES else PenalizedRegressor
    return cls(loss, penalty, alpha, tol=1e-12, penalty_factors=factors).fit(X, y01)


@pytest.mark.parametrize("loss", SLOPES)
@pytest.mark.parametrize(("penalty", "share"), [("l1", 1.0), ("elasticnet", 0.5), ("l2", 0.0)])
def test_zero_exactly_where_the_slope_at_zero_is_within_the_penalty(two_classes, loss, penalty, share):
    X, y = two_classes
    X = X / X.std(axis=0)
    effects = regularization_effects(X, y, [loss, "log_loss"] if loss != "log_loss" else loss, penalty, [0.5, 0.1], tol=1e-12)
    coefs = effects.coefficients(loss, penalty)
    values = 2.0 * y - 1.0 if loss in FOR_CLASSES else y.astype(float)
    for k, alpha in enumerate(effects.alphas[0]):
        for j in range(X.shape[1]):
            others = np.ones(X.shape[1])
            others[j] = np.inf  # b_j = 0, the other coefficients at their optimum
            model = fitted(loss, y, X, alpha, penalty, others)
            eta = X @ np.ravel(model.coef_) + model.intercept_
            slope = abs(np.mean(SLOPES[loss](values, eta) * X[:, j]))
            assert (coefs[j, k] == 0.0) == (slope <= alpha * share * (1 + 1e-9))
    zeros = effects.n_zeros[0, 0]
    assert (zeros == 0).all() if share == 0.0 else zeros.any()


def test_l1_zeroes_and_l2_does_not_on_real_data(cancer):
    zeros = dict(zip(cancer.penalties, cancer.n_zeros.swapaxes(0, 1), strict=True))
    assert (zeros["l1"][:, 0] == 30).all()
    assert (zeros["l1"][:, 1] == 28).all()
    assert ((zeros["l1"] > 0) & (zeros["elasticnet"] > 0)).all()
    assert (zeros["l2"] == 0).all()
    assert (np.diff(cancer.l2_norm[:, 1]) > 0).all()
    assert cancer.converged.all()


def test_alpha_max_is_tight_under_each_loss():
    losses = ["squared_error", "log_loss", "poisson", "probit", "modified_huber"]
    effects = regularization_effects(*CANCER, losses, "l1", [1.0, 0.999], tol=1e-10)
    assert (effects.n_zeros[:, 0, 0] == 30).all()
    assert (effects.n_zeros[:, 0, 1] < 30).all()


def test_alpha_max_of_standardised_columns():
    X, y = CANCER[0].to_numpy(), CANCER[1].to_numpy()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    effects = regularization_effects(X, y, strengths=[1.0])
    # Under squared error and log loss alike the slope of the null model is y minus its mean.
    np.testing.assert_allclose(effects.alpha_max, abs(Z.T @ (y - y.mean())).max() / len(y), rtol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_equal_to_single_fits(two_classes, form):
    X, y = two_classes
    X = X * (abs(X) > 0.3)
    weights = np.random.default_rng(0).uniform(0.5, 2.0, len(y))
    factors = [0.0, 1.0, 2.0, 1.0, np.inf, 1.0, 1.0, 0.5]
    penalties = ["l1", ElasticNet(0.8), MCP()]
    effects = regularization_effects(
        form(X), y, ["huber", "log_loss"], penalties, sample_weight=weights, penalty_factors=factors, **TINY
    )
    for (i, loss), (label, penalty) in product(enumerate(effects.losses), zip(effects.penalties, penalties, strict=True)):
        for k, alpha in enumerate(effects.alphas[i]):
            cls = PenalizedClassifier if loss == "log_loss" else PenalizedRegressor
            model = cls(loss, penalty, alpha, standardize=True, penalty_factors=factors, tol=1e-12)
            model.fit(form(X), y, sample_weight=weights)
            path = effects.paths[loss, label]
            np.testing.assert_allclose(path.coefs[:, k], np.ravel(model.coef_), rtol=0, atol=1e-6)
            np.testing.assert_allclose(path.intercepts[k], np.ravel(model.intercept_)[0], rtol=0, atol=1e-6)
    assert effects.n_features == 7
    assert not effects.takes_part[4]


def test_equal_to_scikit_learn():
    X, y = CANCER[0].to_numpy(), CANCER[1].to_numpy()
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    effects = regularization_effects(X, y, penalties=["elasticnet", "l2"], strengths=[0.1, 0.05], tol=1e-12)
    for k, alpha in enumerate(effects.alphas[0]):
        theirs = SklearnElasticNet(alpha, l1_ratio=0.5, tol=1e-12, max_iter=100_000).fit(Z, y)
        np.testing.assert_allclose(effects.coefficients("squared_error", "elasticnet")[:, k], theirs.coef_, rtol=0, atol=1e-6)
        ridge = LogisticRegression(C=1 / (effects.alphas[1, k] * len(y)), tol=1e-10, max_iter=10_000).fit(Z, y)
        np.testing.assert_allclose(effects.coefficients("log_loss", "l2")[:, k], ridge.coef_[0], rtol=0, atol=1e-5)


def test_measures(cancer):
    X = CANCER[0].to_numpy()
    for (i, loss), (j, penalty) in product(enumerate(cancer.losses), enumerate(cancer.penalties)):
        coefs = cancer.paths[loss, penalty].coefs * X.std(axis=0)[:, None]
        np.testing.assert_allclose(cancer.coefficients(loss, penalty), coefs, rtol=1e-9)
        np.testing.assert_array_equal(cancer.n_zeros[i, j], (coefs == 0).sum(axis=0))
        np.testing.assert_allclose(cancer.l1_norm[i, j], np.linalg.norm(coefs, 1, axis=0))
        np.testing.assert_allclose(cancer.relative_l2_norm[i, j] * np.linalg.norm(coefs[:, -1]), np.linalg.norm(coefs, axis=0))
        np.testing.assert_allclose(cancer.largest[i, j], abs(coefs).max(axis=0), rtol=1e-9)
    np.testing.assert_allclose(cancer.alphas, cancer.alpha_max[:, None] * cancer.strengths)
    np.testing.assert_allclose(cancer.relative_l1_norm[..., -1], 1.0)


def test_entry_strengths(cancer):
    for (i, loss), (j, penalty) in product(enumerate(cancer.losses), enumerate(cancer.penalties)):
        for column, coefs in enumerate(cancer.coefficients(loss, penalty)):
            entered = [strength for strength, coef in zip(cancer.strengths, coefs, strict=True) if coef != 0]
            expected = max(entered, default=np.nan)
            np.testing.assert_array_equal(cancer.entry_strengths[i, j, column], expected)


def test_agreement(cancer):
    [agreement] = cancer.agreement
    assert agreement.losses == ("squared_error", "log_loss")
    for (j, penalty), k in product(enumerate(cancer.penalties), range(len(cancer.strengths))):
        one, other = (cancer.coefficients(loss, penalty)[:, k] for loss in agreement.losses)
        if one.any() or other.any():
            assert agreement.jaccard[j, k] == pytest.approx(jaccard_score(one != 0, other != 0))
        else:
            assert np.isnan(agreement.jaccard[j, k])
        if one.any() and other.any():
            assert agreement.cosine[j, k] == pytest.approx(cosine_similarity([one], [other]).item())
        else:
            assert np.isnan(agreement.cosine[j, k])


def test_loss_explained_on_unseen_rows(two_classes):
    X, y = two_classes
    folds = StratifiedKFold(4, shuffle=True, random_state=0)
    effects = regularization_effects(X, y, ["squared_error", "log_loss"], ["l1", "l2"], cv=folds, **TINY)
    assert effects.fold_scores.shape == (2, 2, 4, 3)
    for (j, penalty), k in product(enumerate(effects.penalties), range(3)):
        model = PenalizedRegressor("squared_error", penalty, effects.alphas[0, k], standardize=True, tol=1e-12)
        scores = cross_val_score(model, X, y, cv=folds.split(X, y), scoring="r2")
        np.testing.assert_allclose(effects.fold_scores[0, j, :, k], scores, atol=1e-7)
        model = PenalizedClassifier("log_loss", penalty, effects.alphas[1, k], standardize=True, tol=1e-12)
        scores = cross_val_score(model, X, y, cv=folds.split(X, y), scoring="d2_log_loss_score")
        np.testing.assert_allclose(effects.fold_scores[1, j, :, k], scores, atol=1e-7)
    np.testing.assert_array_equal(effects.cv_loss_explained, effects.fold_scores.mean(axis=2))


def test_offsets_and_weights_reach_the_folds(counts):
    X, y, offset = counts
    weights = np.random.default_rng(0).integers(1, 3, len(y)).astype(float)
    repeated = np.repeat(np.arange(len(y)), weights.astype(int))
    groups = np.arange(len(y)) % 3
    splits = list(GroupKFold(3).split(X, y, groups))
    repeated_splits = [tuple(np.flatnonzero(np.isin(repeated, part)) for part in split) for split in splits]
    options = {"losses": ["poisson", "squared_error"], "penalties": "l1", "tol": 1e-12, "strengths": [0.5, 0.1]}
    weighted = regularization_effects(X, y, cv=splits, sample_weight=weights, offset=offset, **options)
    again = regularization_effects(X[repeated], y[repeated], cv=repeated_splits, offset=offset[repeated], **options)
    np.testing.assert_allclose(weighted.fold_scores, again.fold_scores, atol=1e-7)
    np.testing.assert_allclose(weighted.loss_explained, again.loss_explained, atol=1e-7)
    without = regularization_effects(X, y, cv=splits, sample_weight=weights, **options)
    assert abs(weighted.fold_scores - without.fold_scores).max() > 1e-3


def test_labels_of_any_type(two_classes):
    X, y = two_classes
    expected = regularization_effects(X, y, **TINY)
    for names in (["no", "yes"], [False, True], [3, 7], pd.Categorical.from_codes([0, 1], ["a", "b"])):
        effects = regularization_effects(X, np.asarray(names)[y], **TINY)
        np.testing.assert_array_equal(effects.loss_explained, expected.loss_explained)
        assert effects.classes.tolist() == sorted(np.asarray(names).tolist())
    # Without a loss for classes, two numbers are numbers.
    numbers = regularization_effects(X, 3.0 + 4.0 * y, "squared_error", **TINY)
    np.testing.assert_allclose(numbers.largest[0, 0], 4.0 * expected.largest[0, 0], rtol=1e-6)  # L1 scales along
    coded = regularization_effects(X, np.array(["no", "yes"])[y], "squared_error", **TINY)
    np.testing.assert_array_equal(coded.largest, expected.largest[:1])


def test_several_of_one_class_have_labels_of_their_own(numbers):
    effects = regularization_effects(
        *numbers, [Huber(), Huber(5)], [ElasticNet(0.9), ElasticNet(0.5), 2 * L2(), None], [1, 0.1]
    )
    assert effects.losses == ["huber", "Huber(delta=5)"]
    assert effects.penalties == ["ElasticNet(l1_ratio=0.9)", "elasticnet", repr(2 * L2()), "none"]
    named = regularization_effects(*numbers, {"a": Huber(5)}, {"b": "l1"}, [1, 0.1])
    assert (named.losses, named.penalties) == (["a"], ["b"])
    none = effects.penalties.index("none")
    assert (effects.n_zeros[:, none] == 0).all()
    np.testing.assert_allclose(effects.relative_l1_norm[:, none], 1.0, rtol=1e-5)


def test_constant_columns_are_no_zeros(two_classes):
    X, y = two_classes
    with_constants = np.column_stack([X, np.full(len(y), 0.1), np.zeros(len(y))])
    for form in (np.asarray, sparse.csc_array):
        effects = regularization_effects(form(with_constants), y, strengths=[1.0, 0.01])
        assert effects.n_features == 8
        assert (effects.n_zeros[:, 1] == 0).all()
        assert (effects.n_zeros[:, 0, 0] == 8).all()
    assert regularization_effects(with_constants, y, strengths=[1.0], fit_intercept=False).n_features == 9


def test_frames(cancer):
    frame = cancer.to_frame()
    assert len(frame) == 2 * 3 * 31
    row = frame[(frame.loss == "log_loss") & (frame.penalty == "l1")].iloc[10]
    k = 1, 0, 10
    assert (row.n_zeros, row.n_features, row.strength) == (cancer.n_zeros[k], 30, pytest.approx(0.1))
    assert row.relative_l1_norm == cancer.relative_l1_norm[k]
    assert row.largest_column == CANCER[0].columns[abs(cancer.coefficients("log_loss", "l1")[:, 10]).argmax()]
    assert "cv_loss_explained" not in frame
    wide = cancer.to_frame("coefficients").pivot(index=["loss", "penalty", "strength"], columns="column", values="coefficient")
    expected = cancer.coefficients("squared_error", "l2")[:, -1]
    np.testing.assert_array_equal(wide.loc["squared_error", "l2"].iloc[0][CANCER[0].columns], expected)
    assert cancer.to_frame("entry_strengths").entry_strength.max() == 1.0
    assert len(cancer.to_frame("agreement")) == 3 * 31
    with pytest.raises(ValueError, match="what is 'all'; valid are 'effects'"):
        cancer.to_frame("all")
    with pytest.raises(KeyError, match="loss is 'huber'; valid are 'squared_error', 'log_loss'"):
        cancer.coefficients("huber", "l1")
