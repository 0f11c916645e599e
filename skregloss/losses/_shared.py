"""What several losses share: endpoints and logarithms in `conjugate`."""

from __future__ import annotations

import math

from numba.extending import register_jitable

# A dual point is computed, so an endpoint of the domain is reached up to rounding only.
ROUNDING = 1e-12


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
