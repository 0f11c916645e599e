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
        | {("softmax", "l1"), ("cox", "l1")}
    )
    cross_validates = False

    def prepare(self, problem):
        if isinstance(problem.X, np.ndarray):
            return problem.X
        return adelie.matrix.sparse(problem.X, method="naive", n_threads=self.threads)

    def solve(self, problem, prepared, tol):
        n_features = problem.X.shape[1]
        options = {"tol": tol, "irls_tol": tol, "max_iters": 10**7, "early_exit": False, "progress_bar": False}
        options |= {"intercept": problem.intercept, "n_threads": self.threads, "alpha": problem.l1_ratio}
        alphas = problem.alphas
        if problem.penalty == "group":
            options["groups"] = np.arange(0, n_features, problem.group_size)
        if problem.loss == "softmax":
            options["groups"] = "ungrouped"
            alphas = alphas / (int(problem.y.max()) + 1)  # its data term is divided by the number of classes
        state = adelie.grpnet(prepared, _loss(problem), offsets=problem.offset, lmda_path=alphas, **options)
        coefs, intercepts = state.betas.toarray(), np.asarray(state.intercepts)
        if problem.loss == "softmax":
            coefs = coefs.reshape(len(coefs), n_features, -1)
        return Path(np.moveaxis(coefs, 0, -1), np.moveaxis(intercepts, 0, -1))


def _loss(problem):
    y = problem.y
    if problem.loss == "softmax":
        return adelie.glm.multinomial(np.eye(int(y.max()) + 1)[y.astype(int)])
    if problem.loss == "cox":
        return adelie.glm.cox(np.zeros(len(y)), y[:, 0], y[:, 1], tie_method="breslow")
    families = {"squared_error": adelie.glm.gaussian, "log_loss": adelie.glm.binomial, "poisson": adelie.glm.poisson}
    return families[problem.loss](y)
