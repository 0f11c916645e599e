"""What penalties that bind coefficients together promise: value, prox, dual ball; as objects; and what they refuse."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from bound_examples import CHAINS, EVERY, dual_norm, label, over_every, parts, value
from numba import njit
from scipy.optimize import linprog, lsq_linear
from scipy.stats import norm
from sklearn.base import clone

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import SquaredError
from skregloss.penalties import L1, L2, SLOPE, FusedL1, NuclearNorm, get_penalty
from skregloss.solvers import Problem

SEEDS = range(4)


def terms_of(penalty, outputs=1):
    """The penalty on all columns at strength 1, as the solver has it in the coordinates of the columns."""
    problem = Problem(SquaredError(), L1(), np.zeros((3, 12)), np.zeros((3, outputs)) if outputs > 1 else np.zeros(3))
    problem.penalty = penalty.for_outputs(outputs)
    problem.kernel_penalty = problem.penalty.lower()
    return problem._terms(np.arange(12 * outputs), np.ones(12 * outputs))


@njit
def blockwise_prox(penalty, z, step, starts, weights, out):
    for g in range(len(starts) - 1):
        penalty.block_prox(z[starts[g] : starts[g + 1]], step, 1.0, weights[g], out[starts[g] : starts[g + 1]])


def prox(terms, penalty, z, step, compiled=True):
    found, out = np.empty(len(z)), np.empty(len(z))
    function, item = (blockwise_prox, terms.penalty) if compiled else (blockwise_prox.py_func, penalty)
    function(item, z[terms.columns], step, terms.starts, terms.weights, found)
    out[terms.columns] = found
    return out


def points(seed):
    """Numbers with and without ties, zeros and jumps."""
    rng = np.random.default_rng(seed)
    smooth = np.repeat(rng.normal(size=4), 3) + 0.3 * rng.normal(size=12)
    return [3 * rng.normal(size=12), np.round(3 * rng.normal(size=12)), smooth, np.where(rng.uniform(size=12) < 0.5, smooth, 0)]


@pytest.mark.parametrize("seed", SEEDS)
@over_every
def test_value_is_the_formula(penalty, seed):
    terms = terms_of(penalty)
    for b in points(seed):
        assert terms.value(b[terms.columns]) == pytest.approx(value(penalty, b), rel=1e-13, abs=1e-14)
        assert terms.with_factor(2.5).value(b[terms.columns]) == pytest.approx(2.5 * value(penalty, b), rel=1e-13, abs=1e-14)


@pytest.mark.parametrize("seed", SEEDS)
@over_every
def test_prox_is_optimal(penalty, seed):
    """What the prox takes off z is a subgradient: within the dual ball, and its product with b is the penalty."""
    terms, (_, _, l2) = terms_of(penalty), parts(penalty)
    for z in points(seed):
        for step in (0.01, 0.4, 3.0, 50.0):
            b = prox(terms, penalty, z, step)
            taken = (z - b) / step - l2 * b
            ties = 1e-11 * (1.0 + np.abs(z).max() / step)
            if penalty.difference_factor() is not None:
                # Constants along a chain cost nothing.
                for places in parts(penalty)[0].places:
                    assert taken[places].sum() == pytest.approx(0.0, abs=ties)
            assert dual_norm(penalty, taken) <= 1.0 + ties
            assert taken @ b == pytest.approx(value(penalty, b) - 0.5 * l2 * b @ b, abs=ties * (1.0 + np.abs(b).sum()))
            np.testing.assert_allclose(prox(terms, penalty, -z, step), -b, rtol=1e-12, atol=1e-13)
            np.testing.assert_allclose(prox(terms, penalty, z, step, compiled=False), b, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("size", [1, 2, 3, 40, 120])
def test_total_variation_is_that_of_a_generic_solver(size):
    """b = z - D'w, w the least-squares solution within the box of the dual problem."""
    rng = np.random.default_rng(size)
    penalty = FusedL1().bind(size)
    for z in (rng.normal(size=size), np.cumsum(rng.normal(size=size)), np.round(rng.normal(size=size)), np.ones(size)):
        for strength in (0.0, 0.1, 1.0, 30.0):
            b = np.empty(size)
            penalty.block_prox(z, 1.0, strength, 1.0, b)
            differences = np.diff(np.eye(size), axis=0).T
            if size > 1 and strength > 0.0:
                w = lsq_linear(differences, z, (-strength, strength), method="bvls", tol=1e-15).x
                np.testing.assert_allclose(b, z - differences @ w, atol=1e-9)
            else:
                np.testing.assert_allclose(b, z, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("l1_ratio", [0.1, 0.5, 0.9])
def test_the_dual_norm_of_the_fused_lasso_is_that_of_a_linear_program(l1_ratio):
    """max v'b subject to P(b) <= 1, with b = c - d and its differences = e - f."""
    rng = np.random.default_rng(0)
    penalty, size = FusedL1(l1_ratio).bind(12), 12
    differences, eye = np.diff(np.eye(size), axis=0), np.eye(size - 1)
    for v in (rng.normal(size=size), rng.normal(size=size) + 1.0, np.ones(size), np.arange(size) - 3.0):
        equal = np.hstack([differences, -differences, -eye, eye])
        costs = np.concatenate([np.full(2 * size, l1_ratio), np.full(2 * size - 2, 1.0 - l1_ratio)])
        gain = -np.concatenate([v, -v, np.zeros(2 * size - 2)])
        found = linprog(gain, costs[None], [1.0], equal, np.zeros(size - 1), method="highs")
        assert dual_norm(penalty, v) == pytest.approx(-found.fun, rel=1e-9)
        assert penalty.block_scale(v, 1e-3, 1.0) == pytest.approx(-1e-3 / found.fun, rel=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
@over_every
def test_dual_scale_and_conjugate(penalty, seed):
    """The largest scale at which the conjugate is finite; the gap is zero at a subgradient and positive elsewhere."""
    terms, (term, l1, l2) = terms_of(penalty), parts(penalty)
    for v in points(seed):
        v = 2.0 * v - 2.0 * v.mean()
        scale = terms.dual_scale(v[terms.columns], 0.0)
        if l2 > 0.0:
            expected = term.conjugate(v, np.full(12, l1), np.full(12, l2))
            assert scale == 1.0
            assert terms.gap(np.zeros(12), v[terms.columns], 0.0) == pytest.approx(expected, rel=1e-7, abs=1e-12)
        elif penalty.difference_factor() is None:
            assert scale == pytest.approx(min(1.0, 1.0 / dual_norm(penalty, v)), rel=1e-12)
            assert terms.gap(np.zeros(12), 1.01 * v[terms.columns], 0.0) in (0.0, np.inf)
        b = prox(terms, penalty, v, 0.7)
        subgradient = ((v - b) / 0.7)[terms.columns]
        if penalty.difference_factor() is None:
            subgradient = subgradient * terms.dual_scale(subgradient, 0.0)
            assert terms.gap(b[terms.columns], subgradient, 0.0) == pytest.approx(0.0, abs=1e-11 * (1 + np.abs(b).sum()))
            assert terms.gap(b[terms.columns], 0.5 * subgradient, 0.0) > 0.0 or np.abs(b).max() < 1e-14


def test_the_nuclear_norm_of_several_outputs():
    rng = np.random.default_rng(3)
    penalty, terms = NuclearNorm(), terms_of(NuclearNorm(), 3)
    B = rng.normal(size=(3, 12))
    assert terms.value(B.ravel()) == pytest.approx(np.linalg.svd(B, compute_uv=False).sum(), rel=1e-13)
    left, values, right = np.linalg.svd(B, full_matrices=False)
    shrunk = (left * np.maximum(values - 1.3, 0.0)) @ right
    found = prox(terms, penalty.for_outputs(3), B.ravel(), 1.3).reshape(3, 12)
    np.testing.assert_allclose(found, shrunk, atol=1e-13)
    assert np.linalg.matrix_rank(prox(terms, penalty, B.ravel(), 0.5 * (values[0] + values[1])).reshape(3, 12)) == 1
    assert terms.dual_scale(B.ravel(), 0.0) == pytest.approx(1.0 / values[0], rel=1e-13)


def test_weights_of_benjamini_and_hochberg():
    critical = norm.ppf(1 - 0.2 * np.arange(1, 8) / 14)
    np.testing.assert_allclose(SLOPE(q=0.2).bind(7).sorted, critical / critical[0], rtol=1e-12)
    np.testing.assert_array_equal(SLOPE(weights=[3, 2, 2]).bind(3).sorted, [3.0, 2.0, 2.0])
    assert clone(SLOPE(weights=[3, 2]).bind(2)).weights == [3, 2]


@pytest.mark.parametrize("length", [0.0, 1e-300, 1e-160, 1e150])
@over_every
def test_proxes_survive_extremes(penalty, length):
    terms = terms_of(penalty)
    z = length * np.linspace(-1.0, 2.0, 12)
    for step in (1e-3, 1.0, 1e3):
        b = prox(terms, penalty, z, step)
        assert np.isfinite(b).all()
        assert np.abs(b).max() <= np.abs(z).max() * (1 + 1e-12)


@pytest.mark.parametrize("penalty", EVERY, ids=[label(each) for each in EVERY])
def test_is_a_parameter_object(penalty):
    copy = clone(penalty)
    assert repr(copy) == repr(penalty)
    assert type(penalty.bind(12)) is type(penalty)
    assert repr(pickle.loads(pickle.dumps(penalty.bind(12)))) == repr(penalty)
    penalty.validate()
    bound = penalty.bind(12)
    assert bound.for_outputs(3).block_labels(12) is not None
    assert repr(clone(bound)) == repr(penalty)


def test_names():
    assert isinstance(get_penalty("fused_l1"), FusedL1)
    assert isinstance(get_penalty("nuclear"), NuclearNorm)
    assert FusedL1().set_params(l1_ratio=0.5).l1_ratio == 0.5
    nested = (FusedL1() + 0.5 * L1()).set_params(left__l1_ratio=0.2, left__chain=CHAINS)
    assert nested.bind(12).kernel_parameters()["core"].kernel_parameters() == {"l1": 0.7, "differences": 0.8}


@pytest.mark.parametrize(
    ("penalty", "message"),
    [
        (SLOPE(weights=[1, 2, 3, 4]), "weights of SLOPE"),
        (SLOPE(weights=[-1, -2, -3, -4]), "weights of SLOPE"),
        (SLOPE(weights=[0, 0, 0, 0]), "weights of SLOPE"),
        (SLOPE(weights=[np.nan] * 4), "weights of SLOPE"),
        (SLOPE(weights=[3, 2, 1]), "3 numbers for 4 columns"),
        (SLOPE(q=1.5), "q of SLOPE"),
        (FusedL1(1.5), "l1_ratio of FusedL1"),
        (FusedL1("all"), "l1_ratio of FusedL1"),
        (FusedL1(chain=[0, 4]), "chain of FusedL1 names column 4, but X has the columns 0 to 3"),
        (FusedL1(chain=[0, 1, 0]), "chain of FusedL1 has column 0 twice"),
        (FusedL1(chain=[[0, 1], [1, 2]]), "chain of FusedL1 has column 1 twice"),
        (FusedL1(chain=["x"]), "chain of FusedL1 names column 'x', but X has no column names"),
        (FusedL1(chain=[[0, 1], 2]), "mixes lists of columns with single ones"),
        (FusedL1(chain="x"), "valid are None"),
        (FusedL1(chain=[0.5, 1.0]), "names a column by 0.5"),
        (NuclearNorm() + L1(), "The sum of NuclearNorm and L1 has no prox"),
        (NuclearNorm() + FusedL1(), "has no prox"),
        (SLOPE() + FusedL1(), "has no prox"),
    ],
    ids=lambda item: "".join(str(item).split())[:50],
)
def test_what_is_not_valid_says_so(penalty, message):
    with pytest.raises((TypeError, ValueError), match=message):
        PenalizedRegressor(penalty=penalty).fit(np.eye(4), np.arange(4.0))


@pytest.mark.parametrize("penalty", [SLOPE(), FusedL1(), FusedL1(0.5), NuclearNorm(), FusedL1() + L2()], ids=label)
def test_bounds_and_factors_that_differ_are_refused(penalty):
    X, y = np.eye(4), np.arange(4.0)
    with pytest.raises(ValueError, match="bounds do not go with"):
        PenalizedRegressor(penalty=penalty, bounds=(0, None)).fit(X, y)
    for factors in ([1, 2, 1, 1], [0, 1, 1, 1], [np.inf, 1, 1, 1]):
        with pytest.raises(ValueError, match="penalty_factors of columns"):
            PenalizedRegressor(penalty=penalty, penalty_factors=factors).fit(X, y)


def test_names_of_columns():
    pandas = pytest.importorskip("pandas")
    X = np.random.default_rng(0).normal(size=(30, 4))
    frame = pandas.DataFrame(X, columns=list("abcd"))
    by_name = PenalizedRegressor(penalty=FusedL1(chain=["d", "a", "c"]), alpha=0.1).fit(frame, X[:, 0])
    by_place = PenalizedRegressor(penalty=FusedL1(chain=[3, 0, 2]), alpha=0.1).fit(X, X[:, 0])
    np.testing.assert_array_equal(by_name.coef_, by_place.coef_)
    with pytest.raises(ValueError, match="chain of FusedL1 names column 'e', which X does not have"):
        PenalizedClassifier(penalty=FusedL1(chain=["d", "e"])).fit(frame, X[:, 0] > 0)
