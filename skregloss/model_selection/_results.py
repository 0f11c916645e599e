"""cv_results_ in the format of scikit-learn's GridSearchCV."""

from __future__ import annotations

import numbers

import numpy as np
from scipy.stats import rankdata


def parameter_columns(params: list[dict]) -> dict:
    """A masked array for each parameter, masked where a candidate does not set it."""
    columns = {}
    for name in dict.fromkeys(name for candidate in params for name in candidate):
        values = np.empty(len(params), dtype=object)
        mask = np.array([name not in candidate for candidate in params])
        for k, candidate in enumerate(params):
            values[k] = candidate.get(name)
        columns[f"param_{name}"] = _masked(values, mask)
    return columns


def _masked(values, mask):
    """Numbers as numbers, whatever else as objects; what is masked is zero or None."""
    given = values[~mask]
    for kind, dtype in ((numbers.Integral, np.int64), (numbers.Real, np.float64)):
        if all(isinstance(value, kind) and not isinstance(value, (bool, np.bool_)) for value in given):
            filled = np.zeros(len(values), dtype=dtype)
            filled[~mask] = given
            return np.ma.MaskedArray(filled, mask=mask)
    return np.ma.MaskedArray(values, mask=mask)


def fold_results(params, scores, fit_times, score_times) -> dict:
    """cv_results_ from arrays of shape (n_candidates, n_folds)."""
    results: dict = {}
    for name, times in (("fit_time", fit_times), ("score_time", score_times)):
        results[f"mean_{name}"], results[f"std_{name}"] = times.mean(axis=1), times.std(axis=1)
    results |= parameter_columns(params)
    results["params"] = params
    results |= {f"split{k}_test_score": scores[:, k] for k in range(scores.shape[1])}
    results["mean_test_score"], results["std_test_score"] = scores.mean(axis=1), scores.std(axis=1)
    results["rank_test_score"] = ranks(results["mean_test_score"])
    return results


def ranks(scores) -> np.ndarray:
    """1 for the highest; NaN ties with the lowest."""
    if np.isnan(scores).all():
        return np.ones(len(scores), dtype=np.int32)
    lowest = np.nanmin(scores) - 1.0
    return rankdata(-np.where(np.isnan(scores), lowest, scores), method="min").astype(np.int32)


def criterion_results(params, name, values) -> dict:
    """The same for a criterion in place of folds: its values and their ranks, 1 for the smallest."""
    return {**parameter_columns(params), "params": params, name: values, f"rank_{name}": ranks(-values)}
