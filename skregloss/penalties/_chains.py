"""What users say about chains of columns, as a label and a place per column."""

from __future__ import annotations

import numbers
from collections.abc import Iterable

import numpy as np

from .._columns import column_label, column_position

VALID = "valid are None (the columns in their order), a list of columns in another order, and a list of such lists"


def resolve_chains(chain, n_features: int, feature_names=None) -> tuple[np.ndarray, np.ndarray]:
    """The number of each column's chain, and its place along it; columns in no chain are chains of their own."""
    if chain is None:
        return np.zeros(n_features, dtype=np.int64), np.arange(n_features)
    if isinstance(chain, str) or not isinstance(chain, Iterable):
        raise TypeError(f"chain of FusedL1 is {chain!r}; {VALID}.")
    entries = list(chain)
    listed = [isinstance(entry, Iterable) and not isinstance(entry, str) for entry in entries]
    if any(listed) and not all(listed):
        raise TypeError(f"chain of FusedL1 mixes lists of columns with single ones; {VALID}.")
    chains = [list(entry) for entry in entries] if any(listed) else [entries]
    labels, places = np.full(n_features, -1), np.zeros(n_features, dtype=np.int64)
    for label, columns in enumerate(chains):
        for place, column in enumerate(columns):
            key = column.item() if isinstance(column, np.generic) else column
            if isinstance(key, numbers.Real) and not isinstance(key, numbers.Integral):
                raise TypeError(f"chain of FusedL1 names a column by {key!r}; valid are names (str) and positions (int).")
            position = column_position(key, n_features, feature_names, "chain of FusedL1")
            if labels[position] >= 0:
                raise ValueError(f"chain of FusedL1 has {column_label(position, feature_names)} twice; valid is once.")
            labels[position], places[position] = label, place
    alone = np.flatnonzero(labels < 0)
    labels[alone] = len(chains) + np.arange(len(alone))
    return np.unique(labels, return_inverse=True)[1], places
