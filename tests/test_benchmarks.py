"""The benchmark harness: its certificate, its records and its reports; nothing about who is faster."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

pytest.importorskip("benchmarks")

from benchmarks import report, scaling  # noqa: E402
from benchmarks.__main__ import main  # noqa: E402
from benchmarks.certificate import certify  # noqa: E402
from benchmarks.problems import RECIPES, make_problem  # noqa: E402
from benchmarks.runner import summary  # noqa: E402
from benchmarks.solvers import MODULES, make_adapter  # noqa: E402

SMOOTH = [name for name in RECIPES if name.startswith("tiny_") and name not in ("tiny_quantile", "tiny_cv")]


@pytest.fixture(autouse=True)
def no_real_data(monkeypatch):
    monkeypatch.delenv("SKREGLOSS_DATA", raising=False)


@pytest.mark.parametrize("name", SMOOTH)
def test_certificate_vanishes_at_the_optimum_and_nowhere_else(name):
    problem = make_problem(name)
    path = make_adapter("skregloss").solve(problem, None, 1e-10)
    assert certify(problem, path.coefs, path.intercepts).worst < 1e-8
    assert certify(problem, path.coefs * 1.01, path.intercepts).worst > 1e-6
    assert certify(problem, np.zeros_like(path.coefs), path.intercepts).worst > 1e-3
    assert certify(problem, path.coefs[..., :-1], path.intercepts[..., :-1]).worst == np.inf


@pytest.mark.parametrize("name", [name for name in SMOOTH if name != "tiny_mcp"])
def test_gap_is_no_less_than_what_is_left_to_gain(name):
    problem = make_problem(name)
    optimum = make_adapter("skregloss").solve(problem, None, 1e-10)
    best = certify(problem, optimum.coefs, optimum.intercepts).objectives
    moved = certify(problem, optimum.coefs * 0.9, optimum.intercepts)
    floor = problem.terms.floor
    scale = problem.terms.value(problem.terms.refitted(problem.terms.zero(), problem.intercept)) - floor
    assert moved.worst >= np.max(moved.objectives - best) / scale * (1 - 1e-6)


def test_quantile_certificate_agrees_with_an_exact_method():
    problem = make_problem("tiny_quantile")
    path = make_adapter("sklearn_cd").solve(problem, None, 0.0)
    assert certify(problem, path.coefs, path.intercepts).worst < 1e-8
    assert certify(problem, 0.5 * path.coefs, path.intercepts).worst > 1e-3


@pytest.mark.parametrize("solver", ["skregloss", "sklearn_cd"])
def test_cross_validations_solve_the_same_problem(solver):
    problem = make_problem("tiny_cv")
    path = make_adapter(solver).solve(problem, None, 1e-9)
    reference = make_adapter("sklearn_cd").solve(problem, None, 1e-12)
    assert certify(problem, path.coefs, path.intercepts, problem.alphas[[path.choice]]).worst < 1e-7
    assert path.choice == reference.choice
    np.testing.assert_allclose(path.errors, reference.errors, rtol=1e-3)


def test_run_records_every_solver_and_reports(tmp_path, capsys):
    output = tmp_path / "results.json"
    solvers = ["skregloss", "sklearn_lars", "ncvreg"]
    words = ["run", "--problem", "tiny_lasso", "--threads", "1", "--repeats", "1", "--limit", "30", "--output", str(output)]
    main(words + [word for solver in solvers for word in ("--solver", solver)])
    results = report.load(output)
    records = {record["solver"]: record for record in results["records"]}
    assert list(records) == solvers
    for solver in solvers[:2]:
        assert records[solver]["status"] == "reached", summary(records[solver])
        assert records[solver]["violation"] <= results["target"]
        times = records[solver]["times"]["1"]
        assert min(times["wall"], times["cpu"], times["first_call"]) > 0
    assert records["ncvreg"]["why"]  # refuses the problem, or is missing
    table = (tmp_path / "table.md").read_text()
    assert all(solver in table for solver in solvers) and results["machine"]["packages"]["numpy"] in output.read_text()
    assert (tmp_path / "gap_against_time.png").stat().st_size > 1000


def test_every_adapter_can_be_made_or_says_what_is_missing():
    for name in MODULES:
        try:
            adapter = make_adapter(name)
        except ImportError as error:
            assert str(error)
        else:
            assert adapter.cases and len(adapter.ladder) > 0


def test_scaling_has_a_slope_and_a_picture_for_all_that_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "REPEATS", 1)
    scaling.write(tmp_path, shrink=100)
    rows = [line for line in (tmp_path / "scaling.md").read_text().splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + 2 * len(scaling.SERIES)
    assert (tmp_path / "scaling.png").stat().st_size > 10_000


def test_slope_is_that_of_a_power():
    sizes = np.array([1.0, 2.0, 8.0])
    assert scaling.slope_of(sizes, 3.0 * sizes**1.5) == pytest.approx(1.5)
