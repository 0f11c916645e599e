"""Pages made from the code when the documentation is built: the reference of every public name, and the table of pairs."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path

from skregloss import losses, penalties
from skregloss.losses import Loss
from skregloss.penalties import Penalty
from skregloss.solvers.choose import check_pair

# Page -> title, module, and which of its public names are on the page.
ESTIMATORS = "Estimators and functions"
SECTIONS = {
    "estimators": (ESTIMATORS, "skregloss"),
    "losses": ("Losses", "skregloss.losses"),
    "penalties": ("Penalties", "skregloss.penalties"),
    "inspection": ("Inspection", "skregloss.inspection"),
}
# Results and parts of results: public, and made by the package rather than by users.
RESULTS = {
    "skregloss.path": ["RegularizationPath"],
    "skregloss.solvers.solution": ["Certificate"],
    "skregloss.solvers.choose": ["check_pair"],
}
YES, NO = "✓", "–"


def public_names(module: str) -> list[str]:
    """The names of a module that have a page: what it exports, less data."""
    home = importlib.import_module(module)
    found = [(name, getattr(home, name)) for name in home.__all__]
    return [name for name, item in found if inspect.isclass(item) or inspect.isfunction(item)]


def documented() -> set[str]:
    """Every name that the reference has, in full."""
    names = {f"{module}.{name}" for _, module in SECTIONS.values() for name in public_names(module)}
    return names | {f"{module}.{name}" for module, own in RESULTS.items() for name in own}


def write(folder: Path) -> None:
    """Write the reference and the tables, leaving files alone that would not change."""
    for page, text in {
        "reference/index.rst": reference_index(),
        **{f"reference/{key}.rst": section(*content) for key, content in SECTIONS.items()},
        "reference/results.rst": results(),
        "reference/compatibility.rst": compatibility(),
        "reference/benchmark_results.rst": benchmarks(folder.parent / "benchmarks" / "results"),
    }.items():
        place = folder / page
        place.parent.mkdir(parents=True, exist_ok=True)
        if not place.exists() or place.read_text() != text:
            place.write_text(text)


def heading(text: str, line: str = "=") -> str:
    return f"{text}\n{line * len(text)}\n\n"


def reference_index() -> str:
    pages = "\n".join(f"   {key}" for key in (*SECTIONS, "results", "compatibility"))
    return heading("Reference") + f"Every public name.\n\n.. toctree::\n   :maxdepth: 1\n\n{pages}\n"


def _listed(names, template: str = "") -> str:
    chosen = f"   :template: {template}\n" if template else ""
    return (
        ".. autosummary::\n   :toctree: api\n   :nosignatures:\n"
        + chosen
        + "\n"
        + "".join(f"   {name}\n" for name in names)
        + "\n"
    )


def section(title: str, module: str) -> str:
    """The page of a module: its functions and general classes, and its losses or penalties."""
    home = importlib.import_module(module)
    names = public_names(module)
    blocks = [name for name in names if _is_block(getattr(home, name))]
    others = [name for name in names if name not in blocks]
    # Names that the package exports from two places have one page.
    if module != "skregloss":
        top = set(public_names("skregloss"))
        others = [name for name in others if name not in top]
    text = heading(title) + f".. currentmodule:: {module}\n\n"
    if blocks:
        text += _listed(sorted(blocks, key=str.lower), "autosummary/block.rst")
        text += heading("To write your own, and helpers", "-")
    return text + _listed(others)


def results() -> str:
    text = heading("Results") + "What functions return and estimators have as attributes.\n\n"
    for module, names in RESULTS.items():
        text += f".. currentmodule:: {module}\n\n" + _listed(names)
    return text


def _is_block(item) -> bool:
    return inspect.isclass(item) and issubclass(item, (Loss, Penalty)) and item not in (Loss, Penalty)


def pairs() -> dict[str, dict[str, bool]]:
    """Whether each loss and penalty that has a page can be fitted together."""
    shown_losses = [getattr(losses, name) for name in public_names("skregloss.losses") if _is_block(getattr(losses, name))]
    shown = [getattr(penalties, name) for name in public_names("skregloss.penalties") if _is_block(getattr(penalties, name))]
    shown = [penalty for penalty in shown if penalty not in (penalties.Scaled, penalties.Sum)]
    return {loss.__name__: {penalty.__name__: _fits(loss(), penalty()) for penalty in shown} for loss in shown_losses}


def _fits(loss, penalty) -> bool:
    try:
        check_pair(loss, penalty)
    except (TypeError, ValueError):
        return False
    return True


def estimator_of(loss: type[Loss]) -> str:
    """The estimator that takes a loss."""
    if loss.event_times:
        return "PenalizedCox"
    if loss is losses.Softmax:
        return "PenalizedClassifier (log_loss, 3 classes and more)"
    return "PenalizedClassifier" if loss.classification else "PenalizedRegressor"


def compatibility() -> str:
    """The table of losses x penalties x estimators."""
    table = pairs()
    names = list(next(iter(table.values())))
    rows = [["Loss", "Estimator", *names]]
    for loss, fits in table.items():
        estimator = estimator_of(getattr(losses, loss))
        link = f":class:`~skregloss.{estimator.split()[0]}`{''.join(' ' + word for word in estimator.split()[1:])}"
        marks = [YES if fits[name] else NO for name in names]
        rows.append([f":class:`~skregloss.losses.{loss}`", link, *marks])
    lines = [".. list-table::", "   :header-rows: 1", "   :widths: auto", "   :class: compatibility", ""]
    for row in rows:
        lines += [f"   {'*' if k == 0 else ' '} - {cell}" for k, cell in enumerate(row)]
    return (
        heading("Which loss goes with which penalty")
        + "Made from the code that decides it, :func:`skregloss.solvers.choose.check_pair`. Every estimator named here has a "
        + "version that chooses the strength: the same name with ``CV``.\n\n"
        + "\n".join(lines)
        + "\n\n"
        + "Sums and multiples, as in ``MCP() + 0.1 * L2()``, go with what their terms go with. Bounds are for penalties of "
        + "single coefficients. With one column of targets ``L21`` is ``L1``. Losses and penalties of your own go by the same "
        + "rules; a loss with kinks needs a ``prox``.\n"
    )


def benchmarks(folder: Path) -> str:
    """The tables of the benchmarks and their pictures, as they were last run."""
    found = sorted(folder.glob("*.md"), reverse=True) if folder.is_dir() else []
    parts = [":orphan:\n\nResults of the benchmarks\n" + 25 * "=" + "\n"]
    for place in found:
        parts.append(in_rst(place.read_text()))
        parts += [
            f".. image:: ../../benchmarks/results/{picture.name}\n" for picture in sorted(folder.glob(PICTURES[place.stem]))
        ]
    return "\n".join(parts if found else [*parts, "No results are kept with this version of the sources.\n"])


# The pictures that go with a table.
PICTURES = {"table": "gap_against_time.png", "scaling": "scaling.png"}


def in_rst(markdown: str) -> str:
    """Headings, tables and paragraphs."""
    lines, table = [], False
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            level, _, title = line.partition("# ") if line.startswith("#") else ("", "", "")
            lines += ["", title, ("-", "~")[len(level)] * len(title), ""] if title else [line]
            table = False
        elif not table:
            lines += ["", ".. list-table::", "   :header-rows: 1", ""]
            table, width = True, len(cells)
            lines += _rst_row(cells, width)
        elif set(line) - set("|-"):
            lines += _rst_row(cells, width)
    return "\n".join(lines) + "\n"


def _rst_row(cells, width) -> list[str]:
    """A row of a list-table, filled up to its width."""
    cells = (cells + [""] * width)[:width]
    return [f"   {'* -' if k == 0 else '  -'} {cell}".rstrip() for k, cell in enumerate(cells)]
