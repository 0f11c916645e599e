"""The smoothly clipped absolute deviation of groups."""

from __future__ import annotations

from ._radial import Radial
from .scad import SCAD


class GroupSCAD(Radial):
    """P(B) = sum_g SCAD(|b_g|_2; alpha weight_g)

    Sets whole groups of coefficients to exactly zero together, and leaves groups of large coefficients as they would be
    without a penalty.

    Parameters
    ----------
    groups : list, dict, int or None, default=None
        Groups of columns, as in `GroupL2`.
    gamma : float, default=3.7
        How many times alpha weight_g the length of a group must exceed to be free of shrinkage, > 2.
    weights : array-like or dict, default=None
        A factor > 0 per group, as in `GroupL2`; by default the square root of its number of columns.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import GroupSCAD
    >>> X, y = load_diabetes(return_X_y=True)
    >>> penalty = GroupSCAD([[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]])
    >>> model = PenalizedRegressor(penalty=penalty, alpha=8.0, standardize=True).fit(X, y)
    >>> (model.coef_ != 0).astype(int).tolist()
    [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    """

    convex = False

    def __init__(self, groups=None, gamma=3.7, weights=None):
        super().__init__(groups, weights)
        self.gamma = gamma

    @property
    def radius(self):
        return SCAD(self.gamma)

    @classmethod
    def examples(cls):
        return [cls(groups=2), cls(groups=[[0, 3], [1, 2, 5]], gamma=3.0)]
