"""What users say about groups of columns, as a label per column."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping

import numpy as np

from .._columns import MOST_NAMES_SHOWN, by_position, column_label

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
    groups = _labelled(groups)
    if isinstance(groups, Mapping):
        return _members(list(groups), list(groups.values()), n_features, feature_names)
    if isinstance(groups, str) or not isinstance(groups, Iterable):
        raise TypeError(f"groups is {groups!r}; {VALID}.")
    entries = list(groups)
    listed = [_is_list(entry) for entry in entries]
    if entries and all(listed):
        return _members(list(range(len(entries))), entries, n_features, feature_names)
    if any(listed):
        raise TypeError(f"groups mixes lists of columns with single entries; {VALID}.")
    if len(entries) != n_features:
        raise ValueError(f"groups has {len(entries)} labels for {n_features} columns; {VALID}.")
    _check_labels(entries)
    names, positions = np.unique(np.asarray(entries), return_inverse=True)
    return names.tolist(), positions.ravel()


def _is_list(entry):
    return isinstance(entry, (list, tuple, set, frozenset, range, np.ndarray)) or hasattr(entry, "to_numpy")


def _labelled(groups):
    """A pandas series with names for its index as a dict: of groups if it holds lists, else of the columns with each label."""
    index = getattr(groups, "index", None)
    if not hasattr(groups, "to_numpy") or index is None or not all(isinstance(label, str) for label in index):
        return groups
    entries = list(groups)
    if all(_is_list(entry) for entry in entries):
        return dict(zip(index, entries, strict=True))
    _check_labels(entries)
    columns: dict = {label: [] for label in sorted(set(entries))}
    for name, label in zip(index, entries, strict=True):
        columns[label].append(name)
    return columns


def _check_labels(labels):
    """Raise for labels that are missing, and for those that cannot be compared."""
    kinds = set()
    for label in labels:
        if not isinstance(label, (str, numbers.Real)) or label != label:
            raise TypeError(f"groups has the label {label!r}; valid are strings or numbers, one per column.")
        kinds.add(isinstance(label, str))
    if len(kinds) > 1:
        raise TypeError("groups has strings and numbers for labels; valid are labels of one kind.")


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
                where = column_label(column, feature_names)
                raise ValueError(
                    f"groups has {where} in two groups, {names[labels[column]]!r} and {name!r}; "
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
    names = names or list(range(len(result)))
    if not isinstance(weights, Mapping):
        shape = np.shape(weights)
        if shape != (len(names),):
            raise ValueError(f"weights has shape {shape}; valid is one weight per group, ({len(names)},).")
        weights = dict(zip(names, weights, strict=True))
    for name, weight in weights.items():
        if name not in names:
            shown = ", ".join(map(repr, names[:MOST_NAMES_SHOWN])) + (", ..." if len(names) > MOST_NAMES_SHOWN else "")
            raise ValueError(f"weights names group {name!r}; valid are {shown}.")
        if not isinstance(weight, numbers.Real) or not 0.0 < float(weight) < np.inf:
            raise ValueError(f"weights of group {name!r} is {weight!r}; valid are finite numbers > 0.")
        result[names.index(name)] = weight
    return result
