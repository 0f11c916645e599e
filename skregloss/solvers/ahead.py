"""Paths that solve several strengths at once: on a working set for all of them, and then all columns are looked at together.

What a compiled path needs from one strength to the next is next to nothing, and few columns need be looked at in between: the
gradients lie near the way from the first to the last, where slopes are known. Each solution is certified by itself; where
the working set lacked a column, the strengths from there on are solved again with it.
"""

from __future__ import annotations

import numpy as np

from .gram_store import most_kept
from .minima import Minimum, certify
from .slope_bounds import within_reach
from .small_steps import ROUGH_ITERATIONS, ROUGH_TOL
from .working_set import MODEL_TOLERANCE, WorkingSetSolver, is_enough

MOST_ROUNDS = 20
# Gradients above their limits by this share of them are rounding.
ROUNDING = 1e-12
# Strengths that are solved at once, to begin with and at most; vectors of samples that each takes, and the entries that they
# may take together, or share of those of a dense design.
FIRST_STRENGTHS, MOST_STRENGTHS, FEWEST_STRENGTHS = 8, 16, 4
VECTORS, SMALL, SHARE_OF_DATA = 4, 2**20, 0.1
# Slopes within this share of their limits may reach them soon, however they move.
NEAR = 0.8
# Where it is known how they move, none is taken to go beyond its limit by more than this factor: ways bend.
FARTHEST = 1.2
# As long as no column is lacking, fewer are taken that may.
SHARPER = 0.01
# Slopes halfway cost a product with all columns, and some passes over what is known of them.
PRODUCTS = 2
# Columns that are looked at together.
AT_ONCE = 256


class AheadSolver(WorkingSetSolver):
    """The working-set solver for convex L1-type penalties without bounds, given the optimum as its start.

    Blocks are coefficients here; a subclass can have others.
    """

    # Fewer strengths than these are left to the general way, and more are not solved at once.
    fewest, most = 1, MOST_STRENGTHS
    # Slopes that on the average of the way are within this share of their limits are likely to reach them, to begin with.
    near = 0.95
    # Whether minima are sought with the help of those before.
    looks_back = True
    # So many columns are all in the working set: that costs less than to find out which matter.
    few = 0

    def __init__(self, problem):
        super().__init__(problem)
        self._following, self._known, self._count = np.empty(0), {}, 1
        # The last minima that were found, at falling strengths; the strength and slopes where the last ones were sought from.
        self._found: list[Minimum] = []
        self._start: tuple = None, None
        # The share of its limit that a slope likely to reach it has on the way, and the blocks that the last ones lacked.
        self._near, self._lacking = self.near, np.empty(0, dtype=np.int64)
        n_samples, size = problem.design.n_samples, len(problem.sample_weights) * problem.coef_shape[-1]
        room = max(SMALL, SHARE_OF_DATA * size if problem.design.dense else 0)
        self._most = int(np.clip(room // (VECTORS * n_samples), 1, self.most))

    def foresee(self, alphas):
        alphas = np.asarray(alphas, dtype=float)
        self._following, self._known, self._count = alphas[alphas > 0.0], {}, FIRST_STRENGTHS
        self._found, self._start = [], (None, None)
        self._near, self._lacking = self.near, self._lacking[:0]

    def led_towards(self, alpha, start=None, previous_alpha=None):
        found = self._at(alpha, start, previous_alpha, ROUGH_TOL, ROUGH_ITERATIONS)
        return super().led_towards(alpha, start, previous_alpha) if found is None else found

    def _onwards(self, alpha, start, previous_alpha, rival, taken, tol, max_iter):
        found = self._at(alpha, start, previous_alpha, tol, max_iter)
        if found is None:
            return super()._onwards(alpha, start, previous_alpha, rival, taken, tol, max_iter)
        certificate = found.certificate
        if certificate is None or certificate.tol != tol or not is_enough(certificate):
            return super()._onwards(alpha, found, None, rival, found.steps, tol, max_iter)
        self._report(alpha, found.steps, found, found.columns)
        self._screen.pause()
        # A norm leaves no coefficient to run away.
        return self._certified(alpha, found.free.columns, found, certificate, max(found.steps, 1), found.worst, "")

    def _at(self, alpha, start, previous_alpha, tol, max_iter) -> Minimum | None:
        """The minimum at a strength, or a nearer start if there is no certificate; None if neither is known"""
        if alpha not in self._known:
            self._known = {minimum.strength: minimum for minimum in self._ahead(alpha, start, previous_alpha, tol, max_iter)}
        return self._known.pop(alpha, None)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _ahead(self, alpha, start, previous_alpha, tol, max_steps) -> list[Minimum]:
        """Minima at this strength and at some that follow it, or how far towards the first this leads"""
        blocks = self.problem.blocks(1.0)
        null = self.null(blocks)
        point = null.point if start is None else start.point()
        if alpha <= 0.0 or not null.exists or blocks.terms.count == 0 or point.settled_on is not null.free:
            return []
        later = self._following[self._following < alpha]
        strengths = np.append(alpha, later)[: min(self._most, self._count)]
        if len(strengths) < self.fewest or not self._serves(point, null):
            return []
        self._count = 2 * self._count
        since = self.alpha_max() if start is None else previous_alpha
        return self._optima(point, null, blocks.terms, strengths, since, {"tol": tol, "max_steps": max_steps})

    def _serves(self, point, null) -> bool:
        """Whether this way is worth going from a point"""
        return True

    def _optima(self, point, null, terms, strengths, since, accuracy):
        """The optima at falling strengths, all of them or the first few, or else a nearer start for the first

        The free block is at its minimum; `terms` are at unit strength.
        """
        slopes = self.problem.gradient_on(terms, point)
        inside = self._likely(terms, point, slopes, strengths, since)
        inside[self._lacking] = True
        most = self._largest_set() * terms.count // len(terms.columns)
        optima, nearer = [], []
        for _ in range(MOST_ROUNDS):
            inside = nearest(inside, support_of(terms, point), self._shares(terms, slopes), most)
            working, known, left = np.flatnonzero(inside), inside.copy(), strengths[len(optima) :]
            minima = self._minima_on(working, terms, null, point, slopes, left, trail=self._trail_to(point), **accuracy)
            if not minima:
                break
            right = self._certify(minima, null, terms, inside, point, slopes, accuracy["tol"])
            optima += minima[:right]
            if self.looks_back:
                self._found = [*self._found, *minima[:right]][-self._most - 1 :]
            self._near = self.near if right < len(minima) else min(self._near + SHARPER, 1.0)
            few = len(minima) - right <= FEWEST_STRENGTHS and (self._following < strengths[-1]).any()
            # A few that lack something are solved with those that follow.
            if right == len(minima) or (few and optima):
                self._lacking = np.flatnonzero(inside & ~known)
                return optima
            # Where the first lacks a column, it is a nearer start all the same.
            nearer = [minima[max(right - 1, 0)]]
            point = nearer[0].point()
            slopes = self.problem.gradient_on(terms, point)
        return optima or nearer

    def _largest_set(self):
        """Of larger working sets the columns that are least likely to matter are left out"""
        return most_kept(self.problem.design, self.few_kept)

    def _trail_to(self, point) -> list[Minimum]:
        """The last minima up to the one at this point; none if it is not among them"""
        places = [k for k, minimum in enumerate(self._found) if minimum.eta is point.eta]
        return self._found[: places[-1] + 1] if places else []

    def _likely(self, terms, point, slopes, strengths, since):
        """Mark blocks that are in the support, or likely to be at one of the strengths

        By the sequential strong rule to begin with; later those near their limits if slopes go straight on.
        """
        if len(terms.columns) <= self.few:
            return np.ones(terms.count, dtype=bool)
        (before, others), self._start = self._start, (since, slopes)
        support, shares = support_of(terms, point), self._shares(terms, slopes)
        if None in (since, before) or len(others) != len(slopes) or not before > since > strengths[-1]:
            ahead = 0.0 if since is None else np.clip(2.0 * strengths[0] - since, 0.0, NEAR * strengths[0])
            return support | (shares > ahead)
        there = slopes + (since - strengths[-1]) / (before - since) * (slopes - others)
        then = np.minimum(self._shares(terms, there) / strengths[-1], FARTHEST)
        return support | (shares / since + then > 2.0 * self._near)

    def _shares(self, terms, slopes):
        """What slopes are of the limits of each block at unit strength"""
        return np.abs(slopes) / self._limits(terms)

    def _limits(self, terms):
        l1, _ = self.problem.penalty.l1_l2_parts()
        return terms.strengths if l1 == 1.0 else l1 * terms.strengths

    def _certify(self, minima, null, terms, inside, point, slopes, tol) -> int:
        """Certify the minima before the first that lacks a block, and mark all that are lacking; how many these are

        `slopes` are those at `point`. The last of the minima keeps all of its own, for it may be the next start.
        """
        design, limits = self.problem.design, self._limits(terms)
        duals, strengths = (np.array(each) for each in zip(*((m.dual, m.strength) for m in minima), strict=True))
        last = terms.of(design.rmatvec(duals[-1]))
        minima[-1].slopes = terms.columns, last
        if len(minima) == 1:
            seen = np.flatnonzero(inside | (np.abs(last) > strengths * limits))
            along = last[None, seen]
        else:
            reached = self._reached(terms, (point.dual, slopes), (duals[-1], last), duals, strengths, inside)
            seen, along = self._look(np.flatnonzero(inside | reached), duals, strengths, terms, limits, inside)
        right = missing(np.abs(along) > (1.0 + ROUNDING) * strengths[:, None] * limits[seen], seen, inside)
        certify(self.problem, null, terms.take(seen), minima[:right], along[:right], tol)
        return right

    def _reached(self, terms, first, last, duals, strengths, inside):
        """Mark blocks that may be beyond their limits at some of the duals, on the way between two of known slopes to the last

        Where looking at those outside costs more than to know the slopes halfway too, there they are bounded from nearer.
        """
        shares, rests = self._bounds.between(first[0], last[0], duals)
        lengths, limits = terms.of(self._bounds.lengths), self._limits(terms)
        reached = within_reach(first[1], last[1], shares, lengths, rests, strengths, limits)
        if np.count_nonzero(reached & ~inside) * len(duals) <= PRODUCTS * terms.count or len(duals) <= 2:
            return reached
        half = len(duals) // 2
        middle = duals[half - 1], terms.of(self.problem.design.rmatvec(duals[half - 1]))
        reached = self._reached(terms, first, middle, duals[:half], strengths[:half], inside)
        return reached | self._reached(terms, middle, last, duals[half:], strengths[half:], inside)

    def _look(self, unsure, duals, strengths, terms, limits, inside):
        """Of columns that may be beyond their limits, those inside and those that are somewhere; and their slopes"""
        seen, along = [], []
        for start in range(0, len(unsure), AT_ONCE):
            part = unsure[start : start + AT_ONCE]
            found = self.problem.design.rmatvecs(duals, terms.columns[part])
            matters = inside[part] | (np.abs(found) > strengths[:, None] * limits[part]).any(axis=0)
            seen.append(part[matters])
            along.append(found[:, matters])
        if len(seen) == 1:
            return seen[0], along[0]
        return np.concatenate([unsure[:0], *seen]), np.concatenate([np.empty((len(duals), 0)), *along], axis=1)

    def _minima_on(self, working, terms, null, point, slopes, strengths, *, trail, tol, max_steps) -> list[Minimum]:
        """The minima over a working set at the first of the strengths, or at none where this does not serve

        `slopes` are those at `point`, from where they are sought; the `trail` there may tell where they are.
        """
        raise NotImplementedError


def tolerance(null, strength, tol, norm):
    """The violation of conditions that will do, for coefficients of this norm

    A gap is about twice the violation times the norm, which at the strength is the penalty: mostly a part of the deviance.
    """
    least = MODEL_TOLERANCE * null.gradient_size
    return max(tol * strength, tol * null.deviance / (4.0 * norm) if norm > 0.0 else 0.0, least)


def support_of(terms, point):
    """Mark the blocks that are not zero"""
    result = np.zeros(terms.count, dtype=bool)
    result[terms.blocks_of(np.flatnonzero(terms.of(point.coef) != 0.0))] = True  # sooner had than of numbers
    return result


def nearest(inside, support, shares, most):
    """At most so many of the places, or half as many again as are in the support: those, and others by their share of limits

    What a store does not keep is better not asked for: of many columns that violate their conditions few are needed.
    """
    count = max(most, 3 * np.count_nonzero(support) // 2)
    if np.count_nonzero(inside) <= count:
        return inside
    chosen = np.zeros(len(inside), dtype=bool)
    chosen[np.argpartition(-np.where(support, np.inf, np.where(inside, shares, 0.0)), count)[:count]] = True
    return chosen


def missing(beyond, seen, inside):
    """Mark blocks outside that are beyond their limits somewhere, given where these that were seen are; how many come before"""
    beyond = beyond & ~inside[seen]
    wrong = np.flatnonzero(beyond.any(axis=1))
    inside[seen[beyond.any(axis=0)]] = True
    return int(wrong[0]) if len(wrong) else len(beyond)
