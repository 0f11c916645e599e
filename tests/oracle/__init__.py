"""Certificates and reference optima in plain NumPy and SciPy, written from the formulas alone.

Nothing of the package under test is imported here. A problem is stated as

    minimise   sum_i w_i loss(y_i, eta_i) / sum_i w_i  +  sum_j P(b_j; alpha factor_j),      eta = offset + b0 + X b

with the loss as a name and a dict of parameters, the penalty as a name, a pair (name, parameters) or a list of triples
(multiple, name, parameters) that are summed.
"""

from . import bound
from .gap import null_deviance, null_model, relative_gap
from .problem import Problem, objective
from .reference import reference_fit
from .stationarity import fixed_point_residual

__all__ = [
    "Problem",
    "bound",
    "fixed_point_residual",
    "null_deviance",
    "null_model",
    "objective",
    "reference_fit",
    "relative_gap",
]
