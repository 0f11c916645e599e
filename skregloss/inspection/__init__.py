"""What penalties do to coefficients, seen on data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .effects_summary import Effect, effects_in_words, penalty_effects

if TYPE_CHECKING:
    from .cv_display import CVPathDisplay
    from .path_display import RegularizationPathDisplay

__all__ = ["CVPathDisplay", "Effect", "RegularizationPathDisplay", "effects_in_words", "penalty_effects"]


def __getattr__(name: str):
    """Displays, imported when they are first asked for."""
    if name == "RegularizationPathDisplay":
        from .path_display import RegularizationPathDisplay

        return RegularizationPathDisplay
    if name == "CVPathDisplay":
        from .cv_display import CVPathDisplay

        return CVPathDisplay
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *__all__})
