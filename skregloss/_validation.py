"""Checks of parameters and of data, each with an error that says what was expected and what was got."""

from __future__ import annotations

import numbers
from typing import Any, NamedTuple

import numpy as np
from sklearn.utils import check_array, column_or_1d

# What solvers use as it is; anything else is converted once.
SOLVER_LAYOUT: dict[str, Any] = {"accept_sparse": "csc", "dtype": [np.float64, np.float32], "order": "F"}


class Interval(NamedTuple):
    """An interval of numbers: the targets a loss is defined for, or the values of a parameter that are valid."""

    low: float = -np.inf
    high: float = np.inf
    low_closed: bool = False
    high_closed: bool = False

    def contains(self, y):
        """Elementwise membership, as a boolean array."""
        y = np.asarray(y)
        above = y >= self.low if self.low_closed else y > self.low
        below = y <= self.high if self.high_closed else y < self.high
        return above & below

    def __str__(self):
        return f"{'[' if self.low_closed else '('}{self.low:g}, {self.high:g}{']' if self.high_closed else ')'}"


POSITIVE = Interval(0.0, np.inf)
NON_NEGATIVE = Interval(0.0, np.inf, low_closed=True)
AT_LEAST_ONE = Interval(1.0, np.inf, low_closed=True)
UNIT = Interval(0.0, 1.0)
CLOSED_UNIT = Interval(0.0, 1.0, low_closed=True, high_closed=True)


def check_number(owner: str, name: str, value: Any, valid: Interval, *, integer: bool = False) -> None:
    """Raise unless `value`, given as parameter `name` of `owner`, is a number (an integer if asked) in the interval."""
    kind: Any = numbers.Integral if integer else numbers.Real
    message = f"{name} of {owner} is {value!r}; valid are {'integers' if integer else 'numbers'} in {valid}."
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(message)
    if not valid.contains(value):
        raise ValueError(message)


def check_parameter(owner: Any, name: str, valid: Interval) -> None:
    """Raise unless the parameter of a loss or a penalty is a number in the interval."""
    check_number(type(owner).__name__, name, getattr(owner, name), valid)


def check_flag(owner: str, name: str, value: Any) -> None:
    """Raise unless parameter `name` of `owner` is True or False."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} of {owner} is {value!r}; valid are True and False.")


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
