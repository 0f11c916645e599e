"""Columns that solvers do not look at for a while are at zero, and their slopes below their limits, as NumPy has them."""

from __future__ import annotations

import numpy as np
import pytest
from penalty_examples import short
from scipy import sparse

from skregloss.losses import CoxPartialLikelihood, Huber, LogLoss, OrdinalLogistic, Poisson, Softmax
from skregloss.path import fit_path
from skregloss.penalties import L1, ElasticNet
from skregloss.solvers import Problem, screening
from skregloss.solvers.ahead import AheadSolver

ROWS, COLUMNS = 60, 400
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, COLUMNS)) + RNG.normal(size=(ROWS, 1)) + 3.0 * RNG.random(COLUMNS)
WEIGHTS = RNG.uniform(0.5, 2.0, ROWS)
FACTORS = np.where(np.arange(COLUMNS) == 7, 0.0, RNG.uniform(0.5, 2.0, COLUMNS))
SCORE = X[:, 0] - X[:, 1] + RNG.normal(size=ROWS)
TARGETS = [
    (LogLoss(), np.where(SCORE > 0.0, 1.0, -1.0)),
    (Poisson(), RNG.poisson(np.exp(0.5 * SCORE - SCORE.mean())).astype(float)),
    (Huber(), SCORE),
    (Softmax(3), np.digitize(SCORE, [-1.0, 1.0]).astype(float)),
    (OrdinalLogistic(3), np.digitize(SCORE, [-1.0, 1.0]).astype(float)),
    (CoxPartialLikelihood(), np.column_stack([np.full(ROWS, -np.inf), np.exp(SCORE), RNG.random(ROWS) < 0.7, np.zeros(ROWS)])),
]


def names(value):
    return "" if isinstance(value, np.ndarray) else short(value)


def make_problem(loss, y, storage=np.asfortranarray, penalty=None, **options):
    penalty = L1() if penalty is None else penalty
    return Problem(loss, penalty.bind(COLUMNS, None), storage(X), y, **options)


@pytest.fixture
def left_out(monkeypatch):
    """Of each strength with columns left out: alpha, the point it ended at, and which coefficients these are"""
    found = []
    covers, blocks = screening.Screen.covers, screening.Screen.blocks
    alphas = {}

    def note_blocks(screen, every, alpha, point, previous_alpha):
        chosen = blocks(screen, every, alpha, point, previous_alpha)
        alphas[id(screen)] = np.setdiff1d(every.terms.columns, chosen.terms.columns)
        return chosen

    def note_covers(screen, alpha, point):
        result = covers(screen, alpha, point)
        if result and screen._reference is not None:
            found.append((alpha, point, alphas.get(id(screen), np.empty(0, dtype=int))))
        return result

    # Strengths that are solved together have all columns looked at.
    monkeypatch.setattr(AheadSolver, "_ahead", lambda *args: [])
    monkeypatch.setattr(screening.Screen, "covers", note_covers)
    monkeypatch.setattr(screening.Screen, "blocks", note_blocks)
    return found


@pytest.mark.parametrize("loss, y", TARGETS, ids=names)
@pytest.mark.parametrize("storage", [np.asfortranarray, sparse.csc_array], ids=["dense", "sparse"])
@pytest.mark.parametrize("penalty", [L1(), ElasticNet(0.5)], ids=short)
def test_slopes_of_columns_left_out_are_below_their_limits(loss, y, storage, penalty, left_out):
    factors = FACTORS if loss.joint is False else None
    problem = make_problem(loss, y, storage, penalty, sample_weight=WEIGHTS, factors=factors, standardize=True)
    fit_path(problem, 30, alpha_min_ratio=0.1)
    share = penalty.l1_l2_parts()[0]
    seen = 0
    for alpha, point, columns in left_out:
        if len(columns):
            slopes = np.abs(problem.design.rmatvec(point.gradient))[columns]
            assert (slopes <= alpha * share * problem.factors[columns] * (1.0 + 1e-10)).all()
            seen += 1
    assert seen > 0 or isinstance(loss, OrdinalLogistic)


@pytest.mark.parametrize("loss, y", TARGETS, ids=names)
def test_paths_are_the_same_with_all_columns_looked_at(loss, y, monkeypatch):
    paths = []
    for least in (screening.WORTHWHILE, 10 * COLUMNS):
        monkeypatch.setattr(screening, "WORTHWHILE", least)
        paths.append(fit_path(make_problem(loss, y), 30, alpha_min_ratio=0.1, tol=1e-12))
    one, other = paths
    assert one.converged.all() and other.converged.all()
    np.testing.assert_allclose(one.objective, other.objective, rtol=1e-12)
    np.testing.assert_allclose(one.coefs, other.coefs, atol=1e-5 * np.abs(other.coefs).max())


def test_a_strength_far_below_the_last_ends_with_all_columns_looked_at():
    """Columns chosen for small changes do not serve large ones."""
    loss, y = TARGETS[0]
    problem = make_problem(loss, y)
    top = fit_path(problem, 2).alpha_max
    alphas = top * np.r_[np.geomspace(1.0, 0.8, 12), 0.3, 0.29, 0.1]
    path, alone = fit_path(problem, alphas), [fit_path(make_problem(loss, y), [alpha]) for alpha in alphas]
    assert path.converged.all()
    np.testing.assert_allclose(path.objective, [single.objective[0] for single in alone], rtol=2e-6)


def test_the_last_strength_may_be_zero():
    """All columns are free there."""
    X = RNG.normal(size=(900, 250))
    y = np.where(X[:, 0] + 2.0 * RNG.normal(size=900) > 0.0, 1.0, -1.0)
    problem = Problem(LogLoss(), L1().bind(250, None), np.asfortranarray(X), y)
    top = fit_path(problem, 2).alpha_max
    path = fit_path(problem, np.r_[top * np.geomspace(1.0, 0.5, 30), 0.0])
    assert path.converged.all() and path.n_nonzero[-1] == 250
    np.testing.assert_allclose(path.coefs[:, -1], fit_path(problem, [0.0]).coefs[:, 0], atol=1e-8)


@pytest.mark.parametrize("loss, y", TARGETS, ids=names)
def test_a_choice_serves_where_it_is_made(loss, y, monkeypatch):
    """Also near the end of a path that explains almost everything, where the gradient shrinks with the strength."""
    blocks = screening.Screen.blocks

    def checked(screen, every, alpha, point, previous_alpha):
        chosen = blocks(screen, every, alpha, point, previous_alpha)
        assert screen.covers(alpha, point)
        return chosen

    monkeypatch.setattr(screening.Screen, "blocks", checked)
    fit_path(make_problem(loss, y), 40, alpha_min_ratio=0.01, tol=1e-4)
