"""Without matplotlib and pandas, what needs them says so; everything else works."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from skregloss import PenalizedRegressorCV, regularization_effects, regularization_path
from skregloss.inspection import CVPathDisplay

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X[:, 0]


@pytest.fixture
def bare(monkeypatch):
    """An environment with neither package."""
    for name in ("matplotlib", "matplotlib.pyplot", "pandas"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.parametrize(("method", "package"), [("plot", "matplotlib"), ("to_frame", "pandas")])
def test_results_say_what_is_missing(bare, method, package):
    path = regularization_path(X, Y, loss="squared_error", penalty="l1", alphas=3)
    effects = regularization_effects(X, Y, "squared_error", "l1", 2)
    for result in (path, effects):
        with pytest.raises(ImportError, match=f"{method} needs {package}; install it with: pip install {package}"):
            getattr(result, method)()


def test_displays_say_what_is_missing(bare):
    search = PenalizedRegressorCV(alphas=3, cv=2).fit(X, Y)
    with pytest.raises(ImportError, match="plot needs matplotlib; install it with: pip install matplotlib"):
        CVPathDisplay.from_estimator(search)
