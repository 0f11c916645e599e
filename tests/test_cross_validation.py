"""The cross-validating estimators say what a loop over folds and single estimators says."""

from __future__ import annotations

import inspect
import pickle
import re

import joblib
import numpy as np
import pandas as pd
import pytest
import sklearn
from fits import data
from penalty_examples import short
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import load_diabetes, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV
from sklearn.metrics import make_scorer, mean_poisson_deviance
from sklearn.model_selection import GroupKFold, KFold, PredefinedSplit, ShuffleSplit, StratifiedKFold, cross_val_score
from sklearn.preprocessing import StandardScaler

from skregloss import PathSearchCV, PenalizedClassifier, PenalizedClassifierCV, PenalizedRegressor, PenalizedRegressorCV
from skregloss.losses import Expectile, Huber, LogLoss, Poisson, Probit, SquaredError, SquaredHinge
from skregloss.penalties import L1, L2, MCP, SCAD, ElasticNet

# A gap of 1e-12 can leave 1e-6 in a coefficient: fits are taken to rounding, and need not report that they reached 1e-15.
EXACT = {"tol": 1e-12, "max_iter": 1000}
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def split_scores(search):
    """(n_candidates, n_folds)"""
    return np.column_stack([search.cv_results_[f"split{k}_test_score"] for k in range(search.n_splits_)])


def singles(search):
    """The single estimators that the candidates of a search are."""
    skipped = {"alphas", "alpha_min_ratio", "cv", "scoring", "selection", "n_jobs", "gamma", "adaptive"}
    given = {name: value for name, value in search.get_params(deep=False).items() if name not in skipped}
    cls = PenalizedClassifier if hasattr(search, "classes_") else PenalizedRegressor
    return [cls(**{**given, **params}) for params in search.cv_results_["params"]]


@pytest.mark.parametrize("penalty", [L1(), L2(), ElasticNet(0.3)], ids=short)
@pytest.mark.parametrize("loss", [SquaredError(), Huber(), Expectile(0.7), Poisson()], ids=short)
def test_equal_to_cross_val_score(loss, penalty):
    X, y = data(loss)
    search = PenalizedRegressorCV(loss, penalty, alphas=5, alpha_min_ratio=0.02, **EXACT).fit(X, y)
    expected = [cross_val_score(model, X, y) for model in singles(search)]
    np.testing.assert_allclose(split_scores(search), expected, rtol=0.0, atol=1e-7)
    assert search.best_index_ == np.argmax(np.mean(expected, axis=1))
    best = singles(search)[search.best_index_].fit(X, y)
    np.testing.assert_allclose(search.coef_, best.coef_, atol=1e-7)
    np.testing.assert_allclose(search.predict(X), best.predict(X), rtol=1e-6)
    assert search.score(X, y) == pytest.approx(best.score(X, y), abs=1e-7)
    assert search.alpha_ == search.alphas_[search.best_index_]


@pytest.mark.parametrize("scoring", ["roc_auc", "accuracy", "neg_brier_score"])
@pytest.mark.parametrize("loss", [LogLoss(), Probit()], ids=short)
def test_equal_to_cross_val_score_of_classes(loss, scoring, two_classes):
    X, y = two_classes
    search = PenalizedClassifierCV(loss, alphas=5, scoring=scoring, **EXACT).fit(X, y)
    expected = [cross_val_score(model, X, y, scoring=scoring) for model in singles(search)]
    np.testing.assert_allclose(split_scores(search), expected, rtol=0.0, atol=1e-7)
    assert search.classes_.tolist() == [0, 1] and search.coef_.shape == (1, 8)


def deviance_share(loss, y, eta, weights):
    """1 - deviance / null deviance of labels -1 and +1, the constant found by brute force; its minimum is 0."""

    def mean(etas):
        values = [[loss.value(label, value) for label, value in zip(y, row, strict=True)] for row in etas]
        return np.average(values, axis=1, weights=weights)

    constants = np.linspace(-6.0, 6.0, 4001)
    share = weights[y > 0].sum() / weights.sum()
    null = np.min([share * loss.value(1.0, c) + (1.0 - share) * loss.value(-1.0, c) for c in constants])
    return mean([eta])[0], null


@pytest.mark.parametrize("loss", [Probit(), SquaredHinge()], ids=short)
@pytest.mark.parametrize("class_weight", [None, {"a": 1.0, "b": 3.0, "c": 0.5}])
def test_classes_are_scored_by_the_loss_explained(loss, class_weight):
    X, y = load_iris(return_X_y=True)
    names, weights = np.array(["a", "b", "c"])[y], 1.0 + np.arange(150) % 3
    options = {"loss": loss, "class_weight": class_weight, **EXACT}
    search = PenalizedClassifierCV(alphas=[0.02], cv=3, **options).fit(X, names, sample_weight=weights)
    for k, (train, test) in enumerate(StratifiedKFold(3).split(X, names)):
        model = PenalizedClassifier(alpha=0.02, **options).fit(X[train], names[train], weights[train])
        eta = X[test] @ model.coef_.T + model.intercept_
        factors = weights[test] * [(class_weight or {}).get(name, 1.0) for name in names[test]]
        parts = [
            deviance_share(loss, np.where(names[test] == label, 1.0, -1.0), eta[:, j], factors) for j, label in enumerate("abc")
        ]
        deviance, null = np.sum(parts, axis=0)
        assert search.cv_results_[f"split{k}_test_score"][0] == pytest.approx(1.0 - deviance / null, abs=1e-5)


@pytest.mark.parametrize("storage", [np.asarray, sparse.csr_array, sparse.csc_array])
@pytest.mark.parametrize("standardize", [False, True])
def test_weights_offset_groups_factors_and_bounds(counts, storage, standardize):
    X, y, offset = counts
    weights, groups = 1.0 + np.arange(len(y)) % 3, np.arange(len(y)) // 10
    shared = {"loss": "poisson", "standardize": standardize, "penalty_factors": [1, 2, 0, 1], "bounds": (-0.4, 0.6), **EXACT}
    folds = GroupKFold(4)
    search = PenalizedRegressorCV(alphas=6, cv=folds, **shared).fit(storage(X), y, weights, offset, groups=groups)
    for alpha, scores in zip(search.alphas_, split_scores(search), strict=True):
        for (train, test), score in zip(folds.split(X, y, groups), scores, strict=True):
            model = PenalizedRegressor(alpha=alpha, **shared).fit(X[train], y[train], weights[train], offset[train])
            assert score == pytest.approx(model.score(X[test], y[test], weights[test], offset[test]), abs=1e-7)
    assert np.abs(search.coef_).max() <= 0.6
    with pytest.raises(ValueError, match="needs one to predict"):
        search.predict(storage(X))


def test_a_scorer_gets_weights_and_offset(counts):
    X, y, offset = counts
    weights = 1.0 + np.arange(len(y)) % 3
    options = {"loss": "poisson", **EXACT}
    search = PenalizedRegressorCV(alphas=4, scoring="neg_mean_poisson_deviance", **options).fit(X, y, weights, offset)
    for alpha, scores in zip(search.alphas_, split_scores(search), strict=True):
        for (train, test), score in zip(KFold(5).split(X), scores, strict=True):
            model = PenalizedRegressor(alpha=alpha, **options).fit(X[train], y[train], weights[train], offset[train])
            predicted = model.predict(X[test], offset=offset[test])
            assert score == pytest.approx(-mean_poisson_deviance(y[test], predicted, sample_weight=weights[test]), abs=1e-7)
    one = clone(search).fit(X, y, 2.0, offset)  # a number is the weight of every sample
    np.testing.assert_allclose(split_scores(one), split_scores(clone(search).fit(X, y, None, offset)), atol=1e-9)
    with pytest.raises(ValueError, match="zero for every sample of a fold"):
        clone(search).fit(X, y, np.arange(len(y)) < 24, offset)
    with pytest.raises(ValueError, match="valid are some of 0 to 119"):
        clone(search).set_params(cv=[([0, 1, 2], [120])]).fit(X, y, offset=offset)
    with pytest.raises(ValueError, match="takes none"):
        PenalizedRegressorCV(scoring=lambda model, X, y: 0.0).fit(X, y, sample_weight=weights)


def test_metadata_routing(counts):
    X, y, offset = counts
    weights, groups = 1.0 + np.arange(len(y)) % 3, np.arange(len(y)) // 10
    model = PenalizedRegressorCV("poisson", alphas=4, cv=GroupKFold(4), scoring="neg_mean_poisson_deviance")
    plain = clone(model).fit(X, y, weights, offset, groups=groups)
    with sklearn.config_context(enable_metadata_routing=True):
        weighted, unweighted = (
            clone(model)
            .set_params(
                scoring=make_scorer(mean_poisson_deviance, greater_is_better=False).set_score_request(sample_weight=asked)
            )
            .fit(X, y, weights, offset, groups=groups)
            for asked in (True, False)
        )
        with pytest.raises(TypeError, match="groups"):
            clone(model).set_params(cv=3).fit(X, y, groups=groups)
    np.testing.assert_array_equal(split_scores(weighted), split_scores(plain))
    assert (split_scores(unweighted) != split_scores(plain)).all()


def test_every_penalty_has_its_own_strengths(numbers):
    X, y = numbers
    penalties = ["l1", "l2", SCAD(), None]
    search = PenalizedRegressorCV(penalty=penalties, alphas=4, **EXACT).fit(X, y)
    assert search.alphas_.shape == (4, 4)
    assert search.cv_results_["param_penalty"].tolist() == [penalty for penalty in penalties for _ in range(4)]
    for row, penalty in zip(search.alphas_, penalties, strict=True):
        alone = PenalizedRegressorCV(penalty=penalty, alphas=4, **EXACT).fit(X, y)
        np.testing.assert_array_equal(row, alone.alphas_)
        chosen = [candidate["penalty"] is penalty for candidate in search.cv_results_["params"]]
        np.testing.assert_array_equal(split_scores(search)[chosen], split_scores(alone))
    assert repr(search.penalty_) == repr(search.path_.penalty)


def test_strengths_of_the_lasso_are_those_of_scikit_learn():
    X, y = load_diabetes(return_X_y=True)
    ours = PenalizedRegressorCV(alphas=30, alpha_min_ratio=1e-3, scoring="neg_mean_squared_error", **EXACT).fit(X, y)
    theirs = LassoCV(alphas=30, eps=1e-3, tol=1e-10, max_iter=100_000).fit(X, y)
    np.testing.assert_allclose(ours.alphas_, theirs.alphas_)
    np.testing.assert_allclose(-split_scores(ours), theirs.mse_path_, rtol=1e-5)
    assert ours.alpha_ == pytest.approx(theirs.alpha_)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-3)


def test_threads_and_processes_change_nothing(numbers):
    X, y = numbers
    model = PenalizedRegressorCV(penalty=["l1", "mcp"], alphas=4, gamma=[0.5, 1.0], adaptive=[0, 1], cv=3)
    one = clone(model).fit(X, y)
    threads = clone(model).set_params(n_jobs=2).fit(X, y)
    with joblib.parallel_config(backend="loky"):
        processes = clone(model).set_params(n_jobs=2).fit(X, y)
    for other in (threads, processes):
        np.testing.assert_array_equal(split_scores(other), split_scores(one))
        np.testing.assert_array_equal(other.coef_, one.coef_)


@pytest.mark.parametrize("penalty", [MCP(), SCAD(), MCP(gamma=1.5)], ids=short)
@pytest.mark.parametrize("loss", [SquaredError(), pytest.param(LogLoss(), marks=pytest.mark.slow)], ids=short)
def test_fits_of_non_convex_penalties_are_never_worse_than_single_fits(loss, penalty):
    X, y = data(loss, n=40, p=30)
    cls = PenalizedClassifierCV if loss.classification else PenalizedRegressorCV
    for index in range(6):
        search = cls(loss, penalty, alphas=6, cv=3, selection=lambda results, index=index: index).fit(X, y)
        single = singles(search)[index].fit(X, y).certificate_
        assert search.certificate_.objective <= single.objective + 1e-6 * abs(single.objective)


def test_results_are_in_the_format_of_grid_search(numbers):
    from sklearn.model_selection import GridSearchCV

    X, y = numbers
    search = PenalizedRegressorCV(alphas=3, penalty=["l1", None]).fit(X, y)
    reference = GridSearchCV(PenalizedRegressor(), {"alpha": [0.1, 0.2, 0.3], "penalty": ["l1", None]}).fit(X, y)
    ours, theirs = search.cv_results_, reference.cv_results_
    assert set(ours) == set(theirs)
    for name, column in theirs.items():
        assert type(ours[name]) is type(column) and len(ours[name]) == len(column), name
        assert getattr(ours[name], "dtype", None) == getattr(column, "dtype", None), name
    np.testing.assert_allclose(ours["mean_test_score"], split_scores(search).mean(axis=1))
    np.testing.assert_allclose(ours["std_test_score"], split_scores(search).std(axis=1))
    assert ours["rank_test_score"][search.best_index_] == 1
    assert search.best_params_ == ours["params"][search.best_index_]
    assert search.best_score_ == ours["mean_test_score"].max()


@pytest.mark.parametrize("cv", [3, ShuffleSplit(4, random_state=0), PredefinedSplit([0] * 20 + [-1] * 40), "pairs", "masks"])
def test_folds_of_every_kind(cv, numbers):
    X, y = numbers
    half = np.arange(60) < 30
    cv = (
        {"pairs": [(np.flatnonzero(half), np.flatnonzero(~half))], "masks": [(half, ~half)]}.get(cv, cv)
        if isinstance(cv, str)
        else cv
    )
    search = PenalizedRegressorCV(alphas=3, cv=cv, **EXACT).fit(X, y)
    expected = [cross_val_score(model, X, y, cv=cv) for model in singles(search)]
    np.testing.assert_allclose(split_scores(search), expected, atol=1e-7)


def test_names_of_columns_in_folds_and_pickles():
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    search = PenalizedRegressorCV(penalty_factors={"bmi": 0.0}, bounds={"s5": (0, None)}, alphas=5, scoring="r2").fit(X, y)
    assert search.feature_names_in_.tolist() == list(X.columns) == search.path_.column_names()
    again = pickle.loads(pickle.dumps(search))
    np.testing.assert_array_equal(again.predict(X), search.predict(X))
    scaled = pd.DataFrame(StandardScaler().fit_transform(X), columns=X.columns)
    assert PenalizedRegressorCV(alphas=5).fit(scaled, y).score(scaled, y) > 0.5


def test_fits_that_do_not_converge_warn(numbers):
    with pytest.warns(ConvergenceWarning, match="fits on folds did not reach"):
        PenalizedRegressorCV("huber", alphas=4, max_iter=1, tol=1e-14).fit(*numbers)


@pytest.mark.parametrize("search", [PenalizedRegressorCV(), PenalizedClassifierCV(), PathSearchCV(PenalizedRegressor())])
def test_every_parameter_and_attribute_is_documented(search, two_classes):
    text = inspect.getdoc(type(search))
    search.set_params(alphas=3).fit(*two_classes)
    attributes = [name for name in vars(search) if name.endswith("_")]
    for name in (*search.get_params(deep=False), *attributes):
        assert re.search(rf"^{name} : ", text, re.MULTILINE), name


class Recorder:
    """A callback that writes down what it is told."""

    def __init__(self):
        self.told: list[tuple] = []

    def setup(self, estimator, context):
        self.told.append(("setup", context.max_subtasks))

    def teardown(self, estimator, context):
        self.told.append(("teardown",))

    def on_fit_task_begin(self, estimator, context):
        self.told.append(("begin", context.task_name, context.task_id))

    def on_fit_task_end(self, estimator, context):
        self.told.append(("end", context.task_name, context.task_id))


@pytest.mark.parametrize(
    ("search", "names"),
    [
        (PenalizedRegressorCV(alphas=3, cv=2), ["path on a fold"] * 2 + ["refit"]),
        (PenalizedRegressorCV(alphas=3, selection="bic"), ["path", "refit"]),
        (PathSearchCV(PenalizedRegressor(), alphas=3, cv=2), ["paths on a fold"] * 2 + ["refit"]),
        (PathSearchCV(PenalizedRegressor(), alphas=3, cv=2, refit=False), ["paths on a fold"] * 2),
    ],
)
def test_callbacks_are_told_of_every_path(search, names, numbers):
    pytest.importorskip("sklearn.callback")
    recorder = Recorder()
    search.set_callbacks(recorder).fit(*numbers)
    inner = [(when, name, k) for k, name in enumerate(names) for when in ("begin", "end")]
    assert recorder.told == [("setup", len(names)), ("begin", "fit", 0), *inner, ("end", "fit", 0), ("teardown",)]
