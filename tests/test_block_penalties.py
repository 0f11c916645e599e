"""The mathematics that every penalty of groups promises for one block, over all of them and all their examples."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from oracle.groups import RADIAL
from oracle.penalties import VALUES
from penalty_examples import GROUPED, short, sums_slow

over_grouped = pytest.mark.parametrize("penalty", GROUPED, ids=short)
over_convex = pytest.mark.parametrize("penalty", [penalty for penalty in GROUPED if penalty.convex], ids=short)
ALPHAS, WEIGHTS, STEPS = (0.03, 1.0), (0.5, 2.0), (0.02, 1.0, 3.2, 40.0)
ANGLES = np.linspace(0.0, 2.0 * np.pi, 4001)
CIRCLE = np.column_stack([np.cos(ANGLES), np.sin(ANGLES)])


def formula(penalty, b, alpha, weight):
    """P of each row of b, by the oracle's formulas."""
    total = np.zeros(len(b))
    for factor, term in penalty.terms():
        params = {key: value for key, value in term.get_params().items() if key not in ("groups", "weights")}
        if term.grouped:
            lengths = np.linalg.norm(b, axis=1)
            total += factor * VALUES[RADIAL[term.name or type(term).__name__]](lengths, alpha * weight, **params)
        else:
            total += factor * VALUES[term.name](b, alpha, **params).sum(axis=1)
    return total


def cases(rng, sizes=(1, 2, 3, 6)):
    """Strengths, weights and points, some with zeros."""
    for alpha in ALPHAS:
        for weight in WEIGHTS:
            for size in sizes:
                for length in (0.01, 1.0, 7.0, 300.0):
                    point = rng.normal(size=size) * length
                    yield alpha, weight, point
                    if size > 2:
                        yield alpha, weight, np.where(np.arange(size) % 2, point, 0.0)


def filled(method, like, *arguments):
    out = np.full(like, np.nan)
    method(*arguments, out)
    return out


def prox(penalty, z, step, alpha, weight):
    return filled(penalty.block_prox, len(z), z, step, alpha, weight)


@over_grouped
def test_value_is_the_formula(penalty):
    for alpha, weight, b in cases(np.random.default_rng(0)):
        expected = formula(penalty, b[None], alpha, weight)[0]
        assert penalty.block_value(b, alpha, weight) == pytest.approx(expected, rel=1e-13)
        assert penalty.block_value(0.0 * b, alpha, weight) == 0.0


@over_grouped
def test_no_candidate_beats_the_prox(penalty):
    """Not on a grid around zero and z, not near the prox at any scale."""
    rng = np.random.default_rng(1)
    for alpha, weight, z in cases(rng, sizes=(2, 5)):
        length = np.linalg.norm(z)
        inside = np.outer(np.r_[0.0, np.geomspace(1e-4, 1.2, 60)], z)
        box = rng.uniform(-1.1, 1.1, size=(1500, len(z))) * np.abs(z).max()
        for step in STEPS:
            b = prox(penalty, z, step, alpha, weight)
            near = b + length * 10.0 ** rng.uniform(-7, 0, size=(500, 1)) * rng.normal(size=(500, len(z)))
            candidates = np.vstack([inside, box, near, near * (b != 0.0), z[None]])
            values = 0.5 * np.sum((candidates - z) ** 2, axis=1) + step * formula(penalty, candidates, alpha, weight)
            reached = 0.5 * np.sum((b - z) ** 2) + step * formula(penalty, b[None], alpha, weight)[0]
            assert reached <= values.min() + 1e-13 * length**2
            assert np.all(b * z >= 0.0)
            assert np.array_equal(prox(penalty, -z, step, alpha, weight), -b)


@over_grouped
def test_distance_is_zero_exactly_at_the_prox(penalty):
    rng = np.random.default_rng(2)
    for alpha, weight, z in cases(rng):
        for step in STEPS:
            b = prox(penalty, z, step, alpha, weight)
            grad = (b - z) / step
            rounding = 1e-12 * np.linalg.norm(z) * (1.0 + 1.0 / step)
            assert penalty.block_distance(b, grad, alpha, weight) <= rounding
            if b.all():
                off = rng.normal(size=len(z))
                distance = penalty.block_distance(b, grad + off, alpha, weight)
                assert distance == pytest.approx(np.linalg.norm(off), rel=1e-9, abs=rounding)


@over_convex
def test_distance_is_that_to_the_nearest_subgradient(penalty):
    """At zero; that of a block with some zeros is the least over the subgradients of those."""
    rng = np.random.default_rng(3)
    core, l1 = getattr(penalty, "scale", 1.0), getattr(penalty, "l1", 0.0)
    for alpha, weight, grad in cases(rng):
        limit = core * alpha * weight
        rest = np.sign(grad) * np.maximum(np.abs(grad) - alpha * l1, 0.0)
        nearest = max(np.linalg.norm(rest) - limit, 0.0)
        assert penalty.block_distance(0.0 * grad, grad, alpha, weight) == pytest.approx(nearest, rel=1e-12, abs=1e-14)
        is_zero = not prox(penalty, -grad, 1.0, alpha, weight).any()
        assert (nearest == 0.0) == is_zero


@over_grouped
def test_slope_and_bend_match_differences(penalty):
    rng = np.random.default_rng(4)
    for alpha, weight, b in cases(rng, sizes=(1, 2, 4)):
        if not b.all():
            continue
        size, h = len(b), 1e-5 * np.abs(b).min()
        steps = h * np.eye(size)
        ends = formula(penalty, b + steps, alpha, weight), formula(penalty, b - steps, alpha, weight)
        slope = filled(penalty.block_slope, size, b, alpha, weight)
        np.testing.assert_allclose(slope, (ends[0] - ends[1]) / (2.0 * h), rtol=1e-5, atol=1e-9 * alpha * (1.0 + 1e-5 / h))
        bend = filled(penalty.block_bend, (size, size), b, alpha, weight)
        rounding = 1e-6 * np.abs(slope).max() / np.linalg.norm(b)
        for i in range(size):
            ahead = filled(penalty.block_slope, size, b + steps[i], alpha, weight)
            behind = filled(penalty.block_slope, size, b - steps[i], alpha, weight)
            np.testing.assert_allclose(bend[i], (ahead - behind) / (2.0 * h), rtol=1e-5, atol=rounding)


@over_convex
def test_scale_is_where_the_conjugate_becomes_infinite(penalty):
    """Without L2, sup over b of s v'b - P(b) is finite as long as s v'u <= P(u) for every direction u."""
    rng = np.random.default_rng(5)
    for alpha, weight, v in cases(rng, sizes=(2,)):
        scale = penalty.block_scale(v, alpha, weight)
        if getattr(penalty, "l2", 0.0) > 0.0:
            assert scale == 1.0
            continue
        ratio = np.max(scale * (CIRCLE @ v) / formula(penalty, CIRCLE, alpha, weight))
        assert ratio <= 1.0 + 1e-12
        assert scale == 1.0 or ratio >= 1.0 - 1e-5


@over_convex
def test_conjugate_point_attains_the_supremum(penalty):
    rng = np.random.default_rng(6)
    for alpha, weight, v in cases(rng, sizes=(2, 4)):
        v = v * penalty.block_scale(v, alpha, weight)
        best = filled(penalty.block_conjugate_point, len(v), v, alpha, weight)
        reached = v @ best - formula(penalty, best[None], alpha, weight)[0]
        spread = 10.0 ** rng.uniform(-5, 5, size=(2000, 1)) * rng.normal(size=(2000, len(v)))
        candidates = np.vstack([spread, best + 0.1 * spread, best * (1.0 + 0.01 * spread), 0.0 * spread[:1]])
        values = candidates @ v - formula(penalty, candidates, alpha, weight)
        assert values.max() <= reached + 1e-12 * (1.0 + abs(reached)) * np.abs(candidates).max()
        assert reached >= 0.0


@over_grouped
def test_a_block_of_one_is_the_scalar(penalty):
    for alpha, _, z in cases(np.random.default_rng(7), sizes=(1,)):
        for step in STEPS:
            b = prox(penalty, z, step, alpha, 1.0)[0]
            assert b == pytest.approx(penalty.prox(z[0], step, alpha), rel=1e-14)
            for grad in (0.3, -2.0):
                distance = penalty.block_distance(np.array([b]), np.array([grad]), alpha, 1.0)
                assert distance == pytest.approx(penalty.subdiff_distance(b, grad, alpha), rel=1e-13, abs=1e-15)
        assert penalty.block_value(z, alpha, 1.0) == pytest.approx(penalty.value(z[0], alpha), rel=1e-14)


@pytest.mark.filterwarnings("ignore:overflow")
@over_grouped
def test_blocks_survive_extremes(penalty):
    for alpha in (0.0, *ALPHAS):
        for length in (0.0, 1e-300, 1e-160, 1e160, 1e300):
            z = length * np.array([1.0, -0.5, 0.25])
            for step in STEPS:
                b = prox(penalty, z, step, alpha, 1.5)
                assert np.all(np.abs(b) <= np.abs(z) * (1.0 + 1e-15))
                if alpha == 0.0:
                    np.testing.assert_allclose(b, z, rtol=1e-15)
            assert not np.isnan(penalty.block_value(z, alpha, 1.5))
            assert not np.isnan(penalty.block_distance(z, np.ones(3), alpha, 1.5))


@njit
def evaluate(penalty, b, grad, step, alpha, weight, found, bend):
    """Every method but those of the conjugate, in one compilation."""
    penalty.block_prox(b, step, alpha, weight, found[0])
    penalty.block_slope(b, alpha, weight, found[1])
    penalty.block_bend(b, alpha, weight, bend)
    found[2, 0] = penalty.block_value(b, alpha, weight)
    found[2, 1] = penalty.block_distance(b, grad, alpha, weight)
    found[2, 2] = penalty.block_distance(np.zeros(len(b)), grad, alpha, weight)


@njit
def evaluate_conjugate(penalty, v, alpha, weight, found):
    found[0] = penalty.block_scale(v, alpha, weight)
    penalty.block_conjugate_point(found[0] * v, alpha, weight, found[1:])


@pytest.mark.parametrize("penalty", sums_slow(GROUPED[::3]), ids=short)
def test_compiled_equals_plain(penalty):
    compiled = penalty.lower()
    for alpha, weight, b in cases(np.random.default_rng(8), sizes=(3,)):
        results = []
        for function, item in ((evaluate.py_func, penalty), (evaluate, compiled)):
            results.append((np.zeros((3, 3)), np.zeros((3, 3))))
            function(item, b, b[::-1].copy(), 0.7, alpha, weight, *results[-1])
        np.testing.assert_allclose(results[1][0], results[0][0], rtol=1e-13, atol=1e-14)
        np.testing.assert_allclose(results[1][1], results[0][1], rtol=1e-13, atol=1e-14)
        if penalty.convex:
            one, other = np.zeros(4), np.zeros(4)
            evaluate_conjugate.py_func(penalty, b, alpha, weight, one)
            evaluate_conjugate(compiled, b, alpha, weight, other)
            np.testing.assert_allclose(other, one, rtol=1e-12, atol=1e-14)
