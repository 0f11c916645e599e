"""Losses with kinks and penalties that bind coefficients together: all pairs, to many digits."""

from __future__ import annotations

import numpy as np
import pytest
from bound_examples import label, over_every
from fits import certified, data, over_losses, weights
from scipy import sparse

from skregloss.losses import AbsoluteError, EpsilonInsensitive, Hinge, Quantile
from skregloss.penalties import L2, SLOPE, FusedL1, NuclearNorm

LOSSES = [AbsoluteError(), Quantile(0.8), EpsilonInsensitive(0.3), Hinge()]
FEW = [SLOPE(), FusedL1(0.5), NuclearNorm(), FusedL1(0.2) + 0.3 * L2()]


def several(loss, y, X, penalty):
    """Targets of three outputs for penalties of matrices"""
    if not penalty.low_rank or loss.classification:
        return y
    return np.column_stack([y, np.roll(y, 1) + X[:, 1], np.roll(y, 2) + X[:, :2].sum(axis=1)])


@pytest.mark.parametrize("penalty", FEW, ids=label)
@over_losses(LOSSES)
def test_gap(loss, penalty):
    X, y = data(loss)
    certified(loss, penalty.bind(12), X, several(loss, y, X, penalty), 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("weighted", [False, True], ids=["unweighted", "weighted"])
@pytest.mark.parametrize("rows", [30, 60, 300])
@over_every
@over_losses(LOSSES)
def test_gap_of_every_pair(loss, penalty, rows, weighted):
    X, y = data(loss, rows)
    settings = {"sample_weight": weights(rows)} if weighted else {"fit_intercept": rows != 60}
    storage = np.asfortranarray if rows == 300 else sparse.csc_array
    certified(loss, penalty, storage(X), several(loss, y, X, penalty), 1e-9, **settings)
