"""Data that several test files fit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_regression


@pytest.fixture(scope="module")
def numbers():
    return make_regression(60, 8, n_informative=3, noise=2.0, random_state=0)


@pytest.fixture(scope="module")
def two_classes():
    return make_classification(80, 8, n_informative=3, n_redundant=0, flip_y=0.2, random_state=0)


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    X, exposure = rng.normal(size=(120, 4)), rng.uniform(0.5, 4.0, size=120)
    return X, rng.poisson(exposure * np.exp(0.5 + X[:, 0] - 0.5 * X[:, 1])).astype(float), np.log(exposure)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working folder with a table of people in it."""
    from tables import people

    monkeypatch.chdir(tmp_path)
    people().to_csv("people.csv", index=False)
    return tmp_path
