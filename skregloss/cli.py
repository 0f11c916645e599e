"""The command `skregloss`: what penalties do under different losses, and compiling kernels ahead."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from functools import partial
from itertools import groupby

import numpy as np
from scipy import sparse

from . import __version__

ERROR = 2
WARMUP_PENALTIES = ("l1", "l2", "elasticnet", "mcp", "scad", None)


class CommandError(Exception):
    """What the user can mend, in one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message):
        raise CommandError(f"{message} (see {self.prog} --help)")


def main(argv: list[str] | None = None) -> int:
    """Run the command; the exit code, 2 after an error."""
    try:
        arguments = _parser().parse_args(argv)
        arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        message = " ".join(str(error).split()) or type(error).__name__
        print(f"skregloss: {message}", file=sys.stderr)
        return ERROR
    return 0


def _parser():
    parser = _Parser(prog="skregloss", description="Any penalty on any loss, with a certificate of optimality on every fit.")
    parser.add_argument("--version", action="version", version=f"skregloss {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    effects = commands.add_parser("effects", help="show what L1, L2 and elastic net do under two losses")
    effects.set_defaults(run=_effects)
    warmup = commands.add_parser("warmup", help="compile the common kernels ahead of the first fit")
    warmup.add_argument(
        "--processor",
        choices=("native", "generic"),
        default="native",
        help="native: for this processor; generic: for every processor of its family, as images need",
    )
    warmup.set_defaults(run=_warmup)
    return parser


def _effects(arguments):
    """Print the table and the answer for breast_cancer."""
    from sklearn.datasets import load_breast_cancer

    from .inspection import effects_in_words, penalty_effects

    data = load_breast_cancer()
    effects = penalty_effects(data.data, data.target)
    n_samples, n_features = data.data.shape
    print(f"breast_cancer: {n_samples} samples, {n_features} standardised columns, target coded 0 or 1.")
    print("Strength is a share of alpha_max, the least alpha at which L1 zeroes every coefficient under that loss.")
    for loss, rows in groupby(effects, key=lambda effect: effect.loss):
        print(f"\n{loss}\n{_table(list(rows))}")
    print()
    print("\n".join(effects_in_words(effects)))
    if not all(effect.converged for effect in effects):
        print("Not all fits reached their tolerance; their rows are marked with *.")


def _table(effects) -> str:
    heading = ("penalty", "strength", "alpha", "exact zeros", "L1 norm", "largest", "loss explained")
    rows = [
        (
            effect.penalty + ("" if effect.converged else "*"),
            f"{effect.strength:g}",
            f"{effect.alpha:.4g}",
            f"{effect.n_zeros} of {effect.n_features}",
            f"{effect.l1_norm:.3f}",
            f"{effect.largest:.3f}",
            f"{effect.loss_explained:.1%}",
        )
        for effect in effects
    ]
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    return "\n".join(_line(row, widths) for row in (heading, *rows))


def _line(row, widths) -> str:
    cells = [cell.rjust(width) for cell, width in zip(row, widths, strict=True)]
    return "  ".join(["", row[0].ljust(widths[0]), *cells[1:]])


def _warmup(arguments):
    """Compile what the usual fits need, by running small ones."""
    from ._kernel_cache import candidate_folders, sources_hash, writable_folder

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
    from .losses import BY_NAME

    rng = np.random.default_rng(0)
    X = np.asfortranarray(rng.normal(size=(20, 6)))
    X[rng.random(X.shape) < 0.3] = 0.0
    matrices = {"dense": X, "sparse": sparse.csc_matrix(X)}
    for storage, matrix in matrices.items():
        for dtype in ("float64", "float32"):
            yield f"{storage} {dtype}", partial(_small_fits, matrix.astype(dtype))
    for penalty in WARMUP_PENALTIES:
        yield f"penalty {penalty}", partial(_small_fits, X, penalty=penalty)
    for name, cls in BY_NAME.items():
        if name == cls.name:
            yield f"loss {name}", partial(_small_fits, X, losses=[name])


def _small_fits(X, losses=("squared_error", "log_loss"), penalty="l1"):
    from . import PenalizedClassifier, PenalizedRegressor
    from .losses import BY_NAME

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
