"""What users say about columns, by name or by position, as arrays with one entry per column."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Mapping

import numpy as np

MOST_NAMES_SHOWN = 10


def column_label(position: int, feature_names=None) -> str:
    """What to call a column in a message."""
    return f"column {position}" if feature_names is None else f"column {str(feature_names[position])!r}"


def column_position(key, n_features: int, feature_names, parameter: str) -> int:
    """The position of the column that `key` names; an error names the parameter and what would be valid."""
    if isinstance(key, numbers.Integral) and not isinstance(key, bool):
        if 0 <= int(key) < n_features:
            return int(key)
        raise ValueError(f"{parameter} names column {key}, but X has the columns 0 to {n_features - 1}.")
    if not isinstance(key, str):
        raise TypeError(f"{parameter} names a column by {key!r}; valid are names (str) and positions (int).")
    if feature_names is None:
        raise ValueError(
            f"{parameter} names column {key!r}, but X has no column names; "
            f"pass a data frame, or positions from 0 to {n_features - 1}."
        )
    names = [str(name) for name in feature_names]
    if key not in names:
        raise ValueError(f"{parameter} names column {key!r}, which X does not have; {_valid_names(key, names)}")
    return names.index(key)


def _valid_names(key, names):
    close = difflib.get_close_matches(key, names)
    if close:
        return f"did you mean {' or '.join(map(repr, close))}?"
    shown = ", ".join(map(repr, names[:MOST_NAMES_SHOWN]))
    return f"its columns are {shown}{', ...' if len(names) > MOST_NAMES_SHOWN else '.'}"


def by_position(entries: Mapping, n_features: int, feature_names, parameter: str) -> dict:
    """The same entries by position; naming a column twice is an error."""
    found = {}
    for key, value in entries.items():
        position = column_position(key, n_features, feature_names, parameter)
        if position in found:
            raise ValueError(f"{parameter} names {column_label(position, feature_names)} twice.")
        found[position] = value
    return found


def resolve_factors(penalty_factors, n_features: int, feature_names=None) -> np.ndarray | None:
    """One factor >= 0 per column, infinite for a column that is excluded; None if no factors were given."""
    if penalty_factors is None:
        return None
    name = "penalty_factors"
    penalty_factors = _labelled(penalty_factors)
    if isinstance(penalty_factors, Mapping):
        factors = np.ones(n_features)
        for position, value in by_position(penalty_factors, n_features, feature_names, name).items():
            factors[position] = _number(value, name, column_label(position, feature_names))
    else:
        factors = _numbers(penalty_factors, name)
        if factors.shape != (n_features,):
            raise ValueError(f"{name} has shape {factors.shape}; valid is one factor per column, ({n_features},).")
    wrong = np.flatnonzero(~(factors >= 0.0))
    if len(wrong):
        label = column_label(wrong[0], feature_names)
        raise ValueError(f"{name} of {label} is {factors[wrong[0]]}; valid are numbers from 0 to inf.")
    return factors


def resolve_bounds(bounds, n_features: int, feature_names=None) -> tuple[np.ndarray, np.ndarray] | None:
    """Lowest and highest coefficient of each column; None if no bounds were given.

    A tuple (low, high) holds for all columns, each a number, None or one number per column; a list or an array has one
    row (low, high) per column, or is flat with two entries for all; a dict maps columns to pairs.
    """
    if bounds is None:
        return None
    low, high = np.full(n_features, -np.inf), np.full(n_features, np.inf)
    bounds = _labelled(bounds)
    if isinstance(bounds, Mapping):
        for position, pair in by_position(bounds, n_features, feature_names, "bounds").items():
            where = column_label(position, feature_names)
            if np.ndim(pair) != 1 or len(pair) != 2:
                raise ValueError(f"bounds of {where} is {pair!r}; valid is a pair (low, high), None for no bound.")
            low[position] = _number(pair[0], "bounds", where, missing=-np.inf)
            high[position] = _number(pair[1], "bounds", where, missing=np.inf)
    elif isinstance(bounds, tuple):
        if len(bounds) != 2:
            raise ValueError(f"bounds is a tuple of length {len(bounds)}; valid is a pair (low, high).")
        low[:] = _side(bounds[0], n_features, missing=-np.inf)
        high[:] = _side(bounds[1], n_features, missing=np.inf)
    else:
        rows = np.array(bounds, dtype=object)
        if rows.shape != (2,) and rows.shape != (n_features, 2):
            raise ValueError(
                f"bounds has shape {rows.shape}; valid are one row (low, high) per column, ({n_features}, 2), "
                "a tuple (low, high), and a dict from columns to pairs."
            )
        low[:] = _numbers(rows[..., 0], "bounds", missing=-np.inf)
        high[:] = _numbers(rows[..., 1], "bounds", missing=np.inf)
    _check_possible(low, high, feature_names)
    return low, high


def _labelled(values):
    """A pandas series or frame whose index holds names, as a mapping from them: it is not meant by position."""
    index = getattr(values, "index", None)
    if hasattr(values, "to_numpy") and index is not None and all(isinstance(label, str) for label in index):
        return dict(zip(index, values.to_numpy(), strict=True))
    return values


def _check_possible(low, high, feature_names):
    possible = (low <= high) & (low < np.inf) & (high > -np.inf)
    wrong = np.flatnonzero(~possible)
    if len(wrong):
        j = wrong[0]
        raise ValueError(
            f"bounds of {column_label(j, feature_names)} are ({low[j]}, {high[j]}); "
            "valid are numbers or None with low <= high, low < inf and high > -inf."
        )


def _side(side, n_features, missing):
    """The low or the high bounds of a pair."""
    values = _numbers(side, "bounds", missing)
    if values.shape not in ((), (n_features,)):
        raise ValueError(
            f"bounds has a side of shape {values.shape}; valid are a number, None, and one number per column, ({n_features},)."
        )
    return values


def _number(value, parameter, where, missing=np.nan):
    number = _numbers(value, f"{parameter} of {where}", missing)
    if number.ndim:
        raise ValueError(f"{parameter} of {where} is {value!r}; valid are numbers.")
    return number


def _numbers(values, parameter, missing=np.nan):
    """A new array of floats, with `missing` in place of None."""
    values = np.array(values, dtype=object)
    values[np.equal(values, None)] = missing
    try:
        return values.astype(np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{parameter} holds {values.tolist()!r}; valid are numbers.") from None
