"""A multiple of a penalty."""

from __future__ import annotations

from .._validation import NON_NEGATIVE, check_parameter
from ._base import Penalty
from ._combination import Combination
from .group_scad import GroupSCAD
from .l1 import L1
from .l2 import L2
from .lq import Lq
from .mcp import MCP


class Scaled(Combination):
    """P(b) = factor penalty(b)

    What `0.7 * L1()` makes: the penalty at a fixed share of its price, mostly for use in a sum.

    Parameters
    ----------
    penalty : Penalty
        The penalty.
    factor : float
        Its factor, finite and >= 0.

    Examples
    --------
    >>> from skregloss.penalties import L1
    >>> penalty = 0.5 * L1()
    >>> type(penalty).__name__, penalty.prox(2.0, 1.0, 0.5)
    ('Scaled', 1.75)
    """

    def __init__(self, penalty, factor):
        self.penalty = penalty
        self.factor = factor

    def terms(self):
        return [(self.factor * factor, penalty) for factor, penalty in self.penalty.terms()]

    def bind(self, n_features, feature_names=None):
        return Scaled(self.penalty.bind(n_features, feature_names), self.factor)

    def for_outputs(self, count):
        return Scaled(self.penalty.for_outputs(count), self.factor)

    def validate(self):
        if not isinstance(self.penalty, Penalty):
            raise TypeError(f"penalty of Scaled is {self.penalty!r}; valid are penalty objects such as L1().")
        check_parameter(self, "factor", NON_NEGATIVE)
        self.penalty.validate()

    @classmethod
    def examples(cls):
        return [0.7 * L1(), 0.0 * MCP(), 3.0 * (L1() + L2()), 0.3 * (2.0 * MCP()), 2.0 * Lq(2 / 3), 0.5 * GroupSCAD(3)]
