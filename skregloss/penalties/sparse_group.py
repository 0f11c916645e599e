"""The sparse group lasso."""

from __future__ import annotations

from .._validation import CLOSED_UNIT, check_parameter
from ._combination import Combination
from .group_l2 import GroupL2
from .l1 import L1


class SparseGroup(Combination):
    """P(B) = alpha (l1_ratio |B|_1 + (1 - l1_ratio) sum_g weight_g |b_g|_2)

    Sets whole groups of coefficients to exactly zero, and single coefficients within the groups that it keeps.

    Parameters
    ----------
    groups : list, dict, int or None, default=None
        Groups of columns, as in `GroupL2`.
    l1_ratio : float, default=0.5
        The share of L1, in [0, 1]; 0 is the group lasso and 1 the lasso.
    weights : array-like or dict, default=None
        A factor > 0 per group, as in `GroupL2`; by default the square root of its number of columns.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import SparseGroup
    >>> X, y = load_diabetes(return_X_y=True)
    >>> penalty = SparseGroup([[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]])
    >>> model = PenalizedRegressor(penalty=penalty, alpha=8.0, standardize=True).fit(X, y)
    >>> (model.coef_ != 0).astype(int).tolist()
    [0, 0, 1, 1, 0, 0, 1, 1, 1, 1]
    """

    def __init__(self, groups=None, l1_ratio=0.5, weights=None):
        self.groups = groups
        self.l1_ratio = l1_ratio
        self.weights = weights

    def terms(self):
        group = getattr(self, "_bound", None) or GroupL2(self.groups, self.weights)
        return [(self.l1_ratio, L1()), (1.0 - self.l1_ratio, group)]

    def bind(self, n_features, feature_names=None):
        bound = SparseGroup(self.groups, self.l1_ratio, self.weights)
        bound._bound = GroupL2(self.groups, self.weights).bind(n_features, feature_names)
        return bound

    def validate(self):
        check_parameter(self, "l1_ratio", CLOSED_UNIT)

    @classmethod
    def examples(cls):
        return [cls(), cls(groups=2), cls([[0, 3], [1, 2, 5]], 0.2), cls(groups=3, l1_ratio=0.95)]
