"""Folds: drawn once, and their parts within a training part."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import check_cv


def draw_folds(cv, X, y, *, classifier, parameters) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pairs (train, test) of row positions; `parameters`, such as groups, go to the splitter."""
    splitter = check_cv(cv, y, classifier=classifier)
    n_samples = X.shape[0] if hasattr(X, "shape") else len(X)
    folds = [(positions(train, n_samples), positions(test, n_samples)) for train, test in splitter.split(X, y, **parameters)]
    if not folds:
        raise ValueError(f"cv={cv!r} gives no folds; valid are an integer >= 2, a splitter and pairs (train, test).")
    return folds


def positions(rows, n_samples) -> np.ndarray:
    """Rows by position from 0, also where they are given by a mask or from the end."""
    rows = np.asarray(rows)
    rows = np.flatnonzero(rows) if rows.dtype == bool else rows
    if len(rows) == 0 or rows.min() < -n_samples or rows.max() >= n_samples:
        raise ValueError(f"cv gives a training or test part of rows {rows}; valid are some of 0 to {n_samples - 1}.")
    return np.where(rows < 0, rows + n_samples, rows)


def folds_within(folds, k, n_samples) -> list[tuple[np.ndarray, np.ndarray]]:
    """The other folds as far as they lie in the training part of the k-th, by position in it.

    No row is tested on that its fold does not test on, so groups and the order of time stay respected.
    """
    train = folds[k][0]
    place = np.full(n_samples, -1)
    place[train] = np.arange(len(train))
    within = []
    for j, (other_train, other_test) in enumerate(folds):
        inner_train, inner_test = place[other_train], place[other_test]
        inner_train, inner_test = inner_train[inner_train >= 0], inner_test[inner_test >= 0]
        if j != k and len(inner_train) and len(inner_test):
            within.append((inner_train, inner_test))
    if not within:
        raise ValueError(
            f"adaptive weights need folds within the training part of each fold, but that of fold {k} has none; "
            "valid is a cv of at least 3 folds that overlap as those of KFold do."
        )
    return within
