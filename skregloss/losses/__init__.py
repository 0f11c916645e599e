"""Losses: how far a linear predictor is from a target. One file and one class each; a user's subclass is as good."""

from __future__ import annotations

from difflib import get_close_matches

from ._base import Interval, Loss
from .absolute_error import AbsoluteError
from .cloglog import CLogLog
from .cox import CoxPartialLikelihood
from .epsilon_insensitive import EpsilonInsensitive
from .expectile import Expectile
from .exponential import Exponential
from .gamma import Gamma
from .hinge import Hinge
from .huber import Huber
from .inverse_gaussian import InverseGaussian
from .log_loss import LogLoss
from .modified_huber import ModifiedHuber
from .negative_binomial import NegativeBinomial
from .ordinal_logistic import OrdinalLogistic
from .poisson import Poisson
from .probit import Probit
from .pseudo_huber import PseudoHuber
from .quantile import Quantile
from .softmax import Softmax
from .squared_epsilon_insensitive import SquaredEpsilonInsensitive
from .squared_error import SquaredError
from .squared_hinge import SquaredHinge
from .tweedie import Tweedie

__all__ = [
    "BY_NAME",
    "AbsoluteError",
    "CLogLog",
    "CoxPartialLikelihood",
    "EpsilonInsensitive",
    "Expectile",
    "Exponential",
    "Gamma",
    "Hinge",
    "Huber",
    "Interval",
    "InverseGaussian",
    "LogLoss",
    "Loss",
    "ModifiedHuber",
    "NegativeBinomial",
    "OrdinalLogistic",
    "Poisson",
    "Probit",
    "PseudoHuber",
    "Quantile",
    "Softmax",
    "SquaredEpsilonInsensitive",
    "SquaredError",
    "SquaredHinge",
    "Tweedie",
    "get_loss",
]

_CLASSES = [item for item in list(globals().values()) if isinstance(item, type) and issubclass(item, Loss) and item.name]
BY_NAME: dict[str, type[Loss]] = {name: cls for cls in _CLASSES for name in (cls.name, *cls.aliases)}


def get_loss(loss) -> Loss:
    """The loss itself, or a new one with default parameters for a string that names it."""
    if isinstance(loss, Loss):
        return loss
    if not isinstance(loss, str):
        hint = f"; did you mean {loss.__name__}()?" if isinstance(loss, type) and issubclass(loss, Loss) else "."
        raise TypeError(f"loss must be a string or an instance of a Loss subclass, got {loss!r}{hint}")
    if loss not in BY_NAME:
        close = get_close_matches(loss, BY_NAME)
        hint = f"; did you mean {' or '.join(map(repr, close))}?" if close else "."
        raise ValueError(f"Unknown loss {loss!r}{hint} Valid names are {', '.join(map(repr, sorted(BY_NAME)))}.")
    return BY_NAME[loss]()
