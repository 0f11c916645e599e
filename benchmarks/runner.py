"""The measurements: each solver down its ladder of tolerances, then all in turn at what reached the target."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

from .session import Session

LOOSE = 1e-3
# Runs of this many seconds are not repeated in other processes; a turn takes so many, and all turns of a process together.
LONG, TURN, ENOUGH = 10.0, 0.2, 1.0
# Seconds that a first call may take beyond the limit.
COMPILATION = 60.0
# Seconds for what is not part of a run's time: the certificate, and the start of R.
OVERHEAD = 20.0


@dataclass(frozen=True)
class Plan:
    """What to measure, and how long to wait: `limit` seconds of processor time for a solver on a problem, down its ladder."""

    target: float = 1e-6
    limit: float = 120.0
    repeats: int = 5
    processes: int = 3
    threads: tuple[int, ...] = (1,)
    n_alphas: int | None = None
    interpreters: dict[str, str] = field(default_factory=dict)

    def session(self, problem, solver, threads):
        interpreter = self.interpreters.get(solver)
        return Session(problem, solver, threads, n_alphas=self.n_alphas, interpreter=interpreter)


def measure(problem, solvers, plan, report=print):
    """A record for each solver: its status, the ladder, and the times at each number of threads."""
    records = {solver: _descend(problem, solver, plan) for solver in solvers}
    for record in records.values():
        if record["status"] != "refuses":
            report(summary(record))
    for threads in plan.threads:
        _repeat(problem, [record for record in records.values() if record["status"] == "reached"], threads, plan)
    return list(records.values())


def summary(record):
    """One line about a record."""
    last = next((rung for rung in reversed(record.get("ladder", [])) if "violation" in rung), None)
    end = f": {last['violation']:.1e} in {last['wall']:.3g} s" if last else ""
    return f"{record['problem']:28} {record['solver']:13} {record['status']} {record.get('why', '')}{end}"


def _descend(problem, solver, plan):
    """Run at tighter and tighter tolerances until the certificate is below the target."""
    record = {"problem": problem, "solver": solver}
    with plan.session(problem, solver, plan.threads[0]) as session:
        for status in ("refuses", "missing", "failed", "over"):
            if status in session.hello:
                return record | {"status": status, "why": str(session.hello[status])}
        record |= {key: session.hello[key] for key in ("version", "shape", "real")}
        record["ladder"] = rungs = []
        left = plan.limit
        tolerances = [session.hello["ladder"][0], *session.hello["ladder"]]  # the first one again, warm
        for place, tol in enumerate(tolerances):
            result = session.run(tol, left + (OVERHEAD if place else COMPILATION))
            left -= result.get("cpu", 0.0) if place else 0.0
            if "over" in result or left < 0.0:
                return record | {"status": "over", "why": f"over the limit of {plan.limit:g} s"}
            if "failed" in result:
                return record | {"status": "failed", "why": result["failed"]}
            if place > 0 or len(tolerances) > 2:
                rungs.append(result | {"cold": place == 0})
            if place > 0 and result["violation"] <= plan.target:
                return record | {"status": "reached", **{key: result[key] for key in ("tol", "violation", "memory", "floor")}}
    return record | {"status": "missed", "why": f"does not reach {plan.target:g}"}


def _repeat(problem, records, threads, plan):
    """Rounds of fresh processes: a first call each, then turns of a part of a second, for machines change their pace."""
    processes = {record["solver"]: record.setdefault("runs", {}).setdefault(str(threads), []) for record in records}
    for _ in range(plan.processes):
        with ExitStack() as stack:
            turns = []
            for record in records:
                done = processes[record["solver"]]
                if not done or done[-1][-1].get("wall", LONG) < LONG:
                    session = stack.enter_context(plan.session(problem, record["solver"], threads))
                    run = partial(session.run, record["tol"], plan.limit + COMPILATION, certified=False)
                    done.append([run()])
                    turns.append((done[-1], run))
            for runs, run in plan.repeats * turns:
                _take_turn(runs, run)
    for record in records:
        record.setdefault("times", {})[str(threads)] = _medians(processes[record["solver"]])


def _take_turn(runs, run):
    """Add warm runs to those of a process, unless one failed or there are enough."""
    spent = 0.0
    while "wall" in runs[-1] and spent < TURN and sum(warm["wall"] for warm in runs[1:]) < ENOUGH:
        runs.append(run())
        spent += runs[-1].get("wall", 0.0)


def _medians(processes):
    """Medians over processes of the medians of their warm runs, and of their first calls."""
    warm = [runs[1:] for runs in processes if len(runs) > 1 and "wall" in runs[-1]]
    if not warm:
        return {"failed": str(processes[-1][-1])}
    medians = {key: statistics.median(statistics.median(run[key] for run in runs) for runs in warm) for key in ("wall", "cpu")}
    first = statistics.median(runs[0]["wall"] for runs in processes if "wall" in runs[0])
    return medians | {"first_call": first, "n_processes": len(warm)}


def loose_time(record):
    """Processor time of the loosest run that reached 1e-3, None without one."""
    found = [rung for rung in record.get("ladder", []) if not rung["cold"] and rung["violation"] <= LOOSE]
    return min((rung["cpu"] for rung in found), default=None)
