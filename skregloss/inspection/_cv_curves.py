"""Scores against strength, read from a fitted search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..model_selection._selection import CRITERIA, standard_errors


@dataclass(frozen=True, eq=False)
class CVCurve:
    """The scores of candidates that differ in strength alone, from strong to weak.

    Attributes
    ----------
    label : str
        What tells the curve from the others; empty for a single one.
    alphas : ndarray of shape (n_alphas,)
        The strengths, decreasing.
    means : ndarray of shape (n_alphas,)
        The mean scores, or the values of a criterion.
    errors : ndarray of shape (n_alphas,)
        The standard errors of the means, zero for a criterion.
    scores : ndarray of shape (n_alphas, n_folds)
        The scores of the folds, none for a criterion.
    """

    label: str
    alphas: np.ndarray
    means: np.ndarray
    errors: np.ndarray
    scores: np.ndarray


def curves_of(search) -> tuple[list[CVCurve], int, int]:
    """The curves of a fitted search, which of them holds the chosen candidate, and where on it."""
    results = search.cv_results_
    strengths, keys = zip(*[_split(params) for params in results["params"]], strict=True)
    criterion = criterion_of(search)
    n_folds = 0 if criterion else search.n_splits_
    scores = np.array([results[f"split{k}_test_score"] for k in range(n_folds)]).reshape(n_folds, len(strengths)).T
    means = results[criterion or "mean_test_score"]
    errors = np.zeros(len(strengths)) if criterion else standard_errors(scores)
    alphas = np.array(strengths)
    families: dict[str, list[int]] = {}
    for position, key in enumerate(keys):
        families.setdefault(key, []).append(position)
    curves = [CVCurve(key, alphas[at], means[at], errors[at], scores[at]) for key, at in families.items()]
    best = search.best_index_
    chosen = next(k for k, at in enumerate(families.values()) if best in at)
    return curves, chosen, list(families.values())[chosen].index(best)


def criterion_of(search) -> str:
    """The criterion that a search chose by; empty for folds."""
    selection = search.selection
    return selection if isinstance(selection, str) and selection in CRITERIA else ""


def _split(params) -> tuple[float, str]:
    """The strength of a candidate, and its other parameters in words."""
    name = next(name for name in params if name == "alpha" or name.endswith("__alpha"))
    others = {key.rpartition("__")[2]: value for key, value in params.items() if key != name}
    return params[name], ", ".join(_in_words(key, value) for key, value in others.items())


def _in_words(name, value: Any) -> str:
    if name == "penalty":
        return "no penalty" if value is None else str(value)
    if name == "adaptive":
        return {0: "not adaptive", 1: "adaptive"}.get(value, f"adaptive, {value} rounds")
    return f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"


def score_name(search) -> str:
    """What to write on the axis of scores."""
    criterion = criterion_of(search)
    if criterion:
        return {"aicc": "AICc"}.get(criterion, criterion.upper())
    scoring = search.scoring
    if isinstance(scoring, str):
        name = scoring.replace("_", " ")
        return f"negative {name.removeprefix('neg ')}" if name.startswith("neg ") else name
    if scoring is not None:
        return getattr(scoring, "__name__", "score")
    classes = hasattr(search, "classes_") and not hasattr(search, "path_")
    return "accuracy" if classes else "loss explained"
