"""The group lasso."""

from __future__ import annotations

from ._radial import Radial
from .l1 import L1


class GroupL2(Radial):
    """P(B) = alpha sum_g weight_g |b_g|_2

    The group lasso: sets whole groups of coefficients, such as the dummies of one factor, to exactly zero together, and
    shrinks the other groups without zeroing single coefficients in them. With several outputs, a group holds the
    coefficients of its columns for all of them.

    Parameters
    ----------
    groups : list, dict, int or None, default=None
        Lists of columns by name or position, a label per column, a dict from names to columns, or an int k for
        consecutive groups of k columns. Columns in no group, and all columns if None, are groups of their own.
    weights : array-like or dict, default=None
        A factor > 0 per group, in the order of `groups` (of the sorted labels, if labels are given) or by name. By default
        the square root of the group's number of columns, so that large groups do not enter more easily.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.penalties import GroupL2
    >>> X, y = load_diabetes(return_X_y=True)
    >>> penalty = GroupL2([[0, 1], [2, 3], [4, 5, 6, 7, 8, 9]])
    >>> model = PenalizedRegressor(penalty=penalty, alpha=8.0, standardize=True).fit(X, y)
    >>> (model.coef_ != 0).astype(int).tolist()
    [0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    """

    radius = L1()

    @classmethod
    def examples(cls):
        return [cls(), cls(groups=2), cls(groups=[[0, 3], [1, 2, 5]]), cls(groups=[[0, 1, 2]], weights=[0.5])]
