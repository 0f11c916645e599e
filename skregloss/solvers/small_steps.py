"""The strengths on the way down from one to another, where a branch of local minima is to be followed."""

from __future__ import annotations

import math

# Strengths per factor of ten on the way down, and the accuracy on the way.
STRENGTHS_PER_DECADE = 10
MOST_STRENGTHS = 30
ROUGH_TOL, ROUGH_ITERATIONS = 1e-3, 20


def strengths_between(since, alpha) -> list:
    """Falling strengths in small steps, those at both ends left out"""
    decades = math.log10(since / alpha)
    count = min(MOST_STRENGTHS, math.ceil(STRENGTHS_PER_DECADE * decades))
    return [since * 10.0 ** (-decades * k / count) for k in range(1, count)]
