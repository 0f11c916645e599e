"""scikit-learn estimators."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._step_function import StepFunction
from .classification import PenalizedClassifier
from .regression import PenalizedRegressor
from .survival import PenalizedCox

if TYPE_CHECKING:
    from .classification_cv import PenalizedClassifierCV
    from .regression_cv import PenalizedRegressorCV
    from .survival_cv import PenalizedCoxCV

__all__ = [
    "PenalizedClassifier",
    "PenalizedClassifierCV",
    "PenalizedCox",
    "PenalizedCoxCV",
    "PenalizedRegressor",
    "PenalizedRegressorCV",
    "StepFunction",
]

# What is imported when it is first asked for, and where from.
_LATE = {
    "PenalizedClassifierCV": "classification_cv",
    "PenalizedCoxCV": "survival_cv",
    "PenalizedRegressorCV": "regression_cv",
}


def __getattr__(name: str):
    if name in _LATE:
        return getattr(import_module(f".{_LATE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
