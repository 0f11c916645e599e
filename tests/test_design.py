"""Every design equals the dense array it stands for, in every operation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from skregloss._jit import kernel
from skregloss.design import CSC, Accumulated, Dense, Outputs, Repeated, Standardized, make_design


@kernel
def dots(design, columns, vector):
    result = np.empty(len(columns))
    for k in range(len(columns)):
        result[k] = design.dot(columns[k], vector)
    return result


@kernel
def scaled_sum(design, columns, factors, weights, out):
    for k in range(len(columns)):
        design.add_scaled(columns[k], factors[k], weights, out)
    return out


def array(n=23, p=9, seed=0):
    """Zeros among the entries, and an empty row and two empty columns, where there is room for them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, p)) * (rng.uniform(size=(n, p)) < 0.5)
    if min(n, p) > 3:
        X[n // 2], X[:, 0], X[:, p // 2] = 0.0, 0.0, 0.0
    return X


def dense(X, dtype):
    return np.asfortranarray(X, dtype=dtype)


def csc(X, dtype, index=np.int32):
    made = sparse.csc_array(X.astype(dtype))
    made.indices, made.indptr = made.indices.astype(index), made.indptr.astype(index)
    return made


def read_only(X):
    for part in (X.data, X.indices, X.indptr) if sparse.issparse(X) else (X,):
        part.flags.writeable = False
    return X


STORED = {
    "dense64": lambda X: dense(X, np.float64),
    "dense32": lambda X: dense(X, np.float32),
    "csc64": lambda X: csc(X, np.float64),
    "csc32": lambda X: csc(X, np.float32),
    "csc64 long": lambda X: csc(X, np.float64, np.int64),
    "csc32 long": lambda X: csc(X, np.float32, np.int64),
}
VIEWS = {"plain": (False, False), "scaled": (False, True), "shifted": (True, False), "standardised": (True, True)}
SHAPES = [(23, 9), (1, 5), (7, 1), (1, 1), (5, 40)]

# By default sparse entries and places of each type, not each with each: kernels are compiled for all.
MARKS = {"csc32": pytest.mark.slow, "csc64 long": pytest.mark.slow}
CHOICES = [pytest.param(stored, marks=MARKS.get(name, ())) for name, stored in STORED.items()]
over_stored = pytest.mark.parametrize("stored", CHOICES, ids=STORED)
over_views = pytest.mark.parametrize(("shifted", "scaled"), VIEWS.values(), ids=VIEWS)
over_shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "x".join(map(str, shape)))


def design_and_array(stored, shape, shifted, scaled):
    """The design or a view of it, and the same as a float64 array; sparse columns are scaled only."""
    X = read_only(stored(array(*shape)))
    base = make_design(X)
    plain = (X.toarray() if sparse.issparse(X) else X).astype(np.float64)
    if not (shifted or scaled):
        return base, plain
    rng = np.random.default_rng(1)
    shift = rng.normal(size=shape[1]) if shifted and base.can_shift else np.zeros(shape[1])
    scale = rng.uniform(0.1, 10.0, shape[1]) if scaled else np.ones(shape[1])
    return Standardized(base, shift, scale), (plain - shift) / scale


def close(actual, expected):
    assert actual.dtype == np.float64
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def selections(p):
    """All columns, some in disorder, one, and none."""
    some = np.random.default_rng(2).permutation(p)[: max(1, p // 2)]
    return [None, some, np.array([p - 1]), np.empty(0, dtype=np.int64)]


@over_shapes
@over_views
@over_stored
def test_products_and_squares(stored, shifted, scaled, shape):
    design, X = design_and_array(stored, shape, shifted, scaled)
    rng = np.random.default_rng(3)
    vector, weights = rng.normal(size=shape[0]), rng.uniform(size=shape[0])
    assert (design.n_samples, design.n_features) == shape
    for columns in selections(shape[1]):
        chosen = X if columns is None else X[:, columns]
        for several in (rng.normal(size=(count, shape[0])) for count in (1, 4, 7)):
            close(design.rmatvecs(several, columns), several @ chosen)
        coef = rng.normal(size=chosen.shape[1])
        coef[::3] = 0.0
        close(design.matvec(coef, columns), chosen @ coef)
        close(design.matvec(np.zeros_like(coef), columns), np.zeros(shape[0]))
        close(design.rmatvec(vector, columns), chosen.T @ vector)
        if design.sparse and columns is not None:
            starts, rows, values = design.taken(columns)
            assert (np.diff(starts) == design.counts(columns)).all()
            close(sparse.csc_array((values, rows.astype(int), starts), shape=chosen.shape).toarray(), chosen)
        close(design.transposed(np.arange(shape[1]) if columns is None else columns), chosen.T)
        if isinstance(design, Standardized):
            close(design.squares(weights, columns), weights @ chosen**2)


@over_shapes
@over_stored
def test_squares_about_a_shift(stored, shape):
    """What standardisation of sparse columns needs, whose zeros are shifted too."""
    design, X = design_and_array(stored, shape, False, False)
    shift, weights = np.random.default_rng(4).normal(size=shape[1]), np.random.default_rng(5).uniform(size=shape[0])
    close(design.squares(weights), weights @ X**2)
    close(design.squares(weights, None, shift), weights @ (X - shift) ** 2)


@over_shapes
@over_views
@over_stored
def test_gram(stored, shifted, scaled, shape):
    design, X = design_and_array(stored, shape, shifted, scaled)
    weights = np.random.default_rng(5).uniform(size=shape[0])
    weights[::4] = 0.0
    chosen = [columns for columns in selections(shape[1]) if columns is not None]
    for columns in chosen:
        left = X[:, columns]
        gram = design.gram(weights, columns)
        close(gram, (left.T * weights) @ left)
        np.testing.assert_allclose(gram, gram.T, rtol=1e-14, atol=1e-300)
        for others in chosen:
            close(design.gram(weights, columns, others), (left.T * weights) @ X[:, others])


@over_stored
def test_columns_of_a_single_value(stored):
    """Categories, coded: many entries, all alike; next to columns with few entries, and with one that differs."""
    rng = np.random.default_rng(9)
    X = 1.0 * (rng.integers(0, 3, 5000)[:, None] == np.arange(3))
    X = np.column_stack([X, -2.5 * X[:, 0], X[:, 1], np.arange(5000) < 7, X[:, 2], np.zeros(5000)])
    X[np.flatnonzero(X[:, 4])[-1], 4] = 3.0
    X[np.flatnonzero(X[:, 6])[0], 6] = 0.5
    design, coef, vector = make_design(stored(X)), rng.normal(size=8), rng.normal(size=5000)
    close(design.matvec(coef), X @ coef)
    for columns in (np.arange(8), np.array([4, 0, 5])):
        close(design.rmatvec(vector, columns), X[:, columns].T @ vector)
        for count in (1, 3, 8):
            others = rng.permutation(8)[:count]
            close(design.gram(vector**2, columns, others), (X[:, columns].T * vector**2) @ X[:, others])


@over_shapes
@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
@over_stored
def test_kernel_verbs(stored, scaled, shape):
    design, X = design_and_array(stored, shape, False, scaled)
    rng = np.random.default_rng(6)
    vector, weights, out = rng.normal(size=(3, shape[0]))
    columns = rng.permutation(shape[1])
    factors = rng.normal(size=shape[1])
    close(dots(design.lower(), columns, vector), X[:, columns].T @ vector)
    close(scaled_sum(design.lower(), columns, factors, weights, out.copy()), out + weights * (X[:, columns] @ factors))


def accumulated(stored, shape, shifted, scaled):
    """The view of running sums along chains in disorder, and the same as an array."""
    rng = np.random.default_rng(7)
    X = read_only(stored(array(*shape)))
    base, p = make_design(X), shape[1]
    shift = rng.normal(size=p) if shifted and base.can_shift else np.zeros(p)
    scale = rng.uniform(0.1, 10.0, p) if scaled else np.ones(p)
    labels, places = np.unique(rng.integers(0, 3, p), return_inverse=True)[1], rng.permutation(p)
    after = (labels[:, None] == labels) & (places[:, None] >= places)
    plain = (X.toarray() if sparse.issparse(X) else X).astype(np.float64)
    return Accumulated(Standardized(base, shift, scale), labels, places), ((plain - shift) / scale) @ after, scale


@over_shapes
@over_views
@over_stored
def test_running_sums(stored, shifted, scaled, shape):
    design, X, scale = accumulated(stored, shape, shifted, scaled)
    rng = np.random.default_rng(3)
    vector, weights, out = rng.normal(size=shape[0]), rng.uniform(size=shape[0]), rng.normal(size=shape[0])
    chosen = [columns for columns in selections(shape[1]) if columns is not None]
    coef, rows = rng.normal(size=shape[1]), np.arange(shape[0])[::2]
    close(design.matvec(coef), X @ coef)
    close(design.rmatvec(vector), X.T @ vector)
    close(design.squares(weights), weights @ X**2)
    close(design.scaled(design.unscaled(coef)), coef)
    close(design.design.matvec(design.unscaled(coef) * scale), X @ coef)
    for columns in chosen:
        own = X[:, columns]
        close(design.matvec(coef[columns], columns), own @ coef[columns])
        close(design.rmatvec(vector, columns), own.T @ vector)
        close(design.squares(weights, columns), weights @ own**2)
        close(design.entries(rows, columns), own[rows])
        close(design.outer(columns, np.ones(len(columns))), own @ own.T)
        for others in chosen:
            close(design.gram(weights, columns, others), (own.T * weights) @ X[:, others])
    plain = X + design.shift
    every = rng.permutation(shape[1])
    close(dots(design.lower(), every, vector), plain[:, every].T @ vector)
    close(scaled_sum(design.lower(), every, coef, weights, out.copy()), out + weights * (plain[:, every] @ coef))


@pytest.mark.parametrize("sparse_x", [False, True], ids=["dense", "csc"])
def test_views_translate_coefficients(sparse_x):
    design, _, _ = accumulated(STORED["csc64" if sparse_x else "dense64"], (23, 9), True, True)
    for view in (design.design, design, Outputs(design, 3), Repeated(design, 2)):
        coef = np.random.default_rng(8).normal(size=view.n_features)
        close(view.scaled(view.unscaled(coef)), coef)
        offset = np.ravel(view.shift_effect(view.unscaled(coef)))
        close(offset, (view.shift * coef / view.scale).reshape(len(offset), -1).sum(axis=1))


@pytest.mark.parametrize("sparse_x", [False, True], ids=["dense", "csc"])
def test_float32_sums_accumulate_in_float64(sparse_x):
    """Ones after a large number would all be lost in a float32 sum."""
    n = 20_000
    X = np.ones((n, 2), dtype=np.float32)
    X[0] = 2.0**26
    expected = 2.0**26 + n - 1
    design = make_design(csc(X, np.float32) if sparse_x else dense(X, np.float32))
    columns, ones = np.arange(2), np.ones(n)
    assert np.all(design.rmatvec(ones) == expected)
    assert np.all(design.rmatvec(ones, columns[:1]) == expected)
    assert np.all(dots(design.lower(), columns, ones) == expected)
    assert np.all(design.squares(ones) == 2.0**52 + n - 1)
    assert np.all(design.gram(ones, columns) == 2.0**52 + n - 1)
    assert np.all(design.gram(ones, columns, columns[:1]) == 2.0**52 + n - 1)
    assert design.matvec(np.array([1.0, 2.0**-30]))[1] == 1.0 + 2.0**-30
    assert scaled_sum(design.lower(), columns, np.array([1.0, 2.0**-30]), ones, np.zeros(n))[1] == 1.0 + 2.0**-30


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("locked", [False, True], ids=["writeable", "read-only"])
def test_suitable_inputs_are_used_as_they_are(dtype, locked):
    X = dense(array(), dtype)
    X = read_only(X) if locked else X
    design = make_design(X)
    assert isinstance(design, Dense)
    assert np.shares_memory(design.rows, X)
    assert design.rows.dtype == dtype
    for index in (np.int32, np.int64):
        X = csc(array(), dtype, index)
        X = read_only(X) if locked else X
        design = make_design(X)
        assert isinstance(design, CSC)
        for name in ("data", "indices", "indptr"):
            assert np.shares_memory(getattr(design, name), getattr(X, name))


def unsorted_with_duplicates():
    """[[3, 0], [0, 4], [5, 0]] with the first column out of order and its 5 in two parts."""
    parts = (np.array([2.0, 3.0, 3.0, 4.0]), np.array([2, 0, 2, 1]), np.array([0, 3, 4]))
    return sparse.csc_array(parts, shape=(3, 2))


OTHERS = {
    "C order": np.ascontiguousarray,
    "strided": lambda X: np.repeat(X, 2, axis=0)[::2],
    "integers": lambda X: (10 * X).astype(int),
    "booleans": lambda X: X > 0,
    "float16": lambda X: X.astype(np.float16),
    "csr": sparse.csr_array,
    "csr matrix": sparse.csr_matrix,
    "coo": sparse.coo_array,
    "integer csc": lambda X: sparse.csc_array((10 * X).astype(int)),
    "unsorted csc": lambda X: unsorted_with_duplicates(),
    "explicit zeros": lambda X: sparse.csc_array((np.zeros(2), np.array([0, 2]), np.array([0, 1, 2])), shape=(3, 2)),
}


@pytest.mark.parametrize("make", OTHERS.values(), ids=OTHERS)
def test_other_inputs_are_converted_and_left_alone(make):
    X = make(array())
    before = X.copy()
    expected = np.asarray(X.toarray() if sparse.issparse(X) else X, dtype=np.float64)
    design = make_design(X)
    close(design.matvec(np.eye(X.shape[1])[1]), expected[:, 1])
    close(design.rmatvec(np.arange(X.shape[0], dtype=float)), expected.T @ np.arange(X.shape[0]))
    close(design.gram(np.ones(X.shape[0]), np.arange(X.shape[1])), expected.T @ expected)
    for part in ("data", "indices") if sparse.issparse(X) and X.format != "coo" else ("data",):
        assert np.array_equal(np.asarray(getattr(X, part)), np.asarray(getattr(before, part)))
