"""scikit-learn's least-angle regression, exact between its knots; with the Gram matrix if that is the smaller one."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import interp1d
from sklearn.linear_model import lars_path, lars_path_gram

from ._base import Solver, centred


class Adapter(Solver):
    package = "scikit-learn"
    ladder = (0.0,)
    cases = frozenset({("squared_error", "l1")})
    sparse = cross_validates = False

    def solve(self, problem, prepared, tol):
        X, y = problem.X, problem.y
        options = {"alpha_min": problem.alphas[-1], "method": "lasso", "max_iter": 10**6}
        if len(y) > X.shape[1]:
            knots, _, coefs = lars_path_gram(X.T @ y, X.T @ X, n_samples=len(y), copy_Gram=False, **options)
        else:
            knots, _, coefs = lars_path(X, y, **options)
        # Where it stops early, its last coefficients stand for the strengths below.
        inside = np.clip(problem.alphas, knots[-1], knots[0])
        return centred(problem, interp1d(knots, coefs)(inside) if len(knots) > 1 else np.repeat(coefs, len(inside), axis=1))
