"""Docstrings are written to be read in a terminal: formulas are plain text. This makes reStructuredText of them."""

from __future__ import annotations

import inspect
import re

from skregloss.losses import Loss
from skregloss.penalties import Penalty

# What plain text means by these characters is not what reStructuredText means by them.
CODE = re.compile(r"(`+[^`]+`+)")
BAR = re.compile(r"\|")
TRAILING_UNDERSCORE = re.compile(r"(?<=\w)_(?=\W|$)")
STAR = re.compile(r"\*")


def prepare(app, what, name, obj, options, lines):
    """Escape plain text, and set the formula that opens the docstring of a loss or a penalty as code."""
    if inspect.isclass(obj) and issubclass(obj, (Loss, Penalty)) and obj not in (Loss, Penalty):
        # An ellipsis of three dots would end the sentence that tables of the reference show.
        lines[0] = f"``{lines[0].strip().replace('...', '…')}``"
    block = None  # the indentation of what a literal block is in
    in_doctest = False
    for position, line in enumerate(lines):
        text, indent = line.strip(), len(line) - len(line.lstrip())
        in_doctest = text.startswith(">>>") or (in_doctest and bool(text))
        if block is not None and text and indent <= block:
            block = None
        if block is None and not in_doctest and not text.startswith("---"):
            lines[position] = escaped(line)
        if text.endswith("::"):
            block = indent


def escaped(line: str) -> str:
    """A line of plain text that reStructuredText shows as it is; what stands in backticks stays code."""
    # numpydoc escapes the name of a parameter by itself.
    name, colon, text = line.partition(" : ")
    if not colon:
        name, text = "", line
    parts = CODE.split(text)
    for k in range(0, len(parts), 2):
        for plain in (BAR, STAR):
            parts[k] = plain.sub(r"\\\g<0>", parts[k])
        parts[k] = TRAILING_UNDERSCORE.sub(r"\\_", parts[k])
    return name + colon + "".join(parts)


def skip_inherited(app, what, name, obj, skip, options):
    """Leave out what scikit-learn defines: its docstrings link to its own pages."""
    obj = getattr(obj, "fget", obj)
    module = getattr(obj, "__module__", None)
    return True if module is not None and not module.startswith("skregloss") else skip
