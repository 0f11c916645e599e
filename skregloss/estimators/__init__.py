"""scikit-learn estimators."""

from __future__ import annotations

from ._step_function import StepFunction
from .classification import PenalizedClassifier
from .regression import PenalizedRegressor
from .survival import PenalizedCox

__all__ = ["PenalizedClassifier", "PenalizedCox", "PenalizedRegressor", "StepFunction"]
