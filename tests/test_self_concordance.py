"""What losses say of how fast their curvature changes, and what of their shared work, holds."""

from __future__ import annotations

import numpy as np
import pytest
from fits import LOSS_EXAMPLES, over_losses, targets
from test_losses import jitted

BOUNDED = [loss for loss in LOSS_EXAMPLES if np.isfinite(loss.self_concordance)]
ETA = np.linspace(-30.0, 30.0, 601)


def columns_of(loss, eta):
    return targets(loss, np.linspace(-2.0, 2.0, 9), np.random.default_rng(0))[:, None], eta[None, :]


def evaluated(loss, name, *arguments):
    return np.vectorize(getattr(loss, name))(*arguments)


@over_losses(BOUNDED)
def test_curvature_changes_no_faster_than_the_loss_says(loss):
    y, eta = columns_of(loss, ETA)
    rates = np.abs(np.diff(np.log(evaluated(loss, "hessian", y, eta)), axis=1)) / np.diff(ETA)
    assert rates.max() <= loss.self_concordance * (1.0 + 1e-9)
    assert rates.max() >= 0.9 * loss.self_concordance


@over_losses(BOUNDED)
def test_what_a_moved_slope_loses_is_bounded(loss):
    """The bound of the projection, with all of the curvature and with a part of it."""
    y, eta = columns_of(loss, np.linspace(-3.0, 3.0, 13))
    slope, curvature = evaluated(loss, "gradient", y, eta), evaluated(loss, "hessian", y, eta)
    value = evaluated(loss, "value", y, eta)
    for t in (-0.9, -0.4, -0.01, 0.01, 0.4, 0.9):
        move = t / loss.self_concordance
        for h in (curvature, 0.3 * curvature):
            u = slope + h * move
            conjugate = evaluated(loss, "conjugate", y, u)
            assert np.isfinite(conjugate).all()
            excess = value + conjugate - u * eta
            rounding = 1e-14 * (np.abs(value) + np.abs(conjugate) + np.abs(u * eta) + 1.0)
            assert (excess <= h * move**2 / (2.0 * (1.0 - abs(t))) + rounding).all()


@over_losses(LOSS_EXAMPLES)
def test_derivatives_at_once_are_those_one_by_one(loss):
    y, eta = np.broadcast_arrays(*columns_of(loss, np.r_[ETA, 0.0, -700.0, 700.0]))
    found = jitted(loss, y, eta)
    for name in ("value", "gradient", "model_curvature"):
        # A whole number of roundings, of terms that may cancel.
        np.testing.assert_allclose(found[f"{name} at once"], found[name], rtol=1e-13, atol=1e-15)
    np.testing.assert_allclose(loss.derivatives(y[0, 0], 0.3)[0], loss.value(y[0, 0], 0.3), rtol=1e-14)


def test_losses_without_a_bound_say_so():
    assert {loss.name for loss in BOUNDED} >= {"poisson", "log_loss", "gamma", "tweedie", "negative_binomial"}
    for loss in LOSS_EXAMPLES:
        if loss.flat_pieces:
            assert loss.self_concordance == np.inf


pytestmark = pytest.mark.filterwarnings("ignore:overflow")
