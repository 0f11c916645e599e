"""The mathematics that every penalty promises, over every penalty class of the package and all its examples."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numba import njit
from penalty_examples import CLASSES, over_convex, over_examples, prox_objective, short, sums_slow
from scipy.optimize import minimize_scalar

from skregloss.penalties import L0, L1, L2, MCP, SCAD, SLOPE, Lq, Penalty

ALPHAS = (0.0, 0.03, 1.0, 4.0)
STEPS = (1e-3, 0.3, 1.0, 2.9, 3.1, 5.0, 40.0, 1e3)
SIZES = np.concatenate([np.geomspace(1e-4, 1e4, 25), np.linspace(0.1, 12.0, 25)])


def brute_force_prox(penalty, z, step, alpha):
    """The global minimiser on [0, z], by a dense grid and a refinement of its best interval."""
    objective = lambda b: prox_objective(penalty, b, z, step, alpha)  # noqa: E731
    grid = z * np.concatenate([[0.0], np.geomspace(1e-6, 1e-2, 20), np.linspace(0.02, 1.0, 60)])
    best = int(np.argmin([objective(b) for b in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, len(grid) - 1)]
    refined = minimize_scalar(objective, bounds=(low, high), method="bounded", options={"xatol": 1e-10 * z}).x
    return min((grid[best], refined), key=objective)


@njit
def evaluate(penalty, first, second, alpha):
    """Every method but the conjugate at each pair of numbers, in one compilation."""
    found = np.empty((len(first), 6))
    for i in range(len(first)):
        a, b = first[i], second[i]
        found[i, 0] = penalty.value(a, alpha)
        found[i, 1] = penalty.prox(a, b, alpha)
        found[i, 2] = penalty.derivative(a, alpha)
        found[i, 3] = penalty.curvature(a, alpha)
        found[i, 4] = penalty.subdiff_distance(a if i % 2 else 0.0, b, alpha)
        found[i, 5] = penalty.entry_alpha(a, b)
    return found


@njit
def evaluate_conjugate(penalty, slopes, alpha):
    return np.array([penalty.conjugate(v, alpha) for v in slopes])


@over_examples
@pytest.mark.parametrize("alpha", ALPHAS[1:])
def test_prox_is_the_global_minimiser(penalty, alpha):
    for step in STEPS:
        for z in SIZES[::5]:
            b = penalty.prox(z, step, alpha)
            brute = brute_force_prox(penalty, z, step, alpha)
            reached = prox_objective(penalty, b, z, step, alpha)
            wanted = prox_objective(penalty, brute, z, step, alpha)
            assert 0.0 <= b <= z * (1.0 + 1e-15)
            assert penalty.prox(-z, step, alpha) == -b
            assert reached <= wanted + 1e-14 * z * z
            # Near a jump two points far apart are almost equally good.
            assert abs(b - brute) <= 1e-5 * z or abs(reached - wanted) <= 1e-9 * z * z


@over_examples
@settings(deadline=None, derandomize=True, max_examples=40)
@given(z=st.floats(1e-3, 1e3), step=st.floats(1e-3, 1e3), alpha=st.floats(0.0, 100.0), share=st.floats(0.0, 1.0))
@example(z=3.0, step=3.0, alpha=1.0, share=0.5)
@example(z=3.7, step=2.7, alpha=1.0, share=0.5)
def test_no_candidate_beats_the_prox(penalty, z, step, alpha, share):
    reached = prox_objective(penalty, penalty.prox(z, step, alpha), z, step, alpha)
    for candidate in (0.0, share * z, share * 1e-3 * z, z):
        assert reached <= prox_objective(penalty, candidate, z, step, alpha) + 1e-13 * z * z


@over_examples
def test_prox_jumps_between_equals(penalty):
    for step in STEPS:
        points = np.geomspace(1e-2, 1e4, 60)
        for low, high in pairwise(points):
            halfway = 0.5 * (penalty.prox(low, step, 1.0) + penalty.prox(high, step, 1.0))
            for _ in range(60):
                middle = 0.5 * (low + high)
                low, high = (middle, high) if penalty.prox(middle, step, 1.0) <= halfway else (low, middle)
            before, after = penalty.prox(low, step, 1.0), penalty.prox(high, step, 1.0)
            difference = prox_objective(penalty, before, low, step, 1.0) - prox_objective(penalty, after, low, step, 1.0)
            assert abs(difference) <= 1e-12 * low * low


@over_examples
def test_prox_survives_extremes(penalty):
    for alpha in ALPHAS:
        for step in STEPS:
            assert penalty.prox(0.0, step, alpha) == 0.0
            for z in (1e-300, 1e-150, 1e150, 1e300):
                b = penalty.prox(z, step, alpha)
                assert 0.0 <= b <= z * (1.0 + 1e-15)
                assert penalty.prox(-z, step, alpha) == -b
                if alpha == 0.0:
                    assert b == z
                assert not math.isnan(penalty.subdiff_distance(z, 1.0, alpha))
                assert not math.isnan(penalty.value(z, alpha))


@pytest.mark.parametrize("penalty", [L0(), MCP(0.5), Lq(), SCAD(), L1()], ids=short)
def test_a_tie_goes_to_zero(penalty):
    step = 8.0
    tie = {"L0": 4.0, "MCP": 2.0, "Lq": 6.0, "SCAD": math.sqrt(8.0 * 4.7), "L1": 8.0}[type(penalty).__name__]
    assert penalty.prox(tie * (1.0 - 1e-15), step, 1.0) == 0.0
    assert penalty.prox(tie * (1.0 + 1e-15), step, 1.0) != 0.0
    if isinstance(penalty, (L0, MCP, L1)):  # their ties are floats
        assert penalty.prox(tie, step, 1.0) == 0.0


@over_examples
@pytest.mark.parametrize("alpha", ALPHAS)
def test_zero_is_the_least_value(penalty, alpha):
    assert penalty.value(0.0, alpha) == 0.0
    values = [penalty.value(b, alpha) for b in np.sort(SIZES)]
    assert np.all(np.diff([0.0, *values]) >= -1e-12 * max(values))
    assert values == [penalty.value(-b, alpha) for b in np.sort(SIZES)]


@over_examples
@pytest.mark.parametrize("alpha", ALPHAS)
def test_derivative_and_curvature_match_differences(penalty, alpha):
    # No example has a kink within 1e-3 of these points.
    for b in (-7.77, -0.013, 0.0057, 0.33, 2.345, 55.5):
        h = 1e-4 * abs(b)
        slope = (penalty.value(b + h, alpha) - penalty.value(b - h, alpha)) / (2.0 * h)
        bend = (penalty.derivative(b + h, alpha) - penalty.derivative(b - h, alpha)) / (2.0 * h)
        assert penalty.derivative(b, alpha) == pytest.approx(slope, rel=1e-6, abs=1e-9)
        assert penalty.curvature(b, alpha) == pytest.approx(bend, rel=1e-6, abs=1e-9)


@over_examples
@pytest.mark.parametrize("alpha", ALPHAS)
def test_prox_point_is_stationary(penalty, alpha):
    for step in STEPS:
        for z in (*SIZES[::2], *-SIZES[::5]):
            b = penalty.prox(z, step, alpha)
            grad = (b - z) / step
            rounding = 1e-12 * (abs(z) / step + (abs(penalty.derivative(b, alpha)) if b != 0.0 else 0.0))
            assert penalty.subdiff_distance(b, grad, alpha) <= rounding
            if b != 0.0:
                for off in (0.01, -3.0):
                    assert penalty.subdiff_distance(b, grad + off, alpha) == pytest.approx(abs(off), abs=rounding)


@over_convex
@pytest.mark.parametrize("alpha", [0.03, 1.0, 4.0])
def test_subdiff_distance_matches_the_default(penalty, alpha):
    for b in (-2.0, 0.0, 1e-3, 5.0):
        for grad in (-6.0, -1.0, -1e-3, 0.0, 0.3, 3.0):
            default = Penalty.subdiff_distance(penalty, b, grad, alpha)
            actual = penalty.subdiff_distance(b, grad, alpha)
            # The default at 0 moves at unit rate only without curvature.
            assert (actual == 0.0) == (default == 0.0) if b == 0.0 else actual == pytest.approx(default, abs=1e-9)


@over_convex
@pytest.mark.parametrize("alpha", [0.0, 0.03, 1.0, 4.0])
def test_conjugate_is_the_supremum(penalty, alpha):
    for v in (-30.0, -4.1, -1.0, -0.01, 0.0, 0.02, 0.5, 1.3, 9.0):
        conjugate, point = penalty.conjugate(v, alpha), penalty.conjugate_point(v, alpha)
        default = Penalty.conjugate_point(penalty, v, alpha)
        if math.isfinite(conjugate):
            assert point == pytest.approx(default, rel=1e-8, abs=1e-8)
            assert conjugate == pytest.approx(v * point - penalty.value(point, alpha), rel=1e-12, abs=1e-12)
            worst = minimize_scalar(lambda b, v=v: penalty.value(b, alpha) - v * b, bracket=(0.0, 2 * point + 1.0))
            assert conjugate >= -worst.fun - 1e-9 * (1.0 + abs(conjugate))
        else:
            assert point == default == math.copysign(math.inf, v)
            assert conjugate == math.inf
            assert v * 1e9 * np.sign(v) - penalty.value(1e9, alpha) > 0.0


@over_convex
def test_fenchel_young(penalty):
    for alpha in (0.03, 1.0):
        for b in (-5.0, -0.2, 0.7, 40.0):
            slope = penalty.derivative(b, alpha)
            assert penalty.value(b, alpha) + penalty.conjugate(slope, alpha) == pytest.approx(slope * b, rel=1e-9)
            assert penalty.value(b, alpha) + penalty.conjugate(0.4 * slope, alpha) >= 0.4 * slope * b - 1e-9


@over_examples
def test_entry_alpha_is_tight(penalty):
    for step in STEPS:
        assert penalty.entry_alpha(0.0, step) == 0.0
        for grad in (-2e3, -1.7, -1e-3, 1e-9, 0.4, 33.3):
            entry = penalty.entry_alpha(grad, step)
            assert entry == pytest.approx(Penalty.entry_alpha(penalty, grad, step), rel=1e-14)
            if entry < math.inf:
                assert penalty.prox(-step * grad, step, entry) == 0.0
                assert penalty.prox(-step * grad, step, 0.999 * entry) != 0.0
                assert penalty.prox(-step * grad, step, 1.7 * entry) == 0.0
            else:
                assert penalty.prox(-step * grad, step, 1e3) != 0.0


@pytest.mark.parametrize(
    ("penalty", "degree", "alpha_degree"),
    [(L1(), 1, 0), (L2(), 2, 0), (MCP(), 2, 1), (SCAD(), 2, 1), (Lq(0.3), 0.3, 0), (L0(), 0, 0)],
    ids=str,
)
def test_value_is_homogeneous(penalty, degree, alpha_degree):
    """P(t b; t^m alpha) = t^k P(b; alpha)"""
    for b in (0.3, 2.0, 9.0):
        for t in (0.1, 7.0):
            scaled = penalty.value(t * b, t**alpha_degree * 1.2)
            assert scaled == pytest.approx(t**degree * penalty.value(b, 1.2), rel=1e-13)


@over_examples
def test_l1_l2_parts_reproduce_the_value(penalty):
    parts = penalty.l1_l2_parts()
    if parts is not None:
        for b in (-3.0, 0.0, 0.2, 50.0):
            assert penalty.value(b, 0.7) == pytest.approx(0.7 * (parts[0] * abs(b) + parts[1] * b * b / 2), rel=1e-14)


FEW = [penalty for cls in CLASSES for penalty in cls.examples()[:3]]
COMPILED = [penalty.bind(1) if isinstance(penalty, SLOPE) else penalty for penalty in FEW]


# Sums and multiples of every core would each be compiled anew; a few stand for all, among the slow tests.
@pytest.mark.parametrize("penalty", sums_slow(COMPILED), ids=short)
def test_compiled_equals_plain(penalty):
    rng = np.random.default_rng(0)
    first, second = 10.0 ** rng.uniform(-3, 3, 80) * rng.choice([-1.0, 1.0], 80), 10.0 ** rng.uniform(-2, 2, 80)
    for alpha in (0.0, 0.5):
        plain = evaluate.py_func(penalty, first, second, alpha)
        np.testing.assert_allclose(evaluate(penalty.lower(), first, second, alpha), plain, rtol=1e-14, atol=1e-14)
        if penalty.convex:
            plain = evaluate_conjugate.py_func(penalty, first, alpha)
            np.testing.assert_allclose(evaluate_conjugate(penalty.lower(), first, alpha), plain, rtol=1e-14)
