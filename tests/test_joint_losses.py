"""Losses that couple rows keep one contract: derivatives, curvature on columns, floor, and the gap of scaled gradients."""

from __future__ import annotations

import numpy as np
import pytest
from data import joint_sample, joint_weights
from oracle import joint
from penalty_examples import short
from scipy import sparse
from scipy.optimize import minimize

from skregloss.losses import CoxPartialLikelihood, Loss, OrdinalLogistic, Softmax
from skregloss.penalties import L1
from skregloss.solvers import Problem
from skregloss.solvers.data_term import make_data_term

N = 14


def discovered(base=Loss):
    for cls in base.__subclasses__():
        yield from discovered(cls)
        if cls.joint and cls.__module__.startswith("skregloss."):
            yield cls


EXAMPLES = [loss for cls in sorted(set(discovered()), key=lambda cls: cls.__name__) for loss in cls.examples()]
over_losses = pytest.mark.parametrize("loss", EXAMPLES, ids=short)
over_seeds = pytest.mark.parametrize("seed", range(3))


def case(loss, seed=0, size=1.0):
    """Targets, weights of which some are zero, the term, and linear predictors within its domain."""
    rng = np.random.default_rng(seed)
    y, weights = joint_sample(loss, rng, N), joint_weights(rng, N)
    term = make_data_term(loss, y, weights, 1.0)
    eta = size * rng.normal(size=len(term.weights))
    if isinstance(loss, OrdinalLogistic):
        eta[N:] = eta[:N] - rng.uniform(0.1, 3.0, N)
    return y, weights, term, eta


def test_every_joint_loss_has_a_formula():
    assert {type(loss).__name__ for loss in EXAMPLES} == set(joint.VALUES)


@over_losses
@over_seeds
def test_value_and_derivatives(loss, seed):
    y, weights, term, eta = case(loss, seed)
    value, gradient, curvature, _ = term.derivatives(eta)
    assert value == pytest.approx(joint.value(loss, eta, y, weights), rel=1e-13)
    assert term.value(eta) == pytest.approx(value, rel=1e-14)
    np.testing.assert_allclose(gradient, joint.gradient(loss, eta, y, weights), rtol=1e-12, atol=1e-15)
    matrix = np.column_stack([curvature.apply(unit) for unit in np.eye(len(eta))])
    np.testing.assert_allclose(matrix, joint.hessian(loss, eta, y, weights), rtol=0, atol=1e-9)


@over_losses
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "csc"])
def test_curvature_on_columns(loss, storage):
    y, weights, term, eta = case(loss)
    X = np.random.default_rng(5).normal(size=(N, 4)) * (np.random.default_rng(6).uniform(size=(N, 4)) < 0.5)
    X[:, 3] = 0.0
    design = Problem(loss, L1(), storage(X), y, sample_weight=weights).design
    columns = np.column_stack([design.matvec(unit) for unit in np.eye(design.n_features)])
    matrix = columns.T @ joint.hessian(loss, eta, y, weights) @ columns
    curvature = term.derivatives(eta)[2]
    first, second = np.arange(design.n_features), np.arange(0, design.n_features, 2)
    np.testing.assert_allclose(curvature.gram(design, first), matrix, rtol=0, atol=1e-9)
    np.testing.assert_allclose(curvature.gram(design, first, second), matrix[:, second], rtol=0, atol=1e-9)
    np.testing.assert_allclose(curvature.squares(design), np.diag(matrix), rtol=0, atol=1e-9)
    np.testing.assert_allclose((curvature * 2.5).gram(design, second), 2.5 * matrix[np.ix_(second, second)], rtol=0, atol=1e-8)


@over_losses
def test_gap_bounds_what_a_scaled_gradient_loses(loss):
    """L(eta) + L*(s g) - s g'eta, the conjugate L* by numerical search"""
    _, _, term, eta = case(loss)
    value, gradient, *_ = term.derivatives(eta)
    point = type("Point", (), {"eta": eta})
    for scale in (0.3, 0.9):

        def lost(move, scale=scale):
            with np.errstate(all="ignore"):
                there = term.value(eta + move)
            return there - scale * gradient @ move if np.isfinite(there) else 1e100

        found = minimize(lost, np.zeros(len(eta)), method="BFGS", options={"gtol": 1e-9})
        assert term.gap(point, scale) >= value - found.fun - 1e-12


@over_losses
def test_gap_vanishes_at_the_gradient_to_second_order(loss):
    point = type("Point", (), {})
    _, _, term, point.eta = case(loss)
    assert term.gap(point, 1.0) == 0.0
    near, far = term.gap(point, 1.0 - 1e-4), term.gap(point, 1.0 - 2e-4)
    assert near == pytest.approx(far / 4.0, rel=1e-3)


@pytest.mark.parametrize("loss", Softmax.examples(), ids=short)
@pytest.mark.parametrize("scale", [0.0, 0.3, 0.99, 1.0])
def test_gap_of_softmax_is_that_of_entropies(loss, scale):
    y, weights, term, eta = case(loss)
    point = type("Point", (), {"eta": eta})
    assert term.gap(point, scale) == pytest.approx(joint.softmax_gap(loss, eta, y, weights, scale), rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("loss", CoxPartialLikelihood.examples(), ids=short)
@pytest.mark.parametrize("scale", [0.3, 0.99, 1.0 - 1e-6])
def test_gap_of_cox_bounds_that_of_entropies_and_is_close(loss, scale):
    y, weights, term, eta = case(loss)
    bound = term.gap(type("Point", (), {"eta": eta}), scale)
    entropies = joint.cox_gap(loss, eta, y, weights, scale)
    assert entropies <= bound <= 3.0 * entropies + 1e-15


@over_losses
@over_seeds
def test_floor_is_the_infimum(loss, seed):
    y, _, term, eta = case(loss, seed)
    floor, size = term.floor()
    assert size > 0.0
    for scale in (0.0, 0.1, 1.0):
        assert term.value(scale * eta if not isinstance(loss, OrdinalLogistic) else eta) >= floor
    assert term.value(best_predictors(loss, y)) == pytest.approx(floor, rel=1e-12, abs=1e-12)


def best_predictors(loss, y):
    """Linear predictors so far out that the loss cannot be told from its infimum"""
    if isinstance(loss, CoxPartialLikelihood):
        return -60.0 * (y[:, 1] + 100.0 * (y[:, 2] == 0.0))
    if isinstance(loss, OrdinalLogistic):
        return np.repeat([60.0, -60.0], N)
    return (60.0 * np.eye(loss.n_classes)[np.asarray(y, dtype=int)]).T.ravel()


@pytest.mark.parametrize("loss", [*Softmax.examples(), *CoxPartialLikelihood.examples()], ids=short)
@pytest.mark.parametrize("offset", [800.0, -800.0])
def test_constants_far_out_change_nothing(loss, offset):
    _, _, term, eta = case(loss)
    here, there = term.derivatives(eta), term.derivatives(eta + offset)
    assert there[0] == pytest.approx(here[0], rel=1e-10)
    np.testing.assert_allclose(there[1], here[1], rtol=0, atol=1e-12)


@over_losses
def test_linear_predictors_far_apart_are_no_numbers_out_of_range(loss):
    rng = np.random.default_rng(0)
    y, weights, term, eta = case(loss, size=600.0)
    if isinstance(loss, CoxPartialLikelihood):  # without starts: what leaves a risk set takes the digits of what stays with it
        y[:, 0] = -np.inf
        term = make_data_term(loss, y, weights, 1.0)
    value, gradient, curvature, _ = term.derivatives(eta)
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()
    assert np.isfinite(curvature.apply(rng.normal(size=len(eta)))).all()
    design = Problem(loss, L1(), np.asfortranarray(rng.normal(size=(N, 2))), y).design
    assert np.isfinite(curvature.squares(design, np.arange(design.n_features))).all()


@pytest.mark.parametrize("loss", [CoxPartialLikelihood(), Softmax(3), OrdinalLogistic(3)], ids=short)
def test_weights_repeat(loss):
    rng = np.random.default_rng(0)
    y, counts = joint_sample(loss, rng, N), rng.integers(0, 4, N)
    rows = np.repeat(np.arange(N), counts)
    weighted = make_data_term(loss, y, counts / counts.sum(), float(counts.sum()))
    repeated = make_data_term(loss, y[rows], np.full(len(rows), 1 / len(rows)), float(len(rows)))
    predictors = case(loss)[3].reshape(-1, N)
    here, there = weighted.derivatives(predictors.ravel()), repeated.derivatives(predictors[:, rows].ravel())
    assert here[0] == pytest.approx(there[0], rel=1e-13)
    sums = [np.bincount(rows, part, N) for part in there[1].reshape(-1, len(rows))]
    np.testing.assert_allclose(here[1].reshape(-1, N), sums, rtol=0, atol=1e-14)
