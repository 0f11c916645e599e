"""Where results are written: checked before anything is computed, and a page that needs no other file."""

from __future__ import annotations

import base64
import html
import io
from pathlib import Path

from .._optional import needed
from ._errors import CommandError

STYLE = (
    "body{font-family:sans-serif;max-width:75em;margin:2em auto;padding:0 1em}img{max-width:100%}"
    "table{border-collapse:collapse}td,th{padding:.15em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}pre{overflow-x:auto}"
)


def checked_output(path: str, option: str, endings) -> Path:
    """The path, if something can be written there under one of the endings."""
    place = Path(path)
    if place.suffix.lower() not in endings:
        raise CommandError(f"{option} {path}: the ending {place.suffix!r} is not known; valid are {', '.join(endings)}.")
    if not place.parent.is_dir():
        raise CommandError(f"{option} {path}: there is no folder {place.parent}; make it first.")
    if place.is_dir():
        raise CommandError(f"{option} {path} is a folder; give the name of a file in it.")
    return place


def need_matplotlib(option: str) -> None:
    """Raise if pictures cannot be drawn; they are drawn without a screen."""
    try:
        needed("matplotlib", "drawing").use("Agg")
    except ImportError as error:
        raise CommandError(f"{option}: {error}") from None


def written(place: Path, write) -> None:
    """Call `write` with the path; an error names it."""
    try:
        write(place)
    except OSError as error:
        raise CommandError(f"{place} cannot be written: {error.strerror or error}.") from None
    print(f"Wrote {place}")


def page(title: str, *parts: str) -> str:
    """An HTML page."""
    head = f"<meta charset='utf-8'><title>{html.escape(title)}</title><style>{STYLE}</style>"
    body = f"<h1>{html.escape(title)}</h1>" + "".join(parts)
    return f"<!DOCTYPE html><html lang='en'><head>{head}</head><body>{body}</body></html>\n"


def heading(text: str) -> str:
    return f"<h2>{html.escape(text)}</h2>"


def paragraphs(lines) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines)


def preformatted(text: str) -> str:
    return f"<pre>{html.escape(text)}</pre>"


def picture(figure, description: str) -> str:
    """The figure inside of the page itself."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f"<p><img alt='{html.escape(description, quote=True)}' src='data:image/png;base64,{data}'></p>"


def table(columns, rows) -> str:
    """Cells as text; numbers in short."""
    lines = ["".join(f"<th>{html.escape(str(column))}</th>" for column in columns)]
    lines += ["".join(f"<td>{html.escape(_cell(cell))}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def _cell(cell) -> str:
    return f"{cell:.5g}" if isinstance(cell, float) else "" if cell is None else str(cell)
