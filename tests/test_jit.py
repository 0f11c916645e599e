"""What `lower` promises: the same methods on the object and in kernels, compiled once per class."""

from __future__ import annotations

import gc
import sys

import numpy as np
import pytest
from fits import data, over_losses, over_penalties, over_storage, weights
from numba.core.dispatcher import Dispatcher
from scipy import sparse
from sklearn.base import BaseEstimator

from skregloss._jit import Jittable, kernel, without_collection
from skregloss.losses import Poisson, Quantile, SquaredError
from skregloss.penalties import L1, MCP
from skregloss.solvers import Problem, solve


class Line(Jittable, BaseEstimator):
    def __init__(self, slope=1.0, shift=0.0):
        self.slope = slope
        self.shift = shift

    def at(self, x):
        return self.slope * x + self.shift_twice()

    def shift_twice(self):
        return 2.0 * self.shift


class Steep(Line):
    def shift_twice(self):
        return 20.0 * self.shift


class Square(Jittable, BaseEstimator):
    """No parameters."""

    def at(self, x):
        return x * x


class Table(Jittable, BaseEstimator):
    def __init__(self, values=None, line=None):
        self.values = values
        self.line = line

    def at(self, x):
        return self.values[int(x)] + self.line.at(x)


@kernel
def call(item, x):
    return item.at(x)


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        (Line(2.0, 1.0), 8.0),
        (Steep(2.0, 1.0), 26.0),
        (Square(), 9.0),
        (Table(np.arange(5.0), Line(2.0, 1.0)), 11.0),
        (Table(np.arange(5), Table(np.arange(5), Square())), 15.0),
    ],
    ids=["parameters", "subclass", "no_parameters", "nested", "deeply_nested"],
)
def test_methods_are_the_same_in_python_and_in_kernels(item, answer):
    assert item.at(3.0) == answer
    assert call(item.lower(), 3.0) == answer


@pytest.mark.parametrize("value", [2, 2.0, True, np.float32(2), np.int64(2), np.bool_(True), np.inf])
def test_numbers_become_floats(value):
    lowered = Line(value).lower()
    assert type(lowered.slope) is float
    assert lowered.slope == value


def test_values_do_not_compile_anew():
    call(Line(2.0).lower(), 3.0)
    known = len(call.signatures)
    for slope in (3, True, np.float32(2), np.int8(1), 1e300):
        call(Line(slope).lower(), 3.0)
    assert len(call.signatures) == known


def test_arrays_become_read_only_views():
    values = np.arange(5.0)
    lowered = Table(values, Line()).lower()
    assert np.shares_memory(lowered.values, values)
    assert not lowered.values.flags.writeable
    assert values.flags.writeable
    values[0] = 7.0
    assert call(lowered, 0.0) == 7.0
    known = len(call.signatures)
    values.flags.writeable = False
    call(Table(values, Line()).lower(), 0.0)
    assert len(call.signatures) == known


def signatures():
    """How many times each kernel of the package has been compiled or loaded"""
    modules = [(name, vars(module)) for name, module in sys.modules.items() if name.startswith("skregloss.")]
    return {
        (name, entry): len(item.signatures)
        for name, entries in modules
        for entry, item in entries.items()
        if isinstance(item, Dispatcher)
    }


@over_storage
@over_penalties([L1(), MCP()])
@over_losses([SquaredError(), Poisson(), Quantile()])
def test_data_that_cannot_be_written_to_compile_nothing(loss, penalty, storage):
    X, y = data(loss)
    X, factors = storage(X), np.linspace(0.5, 2.0, 12)
    given = {"sample_weight": weights(60), "offset": 0.1 * y, "factors": factors, "bounds": (-factors, factors)}
    first = solve(Problem(loss, penalty, X, y, **given), 0.05)
    known = signatures()
    stored = (X.data, X.indices, X.indptr) if sparse.issparse(X) else (X,)
    for array in (*stored, y, given["sample_weight"], given["offset"], factors, *given["bounds"]):
        array.flags.writeable = False
    second = solve(Problem(loss, penalty, X, y, **given), 0.05)
    assert np.array_equal(first.coef, second.coef)
    assert signatures() == known


def test_an_object_is_not_changed_and_may_change():
    line = Line(2)
    first = line.lower()
    assert line.get_params() == {"slope": 2, "shift": 0.0}
    line.set_params(slope=5)
    assert (first.slope, line.lower().slope) == (2.0, 5.0)


@pytest.mark.parametrize("value", ["steep", None, [1.0], {"a": 1}, 1j, object()], ids=lambda value: type(value).__name__)
def test_other_values_are_refused(value):
    with pytest.raises(TypeError, match=r"Parameter 'slope' of Line is .* cannot enter a kernel; valid are numbers"):
        Line(value).lower()


def test_the_lowered_class_goes_with_the_class():
    assert type(Line(1.0).lower()) is type(Line(2.0).lower())
    assert type(Line().lower()) is not type(Steep().lower())


def test_division_by_zero_is_numpys():
    class Ratio(Line):
        def at(self, x):
            return x / self.slope

    assert call(Ratio(0.0).lower(), 1.0) == np.inf


def test_a_contract_is_kept():
    from skregloss.losses import Loss

    class Wrong(Loss):
        def value(self, y):
            return y

    with pytest.raises(TypeError, match=r"Wrong.value has the arguments \(self, y\); valid are \(self, y, eta\)"):
        Wrong().lower()


def test_compiling_leaves_the_garbage_collector_as_it_was():
    collecting = without_collection(gc.isenabled)
    assert not collecting()
    assert gc.isenabled()
    with pytest.raises(ZeroDivisionError):
        without_collection(lambda: 1 / 0)()
    assert gc.isenabled()
    gc.disable()
    try:
        assert not collecting()
        assert not gc.isenabled()
    finally:
        gc.enable()
