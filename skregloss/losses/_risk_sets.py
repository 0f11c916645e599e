"""Sums over the risk sets of event times, all in O(n) after sorting.

Event times are visited stratum by stratum from late to early: samples join the running sum when their stop is reached, and
leave it when their start is. A term belongs to an event time, and for Efron's ties to one of the events tied there:

    term l of time t:   omega_l log(S_t - c_l T_t) - sum_{i in D_t} omega_l v_i eta_i

with rates r_j = w_j exp(eta_j), S_t their sum over those at risk, T_t over the events D_t at t, v_i = w_i / W_t. Breslow has
one term with omega = W_t and c = 0; Efron's has d terms with omega = W_t / d and c = 0, 1/d, ..., (d - 1)/d.

Exponentials must neither overflow nor vanish: S_t and T_t are in units of exp(peak_t), peak_t being the largest eta that has
joined by t, and r_j is in that unit of the first time it is at risk at. Peaks only rise from late to early, so whatever is
carried from one unit to another shrinks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .._jit import kernel


class SetIndex(NamedTuple):
    """The order of the samples, as kernels see it; one entry per event time in `strata` and the following."""

    joining: np.ndarray  # samples by stratum and falling stop
    leaving: np.ndarray  # samples by stratum and falling start, those that never leave at the end
    strata: np.ndarray  # the stratum of each event time
    joined: np.ndarray  # how many of `joining` have joined
    left: np.ndarray  # how many of `leaving` have left
    first_joining: np.ndarray  # where the stratum begins in `joining`
    first_leaving: np.ndarray
    event_starts: np.ndarray  # events[event_starts[t] : event_starts[t + 1]] are tied at t
    events: np.ndarray
    term_starts: np.ndarray  # terms of t
    first_time: np.ndarray  # for each sample, the times it is at risk at: first_time to last_time - 1
    last_time: np.ndarray
    own_time: np.ndarray  # for each sample, the time of its event, -1 for none
    stratum_end: np.ndarray  # for each sample, the end of its stratum's times


class RiskSets:
    """The risk sets of samples y = (start, stop, event, stratum)."""

    def __init__(self, y, weights, efron):
        start, stop, event, stratum = y.T
        event = (event > 0.0) & (weights > 0.0)
        labels, stratum = np.unique(stratum, return_inverse=True)
        events = np.flatnonzero(event)
        events = events[np.lexsort((-stop[events], stratum[events]))]
        is_new = np.ones(len(events), dtype=bool)
        is_new[1:] = (np.diff(stop[events]) != 0.0) | (np.diff(stratum[events]) != 0)
        starts = np.append(np.flatnonzero(is_new), len(events))
        times, strata = stop[events[starts[:-1]]], stratum[events[starts[:-1]]]
        tied = np.diff(starts)
        terms = np.concatenate([[0], np.cumsum(tied if efron else np.ones_like(tied))])
        joining, leaving = np.lexsort((-stop, stratum)), np.lexsort((-start, stratum))
        own = np.full(len(y), -1)
        own[events] = np.repeat(np.arange(len(times)), tied)
        bounds = np.searchsorted(strata, np.arange(stratum.max(initial=0) + 2))
        self.kernel = SetIndex(
            joining,
            leaving,
            strata,
            _reached(stratum[joining], stop[joining], strata, times),
            _reached(stratum[leaving], start[leaving], strata, times),
            np.searchsorted(stratum[joining], strata),
            np.searchsorted(stratum[leaving], strata),
            starts,
            events,
            terms,
            _reached(strata, times, stratum, stop, strict=True),
            _reached(strata, times, stratum, start, strict=True),
            own,
            bounds[stratum + 1],
        )
        self.times, self.strata = times, labels[strata]
        self.weights = weights
        self.event_weight = float(weights[events].sum())

    def work(self):
        """Room for the rates of the samples, and for S, T, omega, c and the peak of the terms"""
        return np.empty(len(self.kernel.own_time)), np.empty((5, int(self.kernel.term_starts[-1])))

    def floor(self):
        """The infimum: events alone in their risk sets, with equal eta, earlier ones infinitely above later ones"""
        if not len(self.times):
            return 0.0
        index = self.kernel
        weights = np.add.reduceat(self.weights[index.events], index.event_starts[:-1])
        counts, which = np.unique(np.diff(index.term_starts), return_inverse=True)
        left = np.array([np.log1p(-np.arange(count) / count).mean() for count in counts])
        return float((weights * (np.log(weights) + left[which])).sum())


def _reached(groups, values, of_groups, at, strict=False):
    """How many of the `values`, sorted by group and falling, come before those below `at` (or not above it if `strict`)"""
    result = np.empty(len(at), dtype=np.int64)
    for group in np.unique(of_groups):
        first, last = np.searchsorted(groups, group), np.searchsorted(groups, group, side="right")
        wanted = of_groups == group
        side = "left" if strict else "right"
        result[wanted] = first + np.searchsorted(-values[first:last], -at[wanted], side=side)
    return result


@kernel
def term_sums(index, eta, weights, rates, sums):
    """Fill the rates and the terms' S, T, omega, c and peaks; return the mean loss.

    The running sum is compensated: what joins and leaves again must not leave its rounding behind.
    """
    rates[:] = 0.0  # samples that are not at risk at any event
    total, running, lost, peak, joined, left = 0.0, 0.0, 0.0, 0.0, 0, 0
    for t in range(index.strata.shape[0]):
        if t == 0 or index.strata[t] != index.strata[t - 1]:
            running, lost, peak, joined, left = 0.0, 0.0, -np.inf, index.first_joining[t], index.first_leaving[t]
        before = peak
        for k in range(joined, index.joined[t]):
            peak = max(peak, eta[index.joining[k]])
        if peak > before:
            running, lost = running * np.exp(before - peak), lost * np.exp(before - peak)
        for k in range(joined, index.joined[t]):
            rates[index.joining[k]] = weights[index.joining[k]] * np.exp(eta[index.joining[k]] - peak)
        while joined < index.joined[t] or left < index.left[t]:
            if joined < index.joined[t]:
                change = rates[index.joining[joined]]
                joined += 1
            else:
                change = -rate_in(index, rates, sums, index.leaving[left], t, peak)
                left += 1
            new = running + change
            lost += (running - new) + change if abs(running) >= abs(change) else (change - new) + running
            running = new
        tied, weight, mean = 0.0, 0.0, 0.0
        for k in range(index.event_starts[t], index.event_starts[t + 1]):
            i = index.events[k]
            tied += rates[i]
            weight += weights[i]
            mean += weights[i] * (eta[i] - peak)
        first, last = index.term_starts[t], index.term_starts[t + 1]
        for term in range(first, last):
            share = (term - first) / (last - first)
            sums[0, term] = running + lost
            sums[1, term] = tied
            sums[2, term] = weight / (last - first)
            sums[3, term] = share
            sums[4, term] = peak
            total += sums[2, term] * np.log(running + lost - share * tied)
        total -= mean
    return total


@kernel
def rate_in(index, values, sums, j, t, peak):
    """values_j, in the unit of the first time that sample j is at risk at, in that of time t"""
    if index.first_time[j] >= t:
        return values[j]
    own = sums[4, index.term_starts[index.first_time[j]]]
    return values[j] if own == peak else values[j] * np.exp(own - peak)


@kernel
def cox_value(index, eta, weights):
    """The mean loss"""
    sums = np.empty((5, index.term_starts[-1]))
    return term_sums(index, eta, weights, np.empty(eta.shape[0]), sums)


@kernel
def fading(index, sums, late, early):
    """exp(peak_late - peak_early) <= 1"""
    rise = sums[4, index.term_starts[early]] - sums[4, index.term_starts[late]]
    return np.exp(-rise) if rise > 0.0 else 1.0


@kernel
def spread_over_sets(index, per_term, sums, result):
    """result_j = sum over the terms with j at risk of per_term (1 - c [j is tied there])

    `per_term` is in the inverse unit of its time, the result in that of the rates.
    """
    count = index.strata.shape[0]
    after = np.zeros(count + 1)
    for t in range(count - 1, -1, -1):
        ends = t == count - 1 or index.strata[t + 1] != index.strata[t]
        after[t] = 0.0 if ends else after[t + 1] * fading(index, sums, t, t + 1)
        for term in range(index.term_starts[t], index.term_starts[t + 1]):
            after[t] += per_term[term]
    for j in range(result.shape[0]):
        first, last, end = index.first_time[j], index.last_time[j], index.stratum_end[j]
        result[j] = after[first] if first < last else 0.0
        if last < end and first < last:
            result[j] -= after[last] * fading(index, sums, first, last)
        t = index.own_time[j]
        if t >= 0:
            for term in range(index.term_starts[t], index.term_starts[t + 1]):
                result[j] -= sums[3, term] * per_term[term]


@kernel
def cox_derivatives(index, eta, weights, gradient, curvature, rates, sums):
    """Fill the gradient and the diagonal part of the curvature, r_j sum omega / (S - c T); return the mean loss."""
    total = term_sums(index, eta, weights, rates, sums)
    per_term = sums[2] / (sums[0] - sums[3] * sums[1])
    spread_over_sets(index, per_term, sums, curvature)
    for j in range(eta.shape[0]):
        curvature[j] = max(curvature[j] * rates[j], 0.0)
        gradient[j] = curvature[j] - (weights[j] if index.own_time[j] >= 0 else 0.0)
    return total


@kernel
def log_hazard_rises(index, eta, weights):
    """log of the sum of omega / (S - c T) over the terms of each event time"""
    sums = np.empty((5, index.term_starts[-1]))
    term_sums(index, eta, weights, np.empty(eta.shape[0]), sums)
    rises = np.zeros(index.strata.shape[0])
    for t in range(rises.shape[0]):
        for term in range(index.term_starts[t], index.term_starts[t + 1]):
            rises[t] += sums[2, term] / (sums[0, term] - sums[3, term] * sums[1, term])
        rises[t] = np.log(rises[t]) - sums[4, index.term_starts[t]]
    return rises


@kernel
def term_means(index, weighted, sums, result):
    """result_l = (sum at risk of weighted_j - c_l sum tied of weighted_j) / (S - c_l T): means over the terms"""
    running, joined, left = 0.0, 0, 0
    for t in range(index.strata.shape[0]):
        if t == 0 or index.strata[t] != index.strata[t - 1]:
            running, joined, left = 0.0, index.first_joining[t], index.first_leaving[t]
        else:
            running *= fading(index, sums, t - 1, t)
        while joined < index.joined[t]:
            running += weighted[index.joining[joined]]
            joined += 1
        while left < index.left[t]:
            running -= rate_in(index, weighted, sums, index.leaving[left], t, sums[4, index.term_starts[t]])
            left += 1
        tied = 0.0
        for k in range(index.event_starts[t], index.event_starts[t + 1]):
            tied += weighted[index.events[k]]
        for term in range(index.term_starts[t], index.term_starts[t + 1]):
            result[term] = (running - sums[3, term] * tied) / (sums[0, term] - sums[3, term] * sums[1, term])


@kernel
def cox_apply(index, rates, sums, vector):
    """sum_l omega_l p_l (p_l'vector)"""
    means = np.empty(sums.shape[1])
    term_means(index, rates * vector, sums, means)
    for term in range(sums.shape[1]):
        means[term] *= sums[2, term] / (sums[0, term] - sums[3, term] * sums[1, term])
    result = np.empty(vector.shape[0])
    spread_over_sets(index, means, sums, result)
    return result * rates


@kernel
def cox_factor(index, rates, sums, design, columns):
    """sqrt(omega_l) p_l'x_j, a row per column"""
    result = np.empty((columns.shape[0], sums.shape[1]))
    for c in range(columns.shape[0]):
        weighted = np.zeros(rates.shape[0])
        design.add_scaled(columns[c], 1.0, rates, weighted)
        term_means(index, weighted, sums, result[c])
        for term in range(sums.shape[1]):
            result[c, term] *= np.sqrt(sums[2, term])
    return result


@kernel
def cox_gap(index, eta, weights, scale):
    """An upper bound on what the dual point s gradient loses: sum_l omega_l log(1 + (1 - s)^2 (chi_l - 1))

    A term is a log-sum-exp, whose conjugate is an entropy; its dual point is q = s p + (1 - s) v, v the shares of the tied
    events, and it loses KL(q || p). That is at most log(1 + chi^2(q || p)), with chi^2 = (1 - s)^2 (sum_i v_i^2 / p_i - 1).
    """
    sums = np.empty((5, index.term_starts[-1]))
    rates = np.empty(eta.shape[0])
    term_sums(index, eta, weights, rates, sums)
    total = 0.0
    for t in range(index.strata.shape[0]):
        weight, ratio = 0.0, 0.0
        for k in range(index.event_starts[t], index.event_starts[t + 1]):
            i = index.events[k]
            weight += weights[i]
            ratio += weights[i] ** 2 / rates[i]
        for term in range(index.term_starts[t], index.term_starts[t + 1]):
            chi = ratio / weight**2 * (sums[0, term] - sums[3, term] * sums[1, term]) / (1.0 - sums[3, term])
            total += sums[2, term] * np.log1p((1.0 - scale) ** 2 * max(chi - 1.0, 0.0))
    return total
