"""From parameter objects to numba: `lower()` turns an object into a named tuple, and its methods follow it into kernels.

    class Ridge(Jittable):                       @kernel
        def prox(self, z, step, alpha):          def shrink(penalty, z):
            return z / (1.0 + step * alpha)          return penalty.prox(z, 1.0, 0.1)

    shrink(Ridge().lower(), 2.0)

The same methods run as plain Python on the object itself, so they can be tested without numba. A kernel is compiled once
per class of its arguments, not per value of their parameters, and is cached on disk (`_kernel_cache`).
"""

from __future__ import annotations

import functools
import gc
import inspect
import types as python_types
import uuid
import warnings
from collections import namedtuple
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from numba import njit, types
from numba.core.dispatcher import Dispatcher
from numba.extending import overload_method

from ._compile_errors import explained
from ._fingerprint import digest_functions, is_ours
from ._kernel_cache import UNCACHED, USER, KernelCache

# Sums may be reordered (so that they vectorise); infinities and NaN keep their meaning.
REORDER = {"reassoc", "contract", "nsz", "arcp"}

# Methods are inlined: a loop without calls can take several rows at a time.
METHOD_OPTIONS = {"error_model": "numpy", "forceinline": True, "no_cfunc_wrapper": True}

# Lowered classes live here, so that a cached kernel finds them by name when it is loaded in another process.
lowered = python_types.SimpleNamespace()
# By class, and not on the class: a class sent to another process must not refer to what is only known in this one.
_lowered_classes: WeakKeyDictionary[type, type] = WeakKeyDictionary()
# Methods that kernels can call, with their signature if the package fixes it.
_exposed: dict[str, inspect.Signature | None] = {}


def kernel(py_func=None, *, reorder=False, part=False):
    """`numba.njit` that releases the GIL, divides like NumPy and is cached by `KernelCache`; `reorder` vectorises sums

    What is a `part` is compiled with the kernels that call it, and not once more by itself.
    """
    if py_func is None:
        return lambda function: kernel(function, reorder=reorder, part=part)
    options = {"fastmath": REORDER if reorder else False, "inline": "always" if part else "never"}
    dispatcher = njit(nogil=True, error_model="numpy", no_cfunc_wrapper=True, **options)(py_func)
    if isinstance(dispatcher, Dispatcher):  # a plain function when NUMBA_DISABLE_JIT is set
        dispatcher._cache = KernelCache(py_func)
        dispatcher._compile_for_args = explained(without_collection(dispatcher._compile_for_args))
    return dispatcher


def without_collection(compile_for_args):
    """The compiler of a kernel, left alone by the garbage collector, which takes a tenth of the time that compiling does.

    A compiler makes many objects that stay, and the collector looks at them again and again.
    """

    @functools.wraps(compile_for_args)
    def compile_uncollected(*args, **kwargs):
        collects = gc.isenabled()
        gc.disable()
        try:
            return compile_for_args(*args, **kwargs)
        finally:
            if collects:
                gc.enable()

    return compile_uncollected


class Jittable:
    """An object with numeric parameters whose methods can be called inside kernels."""

    # The methods that kernels may call; None means all.
    kernel_verbs: ClassVar[tuple[str, ...] | None] = None

    def kernel_parameters(self) -> dict:
        """The values that kernels see, by attribute name: of an estimator-like object, the constructor's parameters."""
        return self.get_params(deep=False)  # type: ignore[attr-defined]  # from scikit-learn's BaseEstimator

    def lower(self):
        """The named tuple that stands for this object in kernels."""
        fields = {name: _lower_value(self, name, value) for name, value in self.kernel_parameters().items()}
        # The constant keeps the tuple from being empty: numba drops `self` from methods of an empty one.
        return _lowered_class(type(self), tuple(fields))(*fields.values(), 0.0)


def _lower_value(owner, name, value):
    if isinstance(value, Jittable):
        return value.lower()
    if isinstance(value, (bool, int, float, np.number, np.bool_)):
        return float(value)
    if isinstance(value, np.ndarray):
        return read_only(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return value
    raise TypeError(
        f"Parameter {name!r} of {type(owner).__name__} is {value!r}, which cannot enter a kernel; "
        "valid are numbers, NumPy arrays and other losses or penalties."
    )


def read_only(array):
    """A view that cannot be written to: kernels are compiled apart for arrays that can, whoever the arrays belong to."""
    view = array.view()
    view.flags.writeable = False
    return view


def _lowered_class(cls, names):
    """The named tuple class of `cls`, made at its first use and known by `cls`'s fingerprint ever after."""
    cached = _lowered_classes.get(cls)
    if cached is not None and cached._fields[:-1] == names:
        return cached
    label = f"{cls.__name__}_{len(names)}" if is_ours(cls) else f"{USER}_{cls.__name__}_{fingerprint(cls)}_{len(names)}"
    tuple_class = getattr(lowered, label, None)
    if tuple_class is None or tuple_class._fields[:-1] != names:
        tuple_class = namedtuple(label, [*names, "padding"])
        tuple_class.__module__, tuple_class.__qualname__ = __name__, f"lowered.{label}"
        tuple_class.kernel_methods = _methods(cls)
        for name, function in tuple_class.kernel_methods.items():
            _expose(cls, name, function)
        setattr(lowered, label, tuple_class)
    _lowered_classes[cls] = tuple_class
    return tuple_class


def _methods(cls) -> dict:
    """The plain functions that `cls` and its jittable bases define, the most derived first in rank."""
    found = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, Jittable):
            found.update({name: item for name, item in vars(base).items() if inspect.isfunction(item)})
    wanted = found if cls.kernel_verbs is None else cls.kernel_verbs
    return {name: found[name] for name in wanted if not name.startswith("__")}


def _expose(cls, name, function):
    """Let kernels call method `name` of lowered objects; a method of the contract must keep the contract's arguments."""
    contract = next((vars(base)[name] for base in cls.__mro__ if is_ours(base) and name in vars(base)), None)
    if contract is not None:
        signature = inspect.signature(contract)
        given = inspect.signature(function)
        if len(given.parameters) != len(signature.parameters):
            raise TypeError(f"{cls.__name__}.{name} has the arguments {given}; valid are {signature}.")
    if name in _exposed:
        exposed = _exposed[name]
        if exposed is not None and len(exposed.parameters) != len(inspect.signature(function).parameters):
            raise TypeError(
                f"{cls.__name__}.{name} has the arguments {inspect.signature(function)}, but {name}{exposed} is a method that "
                "solvers know; give yours another name."
            )
        return
    _exposed[name] = None if contract is None else signature

    def method_of(self):
        return getattr(self.instance_class, "kernel_methods", {}).get(name)

    def of_contract(self, *args):
        return method_of(self)

    def of_any_arguments(self, *args):
        method = njit(error_model="numpy", no_cfunc_wrapper=True)(method_of(self))
        return lambda self, *args: method(self, *args)

    overload = of_any_arguments
    if contract is not None:
        # With the arguments known, the method itself serves as implementation, which halves the time to compile it.
        overload = of_contract
        overload.__signature__ = signature
    overload_method(types.BaseNamedTuple, name, strict=False, jit_options=METHOD_OPTIONS)(overload)


def fingerprint(cls) -> str:
    """What the machine code of a user's class depends on, in short: it changes when the class or a helper changes.

    Built-in classes need none: the hash of the package's sources covers them.
    """
    own = {name: function for name, function in _methods(cls).items() if not is_ours(function)}
    try:
        return digest_functions(own)
    except TypeError as error:
        warnings.warn(
            f"{cls.__name__} is compiled anew in every process, because {error}; "
            "refer to numbers, arrays and jitted functions only, to have it cached.",
            stacklevel=2,
        )
        return UNCACHED + uuid.uuid4().hex
