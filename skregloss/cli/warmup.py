"""`skregloss warmup`: compiling the common kernels ahead of the first fit."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import warnings
from functools import partial

import numpy as np
from scipy import sparse

from ._errors import CommandError

PENALTIES = ("l1", "l2", "elasticnet", "mcp", "scad", None)


def add_parser(commands):
    """The command's options."""
    parser = commands.add_parser("warmup", help="compile the common kernels ahead of the first fit")
    parser.add_argument(
        "--processor",
        choices=("native", "generic"),
        default="native",
        help="native: for this processor; generic: for every processor of its family, as images need",
    )
    parser.set_defaults(run=run)


def run(arguments):
    """Compile what the usual fits need, by running small ones."""
    from .._kernel_cache import candidate_folders, sources_hash, writable_folder

    folder = writable_folder()
    if folder is None:
        tried = ", ".join(map(str, candidate_folders()))
        raise CommandError(f"no cache folder is writable (tried {tried}); set NUMBA_CACHE_DIR to one that is.")
    if arguments.processor == "generic" and os.environ.get("NUMBA_CPU_NAME") != "generic":
        # numba reads the processor once, when it is imported.
        environment = {**os.environ, "NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
        command = [sys.executable, "-m", "skregloss", "warmup", "--processor", "generic"]
        if subprocess.run(command, env=environment, check=False).returncode:
            raise CommandError("compiling for a generic processor failed.")
        return
    folder = folder / sources_hash()
    start, before = time.perf_counter(), _count_kernels(folder)
    for label, fit in warmup_fits():
        began, known = time.perf_counter(), _count_kernels(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fit()
        print(f"{label}: {_count_kernels(folder) - known} kernels, {time.perf_counter() - began:.1f} s", flush=True)
    compiled = _count_kernels(folder) - before
    print(f"{compiled} kernels compiled in {time.perf_counter() - start:.1f} s, {before + compiled} in {folder}")


def _count_kernels(folder) -> int:
    return len(list(folder.glob("*.kernel")))


def warmup_fits():
    """Pairs of a label and a fit: every loss, the usual penalties, and every kind of matrix, each with the kernels it adds.

    Kernels see a loss, a penalty or a matrix, and only few see two of them: a fit per pair would compile nothing more.
    """
    from ..losses import BY_NAME

    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=(20, 6)))
    X[rng.random(X.shape) < 0.3] = 0.0
    matrices = {"dense": X, "sparse": sparse.csc_matrix(X)}
    for storage, matrix in matrices.items():
        for dtype in ("float64", "float32"):
            yield f"{storage} {dtype}", partial(_small_fits, matrix.astype(dtype))
    for penalty in PENALTIES:
        yield f"penalty {penalty}", partial(_small_fits, X, penalty=penalty)
    for name, cls in BY_NAME.items():
        if name == cls.name:
            yield f"loss {name}", partial(_small_fits, X, losses=[name])


def _small_fits(X, losses=("squared_error", "log_loss"), penalty="l1"):
    from .. import PenalizedClassifier, PenalizedRegressor, regularization_path
    from ..losses import BY_NAME

    for loss in losses:
        cls = PenalizedClassifier if BY_NAME[loss].classification else PenalizedRegressor
        target = X @ np.linspace(1.0, -1.0, X.shape[1])
        y = target > np.median(target) if cls is PenalizedClassifier else np.exp(0.2 * target)
        for options in ({}, {"bounds": (0.0, None)}, {"penalty_factors": [0.0] + [1.0] * (X.shape[1] - 1)}):
            model = cls(loss=loss, penalty=penalty, alpha=0.02, **options).fit(X, y)
            model.predict(X)
            model.score(X, y)
            if hasattr(model, "predict_proba"):
                model.predict_proba(X)
        regularization_path(X, y, loss=loss, penalty=penalty, alphas=4, alpha_min_ratio=0.1)
