"""The solver's progress on standard output while an estimator with `verbose` fits."""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import contextmanager

logger = logging.getLogger("skregloss")
_lock = threading.Lock()
_printing = 0
_usual_level = logging.NOTSET


@contextmanager
def progress_printed(verbose):
    """Print the progress lines of fits in this thread; the logger is quiet again when the last thread is done."""
    if not verbose:
        yield
        return
    this_thread = threading.get_ident()
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(lambda record: record.thread == this_thread)
    _change_printing(+1)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        _change_printing(-1)


def _change_printing(change):
    global _printing, _usual_level
    with _lock:
        if _printing == 0:
            _usual_level = logger.level
        _printing += change
        logger.setLevel(min(logging.INFO, _usual_level or logging.INFO) if _printing else _usual_level)
