"""What users say about groups of columns, as a label per column."""

from __future__ import annotations

import numbers
from collections.abc import Mapping

import numpy as np

from .._columns import by_position, column_label

VALID = (
    "valid are lists of columns, a label per column, a dict from names to columns, an int k for consecutive groups of k "
    "columns, and None"
)


def resolve_groups(groups, n_features: int, feature_names=None) -> tuple[list, np.ndarray]:
    """The names of the groups, and for each column the position of its group; columns in no group get one of their own."""
    if groups is None:
        return [], np.arange(n_features)
    if isinstance(groups, numbers.Integral) and not isinstance(groups, bool):
        if groups < 1 or n_features % int(groups):
            raise ValueError(f"groups is {groups}, which does not divide the {n_features} columns of X; {VALID}.")
        return list(range(n_features // int(groups))), np.arange(n_features) // int(groups)
    if isinstance(groups, str):
        raise TypeError(f"groups is {groups!r}; {VALID}.")
    if isinstance(groups, Mapping):
        return _members(list(groups), list(groups.values()), n_features, feature_names)
    entries = list(groups)
    listed = [isinstance(entry, (list, tuple, set, np.ndarray)) or hasattr(entry, "to_numpy") for entry in entries]
    if entries and all(listed):
        return _members(list(range(len(entries))), entries, n_features, feature_names)
    if any(listed):
        raise TypeError(f"groups mixes lists of columns with single entries; {VALID}.")
    if len(entries) != n_features:
        raise ValueError(f"groups has {len(entries)} labels for {n_features} columns; {VALID}.")
    labels = np.asarray(entries)
    names, positions = np.unique(labels, return_inverse=True)
    return names.tolist(), positions.ravel()


def _members(names, lists, n_features, feature_names):
    """Labels from the columns of each group."""
    labels = np.full(n_features, -1)
    for position, (name, columns) in enumerate(zip(names, lists, strict=True)):
        parameter = f"groups ({name!r})"
        columns = [columns] if isinstance(columns, (str, numbers.Integral)) else list(columns)
        if not columns:
            raise ValueError(f"Group {name!r} of groups is empty; valid are groups with at least one column.")
        for column in by_position(_once(columns, name), n_features, feature_names, parameter):
            if labels[column] >= 0:
                raise ValueError(
                    f"{column_label(column, feature_names)} is in two groups, {names[labels[column]]!r} and {name!r}; "
                    "valid are groups that do not overlap."
                )
            labels[column] = position
    alone = np.flatnonzero(labels < 0)
    labels[alone] = len(names) + np.arange(len(alone))
    return names, labels


def _once(columns, name):
    """The columns as the keys of a dict; naming one twice is an error."""
    found: dict = {}
    for column in columns:
        key = column.item() if isinstance(column, np.generic) else column
        if key in found:
            raise ValueError(f"Group {name!r} of groups names column {key!r} twice.")
        found[key] = None
    return found


def group_weights(weights, names, labels) -> np.ndarray:
    """A weight > 0 per group: those given, else the square roots of the numbers of columns; 1 for columns in no group."""
    result = np.sqrt(np.bincount(labels)).astype(np.float64)
    if weights is None:
        return result
    count = len(names) or len(result)
    if isinstance(weights, Mapping):
        unknown = [key for key in weights if key not in names]
        if unknown:
            raise ValueError(f"weights names group {unknown[0]!r}; valid are {', '.join(map(repr, names))}.")
        for key, value in weights.items():
            result[names.index(key)] = value
    else:
        values = np.asarray(weights, dtype=np.float64)
        if values.shape != (count,):
            raise ValueError(f"weights has shape {values.shape}; valid is one weight per group, ({count},).")
        result[:count] = values
    wrong = np.flatnonzero(~((result > 0.0) & (result < np.inf)))
    if len(wrong):
        raise ValueError(f"weights of group {wrong[0]} is {result[wrong[0]]}; valid are finite numbers > 0.")
    return result
