"""Times of events as users have them, as the columns (start, stop, event)."""

from __future__ import annotations

import numpy as np
from sklearn.utils import check_array
from sklearn.utils.validation import column_or_1d

VALID = (
    "valid are a structured array or a data frame with the fields (event, time) or (event, start, stop), in this order, "
    "and an array of numbers: times without censoring"
)


def event_times(y) -> np.ndarray:
    """Columns (start, stop, event): a sample is at risk in (start, stop], and has the event at stop if event is 1.

    Only the order of times matters, so they may be zero or negative. A sample without a start is at risk from minus infinity.
    """
    fields = _fields(y)
    if fields is None:
        stop = _plain_times(y)
        return np.column_stack([np.full(len(stop), -np.inf), stop, np.ones(len(stop))])
    (event_name, event), *times = fields
    event = _events(event_name, event)
    stop = _times(*times[-1])
    start = _times(*times[0]) if len(times) == 2 else np.full(len(stop), -np.inf)
    wrong = np.flatnonzero(~(start < stop))
    if len(wrong):
        i = wrong[0]
        raise ValueError(
            f"y has samples that start when they stop or later: number {i} starts at {start[i]}, stops at {stop[i]}."
        )
    return np.column_stack([start, stop, event])


def stratum_codes(strata, n_samples: int, known=None) -> tuple[np.ndarray, np.ndarray | None]:
    """The position of each sample's label among the sorted `known` ones, or those that occur; and these labels."""
    if strata is None:
        return np.zeros(n_samples), known
    labels = np.asarray(strata)
    if labels.shape != (n_samples,):
        raise ValueError(f"strata has shape {labels.shape}; expected one label per sample, ({n_samples},).")
    missing = np.flatnonzero([label is None or label != label for label in labels.tolist()])
    if len(missing):
        raise ValueError(f"strata[{missing[0]}] is {labels[missing[0]]!r}; every sample needs a label.")
    if known is None:
        known, codes = np.unique(labels, return_inverse=True)
        return codes.astype(np.float64), known
    unknown = np.flatnonzero(~np.isin(labels, known))
    if len(unknown):
        raise ValueError(f"strata has {labels[unknown[0]]!r}, which is not among the fitted {known.tolist()}.")
    return np.searchsorted(known, labels).astype(np.float64), known


def structured_times(y: np.ndarray) -> np.ndarray:
    """Columns (start, stop, event, ...) as a structured array (event, start, stop), or (event, time) without starts."""
    fields = [("event", y[:, 2] > 0.0), ("start", y[:, 0]), ("stop", y[:, 1])]
    if np.isneginf(y[:, 0]).all():
        fields = [fields[0], ("time", y[:, 1])]
    result = np.empty(len(y), dtype=[(name, values.dtype) for name, values in fields])
    for name, values in fields:
        result[name] = values
    return result


def check_events(y: np.ndarray, weights, owner: str) -> None:
    """Raise if no sample with weight has an event."""
    event = y[:, 2] > 0.0
    if not event.any():
        raise ValueError(f"{owner} needs events, but all {len(y)} samples are censored.")
    if weights is not None and not (weights[event] > 0.0).any():
        raise ValueError(f"{owner} needs events, but the {event.sum()} samples that have one have weight zero.")


def _fields(y):
    """Names and values of the fields, or None for plain numbers."""
    names = y.dtype.names if isinstance(y, np.ndarray) else getattr(y, "columns", None)
    if names is None or (len(names) == 1 and not isinstance(y, np.ndarray)):
        return None
    names = list(names)
    if len(names) not in (2, 3) or len(np.shape(y)) != (1 if isinstance(y, np.ndarray) else 2):
        raise ValueError(f"y has the fields {names} and shape {np.shape(y)}; {VALID}.")
    return [(name, np.asarray(y[name])) for name in names]


def _plain_times(y):
    y = np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = column_or_1d(y, warn=True)
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}; {VALID}.")
    return check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")


def _events(name, values):
    try:
        event = values.astype(np.float64)
    except (TypeError, ValueError):
        event = np.full(len(values), np.nan)
    wrong = np.flatnonzero((event != 0.0) & (event != 1.0))
    if len(wrong):
        raise ValueError(
            f"The first field of y, {name!r}, must say whether a sample had the event, by True and False or 1 and 0, but its "
            f"entry {wrong[0]} is {values[wrong[0]]!r}; {VALID}."
        )
    return event


def _times(name, values):
    return check_array(values, ensure_2d=False, dtype=np.float64, input_name=f"y ({name})")
