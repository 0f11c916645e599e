"""What joint losses share: how the linear predictors of several outputs are laid out."""

from __future__ import annotations

import numpy as np


def stacked(offset, n_samples, count):
    """An offset (n,) or (n, K) as one vector, output after output"""
    if offset is None:
        return np.zeros(n_samples * count)
    offset = np.asarray(offset, dtype=np.float64)
    return np.tile(offset, count) if offset.ndim == 1 else np.ascontiguousarray(offset.T).ravel()


def output_owners(wanted, n_samples, count):
    """The number of intercepts, and the one of each row: one per output"""
    return (count, np.repeat(np.arange(count), n_samples)) if wanted else (0, None)
