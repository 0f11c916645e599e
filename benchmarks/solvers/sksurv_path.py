"""scikit-survival."""

from __future__ import annotations

import numpy as np
from sksurv.linear_model import CoxnetSurvivalAnalysis
from sksurv.util import Surv

from ._base import Path, Solver


class Adapter(Solver):
    package = "scikit-survival"
    cases = frozenset({("cox", "l1")})
    cross_validates = False

    def prepare(self, problem):
        return Surv.from_arrays(problem.y[:, 1] > 0, problem.y[:, 0])

    def solve(self, problem, prepared, tol):
        model = CoxnetSurvivalAnalysis(alphas=problem.alphas, l1_ratio=1.0, tol=tol, max_iter=10**7)
        coefs = model.fit(problem.X, prepared).coef_
        return Path(coefs, np.zeros(coefs.shape[1]))
