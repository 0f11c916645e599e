"""Penalties: one file, one class each. `get_penalty` turns what an estimator is given into one of them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from ._base import Penalty
from .elastic_net import ElasticNet
from .fused_l1 import FusedL1
from .group_l2 import GroupL2
from .group_mcp import GroupMCP
from .group_scad import GroupSCAD
from .l0 import L0
from .l1 import L1
from .l2 import L2
from .l21 import L21
from .log_sum import LogSum
from .lq import Lq
from .mcp import MCP
from .no_penalty import NoPenalty
from .nuclear_norm import NuclearNorm
from .scad import SCAD
from .scaled import Scaled
from .slope import SLOPE
from .sparse_group import SparseGroup
from .sum import Sum

if TYPE_CHECKING:
    from ._grouping import groups_from_names, groups_from_transformer

__all__ = [
    "L0",
    "L1",
    "L2",
    "L21",
    "MCP",
    "SCAD",
    "SLOPE",
    "ElasticNet",
    "FusedL1",
    "GroupL2",
    "GroupMCP",
    "GroupSCAD",
    "LogSum",
    "Lq",
    "NoPenalty",
    "NuclearNorm",
    "Penalty",
    "Scaled",
    "SparseGroup",
    "Sum",
    "groups_from_names",
    "groups_from_transformer",
]

_CLASSES = [item for item in list(globals().values()) if isinstance(item, type) and issubclass(item, Penalty)]
BY_NAME: dict[str, type[Penalty]] = {cls.name: cls for cls in _CLASSES if cls.name}


def __getattr__(name: str):
    """The helpers for groups, which need scikit-learn's transformers, are imported when they are first asked for."""
    if name in ("groups_from_names", "groups_from_transformer"):
        from . import _grouping

        return getattr(_grouping, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def get_penalty(penalty) -> Penalty:
    """The penalty object that a penalty object, a name, or None (no penalty) stands for."""
    if isinstance(penalty, Penalty):
        return penalty
    if penalty is None:
        return NoPenalty()
    if isinstance(penalty, type) and issubclass(penalty, Penalty):
        raise TypeError(f"penalty is the class {penalty.__name__}; pass an object: {penalty.__name__}().")
    if not isinstance(penalty, str):
        raise TypeError(f"penalty is {penalty!r}; valid are a penalty object such as L1(), a name, or None.")
    if penalty not in BY_NAME:
        close = difflib.get_close_matches(penalty.lower(), BY_NAME)
        hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
        raise ValueError(f"penalty is {penalty!r}; valid names are {', '.join(map(repr, sorted(BY_NAME)))}.{hint}")
    return BY_NAME[penalty]()
