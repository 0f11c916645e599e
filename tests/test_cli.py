"""The command line: what it prints, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import skregloss
from skregloss import PenalizedClassifier, _kernel_cache, cli
from skregloss.inspection import Effect, effects_in_words, penalty_effects
from skregloss.penalties import L1, MCP

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def cancer():
    return load_breast_cancer(return_X_y=True)


def one_error_line(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skregloss: ")
    assert err.count("\n") == 1
    return err


def test_effects_prints_tables_and_the_answer(capsys):
    assert cli.main(["effects"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert all(len(line) <= 200 for line in out.splitlines())
    for loss in ("squared_error", "log_loss"):
        assert f"l1 under {loss} zeroes coefficients" in out
        assert f"l2 under {loss} shrinks coefficients without zeroing any" in out
        assert f"elasticnet under {loss} zeroes coefficients" in out
    assert "So l1 has the same kind of effect under squared_error and log_loss." in out
    assert "*" not in out
    assert len([line for line in out.splitlines() if line.startswith("  l2")]) == 6


def test_effects_are_those_of_an_estimator(cancer):
    X, y = cancer
    rows = penalty_effects(X, y, losses=["log_loss"], penalties=["l1", MCP()], strengths=[0.1])
    for row, penalty in zip(rows, (L1(), MCP()), strict=True):
        model = PenalizedClassifier(penalty=penalty, alpha=row.alpha, standardize=True).fit(X, y)
        coef = model.coef_[0] * X.std(axis=0)
        assert row.n_zeros == (coef == 0).sum()
        assert row.l1_norm == pytest.approx(abs(coef).sum(), rel=1e-9)
        assert row.largest == pytest.approx(abs(coef).max(), rel=1e-9)
        eta = model.decision_function(X)
        loss = np.logaddexp(0, np.where(y == 1, -eta, eta)).mean()
        share = y.mean()
        null = -share * np.log(share) - (1 - share) * np.log(1 - share)
        assert row.loss_explained == pytest.approx(1 - loss / null, rel=1e-9)
        assert row.converged


def test_strengths_are_shares_of_alpha_max(cancer):
    X, y = cancer
    nothing, something = penalty_effects(X, y, losses=["squared_error"], penalties=["l1"], strengths=[1.0, 0.99])
    assert (nothing.n_zeros, nothing.loss_explained) == (30, pytest.approx(0.0, abs=1e-12))
    assert something.n_zeros == 29


def test_a_target_that_a_loss_is_not_for(cancer):
    X, y = cancer
    with pytest.raises(ValueError, match="LogLoss needs a target coded 0 or 1"):
        penalty_effects(X, y + 1.0)


ROW = Effect("a", "p", 0.5, 0.1, 10, n_zeros=4, l1_norm=1.0, largest=0.5, loss_explained=0.5, converged=True)
WEAK = replace(ROW, strength=0.1, n_zeros=0, l1_norm=2.0)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([ROW, WEAK], "p under a zeroes coefficients ("),
        ([WEAK, ROW], "p under a zeroes coefficients ("),
        ([replace(ROW, n_zeros=0), WEAK], "p under a shrinks coefficients without zeroing any ("),
        ([replace(ROW, l1_norm=2.0), WEAK], "p under a zeroes coefficients without shrinking their norm ("),
        ([replace(WEAK, strength=0.5), WEAK], "p under a neither zeroes nor shrinks coefficients ("),
    ],
)
def test_the_words_follow_the_numbers(rows, words):
    [sentence] = effects_in_words(rows)
    assert sentence.startswith(words)


def test_the_words_compare_losses():
    other = [replace(row, loss="b") for row in (ROW, WEAK)]
    assert effects_in_words([ROW, WEAK, *other])[-1] == "So p has the same kind of effect under a and b."
    other = [replace(row, n_zeros=0) for row in other]
    assert effects_in_words([ROW, WEAK, *other])[-1] == "So p has not the same kind of effect under a and b."


@pytest.mark.parametrize("argv", [[], ["no_such_command"], ["effects", "--no-such-option"], ["warmup", "--processor", "z80"]])
def test_a_wrong_command_line_is_one_line(capsys, argv):
    assert cli.main(argv) == 2
    assert "--help" in one_error_line(capsys)


def test_any_error_is_one_line(capsys, monkeypatch):
    def fail(*args):
        raise ValueError("first\nsecond")

    monkeypatch.setattr("skregloss.inspection.penalty_effects", fail)
    assert cli.main(["effects"]) == 2
    assert one_error_line(capsys) == "skregloss: first second\n"


def test_version(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"skregloss {skregloss.__version__}\n"


def test_warmup_tells_what_where_and_how_long(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(_kernel_cache, "writable_folder", lambda: tmp_path)
    entry = tmp_path / _kernel_cache.sources_hash() / "one.kernel"

    def fit():
        entry.parent.mkdir()
        entry.write_text("")

    monkeypatch.setattr(cli, "warmup_fits", lambda: [("a loss", fit), ("another", lambda: None)])
    assert cli.main(["warmup"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("a loss: 1 kernels, ")
    assert lines[1].startswith("another: 0 kernels, ")
    assert lines[2].startswith("1 kernels compiled in ")
    assert str(entry.parent) in lines[2]


def test_warmup_needs_a_folder(capsys, monkeypatch):
    monkeypatch.setattr(_kernel_cache, "writable_folder", lambda: None)
    assert cli.main(["warmup"]) == 2
    assert "no cache folder is writable" in one_error_line(capsys)


@pytest.mark.parametrize("code", [0, 1])
def test_warmup_for_a_generic_processor_is_another_process(capsys, monkeypatch, code):
    seen = {}

    def run(command, env, check):
        seen.update(env, command=command)
        return subprocess.CompletedProcess(command, code)

    monkeypatch.setattr(cli.subprocess, "run", run)
    monkeypatch.delenv("NUMBA_CPU_NAME", raising=False)
    assert cli.main(["warmup", "--processor", "generic"]) == (2 if code else 0)
    assert seen["NUMBA_CPU_NAME"] == "generic"
    assert seen["command"][0] == sys.executable
    if code:
        one_error_line(capsys)


def test_the_module_runs_as_a_command():
    command = [sys.executable, "-m", "skregloss", "no_such_command"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_warmup_fits_every_loss():
    labels = [label for label, _ in cli.warmup_fits()]
    assert {f"loss {cls.name}" for cls in skregloss.losses.BY_NAME.values()} <= set(labels)
    assert len(labels) == len(set(labels))
