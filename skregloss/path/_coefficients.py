"""The coefficients of many models, and their linear predictors at once."""

from __future__ import annotations

import numpy as np
from sklearn.utils.extmath import safe_sparse_dot


class CoefficientTable:
    """The coefficients of many models, of which only those that are not zero are kept."""

    def __init__(self):
        self._rows: list[tuple[np.ndarray, np.ndarray]] = []
        self._intercepts: list = []
        self._shape: tuple[int, ...] = ()

    def append(self, solution, intercept=None) -> None:
        """Add a solution, of shape (p,), or (K, p) for K linear predictors; with another intercept if one is given"""
        self._shape = solution.problem.coef_shape
        self._rows += [(support.astype(np.int32), values) for support, values in solution.rows]
        self._intercepts.append(solution.intercept if intercept is None else intercept)

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the coefficients of a model"""
        return self._shape

    def array(self) -> np.ndarray:
        """The coefficients of all models: (p, n_models), or (K, p, n_models)."""
        count, copies = len(self._intercepts), self._shape[0] if len(self._shape) == 2 else 1
        # Models last: what is zero in all of them is memory that is never touched.
        result = np.zeros((copies, self._shape[-1], count))
        rows = np.repeat(np.arange(len(self._rows)), [len(support) for support, _ in self._rows])
        supports, values = (np.concatenate(parts) for parts in zip(*self._rows, strict=True))
        result[rows % copies, supports, rows // copies] = values
        return result.reshape(*self._shape, count)

    def predictors(self, X) -> np.ndarray:
        """X b + b0 of each model in a matrix product: (n_models, n), or (n_models, n, K)."""
        used = np.unique(np.concatenate([support for support, _ in self._rows]))
        coefs = np.zeros((len(used), len(self._rows)))
        for k, (support, values) in enumerate(self._rows):
            coefs[np.searchsorted(used, support), k] = values
        # Where most columns are used, taking them out costs more than their zeros do.
        if 2 * len(used) > X.shape[1]:
            every = np.zeros((X.shape[1], len(self._rows)))
            every[used] = coefs
            etas = safe_sparse_dot(X, every, dense_output=True)
        else:
            etas = safe_sparse_dot(X[:, used], coefs, dense_output=True)
        etas = np.ascontiguousarray(etas.T).reshape(len(self._intercepts), *self._shape[:-1], X.shape[0])
        intercepts = np.asarray(self._intercepts)
        if len(self._shape) == 2:
            return np.swapaxes(etas, 1, 2) + intercepts[:, None, :]
        # Several intercepts on one predictor, as ordered classes have, make several of it.
        return etas + intercepts[:, None] if intercepts.ndim == 1 else etas[:, :, None] + intercepts[:, None, :]
