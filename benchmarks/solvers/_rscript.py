"""R packages, through Rscript: data and answers in files, times taken in R."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path as FilePath

import numpy as np

from ._base import Path, Solver

SCRIPT = FilePath(__file__).with_name("paths.R")


@lru_cache
def installed_version(package) -> str:
    """The version of an R package; ImportError without it, or without R."""
    program = shutil.which("Rscript")
    if program is None:
        raise ImportError("Rscript is not found")
    question = f"cat(as.character(packageVersion('{package}')))"
    answer = subprocess.run([program, "-e", question], capture_output=True, text=True, check=False)
    if answer.returncode:
        raise ImportError(f"R has no package {package}")
    return answer.stdout.strip()


class RSolver(Solver):
    """A path of an R package; `family` is what the script is told, in R's words."""

    cross_validates = False

    def __init__(self, threads):
        super().__init__(threads)
        self.number = installed_version(self.package)

    def version(self):
        return self.number

    def prepare(self, problem):
        folder = tempfile.TemporaryDirectory()
        X = problem.X
        if isinstance(X, np.ndarray):
            self._write(folder, "x", X.ravel(order="F"))
        else:
            self._write(folder, "x", X.data)
            self._write(folder, "i", X.indices, np.int32)
            self._write(folder, "p", X.indptr, np.int32)
        self._write(folder, "shape", X.shape, np.int32)
        self._write(folder, "y", problem.y.ravel(order="F"))
        self._write(folder, "alphas", problem.alphas)
        if problem.offset is not None:
            self._write(folder, "offset", problem.offset)
        if problem.folds:
            owner = np.empty(len(problem.y))
            for k, (_, test) in enumerate(problem.splits()):
                owner[test] = k + 1
            self._write(folder, "folds", owner)
        return folder

    def solve(self, problem, prepared, tol):
        words = [prepared.name, self.package, problem.loss, problem.penalty, repr(tol), str(int(problem.intercept))]
        words += [repr(problem.l1_ratio), repr(problem.gamma), str(problem.group_size)]
        finished = subprocess.run(["Rscript", str(SCRIPT), *words], capture_output=True, text=True, check=False)
        if finished.returncode:
            raise RuntimeError(finished.stderr.strip().splitlines()[-1] if finished.stderr.strip() else "Rscript failed")
        wall, cpu = self._read(prepared, "times")
        coefs, intercepts = self._read(prepared, "coefs"), self._read(prepared, "intercepts")
        n_features = problem.X.shape[1]
        if problem.folds:
            errors = self._read(prepared, "errors")
            return Path(coefs[:, None], intercepts, wall, cpu, int(np.argmin(errors)), errors)
        if problem.loss == "softmax":
            n_classes = int(problem.y.max()) + 1
            coefs = coefs.reshape(n_classes, -1, n_features).transpose(0, 2, 1)
            return Path(coefs, intercepts.reshape(n_classes, -1), wall, cpu)
        return Path(coefs.reshape(-1, n_features).T, intercepts, wall, cpu)

    @staticmethod
    def _write(folder, name, values, dtype=np.float64):
        np.asarray(values, dtype=dtype).tofile(FilePath(folder.name) / name)

    @staticmethod
    def _read(folder, name):
        return np.fromfile(FilePath(folder.name) / name)
