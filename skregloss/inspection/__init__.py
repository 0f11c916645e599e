"""What penalties do to coefficients, seen on data."""

from __future__ import annotations

from .effects_summary import Effect, effects_in_words, penalty_effects

__all__ = ["Effect", "effects_in_words", "penalty_effects"]
