"""A worker process, seen from outside: asked for runs, ended when its time is up."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "BLIS_NUM_THREADS")
ROOT = Path(__file__).resolve().parent.parent


class Session:
    """The process of one solver on one problem.

    `hello` is what it said at the start: its ladder and version, or why there will be no runs. `interpreter` is the Python
    it runs in.
    """

    def __init__(self, problem, solver, threads, *, n_alphas=None, start_limit=600.0, interpreter=None):
        environment = os.environ | {name: str(threads) for name in THREAD_VARIABLES}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), environment.get("PYTHONPATH")]))
        words = "-m", "benchmarks.worker", problem, solver, str(threads), str(n_alphas or 0)
        self.process = subprocess.Popen(
            [interpreter or sys.executable, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # so that its own children end with it
        )
        self._unread = b""
        self.hello = self._answer(start_limit)

    def run(self, tol, limit, *, certified=True):
        """The result at a tolerance, `{"failed": ...}`, or `{"over": seconds}` after which it was ended."""
        try:
            self.process.stdin.write((json.dumps({"tol": tol, "certified": certified}) + "\n").encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return {"failed": "the process ended"}
        return self._answer(limit)

    def close(self):
        """End the process and its children."""
        for stream in (self.process.stdin, self.process.stdout):
            stream.close()
        try:
            self.process.wait(2.0)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()

    def _answer(self, limit):
        deadline = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._unread:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    return {"over": limit}
                part = os.read(self.process.stdout.fileno(), 1 << 20)
                if not part:
                    return {"failed": f"the process ended with status {self.process.wait()}"}
                self._unread += part
        line, self._unread = self._unread.split(b"\n", 1)
        return json.loads(line)
