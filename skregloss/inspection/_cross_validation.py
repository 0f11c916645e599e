"""The loss explained by paths on rows that they have not seen."""

from __future__ import annotations

import numpy as np
from sklearn.model_selection import check_cv

from ..path import fit_path
from ..solvers import Problem
from ..solvers.explained import LossExplained


class Folds:
    """The folds of one data set, drawn once and shared by all losses and penalties."""

    def __init__(self, cv, X, target, weights, offset, options):
        self.X, self.target, self.options = X, target, options
        self.weights = np.ones(X.shape[0]) if weights is None else weights
        self.offset = np.zeros(X.shape[0]) if offset is None else offset
        splitter = check_cv(cv, target.values, classifier=target.classes is not None)
        self.splits = [tuple(map(_positions, split)) for split in splitter.split(X, target.values)]
        for number, (train, test) in enumerate(self.splits):
            self._check(number, train, test)

    def _check(self, number, train, test):
        """Raise for a fold that cannot be fitted or scored."""
        values, weighted = self.target.values, self.weights > 0.0
        if self.target.classes is not None and len(np.unique(values[train][weighted[train]])) < 2:
            raise ValueError(f"The training rows of fold {number} of cv have a single class; stratify the folds by class.")
        if weighted[test].sum() < 2:
            raise ValueError(
                f"Fold {number} of cv has fewer than 2 test rows with weight, which have no loss explained; take fewer folds."
            )

    def scores(self, loss, penalties, alphas, **accuracy) -> np.ndarray:
        """The loss explained on test rows, of shape (n_penalties, n_folds, n_alphas)."""
        y = self.target.coded_for(loss)
        folds = [self._fold(loss, y, train, test, penalties, alphas, accuracy) for train, test in self.splits]
        return np.swapaxes(folds, 0, 1)

    def _fold(self, loss, y, train, test, penalties, alphas, accuracy):
        offset, weights = self.offset, self.weights
        fitted = {"sample_weight": weights[train], "offset": offset[train], **self.options}
        problem = Problem(loss, next(iter(penalties)), self.X[train], y[train], **fitted)
        explained = LossExplained.of(loss, y[test], weights[test], offset[test])
        rows = []
        for penalty in penalties:
            path = fit_path(problem.with_penalty(penalty), alphas, **accuracy)
            etas = offset[test][:, None] + path.intercepts + self.X[test] @ path.coefs
            rows.append([explained(eta) for eta in np.ascontiguousarray(etas.T)])
        return rows


def _positions(rows):
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows
