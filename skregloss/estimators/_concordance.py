"""Harrell's concordance between risks and times of events, in O(n log n)."""

from __future__ import annotations

import numpy as np

from .._jit import kernel


def concordance_pairs(y, risk, weights=None) -> tuple[float, float, float]:
    """The weights of concordant, discordant and risk-tied pairs among the comparable ones; y = (start, stop, event, stratum).

    A pair (i, j) of a stratum is comparable if i has an event at which j is at risk, start_j < stop_i, and which j outlives:
    stop_j > stop_i, or stop_j = stop_i without event. It is concordant if risk_i > risk_j, and weighs w_i w_j.
    """
    start, stop, event, stratum = y.T
    weights = np.ones(len(y)) if weights is None else weights
    present = weights > 0.0
    start, stop, event, stratum, risk, weights = (part[present] for part in (start, stop, event, stratum, risk, weights))
    # Risks are ranked stratum by stratum, so that one tree serves all strata.
    by_risk = np.lexsort((risk, stratum))
    is_new = np.ones(len(risk), dtype=bool)
    is_new[1:] = (np.diff(risk[by_risk]) != 0.0) | (np.diff(stratum[by_risk]) != 0.0)
    ranks = np.empty(len(risk), dtype=np.int64)
    ranks[by_risk] = np.cumsum(is_new) - 1
    _, codes = np.unique(stratum, return_inverse=True)
    lowest, highest = np.full(codes.max() + 1, len(risk)), np.zeros(codes.max() + 1, dtype=np.int64)
    np.minimum.at(lowest, codes, ranks)
    np.maximum.at(highest, codes, ranks)
    # At the same time the censored come first, for they outlive the events.
    joining, leaving = np.lexsort((event, -stop, codes)), np.lexsort((-start, codes))
    sums = count_pairs(start, stop, event > 0.0, codes, weights, ranks, lowest, highest, joining, leaving)
    return float(sums[0]), float(sums[1]), float(sums[2])


@kernel
def prefix(tree, count):
    """The sum of the first `count` entries of a Fenwick tree"""
    total = 0.0
    while count > 0:
        total += tree[count]
        count -= count & -count
    return total


@kernel
def increase(tree, position, amount):
    """Add to an entry of a Fenwick tree"""
    position += 1
    while position < tree.shape[0]:
        tree[position] += amount
        position += position & -position


@kernel
def count_pairs(start, stop, event, codes, weights, ranks, lowest, highest, joining, leaving):
    """The weights of concordant, discordant and tied pairs, from late to early in each stratum.

    The tree holds those at risk who outlive the events of the present time.
    """
    tree = np.zeros(ranks.shape[0] + 1)
    at_risk = np.zeros(ranks.shape[0])
    sums = np.zeros(3)
    left, k, count = 0, 0, joining.shape[0]
    while k < count:
        i = joining[k]
        if not event[i]:
            increase(tree, ranks[i], weights[i])
            at_risk[i] = weights[i]
            k += 1
            continue
        while left < count and (
            codes[leaving[left]] < codes[i] or (codes[leaving[left]] == codes[i] and start[leaving[left]] >= stop[i])
        ):
            j = leaving[left]
            increase(tree, ranks[j], -at_risk[j])
            left += 1
        end = k
        while end < count and event[joining[end]] and codes[joining[end]] == codes[i] and stop[joining[end]] == stop[i]:
            j = joining[end]
            first, last = prefix(tree, lowest[codes[j]]), prefix(tree, highest[codes[j]] + 1)
            below, up_to = prefix(tree, ranks[j]), prefix(tree, ranks[j] + 1)
            sums[0] += weights[j] * (below - first)
            sums[1] += weights[j] * (last - up_to)
            sums[2] += weights[j] * (up_to - below)
            end += 1
        for m in range(k, end):
            increase(tree, ranks[joining[m]], weights[joining[m]])
            at_risk[joining[m]] = weights[joining[m]]
        k = end
    return sums
