"""Which columns of a table are numbers, which are categories, and which a linear model should not be given."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from ._data import shown
from ._errors import CommandError

# A share of distinct values above which text, or whole numbers with the name of an identifier, tell rows apart.
NEARLY_ALL = 0.9
# The least number of rows to tell so.
ENOUGH_ROWS = 10
# A share of cells above which text is taken for dates, or for numbers with something else among them.
MOSTLY = 0.5
DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}([T ].*)?|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2})([T ].*)?|\d{1,2}:\d{2}(:\d{2})?"
)
NUMBER = re.compile(r"\s*[-+]?(\d[\d,' ]*\.?\d*|\.\d+)([eE][-+]?\d+)?\s*%?\s*")
PLAIN = re.compile(r"[-+]?\d+(\.\d*)?")
IDENTIFIER = re.compile(r"(^|[_\W])(id|ids|uuid|guid|key|index|idx|nr|rownames?)$|^unnamed", re.IGNORECASE)
CAMEL_IDENTIFIER = re.compile(r"[a-z](Id|ID|Key|Nr)$")


@dataclass
class Columns:
    """The columns of a table by what becomes of them; the last two with reasons."""

    numbers: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    idle: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def sort_columns(frame, keep=()) -> Columns:
    """Look at each column."""
    columns = Columns()
    for name in frame.columns:
        cells = frame[name].dropna()
        if len(cells) == 0:
            columns.idle[name] = "empty"
        elif (reason := why_not(frame[name], cells)) and not (name in keep and reason.startswith("identifies")):
            columns.refused[name] = reason
        elif _distinct(cells) == 1 and (len(cells) == len(frame) or is_number(cells)):
            columns.idle[name] = "constant"
        else:
            (columns.numbers if is_number(cells) else columns.categories).append(name)
    return columns


def accepted_columns(name: str, frame, keep=()) -> Columns:
    """The columns of a file; an error, with the remedy, if some of them should not be given to a model."""
    columns = sort_columns(frame, keep)
    if columns.refused:
        reasons = "; ".join(f"{column!r} {reason}" for column, reason in columns.refused.items())
        remedy = f"leave out what tells nothing with --drop {' '.join(_quoted(column) for column in columns.refused)}"
        if any(reason.startswith("identifies") for reason in columns.refused.values()):
            remedy += ", or keep an identifier with --keep"
        raise CommandError(f"{name}: column {reasons}; {remedy}.")
    if not columns.numbers and not columns.categories:
        raise CommandError(
            f"{name}: no column is left to explain the target with ({_listed(columns.idle) or 'it is the only one'})."
        )
    return columns


def why_not(column, cells) -> str:
    """Why a linear model should not be given this column; empty if it may."""
    kind = column.dtype.kind
    if kind in "mM":
        return "holds dates or times: turn them into numbers, such as days or a year"
    if is_number(cells):
        return _why_not_number(column.name, cells)
    if kind == "c" or (column.dtype == object and len({_type(cell) for cell in cells}) > 1):
        return "holds cells of different kinds"
    if column.dtype == object and not isinstance(cells.iloc[0], (str, bool, np.bool_)):
        return f"holds cells of type {type(cells.iloc[0]).__name__}"
    return _why_not_text(cells.astype(str)) if isinstance(cells.iloc[0], str) else ""


def is_number(cells) -> bool:
    """Whether the cells are real numbers, truth values apart."""
    from pandas.api.types import is_bool_dtype, is_complex_dtype, is_numeric_dtype

    return is_numeric_dtype(cells.dtype) and not is_bool_dtype(cells.dtype) and not is_complex_dtype(cells.dtype)


def _why_not_number(name, cells) -> str:
    values = cells.to_numpy(dtype=np.float64)
    if np.isinf(values).any():
        return "holds infinite numbers"
    if len(values) < ENOUGH_ROWS or (values != np.floor(values)).any():
        return ""
    distinct = len(np.unique(values))
    if distinct == len(values) == values.max() - values.min() + 1.0:
        return "identifies rows: it is a running number"
    named = IDENTIFIER.search(str(name)) or CAMEL_IDENTIFIER.search(str(name))
    if distinct > NEARLY_ALL * len(values) and named:
        return f"identifies rows: {distinct} different whole numbers in {len(values)} rows"
    return ""


def _why_not_text(cells) -> str:
    if cells.str.fullmatch(DATE).mean() > MOSTLY:
        return "holds dates or times: turn them into numbers, such as days or a year"
    numbers = cells.str.fullmatch(NUMBER)
    if MOSTLY < numbers.mean() < 1.0:
        other = cells[~numbers].iloc[0]
        return f"holds numbers and other text, such as {other!r} (if that means missing: --missing {_quoted(other)})"
    if numbers.all() and not cells.str.fullmatch(PLAIN).all():
        return f"holds numbers written like {cells[~cells.str.fullmatch(PLAIN)].iloc[0]!r}: write them as 1234.5"
    distinct = cells.nunique()
    if len(cells) >= ENOUGH_ROWS and distinct > NEARLY_ALL * len(cells):
        return f"identifies rows: {distinct} different texts in {len(cells)} rows"
    return ""


def make_encoder(columns: Columns):
    """The transformer: numbers scaled, their gaps filled with the median; a column for each category.

    Made of scikit-learn's parts alone, so that a saved pipeline loads without this package's commands.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    categories = OneHotEncoder(drop="if_binary", handle_unknown="ignore")
    steps = [("numbers", numbers, columns.numbers), ("categories", categories, columns.categories)]
    return ColumnTransformer([step for step in steps if step[2]], verbose_feature_names_out=False)


def described(frame, columns: Columns) -> list[str]:
    """What becomes of the columns, in lines."""
    lines = []
    if columns.numbers:
        lines.append(f"Numbers, scaled to unit variance: {shown(columns.numbers)}.")
        gaps = {name: count for name in columns.numbers if (count := int(frame[name].isna().sum()))}
        if gaps:
            lines.append(f"Missing numbers, filled with the median: {_listed(gaps)}.")
    if columns.categories:
        levels = {name: f"{_distinct(frame[name].dropna())} categories" for name in columns.categories}
        lines.append(f"Categories, a column for each, unknown ones ignored: {_listed(levels)}.")
        gaps = {name: count for name in columns.categories if (count := int(frame[name].isna().sum()))}
        if gaps:
            lines.append(f"Missing categories, a category of their own: {_listed(gaps)}.")
    if columns.idle:
        lines.append(f"Left out: {_listed(columns.idle)}.")
    return lines


def _listed(items: dict) -> str:
    return ", ".join(f"{name} ({what})" for name, what in items.items())


def _distinct(cells) -> int:
    return int(cells.nunique())


def _type(cell):
    return bool if isinstance(cell, np.bool_) else type(cell)


def _quoted(word) -> str:
    from shlex import quote

    return quote(str(word))
