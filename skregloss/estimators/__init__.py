"""scikit-learn estimators; those that cross-validate are imported when they are first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .classification import PenalizedClassifier
from .regression import PenalizedRegressor

if TYPE_CHECKING:
    from .classification_cv import PenalizedClassifierCV
    from .regression_cv import PenalizedRegressorCV

__all__ = ["PenalizedClassifier", "PenalizedClassifierCV", "PenalizedRegressor", "PenalizedRegressorCV"]


def __getattr__(name: str):
    if name == "PenalizedRegressorCV":
        from .regression_cv import PenalizedRegressorCV

        return PenalizedRegressorCV
    if name == "PenalizedClassifierCV":
        from .classification_cv import PenalizedClassifierCV

        return PenalizedClassifierCV
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
