"""PathSearchCV gives the answer of GridSearchCV over the strength, with transformers fitted once per fold."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.linear_model import Lasso
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold, cross_val_score, cross_validate
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, PolynomialFeatures, StandardScaler

from skregloss import PathSearchCV, PenalizedClassifier, PenalizedRegressor
from skregloss.penalties import L1, MCP, ElasticNet

EXACT = {"tol": 1e-12, "max_iter": 1000}
REGRESSOR, CLASSIFIER = PenalizedRegressor(**EXACT), PenalizedClassifier(**EXACT)
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def split_scores(search):
    return np.column_stack([search.cv_results_[f"split{k}_test_score"] for k in range(search.n_splits_)])


def check_against_grid_search(search, name, X, y):
    """Scores, choice, columns of the results, and predictions."""
    search.fit(X, y)
    settings = search.cv_results_["params"]
    grid = [{key: [value] for key, value in setting.items()} for setting in settings]
    options = {key: getattr(search, key) for key in ("cv", "scoring")}
    reference = GridSearchCV(search.estimator, grid, **options).fit(X, y)
    scale = np.maximum(1.0, np.abs(split_scores(reference)))
    assert (np.abs(split_scores(search) - split_scores(reference)) <= 1e-7 * scale).all()
    assert set(search.cv_results_) == set(reference.cv_results_)
    assert search.best_index_ == reference.best_index_
    assert search.best_params_[name] == search.alpha_
    np.testing.assert_allclose(search.best_score_, reference.best_score_, atol=1e-7 * scale.max())
    np.testing.assert_allclose(search.predict(X), reference.predict(X))
    assert search.score(X, y) == pytest.approx(reference.score(X, y))
    return search


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (REGRESSOR, "alpha"),
        (make_pipeline(StandardScaler(), REGRESSOR), "penalizedregressor__alpha"),
        (Pipeline([("model", REGRESSOR)]), "model__alpha"),
        (
            make_pipeline(PolynomialFeatures(), make_pipeline(StandardScaler(), REGRESSOR)),
            "pipeline__penalizedregressor__alpha",
        ),
        (
            make_pipeline(MinMaxScaler(), TransformedTargetRegressor(REGRESSOR, transformer=StandardScaler())),
            "transformedtargetregressor__regressor__alpha",
        ),
    ],
    ids=["alone", "pipeline", "one step", "nested", "target"],
)
@pytest.mark.parametrize("scoring", [None, "neg_median_absolute_error", lambda model, X, y: -np.std(model.predict(X) - y)])
def test_equal_to_grid_search(estimator, name, scoring):
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    check_against_grid_search(PathSearchCV(estimator, alphas=5, scoring=scoring, cv=3), name, X, y)


@pytest.mark.parametrize("scoring", [None, "neg_log_loss"])
@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
def test_equal_to_grid_search_of_classes(load, scoring):
    X, y = load(return_X_y=True)
    search = PathSearchCV(make_pipeline(StandardScaler(), CLASSIFIER), alphas=5, scoring=scoring, cv=3)
    check_against_grid_search(search, "penalizedclassifier__alpha", X, y)
    np.testing.assert_array_equal(search.classes_, np.unique(y))
    assert search.predict_proba(X).shape == (len(y), len(search.classes_))
    assert search.decision_function(X).shape[0] == len(y)


def test_equal_to_grid_search_over_parameters_of_every_step():
    X, y = load_diabetes(return_X_y=True)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", REGRESSOR)])
    grid = [
        {"scale": [StandardScaler(), "passthrough"], "model__penalty": [L1(), ElasticNet(0.5)]},
        {"scale__with_mean": [False], "model": [PenalizedRegressor("huber", **EXACT)], "model__penalty__l1_ratio": [0.2]},
    ]
    grid[1]["model"][0].set_params(penalty=ElasticNet())
    search = check_against_grid_search(PathSearchCV(pipeline, alphas=4, param_grid=grid, cv=3), "model__alpha", X, y)
    assert search.alphas_.shape == (5, 4)
    with pytest.raises(ValueError, match="given by alphas"):
        PathSearchCV(pipeline, param_grid={"model__alpha": [1.0]}).fit(X, y)


@pytest.mark.parametrize("storage", [sparse.csr_array, sparse.csc_array])
def test_sparse_columns(storage):
    X, y = load_breast_cancer(return_X_y=True)
    search = PathSearchCV(make_pipeline(MaxAbsScaler(), CLASSIFIER), alphas=3, cv=3)
    check_against_grid_search(search, "penalizedclassifier__alpha", storage(X * (np.median(X, axis=0) < X)), y)


class Counting(TransformerMixin, BaseEstimator):
    """Writes down how many rows each fit has seen."""

    seen: list[int] = []  # noqa: RUF012

    def __init__(self, power=1):
        self.power = power

    def fit(self, X, y=None):
        self.seen.append(len(X))
        self.fitted_ = True
        return self

    def transform(self, X):
        return np.asarray(X) ** self.power


def test_transformers_are_fitted_once_per_fold_and_setting(numbers):
    Counting.seen.clear()
    pipeline = Pipeline([("count", Counting()), ("model", PenalizedRegressor())])
    grid = {"count__power": [1, 3], "model__penalty": ["l1", "l2", MCP()]}
    PathSearchCV(pipeline, alphas=7, param_grid=grid, cv=KFold(4)).fit(*numbers)
    # For the grids and for the last fit on all 60 rows, and on the training part of each fold, for both settings.
    assert sorted(Counting.seen) == [45] * 8 + [60] * 3


def test_weights_offset_and_groups_without_routing(counts):
    X, y, offset = counts
    weights, groups = 1.0 + np.arange(len(y)) % 3, np.arange(len(y)) // 10
    model = PenalizedRegressor("poisson", **EXACT)
    for estimator in (model, make_pipeline(StandardScaler(), model)):
        search = PathSearchCV(estimator, alphas=4, cv=GroupKFold(3))
        search.fit(X, y, sample_weight=weights, offset=offset, groups=groups)
        name = "alpha" if estimator is model else "penalizedregressor__alpha"
        for params, scores in zip(search.cv_results_["params"], split_scores(search), strict=True):
            for (train, test), score in zip(GroupKFold(3).split(X, y, groups), scores, strict=True):
                scaler = StandardScaler().fit(X[train])
                A, B = (X[train], X[test]) if estimator is model else (scaler.transform(X[train]), scaler.transform(X[test]))
                single = clone(model).set_params(alpha=params[name]).fit(A, y[train], weights[train], offset[train])
                assert score == pytest.approx(single.score(B, y[test], weights[test], offset[test]), abs=1e-7)
        np.testing.assert_allclose(search.predict(X, offset=offset + 1.0), np.e * search.predict(X, offset=offset))
        assert search.score(X, y, offset=offset, sample_weight=weights) > 0.5
        with pytest.raises(ValueError, match="needs one to predict"):
            search.predict(X)


def test_metadata_routing_as_in_grid_search(counts):
    X, y, offset = counts
    metadata = {"sample_weight": 1.0 + np.arange(len(y)) % 3, "offset": offset, "groups": np.arange(len(y)) // 10}
    with sklearn.config_context(enable_metadata_routing=True):
        wanted = {"sample_weight": True, "offset": True}
        model = PenalizedRegressor("poisson", **EXACT).set_fit_request(**wanted).set_score_request(**wanted)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=True), model)
        search = PathSearchCV(pipeline, alphas=4, cv=GroupKFold(3)).fit(X, y, **metadata)
        grid = {"penalizedregressor__alpha": search.alphas_}
        reference = GridSearchCV(pipeline, grid, cv=GroupKFold(3)).fit(X, y, **metadata)
        np.testing.assert_allclose(split_scores(search), split_scores(reference), atol=1e-7)
        nested = cross_validate(PathSearchCV(pipeline, alphas=4, cv=GroupKFold(2)), X, y, cv=GroupKFold(3), params=metadata)
        assert np.isfinite(nested["test_score"]).all()
        with pytest.raises(TypeError, match="unexpected"):
            PathSearchCV(clone(pipeline), alphas=4, cv=3).fit(X, y, groups=metadata["groups"])


def test_nested_cross_validation_clones_and_pickles(numbers):
    X, y = numbers
    search = PathSearchCV(make_pipeline(StandardScaler(), PenalizedRegressor()), alphas=5, selection="1se")
    outer = cross_val_score(search, X, y, cv=3)
    for (train, test), score in zip(KFold(3).split(X), outer, strict=True):
        assert score == pytest.approx(clone(search).fit(X[train], y[train]).score(X[test], y[test]))
    fitted = pickle.loads(pickle.dumps(search.fit(X, y)))
    np.testing.assert_array_equal(fitted.predict(X), search.predict(X))
    assert fitted.n_features_in_ == 8
    scores = split_scores(search)
    means, best = scores.mean(axis=1), scores.mean(axis=1).argmax()
    close = means >= means[best] - scores[best].std(ddof=1) / np.sqrt(5)
    assert search.best_index_ == np.flatnonzero(close)[0]


def test_where_arrays_lie_changes_nothing(numbers):
    search = PathSearchCV(make_pipeline(StandardScaler(), PenalizedRegressor()), alphas=5, n_jobs=2)
    expected = split_scores(clone(search).fit(*numbers))
    for size in np.random.default_rng(0).integers(1, 4000, 30):
        room = np.empty(size)
        np.testing.assert_array_equal(split_scores(clone(search).fit(*numbers)), expected)
        del room


def test_threads_and_processes_change_nothing(numbers):
    search = PathSearchCV(make_pipeline(StandardScaler(), PenalizedRegressor()), alphas=5, n_jobs=2)
    one, threads = clone(search).set_params(n_jobs=1).fit(*numbers), clone(search).fit(*numbers)
    with joblib.parallel_config(backend="loky"):
        processes = clone(search).fit(*numbers)
    np.testing.assert_array_equal(split_scores(threads), split_scores(one))
    np.testing.assert_array_equal(split_scores(processes), split_scores(one))


def test_without_refit(numbers):
    search = PathSearchCV(PenalizedRegressor(), alphas=3, refit=False).fit(*numbers)
    assert search.alpha_ in search.alphas_
    assert not hasattr(search, "predict") and not hasattr(search, "n_features_in_")


@pytest.mark.parametrize("estimator", [Lasso(), make_pipeline(StandardScaler(), Lasso()), OneVsRestClassifier(CLASSIFIER)])
def test_estimators_without_a_path(estimator, numbers):
    with pytest.raises(TypeError, match="whose path cannot be followed"):
        PathSearchCV(estimator).fit(*numbers)


def test_criteria_are_for_the_estimators_alone(numbers):
    with pytest.raises(ValueError, match="valid are 'min', '1se', a callable"):
        PathSearchCV(PenalizedRegressor(), selection="bic").fit(*numbers)


# In a process of its own: in one that has run for long, memory is at hand that a user's first searches must ask for.
ON_RIBOFLAVIN = """
import os, time
import numpy as np
from pathlib import Path
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skregloss import PathSearchCV, PenalizedRegressor
columns = np.load(Path(os.environ["SKREGLOSS_DATA"]) / "riboflavin.npz")
X, y = columns["X"].astype(float), columns["y"].astype(float)
pipeline = make_pipeline(StandardScaler(), PenalizedRegressor())
PathSearchCV(pipeline, alphas=3, cv=3).fit(X, y)
for _ in range(3):
    start = time.process_time()
    search = PathSearchCV(pipeline).fit(X, y)
    middle = time.process_time()
    reference = GridSearchCV(pipeline, {"penalizedregressor__alpha": search.alphas_}).fit(X, y)
    print(middle - start, time.process_time() - middle, search.best_index_ == reference.best_index_)
"""


@pytest.mark.slow
@pytest.mark.skipif("SKREGLOSS_DATA" not in os.environ, reason="needs the real data sets")
def test_ten_times_faster_than_grid_search_on_riboflavin():
    # Processor time at one thread: what else the machine does has little part in it.
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, "-W", "ignore", "-c", ON_RIBOFLAVIN]
    done = subprocess.run(command, env=os.environ | threads, check=True, capture_output=True, text=True)
    searches, grids, agree = zip(*[line.split() for line in done.stdout.splitlines()], strict=True)
    assert agree == ("True", "True", "True")
    assert min(map(float, grids)) > 10.0 * min(map(float, searches))
