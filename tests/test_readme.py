"""The README does what it says."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import losses, penalties

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_python_blocks_run(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 4
    namespace = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks:
            exec(block, namespace)
    printed = capsys.readouterr().out
    assert "converged=True" in printed
    assert namespace["model"].certificate_.relative_gap <= 1e-6
    assert "l1 sets coefficients to exactly zero under squared_error and log_loss: " in printed
    plt.close("all")


def test_pictures_exist_and_are_small():
    pictures = re.findall(r"!\[[^]]+\]\((.+?)\)", README)
    assert len(pictures) == 3
    for picture in pictures:
        assert 0 < (ROOT / picture).stat().st_size < 120_000


def test_own_classes_are_short():
    [block] = [block for block in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL) if "class LogCosh" in block]
    assert len(block.splitlines()) <= 25


def test_commands_stand_alone_in_their_blocks():
    blocks = re.findall(r"^```bash\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    assert blocks == [
        "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/skregloss effects\n",
        'python3 -m venv .venv && .venv/bin/pip install ".[test]" && .venv/bin/pytest -n 2\n',
    ]


def test_all_names_are_listed():
    words = set(re.findall(r"\w+", README))
    assert {cls.name for cls in losses.BY_NAME.values()} <= words
    assert set(penalties.BY_NAME) - {"none"} <= words
