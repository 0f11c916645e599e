"""What kernels have in the place of the C library's functions: as exact, wherever losses call it."""

import math

import numpy as np
import pytest

from skregloss._jit import kernel
from skregloss.losses import _elementary

FUNCTIONS = [
    (_elementary.exp, math.exp, np.r_[np.linspace(-700.0, 709.0, 20_001), np.linspace(-1.0, 1.0, 20_001), -1e-300, 0.0], 1.0),
    (_elementary.log_one_plus, math.log1p, np.r_[np.linspace(0.0, 1.0, 20_001), np.geomspace(1e-300, 1.0, 20_001)], 2.0),
]


def compiled(function):
    """The function at each entry, in a kernel that may reorder sums"""

    @kernel(reorder=True)
    def at_each(values, result):
        total = 0.0
        for i in range(values.shape[0]):
            result[i] = function(values[i])
            total += result[i]
        return total

    def of(values):
        result = np.empty(len(values))
        at_each(np.asarray(values, dtype=float), result)
        return result

    return of


@pytest.mark.parametrize(("function", "exact", "values", "most"), FUNCTIONS, ids=["exp", "log_one_plus"])
def test_units_in_the_last_place(function, exact, values, most):
    expected = np.array([exact(value) for value in values])
    off = np.abs(compiled(function)(values) - expected) / np.spacing(np.maximum(expected, np.finfo(float).tiny))
    assert off.max() <= most
    np.testing.assert_allclose(np.array([function(value) for value in values]), expected, rtol=4e-16)


def test_exp_at_the_ends():
    values = np.array([-np.inf, -1e300, -746.0, -708.0, 709.7, 709.8, 1e300, np.inf, np.nan])
    with np.errstate(over="ignore"):
        expected = np.exp(values)
    np.testing.assert_allclose(compiled(_elementary.exp)(values), expected, rtol=4e-16, atol=1e-307)


def test_log_one_plus_passes_on_what_is_no_number():
    assert np.isnan(compiled(_elementary.log_one_plus)([np.nan])).all()
