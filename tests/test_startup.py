"""The first fit of a fresh process takes about as long as scikit-learn's."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import time

import pytest
from fresh_process import Server, copy_package

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")]

DATA = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(200, 20))
y = X[:, 0] - X[:, 1] + rng.normal(size=200)
"""
OURS = "from skregloss import PenalizedRegressor\n" + DATA + "PenalizedRegressor(alpha=0.01).fit(X, y)\n"
THEIRS = "from sklearn.linear_model import Lasso\n" + DATA + "Lasso(alpha=0.01).fit(X, y)\n"


def seconds(script, root):
    """The wall time of a whole process."""
    environment = {**os.environ, "PYTHONPATH": str(root), "HOME": str(root / "home")}
    # An installed package has its bytecode.
    for name in ("NUMBA_CACHE_DIR", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, cwd=root)
    return time.perf_counter() - start


def median_ratio(root, repeats, before=lambda: None):
    """Ours to theirs, in turns, so that both meet the same load."""
    times = []
    for _ in range(repeats):
        before()
        times.append((seconds(OURS, root), seconds(THEIRS, root)))
    ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"{ours:.2f} s, scikit-learn {theirs:.2f} s, ratio {ours / theirs:.2f}")
    return ours / theirs


def reaches(limit, *arguments, **keywords):
    """Whether the ratio is within the limit in one of three tries: what else runs on the machine can only spoil it."""
    return any(median_ratio(*arguments, **keywords) <= limit for _ in range(3))


def test_first_fit_with_a_warm_cache(tmp_path):
    root = copy_package(tmp_path)
    seconds(OURS, root), seconds(THEIRS, root)
    assert reaches(1.5, root, repeats=9)


def test_first_fit_with_an_empty_cache(tmp_path):
    root = copy_package(tmp_path)
    seconds(OURS, root), seconds(THEIRS, root)
    kernels = root / "skregloss" / "__pycache__" / "kernels"
    assert any(kernels.rglob("*.kernel"))
    assert reaches(4.0, root, repeats=3, before=lambda: shutil.rmtree(kernels))


WARM = (
    DATA
    + """
from scipy import sparse
from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.penalties import ElasticNet
for loss in ("squared_error", "huber", "poisson", "tweedie"):
    for penalty in ("l1", "l2", ElasticNet(0.3), "mcp", "scad", None):
        for A in (X, sparse.csr_array(X), X.astype(np.float32)):
            for options in ({}, {"standardize": True, "bounds": (0.0, None)}, {"fit_intercept": False}):
                model = PenalizedRegressor(loss, penalty, 0.05, **options).fit(A, np.exp(y / 4), sample_weight=abs(y))
                model.predict(A), model.score(A, np.exp(y / 4))
PenalizedClassifier("probit", "elasticnet").fit(X, y > 0).predict_proba(X)
"""
)


@pytest.mark.parametrize("processor", ["native", "generic"])
def test_after_warmup_the_common_fits_compile_nothing(tmp_path, processor):
    root = copy_package(tmp_path)
    server = Server()
    command = [sys.executable, "-m", "skregloss", "warmup", "--processor", processor]
    environment = {**os.environ, "HOME": str(root / "home")}
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True, text=True)
    print(done.stdout)
    outcome = server.run(WARM, root)
    server.close()
    assert outcome.code == 0, outcome.stderr
    assert outcome.compiled == []
