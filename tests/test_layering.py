"""The layers hold, and the checker that says so can tell when they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from layering import MOST_LINES, violations

ROOT = Path(__file__).resolve().parent.parent


def project(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_the_project_keeps_its_layers():
    assert (ROOT / "skregloss" / "solvers").is_dir()
    assert violations(ROOT) == []


def test_what_is_allowed(tmp_path):
    files = {
        "skregloss/__init__.py": "from .estimators import Model\nfrom .losses import Loss\n",
        "skregloss/losses/__init__.py": "from .._jit import kernel\nfrom .base import Loss\n"
        "def get_loss(loss):\n    return isinstance(loss, Loss)\n",
        "skregloss/design/csc.py": "def pointers(X):\n    return X.indptr\n",
        "skregloss/solvers/choose.py": "from ..losses import Loss\ndef choose(loss):\n    return isinstance(loss, Loss)\n",
        "skregloss/inspection/display.py": "if TYPE_CHECKING:\n    from matplotlib.axes import Axes\n"
        "def plot():\n    import matplotlib.pyplot\n",
        "skregloss/estimators/__init__.py": "import matplotlib_like\nfrom ..solvers import solve\n",
        "skregloss/path/result.py": "def plot(self):\n    from ..inspection import Display\n",
        "skregloss/cli.py": "from skregloss.estimators import Model\n",
        "README.md": "see https://example.org/opt/home and docs/root/page\n",
    }
    assert violations(project(tmp_path, files)) == []


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("skregloss/solvers/a.py", "from ..path import x", "imports path"),
        ("skregloss/solvers/a.py", "from .. import estimators", "imports estimators"),
        ("skregloss/solvers/a.py", "def late():\n    import skregloss.cli", "imports cli"),
        ("skregloss/_jit.py", "from .losses import x", "imports losses"),
        ("skregloss/path/a.py", "def late():\n    from ..inspection import Display", "imports inspection"),
        ("skregloss/losses/deep/a.py", "from ...penalties.l1 import L1", "imports penalties"),
        ("skregloss/penalties/a.py", "from skregloss.design import Dense", "imports design"),
        ("skregloss/estimators/a.py", "from skregloss import Model", "imports Model"),
        ("skregloss/helpers.py", "", "belongs to no level"),
        ("skregloss/inspection/a.py", "from matplotlib import pyplot", "imports matplotlib outside of a function"),
        ("skregloss/solvers/a.py", "isinstance(problem.penalty, int)", "line 1: isinstance(penalty, ...)"),
        ("skregloss/estimators/a.py", "def fit(loss):\n    isinstance(loss, int)", "line 2: isinstance(loss, ...)"),
        ("skregloss/solvers/a.py", "X.indptr", "mentions indptr"),
        ("skregloss/design/a.py", "from numba.experimental import jitclass", "line 1: jitclass"),
        ("skregloss/design/a.py", "numba.njit(parallel=True)", "line 1: parallel"),
        ("tests/a.py", "\n" * (MOST_LINES + 1), f"{MOST_LINES + 1} lines, more than {MOST_LINES}"),
        ("docs/guide/a.rst", "look into /home/me/data", "/home/... is a path of one machine"),
    ],
)
def test_what_is_not_allowed(tmp_path, file, text, complaint):
    assert violations(project(tmp_path, {file: text})) == [f"{file}: {complaint}"]
