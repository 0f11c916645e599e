"""Losses with kinks: exact fits, proved by duality, linear programs and scikit-learn."""

from __future__ import annotations

import numpy as np
import oracle
import pytest
from fits import (
    ALPHA,
    KINKED_LOSSES,
    NON_CONVEX,
    SMALL_CONVEX,
    certified,
    check_objective,
    data,
    no_single_move_pays,
    oracle_error,
    over_losses,
    over_penalties,
    over_storage,
    over_tol,
    over_weights,
    statement,
    weights,
)
from oracle import kinks
from sklearn.linear_model import QuantileRegressor
from sklearn.svm import SVC, LinearSVC, LinearSVR
from test_certificates import KINDS, special_settings

from skregloss import PenalizedClassifier, PenalizedRegressor, regularization_path
from skregloss.losses import AbsoluteError, EpsilonInsensitive, Hinge, Quantile
from skregloss.penalties import L1, L2, MCP, ElasticNet, GroupL2, NoPenalty
from skregloss.solvers import Problem, make_solver, solve

ONE_PER_LOSS = [AbsoluteError(), Quantile(0.8), EpsilonInsensitive(0.3), Hinge()]


@over_tol
@over_weights
@over_storage
@over_penalties([L1(), ElasticNet()])
@over_losses(ONE_PER_LOSS)
def test_gap(loss, penalty, storage, weighted, tol):
    X, y = data(loss)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


@pytest.mark.slow
@over_tol
@over_weights
@over_storage
@pytest.mark.parametrize("shape", [(60, 12), (30, 60)], ids=["tall", "wide"])
@over_penalties(SMALL_CONVEX)
@over_losses(KINKED_LOSSES)
def test_gap_of_every_pair(loss, penalty, shape, storage, weighted, tol):
    X, y = data(loss, *shape)
    certified(loss, penalty, storage(X), y, tol, sample_weight=weights(len(y)) if weighted else None)


@over_tol
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "all free"])
@over_penalties([L1(), L2()])
@over_losses([Quantile(), Hinge()])
def test_gap_with_settings(loss, penalty, kind, tol):
    X, y = data(loss)
    certified(loss, penalty, X, y, tol, **special_settings(kind, *X.shape))


@over_losses(KINKED_LOSSES)
def test_same_optimum_as_the_linear_program(loss):
    X, y = data(loss)
    for settings in ({}, special_settings("together", *X.shape)):
        solution = certified(loss, L1(), X, y, 1e-10, **settings)
        arguments, keywords = statement(loss, L1(), X, y, ALPHA, settings)
        problem = oracle.Problem(*arguments, **keywords)
        assert solution.certificate.objective == pytest.approx(oracle.objective(problem, *kinks.fit(problem)), rel=1e-9)


@over_losses(ONE_PER_LOSS)
def test_all_coefficients_free(loss):
    """Without a penalty too the slopes are a dual point, so that there is a gap."""
    X, y = data(loss)
    for penalty, factors in ((NoPenalty(), None), (L1(), np.zeros(12))):
        solution = certified(loss, penalty, X, y, 1e-10, factors=factors)
        arguments, keywords = statement(loss, L1(), X, y, 0.0, {})
        problem = oracle.Problem(*arguments, **keywords)
        assert solution.certificate.objective == pytest.approx(oracle.objective(problem, *kinks.fit(problem)), rel=1e-9)


@pytest.mark.parametrize("digits", [None, 0], ids=["continuous", "ties"])
@over_losses(KINKED_LOSSES)
def test_alpha_max_is_tight(loss, digits):
    X, y = data(loss)
    y = y if digits is None else np.where(np.round(y) == 0.0, 1.0, np.round(y)) if loss.classification else np.round(y)
    for settings in ({}, {"factors": np.array([0.0, np.inf, 3.0, *np.ones(9)]), "sample_weight": weights(60)}):
        solver = make_solver(Problem(loss, L1(), X, y, **settings))
        penalized = settings.get("factors", np.ones(12)) > 0.0
        at, below = (solver.solve(share * solver.alpha_max(), tol=1e-10, max_iter=200) for share in (1.0, 0.999))
        assert at.converged
        assert below.converged
        assert np.all(at.coef[penalized] == 0.0)
        assert np.any(below.coef[penalized] != 0.0)


@over_penalties(NON_CONVEX[::3])
@over_losses([Quantile(), Hinge()])
def test_fixed_point_of_non_convex_penalties(loss, penalty):
    X, y = data(loss)
    solution = solve(Problem(loss, penalty, X, y), ALPHA)
    assert solution.converged
    check_objective(solution, loss, penalty, X, y, ALPHA, {})
    problem = loss, penalty, X, y, ALPHA, {}
    assert oracle_error(solution, *problem) <= 2e-6 or no_single_move_pays(solution, *problem)


def test_groups():
    X, y = data(Quantile())
    singles = solve(Problem(Quantile(), GroupL2(groups=None).bind(12), X, y), ALPHA, tol=1e-10)
    plain = solve(Problem(Quantile(), L1(), X, y), ALPHA, tol=1e-10)
    np.testing.assert_allclose(singles.coef, plain.coef, atol=1e-8)
    solution = solve(Problem(Quantile(), GroupL2(groups=3).bind(12), X, y), ALPHA, tol=1e-9)
    assert solution.converged
    assert all(np.all(group == 0.0) or np.all(group != 0.0) for group in solution.coef.reshape(4, 3))


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
def test_same_as_quantile_regressor(quantile):
    X, y = data(Quantile(), 100, 8)
    ours = PenalizedRegressor(loss=Quantile(quantile), alpha=0.03, tol=1e-9).fit(X, y)
    theirs = QuantileRegressor(quantile=quantile, alpha=0.03).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-7)
    assert ours.intercept_ == pytest.approx(theirs.intercept_, abs=1e-7)


def test_same_as_support_vector_machines():
    """With C = 1 / (alpha n); liblinear penalises the intercept, so it goes without."""
    X, y = data(Hinge(), 80, 6)
    n, alpha = len(y), 0.1
    ours = PenalizedClassifier(loss="hinge", penalty="l2", alpha=alpha, tol=1e-9, fit_intercept=False).fit(X, y)
    options = {"C": 1 / (alpha * n), "tol": 1e-10, "max_iter": 10**7, "fit_intercept": False, "random_state": 0}
    np.testing.assert_allclose(ours.coef_, LinearSVC(loss="hinge", **options).fit(X, y).coef_, atol=1e-5)
    ours = PenalizedClassifier(loss="hinge", penalty="l2", alpha=alpha, tol=1e-9).fit(X, y)
    theirs = SVC(kernel="linear", C=1 / (alpha * n), tol=1e-10).fit(X, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    X, y = data(EpsilonInsensitive(), 80, 6)
    ours = PenalizedRegressor(EpsilonInsensitive(0.2), "l2", alpha, tol=1e-9, fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(ours.coef_, LinearSVR(epsilon=0.2, **options).fit(X, y).coef_, atol=1e-5)


def test_median_of_an_even_number_is_in_the_middle():
    model = PenalizedRegressor(loss="absolute_error", alpha=1e3).fit(np.zeros((4, 1)), [1.0, 2.0, 4.0, 9.0])
    assert model.intercept_ == pytest.approx(3.0, rel=1e-12)


@over_penalties([L1(), ElasticNet(), MCP()])
@over_losses([Quantile(0.8), Hinge()])
def test_path(loss, penalty):
    X, y = data(loss)
    path = regularization_path(X, y, loss=loss, penalty=penalty, alphas=20, alpha_min_ratio=0.05)
    assert path.converged.all()
    assert path.n_nonzero[0] == 0
    if penalty.convex:
        single = solve(Problem(loss, penalty, X, y), path.alphas[-1], tol=1e-9)
        assert path.objective[-1] == pytest.approx(single.certificate.objective, rel=1e-5)


@pytest.mark.parametrize("scale", [1e-8, 1e8])
@over_losses([Quantile(), EpsilonInsensitive(0.0)])
def test_units_do_not_matter(loss, scale):
    X, y = data(loss)
    plain = solve(Problem(loss, L1(), X, y), ALPHA, tol=1e-9)
    scaled = solve(Problem(loss, L1(), X, scale * y), ALPHA, tol=1e-9)
    np.testing.assert_allclose(scaled.coef / scale, plain.coef, atol=1e-6)
    scaled = solve(Problem(loss, L1(), scale * X, y), ALPHA * scale, tol=1e-9)
    np.testing.assert_allclose(scaled.coef * scale, plain.coef, atol=1e-6)


@over_losses(ONE_PER_LOSS)
def test_degenerate_data(loss):
    """Constant targets, repeated rows and columns, more columns than rows that explain everything, one row."""
    X, y = data(loss)
    doubled = np.hstack([X, X[:, :4], np.ones((60, 1))])
    cases = [(X, np.ones(60)), (np.vstack([doubled, doubled]), np.r_[y, y]), (data(loss, 20, 50)[0], y[:20]), (X[:1], y[:1])]
    for columns, targets in cases:
        for alpha in (1e-6, 0.02):
            assert solve(Problem(loss, L1(), columns, targets), alpha).converged
