"""Groups from the names of columns and from fitted transformers: every column of X that is made of one input, and no other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector, make_column_transformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import (
    FunctionTransformer,
    KBinsDiscretizer,
    OneHotEncoder,
    OrdinalEncoder,
    PolynomialFeatures,
    SplineTransformer,
    StandardScaler,
)

from skregloss import PenalizedRegressor
from skregloss.penalties import GroupL2, groups_from_names, groups_from_transformer

N = 80


@pytest.fixture
def frame():
    """Names and categories that contain the separator, so that names would mislead."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "a": rng.choice(["b_x", "q"], N),
            "u": rng.normal(size=N),
            "a_b": rng.choice(["x", "y_z", "w", "rare"], N, p=[0.4, 0.3, 0.28, 0.02]),
            "v": rng.normal(size=N),
            "o": rng.choice(["lo", "hi"], N),
        }
    )


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        (["c_red", "age", "c_blue"], {}, {"c": [0, 2], "age": [1]}),
        (["x_a_b", "x_c"], {}, {"x_a": [0], "x": [1]}),
        (["x_a_b", "x_c"], {"columns": ["x"]}, {"x": [0, 1]}),
        (["x_a_b", "x_c", "x_a"], {"columns": ["x", "x_a"]}, {"x_a": [0, 2], "x": [1]}),
        (["x=a_b", "x=c", "y_z"], {"sep": "="}, {"x": [0, 1], "y_z": [2]}),
        (["oh__x=a=b", "oh__x=c"], {"sep": "=", "columns": ["oh__x"]}, {"oh__x": [0, 1]}),
        (["other", "xa"], {"columns": ["x"]}, {"other": [0], "xa": [1]}),
        (np.array(["_a", "b_"], dtype=object), {}, {"_a": [0], "b": [1]}),
        ([], {}, {}),
    ],
)
def test_names(names, options, expected):
    assert groups_from_names(names, **options) == expected


def test_names_that_are_not_valid():
    with pytest.raises(TypeError, match="sequence of names"):
        groups_from_names("color_red")
    with pytest.raises(ValueError, match="not empty"):
        groups_from_names(["a_b"], sep="")


def dependence(transformer, frame):
    """What each output column depends on, found by shuffling one input at a time."""
    dense = lambda X: np.asarray(X.toarray() if hasattr(X, "toarray") else X, dtype=float)  # noqa: E731
    before = dense(transformer.transform(frame))
    found = {}
    for name in frame.columns:
        shuffled = frame.copy()
        shuffled[name] = np.random.default_rng(1).permutation(frame[name].to_numpy())
        changed = np.flatnonzero((dense(transformer.transform(shuffled)) != before).any(axis=0))
        if len(changed):
            found[name] = changed.tolist()
    return found


def numeric(frame):
    return frame[["u", "v"]]


TRANSFORMERS = {
    "one hot": make_column_transformer((OneHotEncoder(), ["a_b", "a"])),
    "dense": make_column_transformer((OneHotEncoder(sparse_output=False), ["a", "a_b", "o"]), remainder="passthrough"),
    "dropped": make_column_transformer((OneHotEncoder(drop="first"), ["a_b", "a", "o"]), remainder="passthrough"),
    "binary dropped": make_column_transformer((OneHotEncoder(drop="if_binary"), ["a_b", "a", "o"])),
    "infrequent": make_column_transformer((OneHotEncoder(min_frequency=5), ["a_b", "a"])),
    "few categories": make_column_transformer((OneHotEncoder(max_categories=2, drop="first"), ["a", "a_b"])),
    "ordinal": make_column_transformer((OrdinalEncoder(), ["o", "a_b"]), (StandardScaler(), ["v"])),
    "splines": make_column_transformer((SplineTransformer(4, include_bias=False), ["v", "u"]), remainder="drop"),
    "bins": make_column_transformer((KBinsDiscretizer([3, 5]), ["u", "v"]), (KBinsDiscretizer(3, encode="ordinal"), [1])),
    "twice": make_column_transformer((SplineTransformer(), ["u"]), ("passthrough", ["v", "u"])),
    "pipeline inside": make_column_transformer(
        (make_pipeline(SimpleImputer(), SplineTransformer(3), VarianceThreshold(1e-3)), ["u", "v"]),
        (make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(drop="first")), ["a_b", "o"]),
    ),
    "union": make_column_transformer((make_union(StandardScaler(), SplineTransformer(3)), ["u", "v"])),
    "nested": make_column_transformer(
        (make_column_transformer((OneHotEncoder(), [1]), remainder="passthrough"), ["u", "a_b"]), remainder="drop"
    ),
    "selectors": make_column_transformer(
        (OneHotEncoder(), make_column_selector(dtype_exclude=float)), (StandardScaler(), lambda X: ["v"])
    ),
    "slices": make_column_transformer(
        (OneHotEncoder(), [0, -1]), (StandardScaler(), slice("u", "u")), ("passthrough", slice(3, 4))
    ),
    "mask": make_column_transformer((SplineTransformer(), [False, True, False, True, False])),
    "one column, any function": make_column_transformer((FunctionTransformer(lambda x: np.hstack([x, x**2])), ["u"])),
    "nothing": make_column_transformer(("drop", ["a"]), ("passthrough", []), remainder=StandardScaler()).set_params(
        transformers=[("drop", "drop", ["a", "a_b", "o"]), ("empty", "passthrough", [])]
    ),
}


@pytest.mark.parametrize("kind", TRANSFORMERS)
def test_groups_are_what_depends_on_one_column(kind, frame):
    transformer = TRANSFORMERS[kind].fit(frame)
    groups = groups_from_transformer(transformer)
    assert groups == dependence(transformer, frame)
    columns = sorted(column for columns in groups.values() for column in columns)
    assert columns == list(range(transformer.transform(frame).shape[1]))


def test_missing_values_have_indicators_in_the_group(frame):
    frame.loc[:9, "v"] = np.nan
    pipeline = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    groups = groups_from_transformer(make_column_transformer((pipeline, ["u", "v"])).fit(frame))
    assert groups == {"u": [0], "v": [1, 2]}


def test_columns_made_of_several_are_in_no_group(frame):
    transformer = make_column_transformer((PCA(2), ["u", "v"]), (OneHotEncoder(), ["o"]), (PCA(1), ["v"])).fit(frame)
    assert groups_from_transformer(transformer) == {"o": [2, 3], "v": [4]}
    assert groups_from_transformer(PolynomialFeatures(include_bias=False, interaction_only=True).fit(numeric(frame))) == {
        "u": [0],
        "v": [1],
    }


def test_without_names_groups_are_called_by_position(frame):
    assert groups_from_transformer(OneHotEncoder().fit(frame[["o", "a"]].to_numpy())) == {0: [0, 1], 1: [2, 3]}
    array = make_column_transformer((SplineTransformer(3, include_bias=False), [1]), remainder="passthrough")
    assert groups_from_transformer(array.fit(numeric(frame).to_numpy())) == {1: [0, 1, 2, 3], 0: [4]}


def test_a_pipeline_without_its_last_step(frame):
    encoder = ColumnTransformer([("oh", OneHotEncoder(drop="first"), ["a_b", "a"])], remainder=StandardScaler())
    pipeline = make_pipeline(encoder, LinearRegression())
    pipeline.fit(frame.drop(columns="o"), frame["u"])
    groups = groups_from_transformer(pipeline)
    assert groups == {"a_b": [0, 1, 2], "a": [3], "u": [4], "v": [5]}
    model = make_pipeline(encoder, PenalizedRegressor(penalty=GroupL2(groups), alpha=0.1)).fit(
        frame.drop(columns="o"), frame["u"]
    )
    coef = model[-1].coef_
    assert all(coef[columns].all() or not coef[columns].any() for columns in groups.values())
    assert coef[4] != 0.0


def test_what_is_no_fitted_transformer():
    with pytest.raises(NotFittedError):
        groups_from_transformer(OneHotEncoder())
    with pytest.raises(TypeError, match="fitted transformer"):
        groups_from_transformer(["a", "b"])
