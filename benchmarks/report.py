"""The results as a Markdown table and a plot."""

from __future__ import annotations

import json
from pathlib import Path

from .runner import LOOSE, loose_time

FOLDER = Path(__file__).parent / "results"
OWN = "skregloss"
EXACT = "sklearn_lars"


def load(path) -> dict:
    return json.loads(Path(path).read_text())


def save(results, path):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(json.dumps(results, indent=1) + "\n")


def write(results, folder=FOLDER):
    """`table.md` and `gap_against_time.png`"""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(table(results))
    draw(results, folder / "gap_against_time.png")


def table(results) -> str:
    """One section per problem, with the ratio to the best peer, and a section of those that could not take part."""
    machine = results["machine"]
    lines = [
        "# Time to a certified accuracy",
        "",
        f"Target: {results['target']:g} (the harness's own relative duality gap, worst over the path; for MCP the violation of "
        f"the optimality conditions). Measured {machine['date']} on {machine['processor']}, {machine['cores']} cores, load "
        f"{machine['load']:.1f}. Times are medians of interleaved runs; ratios are of processor time at one thread.",
        "",
        "| problem | here | best peer | ratio | of coordinate descent | of LARS | at 1e-3 |",
        "|---|---|---|---|---|---|---|",
    ]
    problems = list(dict.fromkeys(record["problem"] for record in results["records"]))
    groups = {name: [record for record in results["records"] if record["problem"] == name] for name in problems}
    lines += [_ratio_row(name, records, results["threads"][0]) for name, records in groups.items()]
    for name, records in groups.items():
        lines += ["", *_section(name, records)]
    return "\n".join(lines) + "\n"


def _times(record, threads, key="cpu"):
    return record.get("times", {}).get(str(threads), {}).get(key)


def _ratio_row(name, records, threads):
    own = next((record for record in records if record["solver"] == OWN), None)
    peers = [record for record in records if record["solver"] != OWN and _times(record, threads) is not None]
    mine = _times(own, threads) if own else None
    best = min(peers, key=lambda record: _times(record, threads), default=None)
    descending = [_times(record, threads) for record in peers if record["solver"] != EXACT]
    exact = [_times(record, threads) for record in peers if record["solver"] == EXACT]
    loose = [time for record in records if record["solver"] != OWN and (time := loose_time(record)) is not None]
    shown = f"{best['solver']} {_times(best, threads):.3g} s" if best else "none"
    cells = [
        name,
        f"{mine:.3g} s" if mine is not None else (own or {}).get("why", "not run"),
        shown,
        _ratio(mine, [_times(best, threads)] if best else []),
        _ratio(mine, descending),
        _ratio(mine, exact),
        _ratio(loose_time(own) if own else None, loose),
    ]
    return "| " + " | ".join(cells) + " |"


def _ratio(mine, others):
    return f"{mine / min(others):.2f}" if mine is not None and others else ""


def _section(name, records):
    known = next((record for record in records if "shape" in record), None)
    shape = "" if known is None else " x ".join(map(str, known["shape"][:2])) + ("" if known["real"] else ", generated")
    yield f"## {name}" + (f" ({shape})" if shape else "")
    yield ""
    yield "| solver | version | violation | tolerance | threads | wall s | processor s | first call s | memory / data |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for record in records:
        if record["status"] != "reached":
            cells = record["solver"], record.get("version", ""), _best_violation(record), record["why"]
            yield f"| {' | '.join(cells)} | | | | | |"
            continue
        for threads, times in record["times"].items():
            start = f"| {record['solver']} | {record['version']} | {record['violation']:.1e} | {record['tol']:g} | {threads} | "
            if "wall" not in times:
                yield start + f"{times['failed']} | | | |"
                continue
            memory = "" if times["memory"] is None else f"{times['memory'] / _data_bytes(record):.2f}"
            yield start + f"{times['wall']:.3g} | {times['cpu']:.3g} | {times['first_call']:.3g} | {memory} |"
    best = _best_objectives(records)
    if best is not None:
        yield ""
        yield (
            "Objective above the best found, mean over the path, relative to that at the first strength: "
            + "; ".join(best)
            + "."
        )


def _best_violation(record):
    found = [(rung["violation"], rung["wall"]) for rung in record.get("ladder", [])]
    return f"{min(found)[0]:.1e} in {min(found)[1]:.3g} s" if found else ""


def _data_bytes(record):
    rows, columns, stored = record["shape"]
    return 8 * stored if stored == rows * columns else 12 * stored


def _best_objectives(records):
    """For problems with several minima, how far above the best each solver ends."""
    if not records[0]["problem"].startswith("mcp"):
        return None
    last = {
        r["solver"]: r["ladder"][-1]["objectives"] for r in records if r.get("ladder") and r["ladder"][-1]["violation"] < 1e-2
    }
    if not last:
        return None
    best = [min(values) for values in zip(*last.values(), strict=True)]
    excess = {name: sum(map(float.__sub__, values, best)) / len(best) / best[0] for name, values in last.items()}
    return [f"{name} {value:.1e}" for name, value in excess.items()]


def draw(results, path):
    """Gap against time, an axes for each problem: one line for each solver down its ladder."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib import ticker

    problems = list(dict.fromkeys(record["problem"] for record in results["records"]))
    n_rows = -(-len(problems) // 4)
    figure, axes = plt.subplots(n_rows, 4, figsize=(18, 3.6 * n_rows), squeeze=False, layout="constrained")
    solvers = list(dict.fromkeys(record["solver"] for record in results["records"]))
    colors = dict(zip(solvers, plt.get_cmap("tab20").colors, strict=False))
    for ax, name in zip(axes.flat, problems, strict=False):
        for record in results["records"]:
            rungs = [rung for rung in record.get("ladder", []) if not rung["cold"] and rung["violation"] < 1e9]
            if record["problem"] != name or not rungs:
                continue
            times, gaps = [rung["cpu"] for rung in rungs], [max(rung["violation"], 1e-16) for rung in rungs]
            wide = 2.5 if record["solver"] == OWN else 1.2
            ax.loglog(times, gaps, "o-", ms=3, lw=wide, color=colors[record["solver"]], label=record["solver"])
        ax.axhline(results["target"], color="0.5", lw=0.8)
        ax.axhline(LOOSE, color="0.8", lw=0.8)
        ax.set(title=name, xlabel="processor time (s)", ylabel="violation")
        ax.xaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_minor_formatter(ticker.NullFormatter())
        ax.tick_params(axis="x", labelsize=7)
        ax.legend(fontsize=6)
    for ax in axes.flat[len(problems) :]:
        ax.set_visible(False)
    figure.savefig(path, dpi=80)
    plt.close(figure)
