"""The problems: data, loss, penalty and strengths, the same for every solver.

minimise over b0, b:   (1/n) sum_i loss(y_i, eta_i) + alpha P(b),      eta = offset + b0 + X b
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from . import data, generated
from .losses import make_loss


@dataclass(frozen=True)
class Problem:
    """One path, or one cross-validation over a path. Dense columns are standardised; numeric targets are centred.

    `loss` is one of "squared_error", "log_loss", "poisson", "softmax", "cox" and "quantile" (with quantile 0.5), `penalty`
    one of "l1", "elasticnet", "mcp" and "group" (consecutive groups of `group_size`).
    """

    name: str
    loss: str
    X: Any
    y: np.ndarray
    penalty: str = "l1"
    ratio: float = 1e-2
    n_alphas: int = 100
    offset: np.ndarray | None = None
    intercept: bool = True
    l1_ratio: float = 1.0
    gamma: float = 3.0
    group_size: int = 1
    folds: int = 0
    real: bool = True

    @cached_property
    def terms(self):
        """The loss in NumPy."""
        return make_loss(self.loss, self.y, self.offset)

    @cached_property
    def null_gradient(self) -> np.ndarray:
        """The gradient by the coefficients at zero, with the best intercept."""
        eta = self.terms.refitted(self.terms.zero(), self.intercept)
        return np.asarray(self.X.T @ self.terms.residual(eta))

    @cached_property
    def alphas(self) -> np.ndarray:
        """From the least strength at which all coefficients are zero down, on a geometric grid."""
        blocks = np.abs(self.null_gradient)
        if self.penalty == "group":
            blocks = np.linalg.norm(blocks.reshape(-1, self.group_size), axis=1) / np.sqrt(self.group_size)
        return blocks.max() / self.l1_ratio * np.geomspace(1.0, self.ratio, self.n_alphas)

    def splits(self):
        """Training and test rows of each fold."""
        owner = np.random.default_rng(0).permutation(len(self.y)) % self.folds
        return [(np.flatnonzero(owner != k), np.flatnonzero(owner == k)) for k in range(self.folds)]


@dataclass(frozen=True)
class Recipe:
    """How to get the data of a problem: from arrays of a data set, or generated."""

    generate: Callable[[], dict[str, Any]]
    options: dict[str, Any] = field(default_factory=dict)
    dataset: str | None = None
    read: Callable[[dict], dict[str, Any]] | None = None


def make_problem(name, n_alphas=None) -> Problem:
    """The problem of this name, on real data where they are found."""
    recipe = RECIPES[name]
    stored = data.arrays(recipe.dataset) if recipe.dataset else None
    parts = recipe.generate() if stored is None or recipe.read is None else recipe.read(stored)
    options = recipe.options | ({"n_alphas": n_alphas} if n_alphas else {})
    return Problem(name=name, real=stored is not None, **parts, **options)


def _dense(stored):
    y = stored["y"].astype(np.float64)
    return {"X": data.standardized(stored["X"]), "y": y - y.mean()}


def _dense_classes(stored):
    return {"X": data.standardized(stored["X"]), "y": np.unique(stored["y"], return_inverse=True)[1].astype(float)}


def _topic(stored):
    return {"X": data.tf_idf(data.csc(stored)), "y": (stored["labels"][:, 1] != 0).astype(float)}


def _signs(stored):
    return {"X": data.csc(stored), "y": (stored["y"] > 0).astype(float)}


def _newsgroups(stored):
    return {"X": data.tf_idf(data.csc(stored)), "y": (stored["y"] < 10).astype(float)}


def _survival(stored):
    X = data.standardized(np.asarray(stored["X"], dtype=float))
    return {"X": X, "y": np.column_stack([stored["time"], stored["event"]]).astype(float)}


def _claims(parts):
    return dict(zip(("X", "y", "offset"), parts, strict=True))


def _design(n, p, target, correlation=0.6):
    def generate():
        X = generated.correlated(n, p, correlation)
        return {"X": X, "y": target(X)}

    return generate


def _text(n, p, density):
    def generate():
        X = generated.documents(n, p, density)
        return {"X": X, "y": generated.labels(X)}

    return generate


def _three_classes(X):
    return generated.labels(X, 3)


def _four_classes(X):
    return generated.labels(X, 4)


SQUARED = {"loss": "squared_error"}
CLASSES = {"loss": "log_loss"}
COX = {"loss": "cox", "intercept": False}
GOLUB, RIBOFLAVIN, TALL = (72, 7129), (71, 4088), (5000, 1000)
_golub_numbers = _design(*GOLUB, generated.numbers), {"dataset": "golub_leukemia", "read": _dense}
_riboflavin = _design(*RIBOFLAVIN, generated.numbers), {"dataset": "riboflavin", "read": _dense}


def _recipe(source, **options):
    generate, where = source
    return Recipe(generate, options, **where)


RECIPES: dict[str, Recipe] = {
    "lasso_golub": _recipe(_golub_numbers, **SQUARED, ratio=1e-2),
    "lasso_riboflavin": _recipe(_riboflavin, **SQUARED, ratio=1e-3),
    "lasso_correlated": Recipe(_design(*TALL, generated.numbers, 0.95), SQUARED | {"ratio": 1e-3}),
    "mcp_golub": _recipe(_golub_numbers, **SQUARED, penalty="mcp", ratio=0.1, n_alphas=50),
    "mcp_riboflavin": _recipe(_riboflavin, **SQUARED, penalty="mcp", ratio=0.1, n_alphas=50),
    "mcp_correlated": Recipe(_design(*TALL, generated.numbers, 0.95), SQUARED | {"penalty": "mcp", "ratio": 1e-2}),
    "logistic_golub": Recipe(_design(*GOLUB, generated.labels), CLASSES, "golub_leukemia", _dense_classes),
    "logistic_arcene": Recipe(_design(200, 10000, generated.labels), CLASSES, "arcene", _dense_classes),
    "logistic_correlated": Recipe(_design(2600, 500, generated.labels, 0.95), CLASSES | {"ratio": 1e-3}),
    "logistic_rcv1": Recipe(_text(1500, 47236, 1.7e-3), CLASSES, "rcv1_small", _signs),
    "logistic_rcv1_no_intercept": Recipe(_text(1500, 47236, 1.7e-3), CLASSES | {"intercept": False}, "rcv1_small", _signs),
    "logistic_reuters": Recipe(_text(12902, 29046, 2.6e-3), CLASSES, "reuters21578", _topic),
    "logistic_news20": Recipe(_text(18846, 130107, 1.2e-3), CLASSES, "news20", _newsgroups),
    "poisson_fremtpl2": Recipe(
        lambda: _claims(generated.claims(678013)),
        {"loss": "poisson", "penalty": "elasticnet", "l1_ratio": 0.5, "ratio": 1e-3},
        "fremtpl2freq",
        lambda stored: _claims(data.claims(stored)),
    ),
    "softmax_srbct": Recipe(_design(83, 2308, _four_classes), {"loss": "softmax"}, "srbct_khan", _dense_classes),
    "group_bardet": Recipe(
        _design(120, 100, generated.numbers), SQUARED | {"penalty": "group", "group_size": 5}, "bardet", _dense
    ),
    "group_1000x5000": Recipe(_design(1000, 5000, generated.numbers), SQUARED | {"penalty": "group", "group_size": 5}),
    "cox_gse7390": Recipe(_design(198, 82, generated.survival), COX, "surv_gse7390", _survival),
    "cox_10000x1000": Recipe(_design(10000, 1000, generated.survival), COX | {"ratio": 5e-2}),
    "quantile_500x100": Recipe(_design(500, 100, generated.numbers), {"loss": "quantile", "n_alphas": 20}),
    "cv_riboflavin": _recipe(_riboflavin, **SQUARED, folds=10, ratio=1e-2),
    "cv_correlated": Recipe(_design(*TALL, generated.numbers, 0.95), SQUARED | {"folds": 10, "ratio": 1e-3}),
    "tiny_lasso": Recipe(_design(40, 60, generated.numbers), SQUARED | {"n_alphas": 10}),
    "tiny_logistic": Recipe(_design(80, 10, generated.labels), CLASSES | {"n_alphas": 5, "ratio": 0.1}),
    "tiny_mcp": Recipe(_design(80, 20, generated.numbers), SQUARED | {"penalty": "mcp", "n_alphas": 5, "ratio": 0.1}),
    "tiny_group": Recipe(_design(80, 20, generated.numbers), SQUARED | {"penalty": "group", "group_size": 5, "n_alphas": 5}),
    "tiny_softmax": Recipe(_design(90, 10, _three_classes), {"loss": "softmax", "n_alphas": 5, "ratio": 0.1}),
    "tiny_cox": Recipe(_design(90, 10, generated.survival), COX | {"n_alphas": 5, "ratio": 0.1}),
    "tiny_poisson": Recipe(
        lambda: _claims(generated.claims(500)),
        {"loss": "poisson", "penalty": "elasticnet", "l1_ratio": 0.5, "n_alphas": 5, "ratio": 0.1},
    ),
    "tiny_quantile": Recipe(_design(60, 10, generated.numbers), {"loss": "quantile", "n_alphas": 5, "ratio": 0.1}),
    "tiny_cv": Recipe(_design(80, 20, generated.numbers), SQUARED | {"folds": 5, "n_alphas": 10}),
}
# What `run` runs unless told otherwise, short ones first.
DEFAULT = [name for name in RECIPES if not name.startswith("tiny_")]
