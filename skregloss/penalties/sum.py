"""The sum of two penalties."""

from __future__ import annotations

from ._base import Penalty
from ._combination import Combination
from .elastic_net import ElasticNet
from .fused_l1 import FusedL1
from .group_l2 import GroupL2
from .group_mcp import GroupMCP
from .l0 import L0
from .l1 import L1
from .l2 import L2
from .log_sum import LogSum
from .lq import Lq
from .mcp import MCP
from .scad import SCAD


class Sum(Combination):
    """P(b) = left(b) + right(b)

    What `MCP() + 0.1 * L2()` makes: both effects at once. At most one term, however the sum is nested, may be other
    than L1, L2 and ElasticNet, or there is no prox to compute it with.

    Parameters
    ----------
    left, right : Penalty
        The two penalties, which may be sums and multiples themselves.

    Examples
    --------
    >>> from skregloss.penalties import L2, MCP
    >>> penalty = MCP() + 0.1 * L2()
    >>> type(penalty).__name__, penalty.prox(0.4, 1.0, 0.5), round(penalty.prox(2.0, 1.0, 0.5), 3)
    ('Sum', 0.0, 1.905)
    """

    def __init__(self, left, right):
        self.left = left
        self.right = right

    def terms(self):
        return [*self.left.terms(), *self.right.terms()]

    def bind(self, n_features, feature_names=None):
        return Sum(self.left.bind(n_features, feature_names), self.right.bind(n_features, feature_names))

    def for_outputs(self, count):
        return Sum(self.left.for_outputs(count), self.right.for_outputs(count))

    def validate(self):
        for name in ("left", "right"):
            part = getattr(self, name)
            if not isinstance(part, Penalty):
                raise TypeError(f"{name} of Sum is {part!r}; valid are penalty objects such as L1().")
            part.validate()

    @classmethod
    def examples(cls):
        return [
            0.7 * L1() + 0.3 * L2(),
            2.0 * L2() + 0.5 * ElasticNet(0.0),
            MCP() + 0.1 * L2(),
            L1() + 0.5 * SCAD(),
            0.2 * L1() + 0.5 * (LogSum(0.5) + 0.4 * ElasticNet()),
            Lq() + 0.3 * L1() + 0.2 * L2(),
            L0() + L1(),
            GroupL2(2) + 0.3 * L2(),
            0.2 * L1() + GroupMCP(groups=[[0, 3], [1, 2, 5]]),
            FusedL1(0.2) + 0.5 * L1() + 0.1 * L2(),
        ]
