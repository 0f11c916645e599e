"""The documentation: every public name is in it, its code runs, and what it says of other packages is so."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import re
import shlex
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from sklearn import linear_model, svm

matplotlib.use("Agg")

import skregloss
from skregloss import PenalizedClassifier, PenalizedRegressor, losses, penalties
from skregloss.cli import _parser
from skregloss.losses import EpsilonInsensitive, Loss, Quantile, Tweedie
from skregloss.penalties import ElasticNet, Penalty

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted((DOCS / "guide").glob("*.rst"))
# What a page shows without scrolling.
WIDEST = 90
EXAMPLES = sorted((DOCS / "examples").glob("plot_*.py"))


@pytest.fixture(scope="module")
def generated():
    """The module that writes the reference."""
    sys.path.insert(0, str(DOCS))
    try:
        yield importlib.import_module("generated_pages")
    finally:
        sys.path.remove(str(DOCS))


def test_reference_has_every_public_name(generated, tmp_path):
    generated.write(tmp_path)
    text = "".join(page.read_text() for page in (tmp_path / "reference").glob("*.rst"))
    listed = set(re.findall(r"^   ([A-Za-z]\w*)$", text, flags=re.MULTILINE))
    for module in (skregloss, losses, penalties, skregloss.inspection):
        for name in module.__all__:
            item = getattr(module, name)
            if inspect.isclass(item) or inspect.isfunction(item):
                assert name in listed, f"{module.__name__}.{name}"


def test_table_of_pairs_is_what_estimators_do(generated):
    table = generated.pairs()
    assert set(table) >= {cls.__name__ for cls in losses.BY_NAME.values()}
    X, y = np.eye(4), np.array([1.0, 2.0, 1.0, 2.0])
    for loss, penalty in (("Huber", "SLOPE"), ("Quantile", "FusedL1"), ("Quantile", "GroupL2"), ("Hinge", "NuclearNorm")):
        assert table[loss][penalty]
        estimator = getattr(skregloss, generated.estimator_of(getattr(losses, loss)))
        estimator(getattr(losses, loss)(), getattr(penalties, penalty)(), alpha=10.0).fit(X, y)
    assert not generated._fits(losses.Quantile(), penalties.SLOPE() + penalties.NuclearNorm())


def is_block(item):
    """Whether it is one of the losses or penalties."""
    return inspect.isclass(item) and issubclass(item, (Loss, Penalty)) and item not in (Loss, Penalty)


def check_examples(item):
    """Raise unless the docstring has examples, and they run."""
    [*tests] = doctest.DocTestFinder(recurse=False).find(item, globs={})
    assert any(test.examples for test in tests), item
    for test in tests:
        assert doctest.DocTestRunner(verbose=False).run(test).failed == 0, item


@pytest.mark.parametrize("module", [losses, penalties])
def test_losses_and_penalties_have_examples_that_run(module):
    for name in module.__all__:
        if is_block(getattr(module, name)):
            check_examples(getattr(module, name))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(skregloss.__all__) - {"__version__"}))
def test_estimators_and_functions_have_examples_that_run(name):
    check_examples(getattr(skregloss, name))


def test_index_lists_every_page():
    listed = (DOCS / "guide" / "index.rst").read_text()
    assert {page.stem for page in PAGES} - {"index"} == set(re.findall(r"^   (\w+)$", listed, flags=re.MULTILINE))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_of_the_pages_runs(page):
    outcome = doctest.testfile(str(page), module_relative=False, encoding="utf-8")
    assert outcome.failed == 0
    # Python in the guide is in doctests; other blocks would not be run.
    assert ".. code-block:: python" not in page.read_text()


def test_first_page_runs(capsys):
    [block] = re.findall(r"\.\. code-block:: python\n\n((?:   .*\n|\n)+)", (DOCS / "index.rst").read_text())
    exec(textwrap.dedent(block), {"__name__": "__main__"})
    assert "l1 sets coefficients to exactly zero under squared_error, log_loss and hinge" in capsys.readouterr().out


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_code_fits_the_page(page):
    code = [line for line in page.read_text().splitlines() if line.startswith((">>>", "..."))]
    assert max(map(len, code), default=0) <= WIDEST


COMMANDS = [
    command
    for text in (DOCS.parent / "README.md", *PAGES)
    for command in re.findall(r"\.venv/bin/skregloss( [^`\n]+)", text.read_text())
]


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_are_understood(command):
    _parser().parse_args(shlex.split(command))


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_examples_run(example, tmp_path):
    environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(DOCS.parent)}
    subprocess.run(
        [sys.executable, "-W", "error", str(example)], cwd=tmp_path, env=environment, check=True, capture_output=True
    )


def test_contributing_quotes_the_code():
    text = (DOCS.parent / "CONTRIBUTING.md").read_text()
    quoted = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    sources = [DOCS.parent / "skregloss" / name for name in ("losses/squared_error.py", "penalties/l1.py")]
    assert quoted == [source.read_text() for source in sources]


STRICT = {"tol": 1e-10, "max_iter": 100_000}
C, A = 0.5, 0.05
WEIGHTS = np.r_[np.ones(40), np.full(40, 2.5)]
W = WEIGHTS.sum()
NO_INTERCEPT = {"fit_intercept": False}
EQUIVALENTS = {
    "Lasso": (linear_model.Lasso(A, **STRICT), PenalizedRegressor(penalty="l1", alpha=A)),
    "ElasticNet": (
        linear_model.ElasticNet(alpha=A, l1_ratio=0.3, **STRICT),
        PenalizedRegressor(penalty=ElasticNet(0.3), alpha=A),
    ),
    "Ridge": (linear_model.Ridge(2.0), PenalizedRegressor(penalty="l2", alpha=2.0 / W)),
    "MultiTaskLasso": (linear_model.MultiTaskLasso(A, **STRICT), PenalizedRegressor(penalty="l21", alpha=A)),
    "LogisticRegression(C=c)": (
        linear_model.LogisticRegression(C=C, **STRICT),
        PenalizedClassifier(penalty="l2", alpha=1 / (C * W)),
    ),
    "LogisticRegression(C=c, l1_ratio=1": (
        linear_model.LogisticRegression(C=C, l1_ratio=1, solver="saga", **STRICT),
        PenalizedClassifier(penalty="l1", alpha=1 / (C * W)),
    ),
    "PoissonRegressor": (
        linear_model.PoissonRegressor(alpha=A, **STRICT),
        PenalizedRegressor(loss="poisson", penalty="l2", alpha=A),
    ),
    "GammaRegressor": (linear_model.GammaRegressor(alpha=A, **STRICT), PenalizedRegressor(loss="gamma", penalty="l2", alpha=A)),
    "TweedieRegressor": (
        linear_model.TweedieRegressor(power=1.5, link="log", alpha=A, **STRICT),
        PenalizedRegressor(loss=Tweedie(1.5), penalty="l2", alpha=A),
    ),
    "QuantileRegressor": (
        linear_model.QuantileRegressor(quantile=0.7, alpha=A),
        PenalizedRegressor(loss=Quantile(0.7), penalty="l1", alpha=A),
    ),
    "LinearSVC(C=c, fit": (
        svm.LinearSVC(C=C, **NO_INTERCEPT, **STRICT),
        PenalizedClassifier(loss="squared_hinge", penalty="l2", alpha=1 / (C * W), **NO_INTERCEPT),
    ),
    "LinearSVC(C=c, loss": (
        svm.LinearSVC(C=C, loss="hinge", **NO_INTERCEPT, **STRICT),
        PenalizedClassifier(loss="hinge", penalty="l2", alpha=1 / (C * W), **NO_INTERCEPT),
    ),
    "LinearSVR": (
        svm.LinearSVR(C=C, epsilon=0.2, **NO_INTERCEPT, **STRICT),
        PenalizedRegressor(loss=EpsilonInsensitive(0.2), penalty="l2", alpha=1 / (C * W), **NO_INTERCEPT),
    ),
}


def test_every_equivalent_of_the_page_is_tested():
    rows = re.findall(r"^   \* - ``(.+)``$", (DOCS / "guide" / "equivalents.txt").read_text(), flags=re.MULTILINE)
    assert len(rows) == len(EQUIVALENTS)
    for row in rows:
        assert sum(row.startswith(start) for start in EQUIVALENTS if "(" in start or row.startswith(f"{start}(")) == 1, row


@pytest.mark.parametrize("name", EQUIVALENTS)
def test_equivalents_of_scikit_learn(name):
    theirs, ours = EQUIVALENTS[name]
    rng = np.random.default_rng(0)
    X = rng.normal(size=(len(WEIGHTS), 4))
    y = np.exp(0.4 * X @ [1.0, -1.0, 0.5, 0.0] + 0.3 * rng.normal(size=len(WEIGHTS)))
    if name == "PoissonRegressor":
        y = np.round(y)
    if "Logistic" in name or "SVC" in name:
        y = y > 1
    if name == "MultiTaskLasso":
        y = np.column_stack([y, X[:, 0] - y])
    # The sum of the weights counts, and not the number of rows.
    weights = {} if name == "MultiTaskLasso" else {"sample_weight": WEIGHTS}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(X, y, **weights)
    ours.set_params(tol=1e-10).fit(X, y, **weights)
    np.testing.assert_allclose(np.ravel(ours.coef_), np.ravel(theirs.coef_), rtol=0, atol=2e-5)
