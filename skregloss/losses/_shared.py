"""What several losses share: intervals and their check in `validate`, endpoints and logarithms in `conjugate`."""

from __future__ import annotations

import math
from numbers import Real

from numba.extending import register_jitable

from ._base import Interval

POSITIVE = Interval(0.0, math.inf)
NON_NEGATIVE = Interval(0.0, math.inf, low_closed=True)
UNIT = Interval(0.0, 1.0)
# A dual point is computed, so an endpoint of the domain is reached up to rounding only.
ROUNDING = 1e-12


def require(loss, parameter: str, valid: Interval) -> None:
    """Raise an error unless the loss's parameter is a number in the interval."""
    number = getattr(loss, parameter)
    message = f"{parameter} of {type(loss).__name__} must be a number in {valid}, got {number!r}."
    if not isinstance(number, Real):
        raise TypeError(message)
    if not valid.contains(number):
        raise ValueError(message)


@register_jitable
def room(distance, scale):
    """The distance of a slope to an endpoint: 0 where it is negative by the rounding of `scale`, negative outside."""
    if distance < -ROUNDING * scale:
        return distance
    return max(distance, 0.0)


@register_jitable
def x_log(x, ratio):
    """x log(ratio), and its limit 0 at x = 0"""
    return 0.0 if x <= 0.0 else x * math.log(ratio)


@register_jitable
def share_log(part, rest, whole):
    """part log(part / whole) for part + rest = whole; exact also where part is nearly the whole"""
    if part <= 0.0:
        return 0.0
    return part * (math.log(part / whole) if part < rest else math.log1p(-rest / whole))
