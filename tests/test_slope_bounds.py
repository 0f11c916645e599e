"""What is said of slopes that nobody looked at holds for slopes that NumPy computes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skregloss.losses import LogLoss, Softmax, SquaredError
from skregloss.path import fit_path
from skregloss.penalties import L1, FusedL1
from skregloss.solvers import Problem, ahead
from skregloss.solvers.slope_bounds import SlopeBounds, within_reach

ROWS, COLUMNS = 30, 80
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, COLUMNS)) * RNG.uniform(0.1, 3.0, COLUMNS) + 5.0 * RNG.normal(size=COLUMNS)
WEIGHTS = np.where(np.arange(ROWS) % 7 == 0, 0.0, RNG.uniform(0.5, 2.0, ROWS))
LABELS = np.where(X[:, 0] - X[:, 1] > np.median(X[:, 0] - X[:, 1]), 1.0, -1.0)
CASES = {
    "dense": (LogLoss(), L1(), np.asfortranarray(X), LABELS, {}),
    "standardized": (LogLoss(), L1(), np.asfortranarray(X), LABELS, {"standardize": True}),
    "sparse": (LogLoss(), L1(), sparse.csc_array(X), LABELS, {"standardize": True}),
    "no intercept": (LogLoss(), L1(), np.asfortranarray(X), LABELS, {"fit_intercept": False}),
    "differences": (LogLoss(), FusedL1(0.0).bind(COLUMNS, None), np.asfortranarray(X), LABELS, {}),
    "classes": (Softmax(3), L1(), np.asfortranarray(X), np.arange(ROWS) % 3.0, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_no_slope_is_beyond_its_bound(name):
    loss, penalty, storage, y, options = CASES[name]
    problem = Problem(loss, penalty, storage, y, sample_weight=WEIGHTS, **options)
    bounds, rows = SlopeBounds(problem), len(problem.sample_weights) * problem.data.copies
    weights = np.tile(problem.sample_weights, problem.data.copies)
    # Gradients as at a minimum: what the intercept sees of them is zero.
    noise = RNG.normal(size=(40, rows)) * weights
    noise -= weights * noise.reshape(40, problem.data.copies, -1).sum(axis=2).repeat(ROWS, axis=1)
    first, last, way = noise[0], noise[1], RNG.uniform(-0.5, 1.5, (38, 1))
    gradients = first + way * (last - first) + RNG.choice([0.0, 1e-3, 1.0], (38, 1)) * noise[2:]
    slopes = np.array([problem.design.rmatvec(gradient) for gradient in (first, last, *gradients)])
    shares, rests = bounds.between(first, last, gradients)
    bound = np.abs(slopes[0] + shares[:, None] * (slopes[1] - slopes[0])) + rests[:, None] * bounds.lengths
    assert (np.abs(slopes[2:]) <= bound * (1.0 + 1e-9)).all()
    share, rest = bounds.along(first, last)
    assert (np.abs(slopes[1]) <= np.abs(share * slopes[0]) + rest * bounds.lengths * (1.0 + 1e-9)).all()
    # The bound is of use: close where the rest is small, and never far from what Cauchy and Schwarz say of all of it.
    assert np.median(bound / np.abs(slopes[2:])) < 20.0


def test_columns_within_reach_are_those_with_a_bound_above_their_limit():
    first, last, lengths, limits = RNG.normal(size=(4, COLUMNS))
    lengths, limits = np.abs(lengths), np.abs(limits)
    shares, rests, strengths = np.array([0.0, 0.3, 1.0]), np.array([0.0, 0.2, 0.0]), np.array([1.5, 1.2, 1.0])
    expected = (
        np.abs(np.outer(1.0 - shares, first) + np.outer(shares, last)) + np.outer(rests, lengths) > np.outer(strengths, limits)
    ).any(axis=0)
    found = within_reach(first, last, shares, lengths, rests, strengths, limits)
    assert 0 < expected.sum() < COLUMNS
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("loss", [SquaredError(), LogLoss()], ids=["squared_error", "log_loss"])
def test_columns_not_looked_at_are_within_their_limits(loss, monkeypatch):
    """At every strength of a path that was solved together with others"""
    certify, checked = ahead.certify, []

    def check(problem, null, terms, minima, slopes, tol):
        certify(problem, null, terms, minima, slopes, tol)
        others = np.setdiff1d(np.arange(problem.n_features), terms.columns)
        for minimum in minima:
            slopes = np.abs(problem.design.rmatvec(minimum.dual)[others])
            assert (slopes <= minimum.strength * (1.0 + 1e-12)).all()
            checked.append(len(others))

    monkeypatch.setattr(ahead, "certify", check)
    wide = np.asfortranarray(RNG.normal(size=(ROWS, 600)))
    y = LABELS if isinstance(loss, LogLoss) else wide[:, 0] + RNG.normal(size=ROWS)
    assert fit_path(Problem(loss, L1(), wide, y), 40, alpha_min_ratio=0.02).converged.all()
    assert len(checked) >= 30 and np.mean(checked) > 300
