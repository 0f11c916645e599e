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
        f"{machine['load']:.1f}. Times are medians over fresh processes, of the warm runs in each. Ratios are of processor "
        "time at one thread, and with all threads of time on the wall. Where no peer reaches the target in time, it is "
        "the ratio to what the nearest of them took for less. The floor is one product with all columns for each strength.",
        "",
        "| problem | here | best peer | ratio | of coordinate descent | of LARS | of the floor | all threads | at 1e-3 |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    problems = list(dict.fromkeys(record["problem"] for record in results["records"]))
    groups = {name: [record for record in results["records"] if record["problem"] == name] for name in problems}
    lines += [_ratio_row(name, records) for name, records in groups.items()]
    for name, records in groups.items():
        lines += ["", *_section(name, records)]
    return "\n".join(lines) + "\n"


def _times(record, threads, key="cpu"):
    return record.get("times", {}).get(str(threads), {}).get(key)


def _ratio_row(name, records):
    own = next((record for record in records if record["solver"] == OWN), {})
    threads = sorted(map(int, own.get("times", {}))) or [1]
    mine = _times(own, threads[0])
    peers = [record for record in records if record["solver"] != OWN]
    reached = {record["solver"]: time for record in peers if (time := _times(record, threads[0])) is not None}
    wall = [time for record in peers if (time := _times(record, threads[-1], "wall")) is not None]
    loose = [time for record in peers if (time := loose_time(record)) is not None]
    best = min(reached, key=reached.get, default=None)
    shown = f"{best} {reached[best]:.3g} s" if best else "none"
    nearest = _nearest(peers)
    if best is None and nearest is not None:
        shown += f"; {nearest['solver']} {_best_rung(nearest)['violation']:.0e} in {_best_rung(nearest)['cpu']:.3g} s"
    cells = [
        name,
        f"{mine:.3g} s" if mine is not None else own.get("why", "not run"),
        shown,
        _ratio_or_bound(mine, reached, peers),
        _ratio_or_bound(mine, *_without_exact(reached, peers)),
        _ratio(mine, [reached[EXACT]] if EXACT in reached else []),
        _ratio(mine, [own["floor"]] if "floor" in own else []),
        _ratio(_times(own, threads[-1], "wall"), wall) if len(threads) > 1 else "",
        _ratio(loose_time(own), loose),
    ]
    return "| " + " | ".join(cells) + " |"


def _without_exact(reached, peers):
    return {name: time for name, time in reached.items() if name != EXACT}, [peer for peer in peers if peer["solver"] != EXACT]


def _ratio_or_bound(mine, reached, peers):
    """To the best that reached the target, or to what the nearest took for less."""
    nearest = _nearest(peers)
    if reached or nearest is None or mine is None:
        return _ratio(mine, list(reached.values()))
    return f"< {_ratio(mine, [_best_rung(nearest)['cpu']])}"


def _nearest(peers):
    """The peer that took the least time for the least violation of its own; None if none has any"""
    return min((peer for peer in peers if _best_rung(peer)), key=lambda peer: _best_rung(peer)["cpu"], default=None)


def _best_rung(record):
    """That of the least violation, None without any"""
    return min(record.get("ladder", []), key=lambda rung: rung["violation"], default=None)


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
            memory = "" if record["memory"] is None else f"{record['memory'] / _data_bytes(record):.2f}"
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
    rung = _best_rung(record)
    return f"{rung['violation']:.1e} in {rung['wall']:.3g} s" if rung else ""


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
