"""Rules that choose a candidate from its scores."""

from __future__ import annotations

import numbers

import numpy as np

CRITERIA = ("aic", "aicc", "bic", "ebic", "gcv")
VALID = "'min', '1se', a callable that takes cv_results_ and returns an index, " + ", ".join(map(repr, CRITERIA))


def is_criterion(selection) -> bool:
    """Whether the rule is an information criterion, which needs no folds."""
    return isinstance(selection, str) and selection in CRITERIA


def check_selection(selection, *, criteria=True) -> None:
    """Raise unless the rule is known."""
    known = ("min", "1se", *(CRITERIA if criteria else ()))
    if not (callable(selection) or (isinstance(selection, str) and selection in known)):
        valid = VALID if criteria else VALID.split(", 'aic'")[0]
        raise ValueError(f"selection is {selection!r}; valid are {valid}.")


def standard_errors(scores) -> np.ndarray:
    """sqrt(sum_k (s_k - mean)^2 / (K - 1) / K) of the scores in K folds, one column each; 0 for a single fold."""
    n_folds = scores.shape[1]
    return scores.std(axis=1, ddof=1) / np.sqrt(n_folds) if n_folds > 1 else np.zeros(len(scores))


def best_of(means) -> int:
    """The first position of the highest score that is a number."""
    if np.isnan(means).all():
        raise ValueError(
            "No candidate has a score: all are NaN. The loss explained needs at least two samples in every fold, and the "
            "concordance two that are comparable; "
            "pass a scoring that can do with fewer, such as 'neg_mean_squared_error', or larger folds."
        )
    return int(np.nanargmax(means))


def select(selection, results, means, errors, family, strengths) -> int:
    """The chosen candidate.

    `family` numbers the candidates that differ in strength alone. "1se" takes the strongest of the best one's family whose
    mean score is at most one standard error of the best below the best.
    """
    if callable(selection):
        return _called(selection, results, len(means))
    best = best_of(means)
    if selection != "1se":
        return best
    close = np.flatnonzero((family == family[best]) & (means >= means[best] - errors[best]))
    return int(close[np.argmax(strengths[close])])


def _called(selection, results, count):
    index = selection(results)
    if not isinstance(index, numbers.Integral) or isinstance(index, bool):
        raise TypeError(f"selection returned {index!r}; valid is the integer position of a candidate.")
    if not 0 <= index < count:
        raise IndexError(f"selection returned {index}; valid are positions from 0 to {count - 1}.")
    return int(index)
