"""What penalties do to coefficients, seen on data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .comparison import regularization_effects
    from .cv_display import CVPathDisplay
    from .effects_display import RegularizationEffectsDisplay
    from .effects_result import Agreement, RegularizationEffects
    from .path_display import RegularizationPathDisplay

__all__ = [
    "Agreement",
    "CVPathDisplay",
    "RegularizationEffects",
    "RegularizationEffectsDisplay",
    "RegularizationPathDisplay",
    "regularization_effects",
]

# Imported when they are first asked for.
_HOMES = {
    "Agreement": "effects_result",
    "CVPathDisplay": "cv_display",
    "RegularizationEffects": "effects_result",
    "RegularizationEffectsDisplay": "effects_display",
    "RegularizationPathDisplay": "path_display",
    "regularization_effects": "comparison",
}


def __getattr__(name: str):
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
