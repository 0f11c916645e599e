"""Where a penalty is most concave on the way to a coefficient."""

from __future__ import annotations

import numpy as np

from .._jit import kernel

# Looked at between zero and a coefficient at these many fractions, each half of the last.
HALVINGS = 60


@kernel
def least_curvatures(penalty, b, strengths):
    """The least P'' between zero and each b_j"""
    result = np.empty(b.shape[0])
    for j in range(b.shape[0]):
        at = b[j]
        result[j] = penalty.curvature(at, strengths[j])
        for _ in range(HALVINGS):
            at *= 0.5
            result[j] = min(result[j], penalty.curvature(at, strengths[j]))
    return result
