"""Where a penalty ceases to grow and the classes are separable there is no minimum: fits say so, and stay reproducible."""

from __future__ import annotations

import numpy as np
import pytest
from fits import LOSS_CLASSES, data, has_no_minimum, over_losses, over_penalties
from sklearn.exceptions import ConvergenceWarning

from skregloss import PenalizedClassifier, PenalizedCox, regularization_path
from skregloss.losses import LogLoss
from skregloss.penalties import L0, L2, MCP, SCAD, GroupMCP, GroupSCAD, LogSum
from skregloss.solvers import Problem, solve

CLASSIFIERS = [cls() for cls in LOSS_CLASSES if cls.classification and cls.smooth and not cls.joint]
ENDLESS = [loss for loss in CLASSIFIERS if loss.name not in ("squared_hinge", "modified_huber")]
FLAT = [MCP(), SCAD(), L0(), GroupMCP(groups=2), GroupSCAD(groups=2)]


@over_penalties(FLAT)
@over_losses(ENDLESS)
def test_no_minimum_is_said(loss, penalty):
    X, y = data(loss, n=20, p=30)
    solution = solve(Problem(loss, penalty, X, y), 0.01)
    assert has_no_minimum(solution, loss, penalty, X, y, 0.01, {})
    assert "no minimum" in solution.advice
    assert solution.certificate.kkt <= 1e-6
    assert np.isfinite(solution.coef).all()


@over_penalties([LogSum(), MCP() + 0.01 * L2()])
@over_losses(CLASSIFIERS)
def test_a_penalty_that_grows_has_one(loss, penalty):
    X, y = data(loss, n=20, p=30)
    assert not solve(Problem(loss, penalty, X, y), 0.01).advice


@over_penalties(FLAT)
@over_losses([loss for loss in CLASSIFIERS if loss not in ENDLESS])
def test_a_loss_that_reaches_zero_has_one(loss, penalty):
    X, y = data(loss, n=20, p=30)
    assert not solve(Problem(loss, penalty, X, y), 0.01).advice


@pytest.mark.parametrize("n_classes", [2, 3])
@over_penalties([MCP(), GroupMCP(groups=2), None])
def test_rounding_does_not_decide_the_coefficients(penalty, n_classes):
    """Not even where nothing but the tolerance stops them: weights repeat rows, and the order of rows plays no part."""
    rng = np.random.default_rng(0)
    X, y, counts = rng.uniform(size=(15, 30)), rng.integers(0, n_classes, 15), rng.integers(1, 5, 15)
    order = rng.permutation(counts.sum())
    model = PenalizedClassifier(penalty=penalty)
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        weighted = model.fit(X, y, sample_weight=counts).decision_function(X)
        repeated = model.fit(np.repeat(X, counts, axis=0)[order], np.repeat(y, counts)[order]).decision_function(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-9, atol=1e-9 * np.abs(weighted).max())


def test_paths_say_where_it_begins():
    X, y = data(LogLoss(), n=20, p=30)
    with pytest.warns(ConvergenceWarning, match=r"At \d+ of 100 strengths, the strongest of them alpha=.* no minimum"):
        path = regularization_path(X, y > 0, loss="log_loss", penalty="mcp")
    assert path.converged.all()


def test_monotone_likelihood():
    X = np.random.default_rng(0).normal(size=(15, 30))
    with pytest.warns(ConvergenceWarning, match="no minimum"):
        PenalizedCox(penalty=MCP(), alpha=0.01).fit(X, np.arange(1.0, 16.0))
