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


def write(folder, shrink=1):
    """`scaling.md`, a table of times and slopes, and `scaling.png`"""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for loss in ("squared_error", "log_loss"):
        for name, steps in SERIES.items():
            times, nonzeros = zip(*[_measure(loss, BASE | step, shrink) for step in steps], strict=True)
            found[loss, name] = [step[name] for step in steps], times, nonzeros
            print(_row(loss, name, *found[loss, name]), flush=True)
    head = [
        "# How cost grows",
        "",
        "Processor time of a path to alpha_max/100, tolerance 1e-6, least of three runs, warm. The slope is that of a line "
        "through the logarithms. Before they grow there are 1000 samples, 1000 columns and 100 strengths; with a density, 4000 "
        "samples and 10000 columns. Coefficients that are not zero at the last strength explain what grows faster: steps of "
        "the homotopy cost their number times that of the columns near them.",
        "",
        "| loss | growing | times (s) | slope | nonzero at the end |",
        "|---|---|---|---|---|",
    ]
    rows = [_row(loss, name, *series) for (loss, name), series in found.items()]
    (folder / "scaling.md").write_text("\n".join(head + rows) + "\n")
    draw(found, folder / "scaling.png")


def slope_of(sizes, times) -> float:
    """That of a line through the logarithms"""
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _row(loss, name, sizes, times, nonzeros) -> str:
    shown = ", ".join(f"{size:g}: {seconds:.3g}" for size, seconds in zip(sizes, times, strict=True))
    return f"| {loss} | {name} | {shown} | {slope_of(sizes, times):.2f} | {', '.join(map(str, nonzeros))} |"


def draw(found, path):
    """Time against what grows, on logarithmic axes, with a line of slope 1 to compare with."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib import ticker

    figure, axes = plt.subplots(1, len(SERIES), figsize=(14, 3.6), layout="constrained")
    for ax, name in zip(axes, SERIES, strict=True):
        for loss, color in (("squared_error", "C0"), ("log_loss", "C1")):
            sizes, times, _ = found[loss, name]
            label = f"{loss}: slope {slope_of(sizes, times):.2f}"
            ax.loglog(sizes, times, "o-", ms=4, color=color, label=label)
        least = min(found[loss, name][1][0] for loss in ("squared_error", "log_loss"))
        ax.loglog(sizes, 0.7 * least * np.array(sizes) / sizes[0], ":", color="0.6", label="slope 1")
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.minorticks_off()
        ax.yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter("{x:g}")
        ax.set_xlabel(name)
        ax.legend(fontsize=8, frameon=False)
    axes[0].set_ylabel("processor seconds of a path")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _measure(loss, size, shrink) -> tuple[float, int]:
    """Seconds of a path, and how many coefficients are not zero at its end"""
    n_samples, n_features = size["samples"] // shrink, size["columns"] // shrink
    if size["density"] is None:
        X = generated.correlated(n_samples, n_features, 0.6)
    else:
        X = generated.documents(n_samples, n_features, size["density"])
    y = generated.labels(X) if loss == "log_loss" else generated.numbers(X)
    times = []
    for _ in range(REPEATS + 1):
        before = time.process_time()
        path = regularization_path(X, y, loss=loss, penalty="l1", alphas=size["strengths"], alpha_min_ratio=1e-2)
        times.append(time.process_time() - before)
    return min(times[1:]), int(path.n_nonzero[-1])
