"""The L21 norm, the multi-task lasso's penalty."""

from __future__ import annotations

from ._radial import Radial
from .l1 import L1


class L21(Radial):
    """P(B) = alpha sum_j |B_j|_2, B_j the coefficients of column j for all outputs

    Selects columns for all outputs at once: a column's coefficients are zero for all of them or for none. With one output
    it is L1.
    """

    name = "l21"
    radius = L1()

    def __init__(self):
        super().__init__()
