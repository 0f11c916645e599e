"""A penalty that makes coefficients equal in size: one block of all columns, solved by accelerated prox steps and Newton.

Prox steps find which coefficients are zero and which are equal. As long as the clusters keep their signs and their order,
the penalty is linear in their sizes, and a Newton step on the sizes is exact.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from .._jit import kernel
from .block_terms import BlockTerms
from .homotopy import RIDGE

PROX_STEPS = 100
# The largest eigenvalue is estimated from below, by so many products; prox steps are this much shorter for it.
PRODUCTS, CAUTION = 20, 1.1
# Newton steps that end where two clusters meet are continued so often.
MOST_MERGERS = 5


class ClusterTerms(BlockTerms):
    """The members of `BlockTerms`, with another way to the minimum of a model."""

    def gram_epochs(self, gram, q, b, epochs, tolerance):
        curvature = CAUTION * _largest_eigenvalue(gram)
        strength, weight = self.strengths[0], self.weights[0]
        if curvature <= 0.0:
            return 0.0, False
        accelerated_steps(self.penalty, gram, q, b, curvature, strength, weight, PROX_STEPS)
        for _ in range(MOST_MERGERS):
            if not self._newton_step(gram, q, b):
                break
        there = np.empty(len(b))
        prox_step(self.penalty, b, q, curvature, strength, weight, there)
        return float(curvature * np.abs(there - b).max()), False

    def _newton_step(self, gram, q, b):
        """Move the sizes of the clusters to their minimum, or to where two meet, which says to go on; b and q follow."""
        sizes, owner = np.unique(np.abs(b), return_inverse=True)
        if sizes[0] == 0.0:
            sizes, owner = sizes[1:], owner - 1
        if len(sizes) == 0:
            return False
        members = np.zeros((len(b), len(sizes)))
        inside = np.flatnonzero(owner >= 0)
        members[inside, owner[inside]] = np.sign(b[inside])
        slope, _ = self.slopes(b, inside, smooth=False)
        matrix = members.T @ gram @ members
        matrix[np.diag_indices(len(sizes))] *= 1.0 + RIDGE
        right = members.T @ q - members[inside].T @ slope
        try:
            move = linalg.cho_solve(linalg.cho_factor(matrix, lower=True), right)
        except linalg.LinAlgError:
            return False
        # Sizes rise from the least, which must stay above zero, to the largest.
        gaps, closing = np.diff(sizes, prepend=0.0), -np.diff(move, prepend=0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            room = np.where(closing > 0.0, gaps / closing, np.inf)
        first = int(np.argmin(room))
        fraction = min(1.0, room[first])
        there = sizes + fraction * move
        if fraction < 1.0:
            there[first] = there[first - 1] if first else 0.0
        new = members @ np.maximum(there, 0.0)
        q -= (new - b) @ gram
        b[:] = new
        return fraction < 1.0


def _largest_eigenvalue(gram):
    vector = np.random.default_rng(0).normal(size=len(gram))
    value = 0.0
    for _ in range(PRODUCTS):
        vector = gram @ vector
        value = np.linalg.norm(vector)
        if value == 0.0:
            return 0.0
        vector /= value
    return value


@kernel
def prox_step(penalty, b, q, curvature, strength, weight, there):
    """there = prox(b + q / curvature)"""
    penalty.block_prox(b + q / curvature, 1.0 / curvature, strength, weight, there)


@kernel(reorder=True)
def accelerated_steps(penalty, gram, q, b, curvature, strength, weight, count):
    """Nesterov's steps, begun anew when they turn back; b and q, the negative gradient at b, are overwritten."""
    size = b.shape[0]
    last, ahead, ahead_q, there, there_q = b.copy(), b.copy(), q.copy(), np.empty(size), q.copy()
    momentum = 1.0
    for _ in range(count):
        prox_step(penalty, ahead, ahead_q, curvature, strength, weight, there)
        turned = 0.0
        for j in range(size):
            there_q[j] = ahead_q[j]
        for j in range(size):
            move = there[j] - ahead[j]
            turned -= move * (there[j] - last[j])
            if move != 0.0:
                for k in range(size):
                    there_q[k] -= move * gram[j, k]
        next_momentum = 1.0 if turned > 0.0 else 0.5 * (1.0 + np.sqrt(1.0 + 4.0 * momentum**2))
        carry = 0.0 if turned > 0.0 else (momentum - 1.0) / next_momentum
        momentum = next_momentum
        for j in range(size):
            ahead[j] = there[j] + carry * (there[j] - last[j])
            ahead_q[j] = there_q[j] + carry * (there_q[j] - q[j])
            last[j], q[j] = there[j], there_q[j]
    for j in range(size):
        b[j] = last[j]
