"""R's glmnet, and its cross-validation."""

from ._rscript import RSolver


class Adapter(RSolver):
    package = "glmnet"
    ladder = tuple(10.0**-k for k in range(5, 19))
    cases = frozenset(
        {(loss, penalty) for loss in ("squared_error", "log_loss", "poisson") for penalty in ("l1", "elasticnet")}
        | {("softmax", "l1"), ("cox", "l1")}
    )
    cross_validates = True
