"""Packages that only some functions need, imported when those are called."""

from __future__ import annotations

import importlib
from types import ModuleType


def needed(module: str, what: str) -> ModuleType:
    """A module of a package that may not be installed; an error says what needs it and how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise ImportError(f"{what} needs {package}; install it with: pip install {package}") from None
