"""Groups from the names of columns, or from the transformer that made the columns: what penalties take as `groups`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, SplineTransformer
from sklearn.utils.validation import check_is_fitted

# Where an output comes from more than one input, or from none that is known.
MIXED = -1


def groups_from_names(feature_names: Sequence[str], sep: str = "_", columns: Sequence[str] | None = None) -> dict:
    """Groups of the columns whose names begin alike, such as the dummies "color_red" and "color_blue".

    The part of a name before its last separator is its group. Names alone cannot tell the category "b" of "x_a" from the
    category "a_b" of "x": if categories contain the separator, pass `columns`, or use a separator that is in neither, as
    `OneHotEncoder(feature_name_combiner=lambda name, category: f"{name}={category}")` does with `sep="="`. Where the
    transformer is at hand, `groups_from_transformer` needs no names.

    Parameters
    ----------
    feature_names : sequence of str
        The names of the columns of X, in their order.
    sep : str, default="_"
        The separator.
    columns : sequence of str, default=None
        The names of the groups, which are those of the columns before encoding. A name belongs to the longest of them that it
        begins with, followed by the separator.

    Returns
    -------
    groups : dict
        The positions of the columns of each group, by its name. A name that has no separator, or belongs to none of
        `columns`, makes a group of its own.

    Examples
    --------
    >>> from skregloss.penalties import groups_from_names
    >>> groups_from_names(["age", "color_red", "color_blue"])
    {'age': [0], 'color': [1, 2]}
    >>> groups_from_names(["color_red", "color_dark_red", "color_dark"], columns=["color"])
    {'color': [0, 1, 2]}
    """
    if isinstance(feature_names, str):
        raise TypeError(f"feature_names is {feature_names!r}; valid is a sequence of names, one per column.")
    if not isinstance(sep, str) or not sep:
        raise ValueError(f"sep is {sep!r}; valid is a str that is not empty.")
    groups: dict = {}
    for position, name in enumerate(map(str, feature_names)):
        if columns is None:
            owner = name.rpartition(sep)[0]
        else:
            owner = max((column for column in columns if name == column or name.startswith(column + sep)), key=len, default="")
        groups.setdefault(owner or name, []).append(position)
    return groups


def groups_from_transformer(transformer: Any) -> dict:
    """Groups of the columns that a fitted transformer makes of one and the same column.

    The dummies of a OneHotEncoder, the splines of a SplineTransformer and the like each form a group, whatever the columns
    are called, and however pipelines, unions and ColumnTransformers are nested. Where several transformers use a column,
    all they make of it is one group.

    Parameters
    ----------
    transformer : transformer or Pipeline
        A fitted ColumnTransformer, another transformer, or a Pipeline, of which a last step that does not transform is left
        out.

    Returns
    -------
    groups : dict
        The positions of the transformed columns, by the name of the column that they are made of (by its position if the
        transformer was fitted without names). Columns made of several, such as principal components, are in no group.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn.compose import make_column_transformer
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> from skregloss.penalties import groups_from_transformer
    >>> frame = pd.DataFrame({"size": [1.0, 2.0, 3.0], "color": ["red", "blue", "green"]})
    >>> transformer = make_column_transformer((OneHotEncoder(), ["color"]), remainder="passthrough").fit(frame)
    >>> groups_from_transformer(transformer)
    {'color': [0, 1, 2], 'size': [3]}
    """
    if isinstance(transformer, Pipeline) and not hasattr(transformer[-1], "transform"):
        transformer = transformer[:-1]
    if not hasattr(transformer, "transform"):
        raise TypeError(f"transformer is {transformer!r}; valid is a fitted transformer, such as a ColumnTransformer.")
    check_is_fitted(transformer)
    names = getattr(transformer, "feature_names_in_", None)
    groups: dict = {}
    for position, source in enumerate(_sources(transformer, transformer.n_features_in_)):
        if source != MIXED:
            groups.setdefault(int(source) if names is None else str(names[source]), []).append(position)
    return groups


def _sources(transformer, n_inputs, n_outputs=None) -> np.ndarray:
    """For each output column, the position of the input column that it is made of."""
    inputs = np.arange(n_inputs)
    if transformer in ("passthrough", None):
        return inputs
    if isinstance(transformer, Pipeline):
        return _through_steps(transformer, n_inputs, n_outputs)
    if isinstance(transformer, FeatureUnion):
        parts = [part for _, part in transformer.transformer_list if part != "drop"]
        return np.concatenate([inputs[:0], *(_sources(part, n_inputs) for part in parts)])
    if isinstance(transformer, ColumnTransformer):
        return _of_column_transformer(transformer)
    if isinstance(transformer, OneHotEncoder):
        return np.repeat(inputs, _dummies(transformer))
    if isinstance(transformer, KBinsDiscretizer) and transformer.encode != "ordinal":
        return np.repeat(inputs, transformer.n_bins_)
    if isinstance(transformer, SplineTransformer):
        return np.repeat(inputs, transformer.n_features_out_ // n_inputs)
    if hasattr(transformer, "get_support"):
        return np.flatnonzero(transformer.get_support())
    return _by_names(transformer, n_inputs, n_outputs)


def _through_steps(pipeline, n_inputs, n_outputs):
    """Step after step"""
    sources = np.arange(n_inputs)
    for place, (_, step) in enumerate(pipeline.steps):
        is_last = place == len(pipeline.steps) - 1
        found = _sources(step, len(sources), n_outputs if is_last else None)
        sources = np.where(found == MIXED, MIXED, np.append(sources, MIXED)[found])
    return sources


def _of_column_transformer(transformer):
    """Each part at the places of its outputs"""
    places = transformer.output_indices_
    result = np.full(max((part.stop for part in places.values()), default=0), MIXED)
    names = list(getattr(transformer, "feature_names_in_", []))
    for name, part, columns in transformer.transformers_:
        own = places[name]
        if (isinstance(part, str) and part == "drop") or own.stop == own.start:
            continue
        inputs = _positions(columns, transformer.n_features_in_, names)
        found = _sources(part, len(inputs), own.stop - own.start)
        result[own] = np.where(found == MIXED, MIXED, np.append(inputs, MIXED)[found])
    return result


def _positions(columns, n_features, names):
    """The positions of the columns that a part of a ColumnTransformer takes"""
    if isinstance(columns, slice):
        ends = [names.index(end) if isinstance(end, str) else end for end in (columns.start, columns.stop)]
        # A slice of names has its end inside.
        stop = ends[1] + 1 if isinstance(columns.stop, str) else ends[1]
        return np.arange(n_features)[slice(ends[0], stop, columns.step)]
    columns = np.atleast_1d(np.asarray(columns))
    if columns.dtype == bool:
        return np.flatnonzero(columns)
    if columns.dtype.kind in "OUT":
        return np.array([names.index(column) for column in columns], dtype=np.int64)
    return np.arange(n_features)[columns.astype(np.int64)]


def _dummies(encoder):
    """The number of dummies of each column: its categories, the infrequent ones as one, less one that is dropped."""
    counts = [len(categories) for categories in encoder.categories_]
    if encoder.min_frequency is not None or encoder.max_categories is not None:
        for column, infrequent in enumerate(encoder.infrequent_categories_):
            counts[column] -= len(infrequent) - 1 if infrequent is not None else 0
    if encoder.drop_idx_ is not None:
        for column, dropped in enumerate(encoder.drop_idx_):
            counts[column] -= dropped is not None
    return counts


def _by_names(transformer, n_inputs, n_outputs):
    """Of any other transformer, by what it calls its outputs: an input's own name, or one that only that input's fits."""
    try:
        names = [str(name) for name in transformer.get_feature_names_out()]
    except (AttributeError, ValueError, TypeError):
        names = [""] * (n_inputs if n_outputs is None else n_outputs)
    if n_inputs == 1:
        return np.zeros(len(names), dtype=np.int64)
    inputs = [str(name) for name in getattr(transformer, "feature_names_in_", (f"x{j}" for j in range(n_inputs)))]
    return np.array([_named(name, inputs) for name in names], dtype=np.int64)


def _named(name, inputs):
    """The position of the one input whose name `name` is, or begins or ends with; MIXED if it is none or several"""
    if name in inputs:
        return inputs.index(name)
    fitting = [j for j, own in enumerate(inputs) if name.startswith(f"{own}_") or name.endswith(f"_{own}")]
    return fitting[0] if len(fitting) == 1 else MIXED
