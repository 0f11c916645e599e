"""Columns, targets and labels of a comparison of losses and penalties."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils import check_array, check_consistent_length, column_or_1d
from sklearn.utils.validation import validate_data

from .._validation import SOLVER_LAYOUT

MOST_CLASSES_SHOWN = 5


class RegularizationEffectsData(BaseEstimator):
    """What scikit-learn's check of X leaves its findings in."""


def checked_columns(X, feature_names=None):
    """X as solvers use it, and the names of its columns: those given, or its own."""
    data = RegularizationEffectsData()
    X = validate_data(data, X, **SOLVER_LAYOUT)
    if feature_names is None:
        return X, getattr(data, "feature_names_in_", None)
    names = np.asarray(feature_names, dtype=object)
    if names.shape != (X.shape[1],):
        raise ValueError(f"feature_names has shape {names.shape}; expected one name per column, ({X.shape[1]},).")
    return X, names


def labelled(parameter, items, get) -> dict:
    """label -> object of losses or penalties, given by name or as objects; labels are distinct.

    The label of an object with default parameters is its name, that of another one its repr.
    """
    if isinstance(items, Mapping):
        found = {str(label): get(item) for label, item in items.items()}
    else:
        listed = list(items) if isinstance(items, (list, tuple)) else [items]
        found = {}
        for item in map(get, listed):
            # scikit-learn's repr shows the parameters that are not at their defaults.
            as_named = item.name and repr(item) == f"{type(item).__name__}()"
            label = item.name if as_named else repr(item)
            if label in found:
                raise ValueError(f"{parameter} has {label} twice; give different ones, or a dict of label -> object.")
            found[label] = item
    if not found:
        raise ValueError(f"{parameter} is empty; give at least one.")
    return found


def taking_part(X, weights, factors, fit_intercept) -> np.ndarray:
    """Which columns can have a coefficient: not constant (beside an intercept), all zero, or left out by their factor."""
    rows = slice(None) if weights is None or (weights > 0.0).all() else np.flatnonzero(weights)
    # On the data as given, before a design is made of them.
    used = X.tocsr()[rows].tocsc() if sparse.issparse(X) else X[rows]
    low, high = (
        extreme.toarray().ravel() if sparse.issparse(X) else extreme for extreme in (used.min(axis=0), used.max(axis=0))
    )
    varies = low < high
    if not fit_intercept:
        varies |= low != 0.0
    return varies if factors is None else varies & np.isfinite(factors)


class EffectsTarget:
    """y as each loss takes it.

    Attributes
    ----------
    classes : ndarray of shape (2,) or None
        The classes, of which the second is coded 1, or +1 for losses for classes; None for numbers.
    """

    def __init__(self, y, n_samples, losses):
        y = column_or_1d(y, warn=True)
        check_consistent_length(y, np.empty(n_samples))
        for_classes = [type(loss).__name__ for loss in losses if loss.classification]
        self.classes = None
        if not for_classes and y.dtype.kind in "iuf":
            self.values = check_array(y, ensure_2d=False, dtype=np.float64, input_name="y")
            return
        if y.dtype.kind == "f":
            check_array(y, ensure_2d=False, input_name="y")
        try:
            classes, labels = np.unique(y, return_inverse=True)
        except TypeError:
            raise TypeError("y has labels of different types; valid are numbers, or two classes of one type.") from None
        if len(classes) != 2:
            raise ValueError(_not_two_classes(classes, for_classes, numeric=y.dtype.kind in "iuf"))
        self.classes, self.values = classes, labels.astype(np.float64)

    def coded_for(self, loss) -> np.ndarray:
        """-1 and +1 for a loss for classes, else numbers, which classes are as 0 and 1."""
        return 2.0 * self.values - 1.0 if loss.classification else self.values

    def check_weighted(self, weights):
        """Raise unless both classes have weight."""
        if self.classes is not None and weights is not None:
            for value, label in enumerate(self.classes.tolist()):
                if not weights[self.values == value].any():
                    raise ValueError(f"sample_weight is zero for every sample of class {label!r}; both classes need weight.")


def _not_two_classes(classes, for_classes, *, numeric) -> str:
    shown = ", ".join(map(repr, classes[:MOST_CLASSES_SHOWN].tolist()))
    shown += ", ..." if len(classes) > MOST_CLASSES_SHOWN else ""
    wanting = f"{' and '.join(for_classes)}, which compare two classes" if for_classes else "a comparison of losses"
    message = f"y has {len(classes)} different values ({shown}), too {'few' if len(classes) < 2 else 'many'} for {wanting}"
    if len(classes) < 2:
        return message + "."
    remedy = (
        f"; take one class against the rest, as in y == {classes[0].item() if hasattr(classes[0], 'item') else classes[0]!r}"
    )
    return message + remedy + (", or losses for numbers, such as losses=('squared_error', 'huber')." if numeric else ".")
