"""The command line: `python -m benchmarks run`, `python -m benchmarks report`, `python -m benchmarks scaling`."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from . import machine, report, scaling
from .problems import DEFAULT, RECIPES
from .runner import Plan, measure
from .solvers import MODULES

RESULTS = report.FOLDER / "results.json"


def parser():
    """The arguments."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="measure, and write results.json, table.md and gap_against_time.png")
    run.add_argument("--problem", action="append", choices=RECIPES, help="may be repeated; all by default")
    run.add_argument("--solver", action="append", choices=MODULES, help="may be repeated; all by default")
    run.add_argument("--target", type=float, default=1e-6)
    run.add_argument("--limit", type=float, default=120.0, help="processor seconds for a solver on a problem, down its ladder")
    run.add_argument("--repeats", type=int, default=5, help="turns of warm runs in a process")
    run.add_argument("--processes", type=int, default=3, help="fresh processes of each solver")
    run.add_argument("--threads", type=int, action="append", help="may be repeated; 1 and all cores by default")
    run.add_argument("--alphas", type=int, help="strengths of each path, instead of the problem's own number")
    run.add_argument("--interpreter", action="append", default=[], metavar="SOLVER=PYTHON", help="another Python for a solver")
    run.add_argument("--output", type=Path, default=RESULTS, help="results of problems measured before are kept")
    again = commands.add_parser("report", help="write the table and the plot of results measured before")
    again.add_argument("--input", type=Path, default=RESULTS)
    growth = commands.add_parser("scaling", help="time against samples, columns, density and strengths, with slopes")
    growth.add_argument("--output", type=Path, default=report.FOLDER, help="a folder")
    growth.add_argument("--shrink", type=int, default=1, help="divide all sizes by this")
    return top


def main(words=None):
    """Do what the command line says."""
    options = parser().parse_args(words)
    if options.command == "run":
        run(options)
    elif options.command == "report":
        report.write(report.load(options.input), options.input.parent)
    else:
        scaling.write(options.output, options.shrink)


def run(options):
    """Measure problem after problem, saving after each."""
    threads = tuple(options.threads or sorted({1, os.cpu_count() or 1}))
    plan = Plan(
        target=options.target,
        limit=options.limit,
        repeats=options.repeats,
        processes=options.processes,
        threads=threads,
        n_alphas=options.alphas,
        interpreters=dict(pair.split("=", 1) for pair in options.interpreter),
    )
    results = {"machine": machine.description(), "target": plan.target, "threads": threads, "records": []}
    if options.output.is_file():
        results["records"] = report.load(options.output)["records"]
    for problem in options.problem or DEFAULT:
        records = measure(problem, options.solver or list(MODULES), plan, report=lambda line: print(line, flush=True))
        results["records"] = _merged(results["records"], records)
        report.save(results, options.output)
        of_problem = [record for record in results["records"] if record["problem"] == problem]
        print(report.table(results | {"records": of_problem}).splitlines()[6], flush=True)
    report.write(results, options.output.parent)


def _merged(old, new):
    """The new records, and the old ones of other problems or solvers; those of a problem stay together."""
    measured = {(record["problem"], record["solver"]) for record in new}
    records = [record for record in old if (record["problem"], record["solver"]) not in measured] + new
    order = {name: place for place, name in enumerate(RECIPES)}
    return sorted(records, key=lambda record: (order[record["problem"]], list(MODULES).index(record["solver"])))


if __name__ == "__main__":
    sys.exit(main())
