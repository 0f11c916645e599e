"""Regularization paths: one problem at one strength after another, from strong to weak."""

from __future__ import annotations

from ._coefficients import CoefficientTable
from ._fit import fit_path, path_solutions, record_path
from ._grid import alpha_grid
from ._regularization_path import regularization_path
from ._result import RegularizationPath

__all__ = [
    "CoefficientTable",
    "RegularizationPath",
    "alpha_grid",
    "fit_path",
    "path_solutions",
    "record_path",
    "regularization_path",
]
