"""The README does what it says."""

from __future__ import annotations

import re
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from sklearn import linear_model

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import PenalizedClassifier, PenalizedRegressor, losses, penalties

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_python_blocks_run(capsys):
    blocks = re.findall(r"^```python\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    assert len(blocks) == 5
    namespace = {"__name__": "__main__"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for block in blocks:
            exec(block, namespace)
    printed = capsys.readouterr().out
    assert "converged=True" in printed
    assert namespace["model"].certificate_.relative_gap <= 1e-6
    assert 0 < namespace["selected"].shape[1] < 30
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


STRICT = {"tol": 1e-10, "max_iter": 100_000}
W = np.r_[np.ones(30), np.full(30, 2.5)]
PAIRS = {
    "Lasso": (linear_model.Lasso(0.1, **STRICT), PenalizedRegressor(penalty="l1", alpha=0.1)),
    "ElasticNet": (
        linear_model.ElasticNet(alpha=0.1, l1_ratio=0.3, **STRICT),
        PenalizedRegressor(penalty=penalties.ElasticNet(0.3), alpha=0.1),
    ),
    "Ridge": (linear_model.Ridge(3.0), PenalizedRegressor(penalty="l2", alpha=3.0 / W.sum())),
    "LogisticRegression": (
        linear_model.LogisticRegression(C=0.5, **STRICT),
        PenalizedClassifier(penalty="l2", alpha=1 / (0.5 * W.sum())),
    ),
    "PoissonRegressor": (
        linear_model.PoissonRegressor(alpha=0.2, **STRICT),
        PenalizedRegressor(loss="poisson", penalty="l2", alpha=0.2),
    ),
    "GammaRegressor": (
        linear_model.GammaRegressor(alpha=0.2, **STRICT),
        PenalizedRegressor(loss="gamma", penalty="l2", alpha=0.2),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_strengths_carry_over(name):
    assert name in README
    theirs, ours = PAIRS[name]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = np.exp(0.3 * X @ [1.0, -1.0, 0.5, 0.0] + 0.3 * rng.normal(size=60))
    y = np.round(y) if name == "PoissonRegressor" else y > 1 if name == "LogisticRegression" else y
    theirs.fit(X, y, sample_weight=W)
    ours.set_params(tol=1e-12).fit(X, y, sample_weight=W)
    np.testing.assert_allclose(np.ravel(ours.coef_), np.ravel(theirs.coef_), rtol=0, atol=2e-5)
