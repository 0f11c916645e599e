"""scikit-learn estimators."""

from __future__ import annotations

from .classification import PenalizedClassifier
from .regression import PenalizedRegressor

__all__ = ["PenalizedClassifier", "PenalizedRegressor"]
