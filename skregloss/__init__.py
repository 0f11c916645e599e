"""Any penalty on any loss, in scikit-learn, with a certificate of optimality on every fit."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from .estimators import PenalizedClassifier, PenalizedCox, PenalizedRegressor

if TYPE_CHECKING:
    from .estimators import PenalizedClassifierCV, PenalizedCoxCV, PenalizedRegressorCV
    from .inspection import regularization_effects
    from .model_selection import PathSearchCV
    from .path import regularization_path

__version__ = "0.1.0"

__all__ = [
    "PathSearchCV",
    "PenalizedClassifier",
    "PenalizedClassifierCV",
    "PenalizedCox",
    "PenalizedCoxCV",
    "PenalizedRegressor",
    "PenalizedRegressorCV",
    "__version__",
    "regularization_effects",
    "regularization_path",
]

# What is imported when it is first asked for, and where from.
_LATE = {
    "PathSearchCV": "model_selection",
    "PenalizedClassifierCV": "estimators",
    "PenalizedCoxCV": "estimators",
    "PenalizedRegressorCV": "estimators",
    "regularization_effects": "inspection",
    "regularization_path": "path",
}


def __getattr__(name: str):
    if name in _LATE:
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
