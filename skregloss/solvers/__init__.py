"""Solvers map a Problem to a Solution, and know nothing of scikit-learn."""

from __future__ import annotations

from .choose import check_pair, make_solver
from .problem import Problem
from .several_starts import solve
from .solution import Certificate, Solution

__all__ = ["Certificate", "Problem", "Solution", "check_pair", "make_solver", "solve"]
