"""Real data from a folder of .npz files, in the layouts that solvers take: Fortran-ordered float64, or CSC."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from scipy import sparse

VARIABLE = "SKREGLOSS_DATA"
# Lower edges of the age classes, after the first.
VEHICLE_AGES = [1, 2, 3, 5, 7, 9, 11, 13, 16]
DRIVER_AGES = [25, 30, 35, 40, 45, 50, 55, 60, 70]


def arrays(name) -> dict[str, np.ndarray] | None:
    """The arrays of a data set; None without the folder or the file."""
    folder = os.environ.get(VARIABLE)
    path = Path(folder or ".") / f"{name}.npz"
    if not folder or not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as stored:
        return {key: stored[key] for key in stored.files}


def standardized(X) -> np.ndarray:
    """The columns that vary, centred and of unit variance."""
    X = np.asarray(X, dtype=np.float64)
    spread = X.std(axis=0)
    kept = spread > 1e-12 * np.abs(X).max(axis=0)
    return np.asfortranarray((X[:, kept] - X[:, kept].mean(axis=0)) / spread[kept])


def csc(stored) -> sparse.csc_matrix:
    """The sparse matrix of a data set."""
    parts = stored["data"].astype(np.float64), stored["indices"].astype(np.int32), stored["indptr"].astype(np.int32)
    matrix = sparse.csc_matrix(parts, shape=tuple(stored["shape"].tolist()))
    matrix.sort_indices()
    return matrix


def tf_idf(counts) -> sparse.csc_matrix:
    """(1 + log count) times the inverse document frequency, rows of unit length."""
    X = counts.copy()
    n_samples = X.shape[0]
    per_column = np.diff(X.indptr)
    X.data = (1.0 + np.log(X.data)) * np.repeat(1.0 + np.log((1.0 + n_samples) / (1.0 + per_column)), per_column)
    lengths = np.sqrt(np.bincount(X.indices, X.data**2, minlength=n_samples))
    X.data /= np.where(lengths > 0.0, lengths, 1.0)[X.indices]
    return X


def claims(stored):
    """Design, counts and log exposure of the insurance data: one-hot without the first level, and two numbers."""
    codes = [
        stored["Area"],
        stored["VehPower"].astype(int) - 4,
        np.searchsorted(VEHICLE_AGES, stored["VehAge"], side="right"),
        np.searchsorted(DRIVER_AGES, stored["DrivAge"], side="right"),
        stored["VehBrand"],
        stored["VehGas"],
        stored["Region"],
    ]
    numbers = np.column_stack([stored["BonusMalus"] / 100.0, np.log(stored["Density"].astype(float))])
    X = sparse.hstack([*map(one_hot, codes), sparse.csc_matrix(numbers)], format="csc")
    X.sort_indices()
    exposure = np.minimum(stored["exposure"].astype(float), 1.0)
    return X, np.minimum(stored["y"].astype(float), 4.0), np.log(exposure)


def one_hot(codes) -> sparse.csc_matrix:
    """A column for each code but the first."""
    codes = np.asarray(codes, dtype=np.int64)
    present = np.flatnonzero(codes > 0)
    shape = len(codes), int(codes.max())
    return sparse.csc_matrix((np.ones(len(present)), (present, codes[present] - 1)), shape=shape)
