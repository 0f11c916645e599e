"""Checks of parameters and of data, each with an error that says what was expected and what was got."""

from __future__ import annotations

import numbers
from typing import Any

import numpy as np
from sklearn.utils import check_array, column_or_1d

# What solvers use as it is; anything else is converted once.
SOLVER_LAYOUT: dict[str, Any] = {"accept_sparse": "csc", "dtype": [np.float64, np.float32], "order": "F"}


def check_number(owner: str, name: str, value: Any, low: float, *, closed: bool, integer: bool = False) -> None:
    """Raise unless parameter `name` of `owner` is a finite number (an integer if asked) above `low`, or at it if `closed`."""
    kind: Any = numbers.Integral if integer else numbers.Real
    described = f"{'an integer' if integer else 'a finite number'} {'>=' if closed else '>'} {low}"
    message = f"The {name!r} parameter of {owner} must be {described}. Got {value!r} instead."
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(message)
    if not low <= value < np.inf or (value == low and not closed):  # also NaN
        raise ValueError(message)


def check_flag(owner: str, name: str, value: Any) -> None:
    """Raise unless parameter `name` of `owner` is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"The {name!r} parameter of {owner} must be True or False. Got {value!r} instead.")


def flat_column(y):
    """y, without the second axis if that has length 1, which scikit-learn warns of."""
    return column_or_1d(y, warn=True) if np.ndim(y) == 2 and np.shape(y)[1] == 1 else y


def check_domain(loss, y: np.ndarray) -> None:
    """Raise if the loss is not defined for one of the targets."""
    outside = np.argwhere(~loss.y_interval.contains(y))
    if len(outside):
        first = tuple(outside[0].tolist())
        raise ValueError(
            f"{type(loss).__name__} is defined for y in {loss.y_interval}, but y[{', '.join(map(str, first))}] is "
            f"{y[first]}{f' ({len(outside)} such values)' if len(outside) > 1 else ''}."
        )


def check_weights(sample_weight, n_samples: int) -> np.ndarray | None:
    """Finite weights >= 0, not all zero, one per sample; a number is the weight of every sample."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, numbers.Number):
        sample_weight = np.full(n_samples, sample_weight)
    weights = np.asarray(sample_weight)
    if weights.shape != (n_samples,):
        raise ValueError(f"sample_weight has shape {weights.shape}; expected one weight per sample, ({n_samples},).")
    weights = check_array(weights, ensure_2d=False, dtype=np.float64, input_name="sample_weight")
    if np.any(weights < 0.0):
        i = np.flatnonzero(weights < 0.0)[0]
        raise ValueError(f"sample_weight must not be negative, but sample_weight[{i}] is {weights[i]}.")
    if not np.any(weights > 0.0):
        raise ValueError("sample_weight is zero for every sample; at least one weight must be positive.")
    return weights


def check_offset(offset, shape: tuple[int, ...]) -> np.ndarray | None:
    """Finite numbers, one per linear predictor of each sample."""
    if offset is None:
        return None
    offset = np.asarray(offset)
    if offset.shape != shape:
        per = "sample" if len(shape) == 1 else "sample and class"
        raise ValueError(f"offset has shape {offset.shape}; expected one number per {per}, {shape}.")
    return check_array(offset, ensure_2d=False, dtype=np.float64, input_name="offset")


def rows_of_metadata(values, indices, n_samples: int):
    """Some rows of what has one entry per sample; anything else as it is."""
    if values is None or isinstance(values, (str, bytes, numbers.Number)):
        return values
    array = np.asarray(values)
    return array[indices] if array.ndim and len(array) == n_samples else values
