"""Generated data, for want of real ones of the same shapes and as designs whose size can be chosen."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .data import one_hot, standardized


def correlated(n_samples, n_features, correlation=0.9, seed=0) -> np.ndarray:
    """Standardised columns, each correlated with its neighbours: correlation^|j - k|."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n_samples, n_features))
    fresh = np.sqrt(1.0 - correlation**2)
    for j in range(1, n_features):
        X[:, j] = correlation * X[:, j - 1] + fresh * X[:, j]
    return standardized(X)


def signal(X, n_nonzero=20, seed=1) -> np.ndarray:
    """A linear predictor of unit variance, from columns spread over X."""
    rng = np.random.default_rng(seed)
    chosen = np.linspace(0, X.shape[1] - 1, min(n_nonzero, X.shape[1])).astype(int)
    eta = X[:, chosen] @ rng.choice([-1.0, 1.0], len(chosen))
    return (eta - eta.mean()) / (eta.std() or 1.0)


def numbers(X, seed=2) -> np.ndarray:
    """Centred targets with signal and noise of equal variance."""
    y = signal(X) + np.random.default_rng(seed).standard_normal(X.shape[0])
    return y - y.mean()


def labels(X, n_classes=2, seed=2) -> np.ndarray:
    """Classes 0, 1, ..., equally frequent, ordered along the signal with noise."""
    y = numbers(X, seed)
    return np.searchsorted(np.quantile(y, np.arange(1, n_classes) / n_classes), y).astype(np.float64)


def survival(X, seed=3) -> np.ndarray:
    """Rows (time, event): exponential times in whole units, a third of them censored."""
    rng = np.random.default_rng(seed)
    time = np.ceil(1000.0 * rng.exponential(np.exp(-signal(X))))
    return np.column_stack([time, rng.random(X.shape[0]) < 2 / 3]).astype(np.float64)


def documents(n_samples, n_features, density, seed=0) -> sparse.csc_matrix:
    """Rows of unit length whose columns are as unequally frequent as words are."""
    rng = np.random.default_rng(seed)
    frequency = 1.0 / np.arange(1, n_features + 1)
    draws = rng.choice(n_features, int(1.5 * density * n_samples * n_features), p=frequency / frequency.sum())
    rows = rng.integers(n_samples, size=len(draws))
    X = sparse.csc_matrix((np.ones(len(draws)), (rows, draws)), shape=(n_samples, n_features))
    X.sum_duplicates()
    X.data = 1.0 + np.log(X.data)
    lengths = np.sqrt(np.bincount(X.indices, X.data**2, minlength=n_samples))
    X.data /= np.where(lengths > 0.0, lengths, 1.0)[X.indices]
    X.sort_indices()
    return X


def claims(n_samples, seed=0):
    """Design, counts and log exposure of policies: seven one-hot factors and two numbers."""
    rng = np.random.default_rng(seed)
    factors = [one_hot(rng.integers(size, size=n_samples)) for size in (6, 12, 10, 10, 11, 2, 22)]
    X = sparse.hstack([*factors, sparse.csc_matrix(rng.gamma(2.0, size=(n_samples, 2)))], format="csc")
    X.sort_indices()
    exposure = rng.uniform(0.05, 1.0, n_samples)
    return X, rng.poisson(0.1 * exposure * np.exp(0.3 * signal(X))).astype(float), np.log(exposure)
