"""The L21 norm, the multi-task lasso's penalty."""

from __future__ import annotations

from ._radial import Radial
from .l1 import L1


class L21(Radial):
    """P(B) = alpha sum_j |B_j|_2, B_j the coefficients of column j for all outputs

    Selects columns for all outputs at once: a column's coefficients are zero for all of them or for none. With one output
    it is L1.

    Examples
    --------
    >>> from sklearn.datasets import load_linnerud
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import L21
    >>> model = PenalizedRegressor(penalty=L21(), alpha=3.0, standardize=True).fit(*load_linnerud(return_X_y=True))
    >>> (model.coef_ != 0).tolist()
    [[True, True, False], [True, True, False], [True, True, False]]
    """

    name = "l21"
    radius = L1()

    def __init__(self):
        super().__init__()
