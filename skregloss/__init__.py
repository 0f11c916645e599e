"""Any penalty on any loss, in scikit-learn, with a certificate of optimality on every fit."""

from __future__ import annotations

from .estimators import PenalizedClassifier, PenalizedRegressor

__version__ = "0.1.0"

__all__ = ["PenalizedClassifier", "PenalizedRegressor", "__version__"]
