"""exp and log(1 + x) for kernels: arithmetic without branches, of which a processor does several rows at a time.

A call of the C library takes one row. What a loss costs is mostly such calls.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba.extending import overload

# Inlined whatever calls them, as a loop with a call takes one row at a time; and with sums as they are written, whatever the
# caller allows.
OPTIONS: Any = {"error_model": "numpy", "fastmath": {"contract"}, "forceinline": True}
# log(2) in two parts, the first of so few digits that its product with an exponent is exact.
LOG_2, REST_OF_LOG_2 = float.fromhex("0x1.62e42fefa38p-1"), float.fromhex("0x1.ef35793c7673p-45")
PER_LOG_2 = 1.0 / math.log(2.0)
# exp is infinite beyond the one, and taken as zero below the other: there it is 1e-307.
HIGHEST, LOWEST = 710.0, -707.0
# The bits of an integer plus this end with those of the integer; those of 1 tell where the exponent is.
INTEGERS, EXPONENT_BITS, EXPONENT_OF_ONE = 1.5 * 2.0**52, 52, 1023


def exp(x):
    return np.exp(x)


@overload(exp, jit_options=OPTIONS)
def _exp(x):
    """exp(x) = 2^n exp(r), with n the integer next to x / log(2): |r| <= 0.35, where the Taylor series to r^13 is exact

    Half of the power of two is made of its bits, as the highest would be beyond all numbers.
    """

    def implementation(x):
        within = HIGHEST if x > HIGHEST else x
        n = np.rint(within * PER_LOG_2)
        r = (within - n * LOG_2) - n * REST_OF_LOG_2
        p = 1 / 362880 + r * (1 / 3628800 + r * (1 / 39916800 + r * (1 / 479001600 + r * (1 / 6227020800))))
        p = 1 / 120 + r * (1 / 720 + r * (1 / 5040 + r * (1 / 40320 + r * p)))
        p = r + r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * p)))
        bits = (np.float64(n + INTEGERS).view(np.int64) + (EXPONENT_OF_ONE - 1)) << EXPONENT_BITS
        result = 2.0 * (1.0 + p) * np.int64(bits).view(np.float64)
        return 0.0 if x < LOWEST else result

    return implementation


def log_one_plus(x):
    return math.log1p(x)


@overload(log_one_plus, jit_options=OPTIONS)
def _log_one_plus(x):
    """log(1 + x) = 2 artanh(s), s = x / (2 + x), for 0 <= x <= 1: s <= 1/3, where the series to s^35 is exact"""

    def implementation(x):
        s = x / (2.0 + x)
        q = s * s
        p = 1 / 25 + q * (1 / 27 + q * (1 / 29 + q * (1 / 31 + q * (1 / 33 + q * (1 / 35)))))
        p = 1 / 13 + q * (1 / 15 + q * (1 / 17 + q * (1 / 19 + q * (1 / 21 + q * (1 / 23 + q * p)))))
        p = 1 / 3 + q * (1 / 5 + q * (1 / 7 + q * (1 / 9 + q * (1 / 11 + q * p))))
        return 2.0 * (s + s * q * p)

    return implementation
