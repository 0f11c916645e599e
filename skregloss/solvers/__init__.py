"""Solvers map a Problem to a Solution, and know nothing of scikit-learn."""

from __future__ import annotations

from .choose import check_pair, make_solver
from .global_search import solve
from .problem import Problem
from .solution import Certificate, Solution

__all__ = ["Certificate", "Problem", "Solution", "check_pair", "make_solver", "solve"]
