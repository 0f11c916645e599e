"""Fingerprints of functions: a hash of the bytecode and of everything it refers to, at any depth.

Taken from what was compiled, they need no source file, and serve classes typed into a notebook as well as those in a
module.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
from types import CodeType

import numpy as np
from numba.core.dispatcher import Dispatcher

PACKAGE = __name__.partition(".")[0]
# Modules whose functions numba knows by itself: their version is part of every key, their contents need not be.
KNOWN = {"builtins", "math", "cmath", "numpy", "numba", "scipy"}


def is_ours(item) -> bool:
    """Whether a class or function belongs to this package."""
    return item.__module__.partition(".")[0] == PACKAGE


def digest_functions(functions) -> str:
    """The fingerprint of named functions; a TypeError says which of the things they refer to has none."""
    digest = hashlib.sha256()
    seen: set = set()
    for name, function in sorted(functions.items()):
        if function.__module__ not in sys.modules:
            raise TypeError(f"its module {function.__module__!r} cannot be imported")
        _update(digest, name)
        _digest_value(digest, name, function, frozenset(), seen)
    return digest.hexdigest()[:16]


def _update(digest, *parts):
    """Add parts so that no two sequences of them look alike."""
    for part in parts:
        encoded = part if isinstance(part, bytes) else str(part).encode()
        digest.update(b"%d:" % len(encoded) + encoded)


def _digest_function(digest, function, seen):
    codes = list(_nested_codes(function.__code__))
    names = frozenset(name for code in codes for name in code.co_names)
    for code in codes:
        _update(digest, code.co_code, code.co_names, code.co_varnames, code.co_freevars)
        for constant in code.co_consts:
            if not isinstance(constant, CodeType):
                _update(digest, sorted(map(repr, constant)) if isinstance(constant, frozenset) else repr(constant))
    found = {name: function.__globals__[name] for name in names if name in function.__globals__}
    found.update(inspect.getclosurevars(function).nonlocals)
    for name, value in sorted(found.items()):
        _digest_value(digest, name, value, names, seen)
    _digest_value(digest, "defaults", function.__defaults__, names, seen)


def _nested_codes(code):
    """A code object and those of the functions inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested_codes(constant)


def _digest_value(digest, name, value, names, seen):
    """Add a value that a function calls `name`; of a module, the attributes among `names`."""
    _update(digest, name, type(value).__qualname__)
    value = getattr(value, "py_func", value) if isinstance(value, Dispatcher) else value
    if inspect.ismodule(value):
        _update(digest, value.__name__)
        if value.__name__.partition(".")[0] not in KNOWN and value not in seen:
            seen.add(value)
            for attribute in sorted(names & vars(value).keys()):
                _digest_value(digest, attribute, vars(value)[attribute], names, seen)
    elif getattr(value, "__module__", "").partition(".")[0] in KNOWN and hasattr(value, "__name__"):
        _update(digest, value.__module__, value.__name__)
    elif inspect.isfunction(value):
        if value not in seen:
            seen.add(value)
            _digest_function(digest, value, seen)
    elif isinstance(value, np.ndarray) and value.dtype != object:
        _update(digest, value.dtype, value.shape, value.tobytes())
    elif value is None or isinstance(value, (str, bytes, bool, int, float, complex, np.generic)):
        _update(digest, repr(value))
    elif isinstance(value, tuple):
        for item in value:
            _digest_value(digest, name, item, names, seen)
        _update(digest, len(value))
    elif isinstance(value, np.ufunc):
        _update(digest, value.__name__)
    else:
        raise TypeError(f"its methods refer to {name!r}, a {type(value).__name__}")
