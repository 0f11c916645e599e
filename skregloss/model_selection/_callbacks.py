"""scikit-learn's callbacks, where the installed version has them (1.9 and later)."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from joblib import effective_n_jobs
from sklearn.utils.parallel import Parallel, delayed

from .._threads import blas_held

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:
    # scikit-learn before 1.9 has no callbacks: an empty class of the same name, which mypy takes for a second definition.
    class CallbackSupportMixin:  # type: ignore[no-redef]
        """In place of scikit-learn's."""

    def with_callbacks(method):
        """In place of scikit-learn's."""
        return method


__all__ = ["CallbackSupportMixin", "Tasks", "in_parallel", "with_callbacks"]


def in_parallel(n_jobs, function, arguments) -> list:
    """The function's results, threads being preferred: kernels do not hold the interpreter's lock.

    Several at once keep the processors busy: that each has those of BLAS besides takes twice as long.
    """
    with blas_held() if effective_n_jobs(n_jobs) > 1 else nullcontext():
        return Parallel(n_jobs=n_jobs, prefer="threads")(delayed(function)(*each) for each in arguments)


class Tasks:
    """The tasks of a fit, of which its callbacks are told: a path on a fold each, or the fit to all data."""

    def __init__(self, estimator, X, y, count):
        self._estimator, self._data, self._next = estimator, {"X": X, "y": y}, 0
        self._context: Any = None
        if hasattr(estimator, "_init_callback_context"):
            self._context = estimator._init_callback_context(max_subtasks=count, sequential_subtasks=False)
            self._context.call_on_fit_task_begin(estimator=estimator, **self._data)

    def end(self) -> None:
        """The fit is over."""
        if self._context is not None:
            self._context.call_on_fit_task_end(estimator=self._estimator, **self._data)

    def run(self, name, function, arguments) -> list:
        """A task for each call of the function, in parallel; their results."""
        contexts = [self._subtask(name) for _ in arguments]
        calls = [(context, self._estimator, function, each) for context, each in zip(contexts, arguments, strict=True)]
        return in_parallel(self._estimator.n_jobs, _run, calls)

    def run_here(self, name, function, *arguments):
        """One task, in this thread."""
        return _run(self._subtask(name), self._estimator, function, arguments)

    def _subtask(self, name):
        self._next += 1
        return None if self._context is None else self._context.subcontext(task_name=name, task_id=self._next - 1)


def _run(context, estimator, function, arguments):
    if context is None:
        return function(*arguments)
    context.call_on_fit_task_begin(estimator=estimator)
    result = function(*arguments)
    context.call_on_fit_task_end(estimator=estimator)
    return result
