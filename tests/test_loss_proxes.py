"""What losses with kinks must compute besides: their prox, its slope, and Fenchel-Young without cancellation."""

from __future__ import annotations

import numpy as np
import pytest
from test_losses import EVERY, jitted, reference, sample

from skregloss._jit import kernel

kinked_loss = pytest.mark.parametrize("loss", [loss for loss in EVERY if not loss.smooth], ids=repr)


@kernel
def evaluate_proxes(loss, y, z, step, out):
    for i in range(len(y)):
        out[0, i] = loss.prox(y[i], z[i], step)
        out[1, i] = loss.prox_slope(y[i], z[i], step)
        out[2, i] = loss.fenchel_excess(y[i], z[i], out[1, i])


def proxes(loss, y, z, step):
    """The prox at z, the slope there, and the Fenchel-Young excess of that slope at z itself."""
    out = np.empty((3, len(y)))
    evaluate_proxes(loss.lower(), y, z, step, out)
    plain = np.array(
        [(loss.prox(*row, step), loss.prox_slope(*row, step)) for row in zip(y.tolist(), z.tolist(), strict=True)]
    ).T
    np.testing.assert_allclose(out[:2], plain, rtol=1e-14, atol=1e-15)
    return out


def kinked_sample(loss):
    """Targets, and points near and far from them, on kinks too."""
    y, z = sample(loss)
    offsets = [0.0, *(float(value) for value in loss.get_params().values() if not isinstance(value, str))]
    return np.r_[y, *([y] * 2 * len(offsets))], np.r_[z, *(y + shift for shift in offsets), *(y - shift for shift in offsets)]


@kinked_loss
@pytest.mark.parametrize("step", [1e-3, 0.3, 7.0])
def test_prox_is_the_minimiser(loss, step):
    y, z = kinked_sample(loss)
    point, slope, _ = proxes(loss, y, z, step)
    np.testing.assert_allclose(point, z - step * slope, rtol=1e-13, atol=1e-14)
    reached = reference(loss, y, point) + (point - z) ** 2 / (2 * step)
    for move in np.r_[np.linspace(-3 * step, 3 * step, 2001), (y - z)[:5], 1e-6, -1e-6]:
        assert np.all(reached <= reference(loss, y, z + move) + move**2 / (2 * step) + 1e-13 * (1 + abs(z)))


@kinked_loss
def test_slope_at_the_prox_is_a_slope_there(loss):
    """To the last bit within the domain of the conjugate, and without excess at the prox."""
    y, z = kinked_sample(loss)
    for step in (1e-9, 1e-3, 0.3, 7.0):
        point, slope, _ = proxes(loss, y, z, step)
        found = jitted(loss, y, point, slope)
        assert np.all(np.isfinite(found["conjugate"]))
        excess = found["value"] + found["conjugate"] - slope * point
        assert np.all(abs(excess) <= 1e-13 * (1 + abs(slope * point) + abs(found["conjugate"])))


@kinked_loss
def test_fenchel_excess_does_not_cancel(loss):
    y, z = kinked_sample(loss)
    for step in (1e-3, 0.3, 7.0):
        _, slope, excess = proxes(loss, y, z, step)
        found = jitted(loss, y, z, slope)
        expected = found["value"] + found["conjugate"] - slope * z
        np.testing.assert_allclose(excess, expected, rtol=1e-11, atol=1e-13)
    # At a kink every slope between those of its sides has none, however far from zero the target is.
    if not loss.classification:
        y = y + 2.0**40
        for side in (-1.0, 1.0):
            at = y + side * loss.get_params().get("epsilon", 0.0)
            slope = 0.5 * side if loss.name == "epsilon_insensitive" else 0.01 * side
            assert np.all([abs(loss.fenchel_excess(*row, slope)) <= 1e-3 for row in zip(y, at, strict=True)])
