"""The command line: what it prints, and how it fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import skregloss
from skregloss import _kernel_cache, cli

ROOT = Path(__file__).resolve().parent.parent


def one_error_line(capsys):
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skregloss: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    "argv", [[], ["no_such_command"], ["effects", "--no-such-option"], ["warmup", "--processor", "z80"], ["fit"]]
)
def test_a_wrong_command_line_is_one_line(capsys, argv):
    assert cli.main(argv) == 2
    assert "--help" in one_error_line(capsys)


def test_any_error_is_one_line(capsys, monkeypatch):
    def fail(*args, **options):
        raise ValueError("first\nsecond")

    monkeypatch.setattr("skregloss.inspection.comparison.regularization_effects", fail)
    assert cli.main(["effects"]) == 2
    assert one_error_line(capsys) == "skregloss: breast_cancer: first second\n"


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

    monkeypatch.setattr(cli.warmup, "warmup_fits", lambda: [("a loss", fit), ("another", lambda: None)])
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

    monkeypatch.setattr(cli.warmup.subprocess, "run", run)
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
    labels = [label for label, _ in cli.warmup.warmup_fits()]
    assert {f"loss {cls.name}" for cls in skregloss.losses.BY_NAME.values()} <= set(labels)
    assert len(labels) == len(set(labels))
