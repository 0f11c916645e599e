"""The certificates of losses that couple rows, recomputed: entropies for the loss, dual norms for the penalty."""

from __future__ import annotations

import numpy as np
import pytest
from data import joint_sample, joint_weights
from oracle import joint
from penalty_examples import short

from skregloss.losses import CoxPartialLikelihood, OrdinalLogistic, Softmax
from skregloss.penalties import L1, L2, L21
from skregloss.solvers import Problem, solve

LOSSES = [Softmax(3), OrdinalLogistic(4), CoxPartialLikelihood(), CoxPartialLikelihood("efron")]


def case(loss, n=40, p=6):
    rng = np.random.default_rng(3)
    y, weights = joint_sample(loss, rng, n), joint_weights(rng, n)
    signal = y[:, 1] if loss.event_times else y
    return rng.normal(size=(n, p)) + 0.4 * np.outer(signal - signal.mean(), np.arange(p) < 2), y, weights


def predictors(loss, X, y, coef, intercept):
    """Linear predictors, output after output; cut points above and below each ordered class"""
    if isinstance(loss, Softmax):
        return (X @ coef.T + intercept).T.ravel()
    if isinstance(loss, CoxPartialLikelihood):
        return X @ coef
    cuts = np.concatenate([[0.0], intercept, [0.0]])  # those of the ends are not used
    return np.concatenate([X @ coef + cuts[y], X @ coef + cuts[y + 1]])


def slopes(loss, X, gradient):
    """The gradient in the coefficients, of their shape"""
    parts = gradient.reshape(-1, len(X))
    return parts @ X if isinstance(loss, Softmax) else parts.sum(axis=0) @ X


PENALTIES = {
    "l1": (L1(), lambda b: np.abs(b).sum(), lambda g: np.abs(g).max()),
    "l21": (L21(), lambda b: np.linalg.norm(b, axis=0).sum(), lambda g: np.linalg.norm(g, axis=0).max()),
}


def pairs():
    return [(loss, name) for loss in LOSSES for name in PENALTIES if name == "l1" or isinstance(loss, Softmax)]


@pytest.mark.parametrize(("loss", "name"), pairs(), ids=lambda item: item if isinstance(item, str) else short(item))
@pytest.mark.parametrize("tol", [1e-3, 1e-9])
def test_norms(loss, name, tol):
    X, y, weights = case(loss)
    penalty, norm, dual_norm = PENALTIES[name]
    problem = Problem(loss, penalty, X, y, sample_weight=weights)
    alpha = 0.1 * solve(problem, 0.1).alpha_max
    solution = solve(problem, alpha, tol=tol)
    eta = predictors(loss, X, y, solution.coef, solution.intercept)
    gradient = joint.gradient(loss, eta, y, weights)
    direction = slopes(loss, X, gradient)
    objective = joint.value(loss, eta, y, weights) + alpha * norm(solution.coef)
    scale = min(1.0, alpha / dual_norm(direction))
    recomputed = (
        joint.gap(loss, eta, y, weights, scale) + alpha * norm(solution.coef) + scale * (direction * solution.coef).sum()
    )
    certificate = solution.certificate
    assert certificate.objective == pytest.approx(objective, rel=1e-12)
    best = solve(problem, alpha, tol=1e-13).certificate.objective
    assert objective - best <= certificate.gap + 1e-13
    assert certificate.converged
    assert certificate.relative_gap <= tol
    # Intercepts are at their minimum only up to rounding, and the bound for risk sets is not the entropy itself.
    assert recomputed <= certificate.gap + 1e-13
    assert certificate.gap <= 3.0 * recomputed + 1e-13


@pytest.mark.parametrize("loss", LOSSES, ids=short)
def test_ridge(loss):
    """P*(u) = |u|^2 / (2 alpha), finite everywhere: the gradient itself is a dual point"""
    X, y, weights = case(loss)
    alpha = 0.05
    solution = solve(Problem(loss, L2(), X, y, sample_weight=weights), alpha, tol=1e-6)
    eta = predictors(loss, X, y, solution.coef, solution.intercept)
    direction = slopes(loss, X, joint.gradient(loss, eta, y, weights))
    recomputed = np.sum((direction + alpha * solution.coef) ** 2) / (2.0 * alpha)
    assert solution.certificate.gap == pytest.approx(recomputed, rel=1e-3, abs=1e-15)
    assert solution.certificate.converged


def null_value(loss, y, weights):
    """The mean loss of the best constants: the entropy of the classes, or risk sets in which all are alike"""
    if isinstance(loss, CoxPartialLikelihood):
        return joint.value(loss, np.zeros(len(y)), y, weights)
    shares = np.bincount(y, weights)
    return -(shares * np.log(shares)).sum()


@pytest.mark.parametrize("loss", LOSSES, ids=short)
def test_unit_of_the_relative_gap(loss):
    """The null deviance: for classes the entropy; for event times down to events that come in the order of their risks"""
    X, y, weights = case(loss)
    certificate = solve(Problem(loss, L1(), X, y, sample_weight=weights), 0.02, tol=1e-2).certificate
    floor = 0.0
    if isinstance(loss, CoxPartialLikelihood):
        floor = joint.value(loss, -50.0 * (y[:, 1] + 100.0 * (y[:, 2] == 0.0)), y, weights)
    assert certificate.gap / certificate.relative_gap == pytest.approx(null_value(loss, y, weights) - floor, rel=1e-9)
