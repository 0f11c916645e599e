"""How the time of a lasso and of a logistic path grows with samples, columns, density and the number of strengths."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from skregloss import regularization_path

from . import generated

REPEATS = 3
# Before the steps of each series: samples, columns, density (None is dense), strengths.
BASE = {"samples": 1000, "columns": 1000, "density": None, "strengths": 100}
SERIES = {
    "samples": [{"samples": n} for n in (1000, 2000, 4000, 8000, 16000)],
    "columns": [{"columns": p} for p in (1000, 2000, 4000, 8000, 16000)],
    "strengths": [{"strengths": k} for k in (25, 50, 100, 200, 400)],
    "density": [{"samples": 4000, "columns": 10000, "density": share} for share in (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)],
}


def write(path, shrink=1):
    """The table of times and slopes."""
    lines = [
        "# How cost grows",
        "",
        "Processor time of a path to alpha_max/100, tolerance 1e-6, least of three runs, warm. The slope is that of a line "
        "through the logarithms.",
        "",
        "| loss | growing | times (s) | slope |",
        "|---|---|---|---|",
    ]
    for loss in ("squared_error", "log_loss"):
        for name, steps in SERIES.items():
            times = [_seconds(loss, BASE | step, shrink) for step in steps]
            sizes = [step[name] for step in steps]
            slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
            shown = ", ".join(f"{size:g}: {seconds:.3g}" for size, seconds in zip(sizes, times, strict=True))
            lines.append(f"| {loss} | {name} | {shown} | {slope:.2f} |")
            print(lines[-1], flush=True)
    Path(path).write_text("\n".join(lines) + "\n")


def _seconds(loss, size, shrink):
    n_samples, n_features = size["samples"] // shrink, size["columns"] // shrink
    if size["density"] is None:
        X = generated.correlated(n_samples, n_features, 0.6)
    else:
        X = generated.documents(n_samples, n_features, size["density"])
    y = generated.labels(X) if loss == "log_loss" else generated.numbers(X)
    times = []
    for _ in range(REPEATS + 1):
        before = time.process_time()
        regularization_path(X, y, loss=loss, penalty="l1", alphas=size["strengths"], alpha_min_ratio=1e-2)
        times.append(time.process_time() - before)
    return min(times[1:])
