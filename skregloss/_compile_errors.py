"""What numba says of a user's class that does not compile, in one sentence instead of pages."""

from __future__ import annotations

import functools
import inspect
import re

from numba import float64, njit, typeof
from numba.core.errors import NumbaError

from ._fingerprint import is_ours

MAY_USE = (
    "methods of losses and penalties may use numbers, NumPy arrays among the parameters, math, NumPy's scalar functions, "
    "and helpers marked with numba.extending.register_jitable"
)
# Numba's message tells of every call on the way to the culprit, under this heading each.
HEADING = re.compile(r"Failed in nopython mode pipeline \(step: .*\)\s*")


def explained(compile_for_args):
    """The compiler of a kernel, raising a TypeError that names class and method where those are the user's."""

    @functools.wraps(compile_for_args)
    def compile_or_explain(*args, **kwargs):
        try:
            return compile_for_args(*args, **kwargs)
        except NumbaError:
            sentence = next(filter(None, map(_complaint, args)), None)
            if sentence is None:
                raise
        raise TypeError(sentence)

    return compile_or_explain


def _complaint(lowered) -> str | None:
    """What does not compile of a lowered object of a user's class, or of one within it."""
    if not hasattr(lowered, "kernel_methods"):
        return None
    failures = []
    for name, function in lowered.kernel_methods.items():
        # Methods of blocks take arrays too, and are left to numba's own words.
        if is_ours(function) or name.startswith("block_"):
            continue
        try:
            njit(error_model="numpy")(function).compile((typeof(lowered), *[float64] * _count_arguments(function)))
        except NumbaError as error:
            *callers, message = HEADING.split(str(error))
            method = ".".join(function.__qualname__.split(".")[-2:])
            failures.append((len(callers), method, _essence(message)))
    if failures:
        # A method that fails because it calls another has the longer way to the culprit.
        _, method, essence = min(failures, key=lambda failure: failure[0])
        return f"{method} does not compile: {essence}; {MAY_USE}."
    return next(filter(None, map(_complaint, lowered)), None)


def _count_arguments(function) -> int:
    return len(inspect.signature(function).parameters) - 1


def _essence(message: str) -> str:
    """The first sentence of numba's message, with the call that it is about."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    first = re.sub(r", defined at .*", "", lines[0])
    first = re.sub(r"user_(\w+?)_[0-9a-f]+_\d+\(.*?\)", r"\1", first)
    call = next((line.removeprefix(">>> ") for line in lines if line.startswith(">>> ")), None)
    return f"{first} {call}" if call and first.endswith(":") else first.rstrip(".")
