"""The minimum of a quadratic with a weighted L1 norm, from any start, and the factor of its support."""

from __future__ import annotations

import numpy as np
import pytest

from skregloss.solvers import cholesky, homotopy
from skregloss.solvers.leaps import leap
from skregloss.solvers.newton_path import model_minimum
from skregloss.solvers.quadratic import Quadratic, entries_at, products, subtract_column
from skregloss.solvers.support import RIDGE, Support

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 12)) @ (np.eye(12) + 0.3)


def by_entries(gram, rows):
    return Quadratic(gram)


def by_rows(gram, rows):
    return Quadratic(rows=rows, diagonal=gram.diagonal())


over_forms = pytest.mark.parametrize("form", [by_entries, by_rows])


@over_forms
def test_weights_move_on_from_the_last_support(form):
    """Problems on parts of one matrix, one after another, are minimised as each is on its own."""
    full = X.T @ X / 60
    support = Support()
    for _ in range(60):
        columns = np.sort(RNG.choice(12, RNG.integers(1, 13), replace=False))
        size = len(columns)
        gram, ridge, weights = full[np.ix_(columns, columns)], np.zeros(size), RNG.uniform(0.05, 0.5, size)
        # Any start will do; q belongs to it.
        b = RNG.normal(size=size) * (RNG.random(size) < 0.5)
        linear = RNG.normal(size=size)
        before, gram_before, rows = linear - gram @ b, gram.copy(), X.T[columns] / np.sqrt(60)
        quadratic = form(gram, rows)
        outcome, found = homotopy.minimize_each(quadratic, ridge, before, b, weights, np.ones(1), columns, support)
        assert outcome == homotopy.FINISHED
        np.testing.assert_array_equal(gram, gram_before)
        np.testing.assert_array_equal(rows, X.T[columns] / np.sqrt(60))
        np.testing.assert_array_equal(found, b[None])
        q = linear - gram @ b
        assert (np.abs(q) <= weights + 1e-8).all()
        np.testing.assert_allclose(q[b != 0.0], (np.sign(b) * weights)[b != 0.0], atol=1e-8)
        assert sorted(support.columns) == sorted(columns[b != 0.0])
    share = RNG.uniform(0.5, 2.0)
    support.scale(share)
    count = len(support.columns)
    factor = np.tril(support.factor[:count, :count])
    own = share * full[np.ix_(support.columns, support.columns)]
    np.testing.assert_allclose(factor @ factor.T, own, rtol=1e-8, atol=1e-9)


def test_a_support_of_another_matrix_is_not_taken_for_its_own():
    support, columns, weights = Support(), np.arange(4), np.full(4, 0.1)
    for scale in (1.0, 3.0, 0.2):
        gram = scale * (X.T @ X)[:4, :4] / 60
        b, linear = np.zeros(4), np.array([1.0, -2.0, 0.5, 1.5])
        homotopy.minimize(gram, np.zeros(4), linear.copy(), b, weights, columns, support)
        q = linear - gram @ b
        np.testing.assert_allclose(q[b != 0.0], (np.sign(b) * weights)[b != 0.0], atol=1e-8)


@over_forms
def test_a_model_on_a_few_columns_ends_at_its_minimum(form):
    rng = np.random.default_rng(5)
    for size in (1, 4, 12):
        rows, b, linear = X.T[:size] / np.sqrt(60), rng.normal(size=size) * (rng.random(size) < 0.7), rng.normal(size=size)
        gram, ridge, limits = rows @ rows.T, rng.uniform(0.0, 0.2, size), rng.uniform(0.05, 0.5, size)
        quadratic, before = form(gram, rows), linear - gram @ b
        assert model_minimum(quadratic.matrix, quadratic.diagonal.copy(), ridge, before, b, limits)
        q = linear - gram @ b - ridge * b
        assert (np.abs(q) <= limits + 1e-8).all()
        np.testing.assert_allclose(q[b != 0.0], (np.sign(b) * limits)[b != 0.0], atol=1e-8)


@over_forms
@pytest.mark.parametrize("copies", [1, 2, 5])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("seed", range(8))
def test_supports_may_be_larger_than_the_rank(form, copies, ridge, seed):
    """Copies of a column share what it has, however many there are of so few samples; minima are those of falling strengths."""
    rng = np.random.default_rng(seed)
    rows = np.repeat(rng.normal(size=(6, 3)), copies, axis=0)
    size, linear, strengths = len(rows), rows @ rng.normal(size=3), np.array([0.5, 0.2, 0.02])
    ridges, support, gram = np.full(size, ridge), Support(), rows @ rows.T
    parts = ridges, linear.copy(), np.zeros(size), np.ones(size), strengths, np.arange(size), support
    outcome, found = homotopy.minimize_each(form(gram, rows), *parts)
    assert outcome == homotopy.FINISHED
    assert copies == 1 or np.count_nonzero(found[-1]) > 3
    for b, strength in zip(found, strengths, strict=True):
        q = linear - gram @ b - strength * ridges * b
        assert (np.abs(q) <= strength * (1.0 + 1e-6)).all()
        np.testing.assert_allclose(q[b != 0.0], strength * np.sign(b[b != 0.0]), rtol=1e-6)


@over_forms
@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("start", ["zero", "near", "anywhere", "everywhere"])
def test_large_supports_come_and_go_together(form, start, copies):
    """From any start, with weights of their own, to each of some strengths: the conditions of the minimum hold."""
    rng = np.random.default_rng(11)
    rows = np.repeat(rng.normal(size=(180, 160)) + rng.normal(size=160), copies, axis=0)
    size, weights = len(rows), rng.uniform(0.5, 2.0, 180 * copies)
    linear, gram, support = rows @ rng.normal(size=160), rows @ rows.T, Support()
    share = {"zero": 0.0, "near": 0.0, "anywhere": 0.5, "everywhere": 1.0}[start]
    b = rng.normal(size=size) * (rng.random(size) < share)
    strengths = np.abs(linear).max() * np.array([0.03, 0.005, 0.004, 0.0005])
    if start == "near":
        homotopy.minimize(gram, np.zeros(size), linear.copy(), b, strengths[0] * weights, np.arange(size), support)
        strengths = strengths[1:]
    outcome, found = homotopy.minimize_each(
        form(gram, rows), np.zeros(size), linear - gram @ b, b, weights, strengths, np.arange(size), support
    )
    assert outcome == homotopy.FINISHED
    assert np.count_nonzero(found[-1]) > homotopy.MANY
    for b, strength in zip(found, strengths, strict=True):
        q, limits = linear - gram @ b, strength * weights
        # What the ridge that keeps columns apart does on the way from the start.
        off = 10.0 * RIDGE * gram.diagonal() * (np.abs(b) + 3.0)
        assert (np.abs(q) <= limits + off).all()
        assert (np.abs(q - limits * np.sign(b)) <= off)[b != 0.0].all()


@over_forms
@pytest.mark.parametrize("factor", [0.9, 0.3, 0.001])
def test_leaps_end_at_minima_or_where_weights_can_be_followed(form, factor):
    rng = np.random.default_rng(12)
    rows, weight = rng.normal(size=(150, 120)), rng.uniform(0.5, 2.0, 150)
    linear, gram, support = rows @ rng.normal(size=120), rows @ rows.T, Support()
    strength, b, ridge = 0.05 * np.abs(linear).max(), np.zeros(150), np.zeros(150)
    homotopy.minimize(gram, ridge, linear.copy(), b, strength * weight, np.arange(150), support)
    count, q, sign, wanted = len(support.columns), linear - gram @ b, np.sign(b), factor * strength * weight
    active = np.r_[support.columns, np.zeros(150 - count, dtype=np.int64)]
    room, work = np.zeros((151, 151)), np.empty((5, 150))
    room[:count, :count] = support.factor[:count, :count]
    diagonal = gram.diagonal() * (1.0 + RIDGE)
    count, reached = leap(form(gram, rows).matrix, diagonal, q, b, wanted, room, active, sign, count, work)
    active = active[:count]
    np.testing.assert_allclose(q, linear - gram @ b, atol=1e-6 * strength)
    assert set(np.flatnonzero(b)) <= set(active) == set(np.flatnonzero(sign))
    assert (b * sign >= 0.0).all()
    np.testing.assert_allclose(np.tril(room[:count, :count]), np.linalg.cholesky(gram[np.ix_(active, active)]), atol=1e-6)
    old = b[active] != 0.0
    np.testing.assert_allclose(q[active][old], (wanted * sign)[active][old], rtol=1e-6)
    assert (q * sign >= 0.0).all()
    assert reached == (np.abs(q) <= wanted * (1.0 + 1e-6)).all()
    assert reached or factor < 0.5


@pytest.mark.parametrize("dependent", [None, 0, 3])
def test_columns_enter_a_factor_together(dependent):
    """All of them, or those before one that is a copy of another"""
    chosen = list(range(12))
    if dependent is not None:
        chosen[7 + dependent] = 2
    gram = (X.T @ X)[np.ix_(chosen, chosen)]
    factor = np.tril(gram)
    factor[:7, :7] = np.linalg.cholesky(gram[:7, :7])
    count = cholesky.append_each(factor, 7, 5, 1e-12)
    assert count == (5 if dependent is None else dependent)
    whole = np.linalg.cholesky(gram[: 7 + count, : 7 + count])
    np.testing.assert_allclose(np.tril(factor[: 7 + count, : 7 + count]), whole, rtol=1e-9, atol=1e-9)


@over_forms
def test_products_with_a_quadratic_form(form):
    """However many columns are in the support, and whatever the number of all."""
    for size, length in ((1, 4), (7, 5), (12, 1), (30, 40)):
        rows = RNG.normal(size=(size, length))
        gram = rows @ rows.T
        quadratic, b = form(gram, rows), RNG.normal(size=size)
        np.testing.assert_allclose(quadratic @ b, gram @ b, atol=1e-12)
        for count in {0, 1, size // 2, size}:
            active = RNG.permutation(size)[:count]
            sign, values, out = np.zeros(size), RNG.normal(size=count), np.full(size, np.nan)
            sign[active] = 1.0
            products(quadratic.matrix, active, count, values, sign, out)
            inactive = sign == 0.0
            np.testing.assert_allclose(out[inactive], (gram[:, active] @ values)[inactive], atol=1e-12)
            entries = np.empty(count)
            entries_at(quadratic.matrix, size - 1, active, count, entries)
            np.testing.assert_allclose(entries, gram[size - 1, active], atol=1e-12)
            q = b.copy()
            subtract_column(quadratic.matrix, size - 1, 0.7, q)
            np.testing.assert_allclose(q, b - 0.7 * gram[size - 1], atol=1e-12)


@pytest.mark.parametrize("gone", [0, 4, 10, 11])
def test_a_factor_without_a_row(gone):
    gram = X.T @ X
    factor = np.linalg.cholesky(gram)
    cholesky.remove(factor, 12, gone)
    rest = np.delete(np.delete(gram, gone, 0), gone, 1)
    np.testing.assert_allclose(np.tril(factor[:11, :11]), np.linalg.cholesky(rest), rtol=1e-9, atol=1e-10)
