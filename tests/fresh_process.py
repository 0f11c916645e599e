"""Scripts in processes that have never seen the package, without paying for the import of numba and scikit-learn each time.

A server process imports what the package builds on, and forks for each script. `run` gives a script's `answer`, the kernels
that were compiled for it, and what it wrote to stderr.
"""

from __future__ import annotations

import json
import os
import runpy
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "skregloss"
# What decides where the cache lies and what it is for; a script gets only those it asks for.
VARIABLES = ("NUMBA_CACHE_DIR", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "XDG_CACHE_HOME", "HOME")


@dataclass(frozen=True)
class Outcome:
    """What became of a script."""

    code: int
    answer: object
    compiled: list[str]
    stderr: str


class Server:
    """Forks processes that have imported numba and scikit-learn, but not the package."""

    def __init__(self):
        command = [sys.executable, str(Path(__file__).resolve())]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd="/")

    def run(self, code, root, *, path=(), **environment) -> Outcome:
        """Run code with the package at `root`; further folders to import from, and environment variables."""
        return self.run_all([code], root, path=path, **environment)[0]

    def run_all(self, codes, root, *, path=(), **environment) -> list[Outcome]:
        """The same for several scripts at the same time."""
        environment = {"HOME": str(root / "home"), **environment}
        jobs = []
        for k, code in enumerate(codes):
            script = root / f"script{k}.py"
            script.write_text(code)
            places = {"script": script, "result": root / f"result{k}", "errors": root / f"errors{k}"}
            jobs.append({**{name: str(place) for name, place in places.items()}, "path": [str(root), *map(str, path)]})
            places["result"].unlink(missing_ok=True)
        for job in jobs:
            job["environment"] = {name: str(value) for name, value in environment.items() if value is not None}
        self.process.stdin.write(json.dumps(jobs) + "\n")
        self.process.stdin.flush()
        statuses = json.loads(self.process.stdout.readline())
        return [_outcome(job, status) for job, status in zip(jobs, statuses, strict=True)]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def _outcome(job, status) -> Outcome:
    result, errors = Path(job["result"]), Path(job["errors"]).read_text()
    found = json.loads(result.read_text()) if result.exists() else {"answer": None, "compiled": []}
    return Outcome(status, found["answer"], found["compiled"], errors)


def copy_package(root: Path) -> Path:
    """The package, without anything compiled, in a folder where it can be edited."""
    shutil.copytree(PACKAGE, root / "skregloss", ignore=shutil.ignore_patterns("__pycache__"))
    (root / "home").mkdir(exist_ok=True)
    return root


def work(job):
    """In the forked process: run the script, and write down its `answer` and what was compiled."""
    from numba.core import event

    compiled = []

    class Compilations(event.Listener):
        def on_start(self, happening):
            compiled.append(happening.data["dispatcher"].py_func.__name__)

        def on_end(self, happening):
            pass

    for name in VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(job["environment"])
    # The source is not written as bytecode, whose time stamps are too coarse for edits within a second.
    sys.dont_write_bytecode = True
    sys.path[:0] = job["path"]
    errors = os.open(job["errors"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(errors, 1)
    os.dup2(errors, 2)
    event.register("numba:compile", Compilations())
    answer = runpy.run_path(job["script"], run_name="__main__").get("answer")
    Path(job["result"]).write_text(json.dumps({"answer": answer, "compiled": compiled}))


def start(job) -> int:
    """Fork for a job; the process id."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work(job)
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def serve():
    """Read lists of jobs, one a line, and answer with their exit codes."""
    import numba
    import sklearn.linear_model  # noqa: F401

    numba.njit(lambda x: x + 1.0)(1.0)
    for line in sys.stdin:
        pids = [start(job) for job in json.loads(line)]
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]), flush=True)


if __name__ == "__main__":
    serve()
