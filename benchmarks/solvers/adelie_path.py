"""adelie."""

from __future__ import annotations

import adelie
import numpy as np

from ._base import Path, Solver


class Adapter(Solver):
    package = "adelie"
    ladder = tuple(10.0**-k for k in range(5, 17))
    cases = frozenset(
        {(loss, penalty) for loss in ("squared_error", "log_loss", "poisson") for penalty in ("l1", "elasticnet", "group")}
        | {("cox", "l1")}  # its multinomial model has groups over classes only
    )
    cross_validates = False

    def prepare(self, problem):
        if isinstance(problem.X, np.ndarray):
            return problem.X
        return adelie.matrix.sparse(problem.X, method="naive", n_threads=self.threads)

    def solve(self, problem, prepared, tol):
        options = {"tol": tol, "irls_tol": tol, "max_iters": 10**7, "early_exit": False, "progress_bar": False}
        options |= {"intercept": problem.intercept, "n_threads": self.threads, "alpha": problem.l1_ratio}
        if problem.penalty == "group":
            options["groups"] = np.arange(0, problem.X.shape[1], problem.group_size)
        state = adelie.grpnet(prepared, _loss(problem), offsets=problem.offset, lmda_path=problem.alphas, **options)
        return Path(state.betas.toarray().T, np.asarray(state.intercepts))


def _loss(problem):
    y = problem.y
    if problem.loss == "cox":
        return adelie.glm.cox(np.zeros(len(y)), y[:, 0], y[:, 1], tie_method="breslow")
    families = {"squared_error": adelie.glm.gaussian, "log_loss": adelie.glm.binomial, "poisson": adelie.glm.poisson}
    return families[problem.loss](y)
