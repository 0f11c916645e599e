"""Targets as losses take them: numbers and times as they are, classes as -1 and +1 or counted from 0."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from sklearn.utils.multiclass import check_classification_targets

from ._class_weight import check_weight_per_class, factors_of_classes, times_factors
from ._event_times import check_events
from ._validation import check_domain, check_offset, rows_of_metadata


class Data(NamedTuple):
    """Checked data; the offset is checked when the number of linear predictors is known."""

    X: Any
    y: np.ndarray
    weights: np.ndarray | None = None
    offset: Any = None
    # What else a scorer is given, most of it with one entry per sample.
    metadata: Mapping[str, Any] = MappingProxyType({})
    # Second moments of the columns, where parts of the data have need of them too.
    moments: Any = None

    def rows(self, indices) -> Data:
        """Some of the samples."""
        weights, offset, *metadata = (
            rows_of_metadata(values, indices, len(self.y)) for values in (self.weights, self.offset, *self.metadata.values())
        )
        if weights is not None and not weights.any():
            raise ValueError(
                "sample_weight is zero for every sample of a fold's training or test part; "
                "leave out samples without weight, or use folds that mix them with others."
            )
        # These are the user's data, which no design has been made of. Without "raise", NumPy takes rows of a Fortran-ordered
        # array at the speed of memory, and keeps the order.
        X = self.X[indices] if sparse.issparse(self.X) else np.take(self.X.T, indices, axis=1, mode="clip").T
        moments = None if self.moments is None else self.moments.of(indices)
        return Data(X, self.y[indices], weights, offset, dict(zip(self.metadata, metadata, strict=True)), moments)


class Target(NamedTuple):
    """What one linear predictor is fitted to."""

    y: np.ndarray
    weights: np.ndarray | None
    offset: np.ndarray | None
    loss: Any


class Numbers:
    """A linear predictor for each column of targets within the domain of the loss, or for each part of the loss."""

    def __init__(self, loss):
        self.loss = loss

    def encode(self, data: Data) -> list[Target]:
        y = np.asarray(data.y, dtype=np.float64)
        check_domain(self.loss, y)
        parts = self.loss.parts()
        if len(parts) > 1 and y.ndim > 1:
            raise ValueError(f"{self.loss!r} is for one column of targets, got y of shape {y.shape}.")
        offset = check_offset(data.offset, y.shape)
        return [Target(y, data.weights, offset, part) for part in parts]

    def names(self, count) -> list[str]:
        """What to call each linear predictor in a message."""
        return [""] if count == 1 else [f", {part!r}," for part in self.loss.parts()]


class Classes:
    """The linear predictors that a loss has for the classes of y, which are learnt.

    One for two classes. For more, those of the loss for all of them where there is one, else one of each against the rest.
    """

    def __init__(self, owner: str, loss, data: Data, class_weight):
        y, weights = data.y, data.weights
        check_classification_targets(y)
        self.classes, labels = np.unique(y, return_inverse=True)
        if len(self.classes) < 2:
            raise ValueError(
                f"{owner} needs samples of at least 2 classes in the data, but the data contains only "
                f"one class: {self.classes.tolist()[0]!r}."
            )
        at_once = loss.for_classes(len(self.classes))
        self.loss = loss if at_once is None else at_once
        self.factors = factors_of_classes(class_weight, self.classes, labels, weights)
        check_weight_per_class(times_factors(weights, self.factors, labels), self.classes, labels)

    def encode(self, data: Data) -> list[Target]:
        """The targets of other samples too, with the factors of the classes where they were learnt."""
        y = data.y
        unknown = np.flatnonzero(~np.isin(y, self.classes))
        if len(unknown):
            raise ValueError(f"y has the class {y[unknown[0]]!r}, which is not among the fitted {self.classes.tolist()}.")
        labels = np.searchsorted(self.classes, y)
        weights = times_factors(data.weights, self.factors, labels)
        if self.loss.joint:
            offset_shape = (len(y), len(self.classes)) if self.loss.predictor_per_class else y.shape
            return [Target(labels, weights, check_offset(data.offset, offset_shape), self.loss)]
        if len(self.classes) == 2:
            return [Target(_coded(labels == 1), weights, check_offset(data.offset, y.shape), self.loss)]
        count = len(self.classes)
        offset = check_offset(data.offset, (len(y), count))
        offsets = [None] * count if offset is None else list(offset.T)
        return [Target(_coded(labels == k), weights, offsets[k], self.loss) for k in range(count)]

    def names(self, count) -> list[str]:
        """What to call each linear predictor in a message."""
        return [""] if count == 1 else [f", class {label!r} against the rest," for label in self.classes.tolist()]


class EventTimes:
    """One linear predictor for y = (start, stop, event, stratum)."""

    def __init__(self, owner: str, loss, data: Data):
        check_events(data.y, data.weights, owner)
        self.loss = loss

    def encode(self, data: Data) -> list[Target]:
        return [Target(data.y, data.weights, check_offset(data.offset, data.y.shape[:1]), self.loss)]

    def names(self, count) -> list[str]:
        """What to call each linear predictor in a message."""
        return [""] * count


def _coded(is_positive) -> np.ndarray:
    return np.where(is_positive, 1.0, -1.0)
