"""Designs: dense and sparse matrices, and the standardised view of either, behind one set of operations."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from ._base import Design, Standardized
from .accumulated import Accumulated
from .csc import CSC
from .dense import Dense
from .moments import Moments
from .outputs import Outputs
from .repeated import Repeated

__all__ = ["CSC", "Accumulated", "Dense", "Design", "Moments", "Outputs", "Repeated", "Standardized", "make_design"]


def make_design(X, moments=None) -> Design:
    """The design of a validated matrix: used as it is if Fortran-ordered or sorted CSC in floats, else copied once

    `moments` are those of a dense one, where they may be known.
    """
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    if not sparse.issparse(X):
        return Dense(np.asfortranarray(X, dtype=dtype), moments)
    X = X.tocsc().astype(dtype, copy=False)
    if not X.has_canonical_format:
        X = X.copy()
        X.sum_duplicates()
    return CSC(X)
