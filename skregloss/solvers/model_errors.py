"""What a step tells of the quadratic model that it was taken by."""

from __future__ import annotations

import numpy as np

from .._jit import kernel
from .row_sums import row_sums


def model_errors(curvature, before, after):
    """The share of the model's curvature H that there was along the step, and what another model of it can gain at most

    With d the change of the linear predictor and c that of the gradient, the share is d'c / d'Hd. The gradient is off by
    r = c - Hd from what makes the point the model's minimum, so that the next model gains no more than r'H^-1 r / 2.
    """
    if curvature.coupling is None:
        rows = curvature.weights, before.eta, after.eta, before.gradient, after.gradient
        expected, found, error = row_sums(_sums, *rows)
    else:
        move = after.eta - before.eta
        expected, found, error = move @ curvature.apply(move), move @ (after.gradient - before.gradient), np.inf
    return (found / expected if expected > 0.0 else 1.0), (0.5 * error if error >= 0.0 else np.inf)


@kernel(reorder=True)
def _sums(weights, eta, eta_after, gradient, gradient_after):
    """d'Hd, d'c and r'H^-1 r"""
    expected, found, error = 0.0, 0.0, 0.0
    for i in range(weights.shape[0]):
        move, change = eta_after[i] - eta[i], gradient_after[i] - gradient[i]
        rest = change - weights[i] * move
        expected += weights[i] * move * move
        found += move * change
        error += rest * rest / weights[i] if weights[i] > 0.0 else (0.0 if rest == 0.0 else np.inf)
    return expected, found, error
