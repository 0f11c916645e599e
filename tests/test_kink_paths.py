"""Losses of straight pieces with an L1 norm end at a vertex, exactly, whatever the data."""

from __future__ import annotations

import numpy as np
import pytest
from fits import KINKED_LOSSES, certified, data, over_losses
from sklearn.linear_model import QuantileRegressor

from skregloss import PenalizedRegressor, regularization_path
from skregloss.losses import Quantile
from skregloss.penalties import L1


@over_losses(KINKED_LOSSES)
def test_pieces(loss):
    """Slopes are those of the loss within its pieces, and they change at the kinks."""
    y = np.array([-1.0, 1.0]) if loss.classification else np.linspace(-2.0, 3.0, 7)
    knots, slopes = loss.pieces(y)
    assert np.all(np.diff(knots, axis=1) >= 0.0)
    assert np.all(np.diff(slopes, axis=1) > 0.0)
    places = np.column_stack([knots[:, :1] - 1.0, 0.5 * (knots[:, 1:] + knots[:, :-1]), knots[:, -1:] + 1.0])
    for i, j in np.ndindex(places.shape):
        within = 0 < j < knots.shape[1] and knots[i, j] == knots[i, j - 1]
        assert within or slopes[i, j] == loss.gradient(y[i], places[i, j])


def sample(kind, n=400, p=15):
    rng = np.random.default_rng(5)
    X = rng.normal(size=(n, p)) + (2.0 * rng.normal(size=(n, 1)) if kind == "correlated" else 0.0)
    noise = rng.standard_cauchy(n) if kind == "heavy tails" else rng.normal(size=n)
    y = X[:, :4] @ [1.0, -1.0, 0.5, 0.5] + noise
    return (np.round(X), np.round(y)) if kind == "ties" else (X, y)


@pytest.mark.parametrize("kind", ["plain", "correlated", "heavy tails", "ties"])
@pytest.mark.parametrize("quantile", [0.5, 0.9, 0.99])
def test_same_objective_as_highs(kind, quantile):
    """To rounding, with few steps, for tiny strengths and for those near the largest."""
    X, y = sample(kind)
    largest = PenalizedRegressor(loss=Quantile(quantile), alpha=1.0).fit(X, y).alpha_max_
    for alpha in (0.0, 1e-4 * largest, 0.1 * largest, 0.98 * largest):
        model = PenalizedRegressor(loss=Quantile(quantile), alpha=alpha).fit(X, y)
        theirs = QuantileRegressor(quantile=quantile, alpha=alpha).fit(X, y)
        residual = y - theirs.predict(X)
        objective = np.mean(np.maximum(quantile * residual, (quantile - 1.0) * residual)) + alpha * np.abs(theirs.coef_).sum()
        assert model.certificate_.objective == pytest.approx(objective, rel=1e-9)
        assert model.certificate_.relative_gap < 1e-11
        assert model.n_iter_ <= 60


@over_losses(KINKED_LOSSES)
def test_exact_at_any_tolerance(loss):
    """A rough tolerance is met exactly, for the path to the optimum costs less than a round."""
    X, y = data(loss, 300, 12)
    weight = np.random.default_rng(2).uniform(0.1, 3.0, 300)
    for settings in ({}, {"sample_weight": weight, "factors": np.r_[0.0, 3.0, np.ones(10)], "offset": 0.1 * weight}):
        assert certified(loss, L1(), X, y, 1e-3, **settings).certificate.relative_gap < 1e-11


def test_path_from_vertex_to_vertex():
    X, y = sample("plain", 300, 400)
    path = regularization_path(X, y, loss=Quantile(0.3), penalty="l1", alphas=15, alpha_min_ratio=0.05)
    assert path.converged.all()
    assert path.relative_gap.max() < 1e-9
    single = certified(Quantile(0.3), L1(), X, y, 1e-9, alpha=path.alphas[-1])
    assert path.objective[-1] == pytest.approx(single.certificate.objective, rel=1e-9)
