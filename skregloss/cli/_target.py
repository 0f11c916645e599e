"""The target of a table: numbers or classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..losses import get_loss
from ._columns import is_number, why_not
from ._data import check_column, shown
from ._errors import CommandError


@dataclass
class Target:
    """What is to be explained.

    Attributes
    ----------
    name : str
        What to call it in messages.
    values : ndarray
        Numbers, or classes.
    classes : ndarray or None
        The classes, unless these are numbers to be taken as such.
    """

    name: str
    values: np.ndarray
    classes: np.ndarray | None

    def described(self) -> str:
        """Its kind, and what it has."""
        if self.classes is None:
            return f"{self.name}: numbers from {self.values.min():g} to {self.values.max():g}"
        counts = [f"{label!r} {(self.values == label).sum()}" for label in self.classes.tolist()]
        speak = f"; positive coefficients speak for {self.classes[1].item()!r}" if len(counts) == 2 else ""
        return f"{self.name}: {len(counts)} classes, {shown(counts)}{speak}"


def column_target(name: str, frame, column: str | None, losses, one_class, *, coded):
    """The target in a column of a file, and the other columns, of the rows that have one.

    Two values, and texts and truth values, are classes; so is anything if a loss for classes is asked for.
    """
    if column is None:
        raise CommandError(f"{name}: say which column to explain with --target; its columns are {shown(frame.columns)}.")
    check_column(name, column, list(frame.columns), "--target")
    rows = frame[column].notna()
    cells, rest = frame.loc[rows, column], frame.loc[rows].drop(columns=column)
    label = f"{name}: target {column!r}"
    if len(cells) < 2:
        raise CommandError(f"{label} has {len(cells)} values; at least 2 rows are needed.")
    reason = why_not(frame[column].rename("target"), cells)
    if reason and not (reason.startswith("identifies") and is_number(cells)):
        raise CommandError(f"{label} {reason}.")
    values = cells.to_numpy(dtype=np.float64 if is_number(cells) else object)
    if is_number(cells) and (values == np.floor(values)).all() and np.abs(values).max() < 2**53:
        values = values.astype(np.int64)
    elif not is_number(cells):
        values = values.astype(bool) if isinstance(values[0], (bool, np.bool_)) else np.array([str(cell) for cell in values])
    return make_target(label, values, losses, one_class, coded=coded), rest, int((~rows).sum())


def make_target(label, values, losses, one_class, *, coded) -> Target:
    """Classes or numbers, by the values and by the losses asked for; `one_class` against the rest if given.

    If `coded`, losses for numbers are fitted to classes too, coded 0 and 1.
    """
    if one_class is not None:
        values = _one_against_rest(label, values, one_class)
        label += f" is {one_class!r}"
    classes = np.unique(values)
    if len(classes) < 2:
        raise CommandError(f"{label} is constant ({classes[0].item()!r}): there is nothing to explain.")
    numeric = values.dtype.kind in "iuf"
    kinds = {loss: get_loss(loss).classification for loss in losses or ()}
    for_numbers = [loss for loss, classification in kinds.items() if not classification]
    if not numeric and for_numbers and not coded:
        raise CommandError(
            f"{label} holds {'truth values' if values.dtype.kind == 'b' else 'text'}, such as {classes[0].item()!r}, and loss "
            f"{for_numbers[0]!r} is for numbers; take a loss for classes, such as log_loss or squared_hinge."
        )
    is_classes = any(kinds.values()) or not numeric or (len(classes) == 2 and not for_numbers)
    if is_classes and numeric and len(classes) > 2 and (values != np.floor(values)).any():
        wanted = next(loss for loss, classification in kinds.items() if classification)
        raise CommandError(
            f"{label} holds {len(classes)} different numbers, and loss {wanted!r} is for classes; take a loss for numbers, "
            "such as squared_error or huber."
        )
    return Target(label, values, classes if is_classes else None)


def _one_against_rest(label, values, one_class):
    """The class by its name, and 'other'."""
    names = np.array([str(value) for value in values])
    if one_class not in names:
        raise CommandError(f"{label} has no class {one_class!r}; valid are {shown(np.unique(names))}.")
    return names == one_class


def check_two_classes(target: Target) -> None:
    """Raise for more than two classes, where two can be compared."""
    if target.classes is not None and len(target.classes) > 2:
        raise CommandError(
            f"{target.name} has {len(target.classes)} classes ({shown(target.classes)}), and losses are compared on two; "
            f"take one against the rest, as in --class {target.classes[0]}."
        )
