"""What the guide says of real data is what its scripts print, where the data are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from skregloss import regularization_path
from skregloss.penalties import GroupL2

DOCS = Path(__file__).resolve().parent.parent / "docs"
SCRIPTS = sorted((DOCS / "real_data").glob("*.py"))
FOLDER = Path(os.environ.get("SKREGLOSS_DATA", "no such folder"))
needs_data = pytest.mark.skipif(not (FOLDER / "birthwt_grpreg.npz").is_file(), reason="SKREGLOSS_DATA names no data")

# The least objectives of the group lasso on birthwt, standardised, with group weights sqrt(size), at these strengths: of
# adelie 1.1.52's grpnet with tol=1e-16, computed in NumPy from its coefficients.
ADELIE = {
    "squared_error": {0.1: 0.2571577344573515, 0.05: 0.23419171015717954, 0.01: 0.19400257934133056},
    "log_loss": {0.025: 0.5764220665574036, 0.0125: 0.545924719566073, 0.0025: 0.5045125360446828},
}


def test_the_page_shows_every_script_and_what_it_prints():
    page = (DOCS / "guide" / "real_data.rst").read_text()
    shown = re.findall(r"literalinclude:: \.\./real_data/(\S+)", page)
    assert sorted(shown) == sorted(name for script in SCRIPTS for name in (script.name, f"{script.stem}.txt"))
    assert all((DOCS / "real_data" / name).is_file() for name in shown)


@needs_data
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_scripts_print_what_the_page_says(script):
    environment = {**os.environ, "PYTHONPATH": str(DOCS.parent)}
    command = [sys.executable, "-W", "error", str(script)]
    printed = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert printed == script.with_suffix(".txt").read_text()


@needs_data
@pytest.mark.parametrize("loss", ADELIE)
def test_objectives_of_adelie(loss):
    with np.load(FOLDER / "birthwt_grpreg.npz") as data:
        X, groups, y = data["X"].astype(float), data["groups"], data["bwt" if loss == "squared_error" else "y"]
    alphas = list(ADELIE[loss])
    path = regularization_path(X, y, loss=loss, penalty=GroupL2(groups), standardize=True, alphas=alphas, tol=1e-12)
    np.testing.assert_allclose(path.objective, list(ADELIE[loss].values()), rtol=1e-10)
