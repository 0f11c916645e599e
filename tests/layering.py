"""What the architecture forbids, found in the sources without running them."""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGE = "skregloss"
# From the bottom up: a module imports from the levels below its own, and from its own where that is not BOTTOM_PEERS.
LEVELS = (
    (
        *("_jit", "_compile_errors", "_fingerprint", "_kernel_cache", "_optional", "_progress", "_threads"),
        *("_columns", "_validation", "_class_weight", "_event_times", "_coding"),
    ),
    ("design", "losses", "penalties"),
    ("solvers",),
    ("path",),
    ("model_selection", "inspection", "inference"),
    ("estimators",),
    ("cli", "__main__", "__init__"),
)
BOTTOM_PEERS = LEVELS[1]
# Results have a `plot` that leads to their display, a level above.
MAY_LOOK_UP = "plot"
MOST_LINES = 300
MAY_ASK_FOR_TYPES = ("get_loss", "get_penalty", "validate")
MACHINE_PATH = re.compile(r"(?<![\w.])/(home|root|opt|work|Users)/")


def level_of(part: str) -> int:
    """The level that a module or folder directly under the package belongs to; -1 if none."""
    return next((level for level, parts in enumerate(LEVELS) if part in parts), -1)


def violations(root: Path) -> list[str]:
    """Every breach of the rules in the project at `root`, each as `file: what is wrong`."""
    package = root / PACKAGE
    found = []
    for file in sorted(package.rglob("*.py")):
        source, name = file.read_text(), file.relative_to(package)
        tree = ast.parse(source)
        problems = [*bad_imports(tree, name), *bad_type_checks(tree, name), *bad_words(tree, source, name)]
        found += [f"{PACKAGE}/{name.as_posix()}: {problem}" for problem in problems]
    for file in sorted([*package.rglob("*.py"), *(root / "tests").rglob("*.py")]):
        lines = len(file.read_text().splitlines())
        if lines > MOST_LINES:
            found.append(f"{file.relative_to(root).as_posix()}: {lines} lines, more than {MOST_LINES}")
    for file in [*sorted(root.glob("*.md")), *sorted(root.glob("docs/**/*"))]:
        if file.suffix in (".md", ".rst", ".py") and (match := MACHINE_PATH.search(file.read_text())):
            found.append(f"{file.relative_to(root).as_posix()}: {match[0]}... is a path of one machine")
    return found


def inside(tree, is_wanted) -> set[int]:
    """The ids of all nodes inside of functions for which `is_wanted`."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    wanted = [function for function in ast.walk(tree) if isinstance(function, kinds) and is_wanted(function)]
    return {id(node) for function in wanted for node in ast.walk(function)}


def for_type_checkers(tree) -> set[int]:
    """The ids of all nodes under `if TYPE_CHECKING`."""
    tests = [node for node in ast.walk(tree) if isinstance(node, ast.If) and identifier(node.test) == "TYPE_CHECKING"]
    return {id(node) for test in tests for statement in test.body for node in ast.walk(statement)}


def imported_parts(tree, name: Path):
    """What a module imports from the package, other than to plot: the first names under it."""
    folder = (PACKAGE, *name.parent.parts)
    to_plot = inside(tree, lambda function: function.name == MAY_LOOK_UP)
    for node in ast.walk(tree):
        if id(node) in to_plot:
            continue
        if isinstance(node, ast.Import):
            targets = [alias.name.split(".") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = folder[: len(folder) + 1 - node.level] if node.level else ()
            module = [*base, *(node.module.split(".") if node.module else ())]
            targets = [[*module, alias.name] for alias in node.names]
        else:
            continue
        yield from (target[1] for target in targets if target[0] == PACKAGE and len(target) > 1)


def bad_imports(tree, name: Path):
    """Imports from a level above or from a peer at the bottom, and matplotlib before a plot is drawn."""
    part = name.parts[0].removesuffix(".py")
    own = level_of(part)
    if own < 0:
        yield "belongs to no level"
    for other in sorted(set(imported_parts(tree, name)) - {part, "__version__"}):
        # What belongs to no level comes from __init__, the top one.
        level = level_of(other) % len(LEVELS)
        peer = other in BOTTOM_PEERS and part in BOTTOM_PEERS
        if (level > own or peer) and part != "__init__":
            yield f"imports {other}"
    not_at_import = inside(tree, lambda function: True) | for_type_checkers(tree)
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if id(node) not in not_at_import and any(item.split(".")[0] == "matplotlib" for item in names):
            yield "imports matplotlib outside of a function"


def bad_type_checks(tree, name: Path):
    """`isinstance` of a loss or a penalty, other than where a pair is chosen or a parameter is validated."""
    if name.as_posix() == "solvers/choose.py":
        return
    allowed = inside(tree, lambda function: function.name in MAY_ASK_FOR_TYPES)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and identifier(node.func) == "isinstance" and id(node) not in allowed:
            subject = identifier(node.args[0])
            if subject in ("loss", "penalty"):
                yield f"line {node.lineno}: isinstance({subject}, ...)"


def identifier(node) -> str:
    """The last name of `a`, `b.a` or `c.b.a`."""
    return getattr(node, "attr", getattr(node, "id", ""))


def bad_words(tree, source: str, name: Path):
    """Sparse storage outside of the designs, and what numba cannot cache or fork."""
    if name.parts[0] != "design" and re.search(r"\bindptr\b", source):
        yield "mentions indptr"
    for node in ast.walk(tree):
        if identifier(node) == "jitclass" or (isinstance(node, ast.alias) and node.name == "jitclass"):
            yield f"line {node.lineno}: jitclass"
        if isinstance(node, ast.keyword) and node.arg == "parallel" and getattr(node.value, "value", None) is not False:
            yield f"line {node.value.lineno}: parallel"
