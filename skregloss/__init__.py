"""Any penalty on any loss, in scikit-learn, with a certificate of optimality on every fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .estimators import PenalizedClassifier, PenalizedCox, PenalizedRegressor

if TYPE_CHECKING:
    from .path import regularization_path

__version__ = "0.1.0"

__all__ = ["PenalizedClassifier", "PenalizedCox", "PenalizedRegressor", "__version__", "regularization_path"]


def __getattr__(name: str):
    """What is imported when it is first asked for."""
    if name == "regularization_path":
        from .path import regularization_path

        return regularization_path
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
