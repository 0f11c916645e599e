"""Class weights as sample weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def factors_of_classes(class_weight, classes, labels, weights) -> np.ndarray | None:
    """The factor of each class on the weights of its samples; `labels` are positions in `classes`."""
    if class_weight is None:
        return None
    if isinstance(class_weight, Mapping):
        return _given(class_weight, classes)
    if isinstance(class_weight, str) and class_weight == "balanced":
        totals = np.bincount(labels, weights, minlength=len(classes))
        # A class without weight is reported by `check_weight_per_class`.
        return totals.sum() / (len(classes) * np.where(totals > 0.0, totals, 1.0))
    raise ValueError(f"class_weight is {class_weight!r}; valid are None, 'balanced' and a dict from class to weight.")


def times_factors(weights, factors, labels) -> np.ndarray | None:
    """The sample weights times the factor of each sample's class."""
    if factors is None:
        return weights
    return factors[labels] if weights is None else weights * factors[labels]


def _given(class_weight, classes):
    names = classes.tolist()
    factors = np.array([class_weight.get(name, 1.0) for name in names], dtype=np.float64)
    unknown = [name for name in class_weight if name not in names]
    # Weights for classes that a part of the data happens not to hold do no harm, unless some class has none.
    if unknown and not all(name in class_weight for name in names):
        raise ValueError(f"class_weight has the class {unknown[0]!r}; the classes in the data are {names}.")
    for name, factor in zip(names, factors, strict=True):
        if not (np.isfinite(factor) and factor >= 0.0):
            raise ValueError(f"class_weight of class {name!r} is {factor}; valid are finite numbers >= 0.")
    return factors


def check_weight_per_class(weights, classes, labels) -> None:
    """Raise if all samples of a class have weight zero: as good as not there, it cannot be told from the others."""
    if weights is None:
        return
    without = np.flatnonzero(np.bincount(labels, weights) == 0.0)
    if len(without):
        raise ValueError(
            f"All samples of class {classes.tolist()[without[0]]!r} have weight zero; "
            "every class needs a positive weight, or remove its samples."
        )
