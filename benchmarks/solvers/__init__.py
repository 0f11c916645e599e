"""One adapter per solver; each module defines `Adapter`."""

from __future__ import annotations

from importlib import import_module

# Name -> module; the first is this package.
MODULES = {
    "skregloss": "own",
    "sklearn_cd": "sklearn_cd",
    "sklearn_lars": "sklearn_lars",
    "celer": "celer_path",
    "skglm": "skglm_path",
    "adelie": "adelie_path",
    "glum": "glum_path",
    "sortedl1": "sortedl1_path",
    "sksurv": "sksurv_path",
    "glmnet": "glmnet",
    "ncvreg": "ncvreg",
    "grpreg": "grpreg",
}


def make_adapter(name, threads=1):
    """The adapter of this name; ImportError if its package is missing."""
    return import_module(f".{MODULES[name]}", __package__).Adapter(threads)
