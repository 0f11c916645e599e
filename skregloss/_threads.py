"""Threads for large products: kernels and BLAS do not hold the interpreter's lock, so that several can run at once.

There are as many threads as BLAS has, and what limits those limits both: OMP_NUM_THREADS and its like, `threadpool_limits`, and
joblib for the processes that it starts. Fits in threads other than the main one, as those of a parallel search, take one each.
Results never depend on the number of threads.
"""

from __future__ import annotations

import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache

from threadpoolctl import ThreadpoolController

# Parts that a task may be cut into.
MOST_PARTS = 16
# How many threads were taken over from BLAS, while that is held to one.
_taken_over = 0


def available():
    """How many threads a task may take"""
    if threading.current_thread() is not threading.main_thread():
        return 1
    # BLAS that does not tell has None.
    return _taken_over or min((library.num_threads or 1 for library in _blas().lib_controllers), default=1)


@contextmanager
def blas_held():
    """BLAS has one thread, and `spread` those that it had

    Most matrices of a fit are small: their products gain nothing from threads, which keep processors busy waiting for more.
    """
    global _taken_over
    count = available()
    if count == 1 or _taken_over:
        yield
        return
    _taken_over = count
    try:
        with _blas().limit(limits=1):
            yield
    finally:
        _taken_over = 0


def spread(task, parts):
    """[task(part) for part in parts], in the threads that are available"""
    helpers = min(available(), len(parts)) - 1 if len(parts) > 1 else 0
    if not helpers:
        return [task(part) for part in parts]
    results, places = [None] * len(parts), itertools.count()

    def work():
        # Whoever is free takes the next part: a thread that has to wait for a processor keeps none of the others.
        while (place := next(places)) < len(parts):
            results[place] = task(parts[place])

    at_work = [_pool().submit(work) for _ in range(helpers)]
    work()
    for helper in at_work:
        helper.result()
    return results


def in_parts(task, length, work, least, most=MOST_PARTS):
    """[task(part)] for slices that a length is cut into: equal ones, and so few that each has at least so much of the work

    They are the same whoever takes them, so that sums over them are.
    """
    cuts = edges(length, work, least, most)
    if len(cuts) == 2:
        return [task(slice(0, length))]
    return spread(task, [slice(*ends) for ends in itertools.pairwise(cuts)])


def edges(length, work, least, most=MOST_PARTS):
    """Where these parts begin and end"""
    count = int(max(1, min(work // least, most, MOST_PARTS, length)))
    return [length * k // count for k in range(count + 1)]


def added(arrays):
    """The sum of arrays, which the first of them becomes"""
    arrays = iter(arrays)
    total = next(arrays)
    for other in arrays:
        total += other
    return total


@cache
def _blas():
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool():
    return ThreadPoolExecutor(MOST_PARTS, thread_name_prefix="skregloss")


# A process that is forked has none of its parent's threads.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)
