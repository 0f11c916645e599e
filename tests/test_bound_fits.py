"""Fits with penalties that bind coefficients together prove themselves, and agree with what they are equivalent to."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from bound_examples import CHAINS, EVERY, label, over_every, over_few
from fits import (
    ALPHA,
    KINKED_LOSSES,
    LOSSES,
    ONE_PER_CONVEX_LOSS,
    certified,
    data,
    objective,
    over_losses,
    over_storage,
    over_tol,
    over_weights,
    statement,
    weights,
)
from scipy import sparse
from scipy.optimize import linprog
from sklearn.linear_model import Lasso

from skregloss import PenalizedClassifier, PenalizedCox, PenalizedRegressor
from skregloss.losses import AbsoluteError, EpsilonInsensitive, Hinge, LogLoss, Poisson, Quantile, SquaredError
from skregloss.penalties import L1, L2, SLOPE, FusedL1, GroupL2, NuclearNorm
from skregloss.solvers import Problem, make_solver, solve

FEW_LOSSES = [SquaredError(), LogLoss(), Poisson(), LOSSES["huber"]()]


@over_weights
@over_storage
@over_every
@over_losses([SquaredError(), LogLoss()])
def test_gap_of_every_penalty(loss, penalty, storage, weighted):
    X, y = data(loss)
    settings = {"sample_weight": weights(len(y))} if weighted else {"fit_intercept": storage is not np.asfortranarray}
    certified(loss, penalty, storage(X), y, 1e-10 if weighted else 1e-6, **settings)


@over_few
@over_losses(ONE_PER_CONVEX_LOSS)
def test_gap_of_every_loss(loss, penalty):
    X, y = data(loss)
    certified(loss, penalty, X, y, 1e-10)


@over_tol
@pytest.mark.parametrize("penalty", [SLOPE(), FusedL1(), FusedL1(0.3), NuclearNorm(), FusedL1() + L2()], ids=label)
@over_losses(FEW_LOSSES)
def test_more_columns_than_rows(loss, penalty, tol):
    X, y = data(loss, n=30, p=60)
    certified(loss, penalty.bind(60), X, y, tol, 0.02)


def special_settings(kind, n):
    offset = np.random.default_rng(2).normal(size=n)
    choices = {
        "offset": {"offset": offset},
        "no intercept": {"fit_intercept": False},
        "factor": {"factors": np.full(12, 0.3)},
        "unpenalised": {"factors": np.zeros(12)},
        "together": {"factors": np.full(12, 3.0), "offset": offset, "sample_weight": weights(n)},
    }
    return choices[kind]


@pytest.mark.parametrize("kind", ["offset", "no intercept", "factor", "unpenalised", "together"])
@over_few
@over_losses(FEW_LOSSES[:2])
def test_settings(loss, penalty, kind):
    X, y = data(loss)
    settings = special_settings(kind, len(y))
    if kind == "unpenalised":
        plain = solve(Problem(loss, L1(), X, y, **settings), ALPHA, tol=1e-10)
        assert np.allclose(solve(Problem(loss, penalty, X, y, **settings), ALPHA, tol=1e-10).coef, plain.coef, atol=1e-8)
    else:
        certified(loss, penalty, X, y, 1e-10, **settings)


@over_tol
@pytest.mark.parametrize("l1_ratio", [0.0, 0.3])
def test_chains_have_factors_of_their_own(l1_ratio, tol):
    X, y = data(LogLoss())
    factors = np.ones(12)
    factors[CHAINS[0]], factors[CHAINS[1]], factors[[4, 6]] = 0.2, np.inf, [0.0, 2.0]
    solution = certified(LogLoss(), FusedL1(l1_ratio, CHAINS), X, y, tol, factors=factors)
    assert not solution.coef[CHAINS[1]].any()


@over_tol
@over_storage
@over_few
def test_standardised_columns(penalty, storage, tol):
    """The problem of the columns divided by their deviations, whose coefficients are those times the deviations."""
    X, y = data(LogLoss())
    X, w = X * np.geomspace(1e-2, 1e2, X.shape[1]), weights(60)
    solution = solve(Problem(LogLoss(), penalty, storage(X), y, standardize=True, sample_weight=w), ALPHA, tol=tol)
    assert solution.converged
    deviation = np.sqrt(np.average((X - np.average(X, axis=0, weights=w)) ** 2, axis=0, weights=w))
    arguments, keywords = statement(LogLoss(), penalty, X / deviation, y, ALPHA, {"sample_weight": w})
    assert oracle.relative_gap(*arguments, solution.coef * deviation, solution.intercept, **keywords) <= tol + 1e-13


@over_tol
@over_every
@over_losses([SquaredError(), LOSSES["huber"]()])
def test_several_outputs(loss, penalty, tol):
    X, _ = data(loss)
    rng = np.random.default_rng(4)
    Y = X[:, :3] @ [[0.8, -0.5, 0.4], [0.4, 0.0, 0.2], [0.0, 0.3, 0.0]] + rng.normal(size=(60, 3))
    certified(loss, penalty, X, Y, tol, 0.1, sample_weight=weights(60), offset=rng.normal(size=(60, 3)))


@pytest.mark.parametrize("penalty", [NuclearNorm(), FusedL1(), FusedL1(0.4), SLOPE()], ids=label)
def test_optimality_for_several_classes(penalty):
    """-X'(p - y) / n is a subgradient: within the dual ball, and its product with B is the penalty."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(90, 12))
    y = np.argmax(X @ rng.normal(size=(12, 4)) + rng.gumbel(size=(90, 4)), axis=1)
    model = PenalizedClassifier(penalty=penalty, alpha=0.02, tol=1e-12).fit(X, y)
    gradient = (model.predict_proba(X) - np.eye(4)[y]).T @ X / 90
    form = oracle.bound.Bound((1.0, penalty.name, penalty.get_params()), np.full(48, 0.02), 4)
    coef = model.coef_.ravel()
    assert form.scale(-gradient.ravel(), np.zeros(48)) >= 1.0 - 1e-6
    assert -gradient.ravel() @ coef == pytest.approx(form.value(coef), rel=1e-6)
    np.testing.assert_allclose(form.flat(48).T @ gradient.ravel(), 0.0, atol=1e-9)


@over_every
@over_losses(FEW_LOSSES)
def test_alpha_max_is_tight(loss, penalty):
    """There and above, all coefficients are zero, or all differences where they alone are penalised."""
    X, y = data(loss)
    solver = make_solver(Problem(loss, penalty, X, y, sample_weight=weights(60)))
    alpha_max = solver.alpha_max()
    differences = penalty.difference_factor() is not None
    if not np.isfinite(alpha_max):
        assert "FusedL1()" in repr(penalty) and "L2" in repr(penalty)
        return
    order = np.arange(12) if "chain" not in repr(penalty) else np.concatenate(CHAINS)
    ends = [] if "chain" not in repr(penalty) else [len(CHAINS[0]) - 1]

    def size(share):
        coef = solver.solve(share * alpha_max, tol=1e-10, max_iter=100).coef
        return np.abs(np.delete(np.diff(coef[order]), ends) if differences else coef).max()

    assert size(1.0) <= 1e-14
    assert size(2.0) <= 1e-14
    assert size(0.999) > 1e-7


@over_few
@over_losses(KINKED_LOSSES)
def test_losses_with_kinks(loss, penalty):
    X, y = data(loss)
    certified(loss, penalty, X, y, 1e-6, sample_weight=weights(60))


@pytest.mark.slow
@over_every
@over_losses([Quantile(0.3), Hinge(), EpsilonInsensitive(), AbsoluteError()])
def test_every_penalty_with_kinks(loss, penalty):
    X, y = data(loss, 100, 12)
    certified(loss, penalty, X, y, 1e-8, 0.01)


@pytest.mark.parametrize("l1_ratio", [0.0, 0.4])
def test_fused_median_regression_is_a_linear_program(l1_ratio):
    X, y = data(AbsoluteError(), 40, 8)
    n, p, alpha = 40, 8, 0.05
    # b+, b-, the sizes of differences, b0 and the sizes of residuals
    D, eye, ones = np.diff(np.eye(p), axis=0), np.eye(n), np.ones((n, 1))
    rows = [np.hstack([s * X, -s * X, np.zeros((n, p - 1)), s * ones, -eye]) for s in (1, -1)]
    rows += [np.hstack([s * D, -s * D, -np.eye(p - 1), np.zeros((p - 1, n + 1))]) for s in (1, -1)]
    right = np.concatenate([y, -y, np.zeros(2 * p - 2)])
    prices = alpha * np.repeat([l1_ratio, 1.0 - l1_ratio], [2 * p, p - 1])
    bounds = [(0, None)] * (3 * p - 1) + [(None, None)] + [(0, None)] * n
    found = linprog(np.concatenate([prices, [0.0], np.full(n, 1 / n)]), np.vstack(rows), right, bounds=bounds)
    solution = solve(Problem(AbsoluteError(), FusedL1(l1_ratio).bind(p), X, y), alpha, tol=1e-9)
    assert solution.certificate.objective == pytest.approx(found.fun, rel=1e-8)
    assert objective(AbsoluteError(), FusedL1(l1_ratio), X, y, solution, alpha, {})[0] == pytest.approx(found.fun, rel=1e-8)


@pytest.mark.parametrize(
    ("one", "other", "factor"),
    [
        (FusedL1(1.0), L1(), 1.0),
        (FusedL1(0.999999999999), L1(), 1.0),
        (SLOPE(weights=np.full(12, 2.0)), L1(), 2.0),
        (SLOPE(weights=[1.0] + [0.0] * 11) + L1(), SLOPE(weights=[2.0] + [1.0] * 11), 1.0),
        (0.5 * FusedL1() + 0.5 * L1(), FusedL1(0.5), 1.0),
        (2.0 * FusedL1(0.25) + 0.5 * L1(), FusedL1(0.4), 2.5),
        (FusedL1(0.3, chain=[[j] for j in range(12)]), L1(), 0.3),
        (FusedL1(0.5, chain=list(range(11, -1, -1))), FusedL1(0.5), 1.0),
        (FusedL1(chain=list(range(11, -1, -1))), FusedL1(), 1.0),
        (NuclearNorm(), GroupL2(12, weights=[1.0]), 1.0),
        (NuclearNorm() + 0.5 * L2(), GroupL2(12, weights=[1.0]) + 0.5 * L2(), 1.0),
    ],
    ids=lambda item: label(item),
)
@over_losses([SquaredError(), LogLoss(), Poisson()])
def test_equal_penalties(loss, one, other, factor):
    X, y = data(loss)
    first = solve(Problem(loss, one.bind(12), X, y), ALPHA, tol=1e-15)
    second = solve(Problem(loss, other.bind(12), X, y), factor * ALPHA, tol=1e-15)
    np.testing.assert_allclose(first.coef, second.coef, rtol=1e-7, atol=1e-8)
    assert first.alpha_max == pytest.approx(second.alpha_max / factor, rel=1e-9)


def test_total_variation_denoising():
    """With the identity for a design, of a staircase with noise: the answer by the lasso on its steps."""
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 2.0, -1.0, 1.0], 20) + 0.3 * rng.normal(size=80)
    model = PenalizedRegressor(penalty=FusedL1(), alpha=0.01, fit_intercept=False, tol=1e-14).fit(sparse.eye_array(80), y)
    steps = np.tril(np.ones((80, 80)))[:, 1:]
    centred = steps - steps.mean(axis=0)
    lasso = Lasso(alpha=0.01, tol=1e-14, max_iter=10**6, fit_intercept=False).fit(centred, y - y.mean())
    np.testing.assert_allclose(model.coef_, centred @ lasso.coef_ + y.mean(), atol=1e-6)
    assert len(np.unique(model.coef_)) < 20


def test_correlated_columns_become_clusters():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(200, 1))
    X = np.hstack([shared + 0.05 * rng.normal(size=(200, 3)), rng.normal(size=(200, 5))])
    model = PenalizedRegressor(penalty=SLOPE(), alpha=0.3).fit(X, X[:, :3].sum(axis=1))
    assert len(np.unique(model.coef_[:3])) == 1
    assert np.all(model.coef_[3:] == 0.0)


def test_the_nuclear_norm_finds_the_rank():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(150, 15))
    Y = X @ rng.normal(size=(15, 2)) @ rng.normal(size=(2, 7)) + 0.3 * rng.normal(size=(150, 7))
    model = PenalizedRegressor(penalty=NuclearNorm(), alpha=0.2, tol=1e-10).fit(X, Y)
    assert np.linalg.matrix_rank(model.coef_) == 2


@pytest.mark.parametrize("penalty", [SLOPE(), FusedL1(), FusedL1(0.3), NuclearNorm()], ids=label)
def test_survival_times(penalty):
    X, y = data(Poisson(), 80, 12)
    model = PenalizedCox(penalty=penalty, alpha=0.02, tol=1e-9).fit(X, y + 1.0)
    assert model.certificate_.relative_gap <= 1e-9


@pytest.mark.parametrize("penalty", [SLOPE(), FusedL1(), FusedL1(0.3)], ids=label)
def test_memory_is_that_of_the_columns(penalty, monkeypatch):
    """No matrix of columns times columns, where they are many times the samples."""
    sizes = []
    before = np.empty
    monkeypatch.setattr(np, "empty", lambda shape, *rest, **more: sizes.append(np.prod(shape)) or before(shape, *rest, **more))
    rng = np.random.default_rng(2)
    X = rng.normal(size=(40, 4000))
    model = PenalizedRegressor(penalty=penalty, alpha=1.5 if penalty.name == "slope" else 0.5).fit(X, X[:, :5].sum(axis=1))
    assert model.certificate_.converged
    assert max(sizes) <= 4 * X.size


def test_examples_are_all_in_use():
    assert {type(term).__name__ for penalty in EVERY for _, term in penalty.terms()} >= {"SLOPE", "FusedL1", "NuclearNorm"}
