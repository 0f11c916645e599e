"""Choosing penalties and strengths: folds, scores and criteria over paths, and rules of selection.

Everything here works on an estimator through two methods: `_problems_of(data)`, which says what is to be solved, and
`_adopt(solutions)`, which makes the solutions those of the estimator.
"""

from __future__ import annotations

from .path_search import PathSearchCV

__all__ = ["PathSearchCV"]
