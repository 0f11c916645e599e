"""Data by name or from a file."""

from __future__ import annotations

import csv
import difflib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .._optional import needed
from ._errors import CommandError, one_line

BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")
SEPARATORS = (",", ";", "\t", "|")
EXTENSIONS = (".csv", ".tsv", ".txt", ".parquet", ".pq")
MOST_SHOWN = 10


class Bundled(NamedTuple):
    """A data set that scikit-learn brings along."""

    X: np.ndarray
    y: np.ndarray
    names: list[str]


def is_bundled(name: str) -> bool:
    """Whether `name` is a bundled data set rather than a file."""
    return name in BUNDLED and not Path(name).exists()


def load_bundled(name: str) -> Bundled:
    """A bundled data set, its classes by name."""
    from sklearn import datasets

    data = getattr(datasets, f"load_{name}")()
    y = data.target
    if "target_names" in data:
        y = np.array([str(label) for label in data.target_names])[y]
    return Bundled(data.data, y, [str(column) for column in data.feature_names])


def read_table(name: str, *, encoding: str = "utf-8", missing=()) -> Any:
    """The data frame in a file; errors name the file and the remedy."""
    path = Path(name)
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is no file, and no bundled data set"
        close = difflib.get_close_matches(name, BUNDLED) or BUNDLED
        raise CommandError(f"{name} {what}; give a .csv or .parquet file, or one of {', '.join(close)}.")
    if path.suffix.lower() not in EXTENSIONS:
        raise CommandError(f"{name}: the ending {path.suffix!r} is not known; valid are {', '.join(EXTENSIONS)}.")
    if path.stat().st_size == 0:
        raise CommandError(f"{name} is empty; it needs a line of column names and rows.")
    try:
        pandas = needed("pandas", "reading files")
    except ImportError as error:
        raise CommandError(f"{name}: {error}") from None
    try:
        reader = _read_parquet if path.suffix.lower() in (".parquet", ".pq") else _read_csv
        frame = reader(pandas, path, encoding, list(missing))
    except CommandError:
        raise
    except UnicodeDecodeError as error:
        raise CommandError(
            f"{name} is not {encoding} text (byte {error.object[error.start]:#x}); give its encoding, as in --encoding latin-1."
        ) from None
    except LookupError as error:
        raise CommandError(f"{name}: {one_line(error)}; valid encodings are utf-8, latin-1, cp1252 and others.") from None
    except Exception as error:
        raise CommandError(f"{name} cannot be read: {one_line(error)}") from None
    if len(frame) == 0:
        raise CommandError(f"{name} has column names but no rows.")
    frame.columns = [str(column) for column in frame.columns]
    return frame


def _read_parquet(pandas, path, encoding, missing):
    try:
        frame = pandas.read_parquet(path)
    except ImportError:
        raise CommandError(
            f"{path}: reading Parquet needs pyarrow; install it with: pip install pyarrow, or save the data as CSV."
        ) from None
    return frame.replace(missing, np.nan) if missing else frame


def _read_csv(pandas, path, encoding, missing):
    """Separated by the sign that the line of names has most of."""
    encoding = "utf-8-sig" if encoding.lower() in ("utf-8", "utf8") else encoding
    with path.open(encoding=encoding, newline="") as lines:
        sample = [line for _, line in zip(range(20), lines, strict=False)]
    separator = max(SEPARATORS, key=sample[0].count)
    names = next(csv.reader(sample, delimiter=separator))
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CommandError(f"{path} has more than one column named {twice[0]!r}; rename all but one.")
    # With semicolons between the cells, the comma may be the decimal sign.
    rest = "".join(sample[1:])
    decimal = "," if separator == ";" and "," in rest and "." not in rest else "."
    options = {"sep": separator, "decimal": decimal, "encoding": encoding, "na_values": missing}
    with warnings.catch_warnings():
        warnings.simplefilter("error", pandas.errors.ParserWarning)  # rows longer than the line of names
        return pandas.read_csv(path, **options, low_memory=False, index_col=False)


def check_column(name: str, column: str, columns, option: str) -> None:
    """Raise unless the file has the column that an option names."""
    if column not in columns:
        close = difflib.get_close_matches(column, columns)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"its columns are {shown(columns)}."
        raise CommandError(f"{name} has no column {column!r} for {option}; {hint}")


def shown(names) -> str:
    """A few names."""
    names = [str(name) for name in names]
    return ", ".join(names[:MOST_SHOWN]) + (", ..." if len(names) > MOST_SHOWN else "")
