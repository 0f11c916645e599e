"""Fingerprints of functions: a hash of the bytecode and of everything it refers to.

Taken from what was compiled, they need no source file, and serve classes typed into a notebook as well as those in a module.
"""

from __future__ import annotations

import hashlib
import inspect
from types import CodeType

import numpy as np
from numba.core.dispatcher import Dispatcher

PACKAGE = __name__.partition(".")[0]


def is_ours(item) -> bool:
    """Whether a class or function belongs to this package."""
    return item.__module__.partition(".")[0] == PACKAGE


def digest_functions(functions) -> str:
    """The fingerprint of named functions; a TypeError says which of the things they refer to has none."""
    digest = hashlib.sha256()
    for name, function in sorted(functions.items()):
        digest.update(name.encode())
        _digest_function(digest, function, set())
    return digest.hexdigest()[:16]


def _digest_function(digest, function, seen):
    function = getattr(function, "py_func", function)
    if function in seen:
        return
    seen.add(function)
    _digest_code(digest, function.__code__)
    closure = inspect.getclosurevars(function)
    for name, value in sorted({**closure.globals, **closure.nonlocals}.items()):
        digest.update(name.encode())
        _digest_value(digest, name, value, seen)
    _digest_value(digest, "defaults", function.__defaults__, seen)


def _digest_code(digest, code):
    digest.update(code.co_code)
    digest.update(repr((code.co_names, code.co_varnames)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            _digest_code(digest, constant)
        else:
            members = sorted(map(repr, constant)) if isinstance(constant, frozenset) else constant
            digest.update(repr(members).encode())


def _digest_value(digest, name, value, seen):
    if inspect.isfunction(value) or isinstance(value, Dispatcher):
        _digest_function(digest, value, seen)
    elif inspect.ismodule(value):
        digest.update(value.__name__.encode())
    elif isinstance(value, np.ndarray) and value.dtype != object:
        digest.update(repr((value.dtype, value.shape)).encode() + value.tobytes())
    elif value is None or isinstance(value, (str, bytes, bool, int, float, complex, np.generic)):
        digest.update(repr(value).encode())
    elif isinstance(value, tuple):
        for item in value:
            _digest_value(digest, name, item, seen)
    elif isinstance(value, (type, np.ufunc)) or inspect.isbuiltin(value):
        digest.update(f"{value.__module__ if hasattr(value, '__module__') else ''}.{value.__name__}".encode())
    else:
        raise TypeError(f"its methods refer to {name!r}, a {type(value).__name__}")
