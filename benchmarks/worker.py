"""One solver on one problem in a process of its own: a line of JSON for each tolerance read from standard input.

python -m benchmarks.worker PROBLEM SOLVER THREADS N_ALPHAS
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import sys
import time
import warnings

import numpy as np

from .certificate import certify
from .problems import make_problem
from .solvers import make_adapter

# Products whose time is taken for that of all.
SAMPLED = 20


def main(words):
    """Answer on what was standard output; what solvers print goes to standard error."""
    name, solver, threads, n_alphas = words
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    try:
        problem = make_problem(name, int(n_alphas) or None)
        problem.alphas  # noqa: B018  computed before any clock runs
        adapter = make_adapter(solver, int(threads))
        reason = adapter.why_not(problem)
        if reason:
            _say(answers, {"refuses": reason})
            return
        prepared = adapter.prepare(problem)
    except ImportError as error:
        _say(answers, {"missing": str(error)})
        return
    shape = [*problem.X.shape, int(getattr(problem.X, "nnz", problem.X.size))]
    _say(answers, {"ladder": adapter.ladder, "version": adapter.version(), "shape": shape, "real": problem.real})
    for line in sys.stdin:
        try:
            _say(answers, run(problem, adapter, prepared, **json.loads(line)))
        except Exception as error:  # whatever a peer raises is its result
            _say(answers, {"failed": f"{type(error).__name__}: {error}"[:300]})


def run(problem, adapter, prepared, tol, certified=True):
    """The times of one solution, and its certificate and peak of memory, to measure which costs it its warm memory."""
    resident = _forget_peak() if certified else None
    cpu, wall = _cpu(), time.perf_counter()
    path = adapter.solve(problem, prepared, tol)
    wall, cpu = time.perf_counter() - wall, _cpu() - cpu
    memory = _status("VmHWM") - resident if certified and path.wall is None else None
    result = {"tol": tol, "wall": wall, "cpu": cpu, "memory": memory}
    if path.wall is not None:
        result |= {"wall": path.wall, "cpu": path.cpu}
    if certified:
        alphas = None if path.choice is None else problem.alphas[[path.choice]]
        certificate = certify(problem, path.coefs, path.intercepts, alphas)
        result |= {"violation": certificate.worst, "objectives": certificate.objectives.tolist()}
        result |= {"n_nonzero": certificate.n_nonzero, "choice": path.choice, "floor": _floor(problem)}
    return result


def _floor(problem):
    """Processor time of a product with all columns for each strength: what looking at them once takes."""
    residual, start = np.ones(problem.X.shape[0]), _cpu()
    for _ in range(SAMPLED):
        problem.X.T @ residual
    return (_cpu() - start) * len(problem.alphas) / SAMPLED


def _say(answers, message):
    answers.write(json.dumps(message) + "\n")


def _cpu():
    """Seconds of processor time, of finished children too."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def _forget_peak():
    """Memory held now, from where its peak is counted; Linux only."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return _status("VmRSS")


def _status(name):
    """A number of bytes from the process's status, NaN elsewhere than on Linux."""
    with contextlib.suppress(OSError), open("/proc/self/status") as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(name))
    return float("nan")


if __name__ == "__main__":
    main(sys.argv[1:])
