"""Data that several test files draw."""

from __future__ import annotations

import numpy as np


def legal_targets(loss, rng, n):
    """n targets that the loss is defined for, a closed end of its interval among them."""
    if loss.classification:
        return np.where(np.arange(n) % 2 == 0, 1.0, -1.0)[rng.permutation(n)]
    low, high, low_closed, high_closed = loss.y_interval
    if np.isfinite(low) and np.isfinite(high):
        y = rng.uniform(low, high, n)
    elif np.isfinite(low):
        y = low + rng.lognormal(sigma=1.5, size=n)
    elif np.isfinite(high):
        y = high - rng.lognormal(sigma=1.5, size=n)
    else:
        y = 3.0 * rng.normal(size=n)
    ends = [end for end, closed in ((low, low_closed), (high, high_closed)) if closed and np.isfinite(end)]
    y[rng.permutation(n)[: len(ends)]] = ends[:n]
    return y


def joint_sample(loss, rng, n):
    """Targets of a loss that couples rows: classes from 0 on, or event times with ties, starts and strata."""
    if loss.event_times:
        start = rng.integers(0, 4, n)
        return np.column_stack([start, start + rng.integers(1, 4, n), rng.uniform(size=n) < 0.7, rng.integers(0, 2, n)]) * 1.0
    return np.arange(n) % loss.n_classes


def joint_weights(rng, n):
    """Weights that sum to 1, one of them zero."""
    weights = rng.uniform(0.5, 2.0, n)
    weights[n // 2] = 0.0
    return weights / weights.sum()
