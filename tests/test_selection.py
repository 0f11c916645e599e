"""Rules of selection, criteria, relaxed and adaptive fits against calculations by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fits import data
from penalty_examples import short
from scipy import optimize
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LassoLarsIC
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, TimeSeriesSplit

from skregloss import PenalizedClassifierCV, PenalizedRegressor, PenalizedRegressorCV, regularization_path
from skregloss.losses import Huber, LogLoss, Poisson, SquaredError
from skregloss.penalties import L1, L2, MCP, ElasticNet

EXACT = {"tol": 1e-12, "max_iter": 1000}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def folds_of(search):
    return np.column_stack([search.cv_results_[f"split{k}_test_score"] for k in range(search.n_splits_)])


def test_one_standard_error_by_hand():
    X, y = load_diabetes(return_X_y=True)
    options = {"penalty": ["l1", "mcp"], "alphas": 30, "standardize": True, "cv": 7}
    search = PenalizedRegressorCV(selection="1se", **options).fit(X, y)
    scores = folds_of(search)
    means, best = scores.mean(axis=1), scores.mean(axis=1).argmax()
    error = math.sqrt(((scores[best] - means[best]) ** 2).sum() / 6) / math.sqrt(7)
    same = [k for k in range(60) if k // 30 == best // 30 and means[k] >= means[best] - error]
    assert search.best_index_ == min(same) < best
    assert PenalizedRegressorCV(**options).fit(X, y).best_index_ == best
    glmnet = math.sqrt(np.average((scores[best] - means[best]) ** 2) / 6)
    assert error == pytest.approx(glmnet)


def test_selection_by_a_callable(numbers):
    seen = {}
    search = PenalizedRegressorCV(alphas=6, selection=lambda results: seen.update(results) or 4).fit(*numbers)
    assert search.best_index_ == 4 and search.alpha_ == search.alphas_[4]
    assert seen["params"] == search.cv_results_["params"]
    with pytest.raises(IndexError, match="from 0 to 5"):
        PenalizedRegressorCV(alphas=6, selection=lambda results: 6).fit(*numbers)
    with pytest.raises(TypeError, match="integer position"):
        PenalizedRegressorCV(alphas=6, selection=lambda results: 1.0).fit(*numbers)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"selection": "best"}, "valid are 'min', '1se', a callable"),
        ({"selection": "bic", "cv": 5}, "needs no folds"),
        ({"selection": "aic", "scoring": "r2"}, "needs no folds"),
        ({"selection": "gcv", "gamma": 0.5}, "degrees of freedom"),
        ({"gamma": [0.5, 1.5]}, r"numbers in \[0, 1\]"),
        ({"adaptive": -1}, "integers >= 0"),
        ({"adaptive": []}, "integers >= 0"),
        ({"penalty": []}, "empty list"),
        ({"scoring": ["r2"]}, "name of a scorer"),
        ({"alphas": 0}, "alphas is 0"),
        ({"adaptive": 1, "cv": 2}, "at least 3 folds"),
        ({"adaptive": 1, "cv": TimeSeriesSplit(3)}, "at least 3 folds"),
        ({"cv": []}, "no folds"),
        ({"cv": 60}, "all are NaN"),
    ],
)
def test_what_is_not_valid(parameters, message, numbers):
    with pytest.raises(ValueError, match=message):
        PenalizedRegressorCV(**{"alphas": 5, **parameters}).fit(*numbers)


def penalized_hessian_trace(X, curvatures, ridge):
    """trace of (Z'WZ + R)^-1 Z'WZ, Z having a column of ones, in plain NumPy."""
    Z = np.column_stack([np.ones(len(X)), X])
    hessian = Z.T @ (Z * curvatures[:, None]) / len(X)
    return np.trace(np.linalg.pinv(hessian + np.diag(np.r_[0.0, ridge])) @ hessian)


def terms_by_hand(loss, X, y, path, k, penalty):
    """The deviance term, the degrees of freedom and the number of estimated scales at one strength of a path."""
    coef, alpha, n = path.coefs[:, k], path.alphas[k], len(y)
    eta = X @ coef + path.intercepts[k]
    active = coef != 0.0
    ridge = {"l2": alpha, "elasticnet": 0.5 * alpha}.get(penalty.name, 0.0) * np.ones(active.sum())
    if loss.name == "squared_error":
        return n * math.log(((y - eta) ** 2).mean() / 2), penalized_hessian_trace(X[:, active], np.ones(n), ridge), 1
    if loss.name == "poisson":
        return 2 * (np.exp(eta) - y * eta).sum(), penalized_hessian_trace(X[:, active], np.exp(eta), ridge), 0
    if loss.name == "huber":
        r = np.abs(y - eta)
        mean = np.where(r < 1.35, r**2 / 2, 1.35 * (r - 0.675)).mean()
        return n * math.log(mean), penalized_hessian_trace(X[:, active], (r < 1.35) * 1.0, ridge), 1
    p = 1.0 / (1.0 + np.exp(-eta))
    deviance = 2 * np.log1p(np.exp(-y * eta)).sum()
    return deviance, penalized_hessian_trace(X[:, active], p * (1 - p), ridge), 0


@pytest.mark.parametrize("penalty", [L1(), L2(), ElasticNet(0.5), MCP()], ids=short)
@pytest.mark.parametrize("loss", [SquaredError(), Poisson(), Huber(), LogLoss()], ids=short)
def test_criteria_by_hand(loss, penalty):
    X, y = data(loss)
    n, p = X.shape
    cls = PenalizedClassifierCV if loss.classification else PenalizedRegressorCV
    path = regularization_path(X, y, loss=loss, penalty=penalty, alphas=8, alpha_min_ratio=1e-3, **EXACT)
    hand = {name: [] for name in ("aic", "aicc", "bic", "ebic")}
    for k in range(8):
        deviance, df, scales = terms_by_hand(loss, X, y, path, k, penalty)
        m = df + scales
        bic = deviance + df * math.log(n)
        hand["aic"].append(deviance + 2 * df)
        hand["aicc"].append(deviance + 2 * df + 2 * m * (m + 1) / (n - m - 1))
        hand["bic"].append(bic)
        hand["ebic"].append(bic + 2 * math.log(math.comb(p, int(path.n_nonzero[k]))))
    for name, values in hand.items():
        search = cls(loss, penalty, selection=name, alphas=path.alphas, **EXACT).fit(X, y)
        np.testing.assert_allclose(search.cv_results_[name], values, rtol=1e-6)
        assert search.best_index_ == np.argmin(values)
        assert search.best_score_ == -search.cv_results_[name][search.best_index_]
        assert search.n_splits_ == 0


@pytest.mark.parametrize("n", [60, 10], ids=["more samples", "more columns"])
def test_generalized_cross_validation_of_ridge(n):
    X, y = data(SquaredError(), n=n, p=15)
    search = PenalizedRegressorCV(penalty="l2", selection="gcv", alphas=[3.0, 0.3, 0.03], **EXACT).fit(X, y)
    Z = X - X.mean(axis=0)
    for alpha, value in zip(search.alphas_, search.cv_results_["gcv"], strict=True):
        hat = np.ones((n, n)) / n + Z @ np.linalg.solve(Z.T @ Z + n * alpha * np.eye(15), Z.T)
        residual = y - hat @ y
        assert value == pytest.approx((residual**2).mean() / (1 - np.trace(hat) / n) ** 2, rel=1e-6)


def test_degrees_of_freedom_are_those_of_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    X = np.column_stack([X, X[:, 0], X[:, 1] + X[:, 2]])  # dependent columns count once
    n, y = len(y), y - y.mean()
    reference = LassoLarsIC(criterion="bic", noise_variance=1.0).fit(X, y)
    inner = [1, 2, 4, 5, 6, 7, 8]  # at the fourth knot a coefficient leaves: rounding decides whether it is zero there
    alphas = reference.alphas_[inner]
    values = {  # at a knot itself, the column that enters is zero but for rounding
        name: PenalizedRegressorCV(selection=name, alphas=1.000001 * alphas, fit_intercept=False, **EXACT)
        .fit(X, y)
        .cv_results_[name]
        for name in ("aic", "bic")
    }
    df = (values["bic"] - values["aic"]) / (math.log(n) - 2.0)
    rss = [((y - PenalizedRegressor(alpha=a, fit_intercept=False, **EXACT).fit(X, y).predict(X)) ** 2).sum() for a in alphas]
    theirs = (reference.criterion_[inner] - n * math.log(2 * math.pi) - rss) / math.log(n)
    np.testing.assert_allclose(df, theirs, atol=1e-5)


def test_weights_count_as_repetition_in_criteria(numbers):
    X, y = numbers
    repeats = 1 + np.arange(60) % 3
    weighted = PenalizedRegressorCV(selection="bic", alphas=[20.0, 5.0, 1.0], **EXACT).fit(X, y, sample_weight=repeats)
    repeated = PenalizedRegressorCV(selection="bic", alphas=[20.0, 5.0, 1.0], **EXACT)
    repeated.fit(np.repeat(X, repeats, axis=0), np.repeat(y, repeats))
    np.testing.assert_allclose(weighted.cv_results_["bic"], repeated.cv_results_["bic"])


def test_relaxed_fits_by_hand(numbers):
    X, y = numbers
    gammas = [0.0, 0.3, 1.0]
    search = PenalizedRegressorCV(gamma=gammas, alphas=6, cv=3, **EXACT).fit(X, y)
    assert search.cv_results_["param_gamma"].tolist() == [gamma for gamma in gammas for _ in range(6)]
    scores = iter(folds_of(search))
    for gamma in gammas:
        for alpha in search.alphas_:
            expected = []
            for train, test in KFold(3).split(X):
                model = PenalizedRegressor(alpha=alpha, **EXACT).fit(X[train], y[train])
                support = np.flatnonzero(model.coef_)
                Z = np.column_stack([np.ones(len(X)), X[:, support]])
                refit = Z[test] @ np.linalg.lstsq(Z[train], y[train])[0]
                expected.append(r2_score(y[test], gamma * model.predict(X[test]) + (1 - gamma) * refit))
            np.testing.assert_allclose(next(scores), expected, atol=1e-7)


@pytest.mark.parametrize("kind", ["dependent", "bounded", "unpenalised", "more columns"])
def test_refits_of_awkward_supports(kind):
    X, y = data(SquaredError(), n=30, p=40 if kind == "more columns" else 6)
    options = {}
    if kind == "dependent":
        X = np.column_stack([X, X[:, 0], X[:, 0] - X[:, 1]])
    if kind == "bounded":
        options["bounds"] = (-0.2, 0.3)
    if kind == "unpenalised":
        options["penalty_factors"] = [0.0] + [1.0] * 5
    search = PenalizedRegressorCV(gamma=0.0, selection=lambda results: 9, alphas=10, **options, **EXACT).fit(X, y)
    support = search.path_.coefs[:, 9] != 0.0
    Z = np.column_stack([np.ones(30), X[:, support]])
    low, high = options.get("bounds", (-np.inf, np.inf))
    best = optimize.lsq_linear(Z, y, ([-np.inf] + [low] * support.sum(), [np.inf] + [high] * support.sum()), tol=1e-14)
    np.testing.assert_allclose(search.predict(X), Z @ best.x, atol=1e-6)
    assert not search.coef_[~support].any()


def test_refits_of_separated_classes_have_no_score():
    X, y = load_breast_cancer(return_X_y=True)
    search = PenalizedClassifierCV(gamma=[0.0, 1.0], alphas=[0.1, 1e-3], standardize=True, cv=3)
    with pytest.warns(UserWarning, match="no minimum"):
        search.fit(X, y)
    assert np.isnan(search.cv_results_["mean_test_score"]).tolist() == [False, True, False, False]
    assert search.best_params_ != {"gamma": 0.0, "alpha": 1e-3}
    assert search.cv_results_["rank_test_score"][1] == 4


def pilot_factors(X, y, folds, rounds):
    """Reweighting by hand, with nothing but public estimators."""
    factors = np.ones(X.shape[1])
    for _ in range(rounds):
        options = {"penalty_factors": factors, **EXACT}
        path = regularization_path(X, y, loss="squared_error", penalty="l1", alphas=8, **options)
        means = [
            np.mean(
                [
                    PenalizedRegressor(alpha=alpha, **options).fit(X[train], y[train]).score(X[test], y[test])
                    for train, test in folds
                ]
            )
            for alpha in path.alphas
        ]
        sizes = np.abs(path.coefs[:, np.argmax(means)])
        factors = sizes.max() / (sizes + sizes.max() / 100)
    return factors


@pytest.mark.parametrize("rounds", [1, 2])
def test_adaptive_fits_by_hand(rounds, numbers):
    X, y = numbers
    search = PenalizedRegressorCV(adaptive=[0, rounds], alphas=8, cv=4, **EXACT).fit(X, y)
    folds = list(KFold(4).split(X))
    factors = pilot_factors(X, y, folds, rounds)
    grid = regularization_path(X, y, loss="squared_error", penalty="l1", alphas=8, penalty_factors=factors).alphas
    np.testing.assert_allclose(search.alphas_[1], grid, rtol=1e-6)
    for k, (train, test) in enumerate(folds):
        # The other folds, without the rows that this one tests on.
        inner = [(np.setdiff1d(np.arange(60), np.r_[test, other]), other) for j, (_, other) in enumerate(folds) if j != k]
        places = [(np.searchsorted(train, a), np.searchsorted(train, b)) for a, b in inner]
        own = pilot_factors(X[train], y[train], places, rounds)
        expected = [
            PenalizedRegressor(alpha=a, penalty_factors=own, **EXACT).fit(X[train], y[train]).score(X[test], y[test])
            for a in search.alphas_[1]
        ]
        np.testing.assert_allclose(search.cv_results_[f"split{k}_test_score"][8:], expected, atol=1e-6)
    search.set_params(adaptive=rounds).fit(X, y)
    np.testing.assert_allclose(search.penalty_factors_, factors, rtol=1e-5)
    assert search.alphas_.shape == (8,)


@pytest.mark.parametrize("penalty", ["l2", "mcp", "elasticnet", None])
def test_every_penalty_can_be_adaptive_and_relaxed(penalty, two_classes):
    X, y = two_classes
    search = PenalizedClassifierCV(penalty=penalty, adaptive=[0, 1], gamma=[0.5, 1.0], alphas=4, cv=3).fit(X, y)
    assert len(search.cv_results_["params"]) == 16 and np.isfinite(search.best_score_)
