"""The outer loop: a working set of columns, solved by proximal Newton, checked against all columns by the certificate."""

from __future__ import annotations

import logging

import numpy as np

from .._threads import blas_held
from .coordinate_check import confirm_violations
from .gram_store import FEW, GramStore, most_kept
from .judge import Judge
from .null_model import null_model, smallest_null_alpha
from .prox_newton import minimize_on
from .rivals import leads_to
from .screening import Screen
from .slope_bounds import SlopeBounds
from .small_steps import ROUGH_ITERATIONS, ROUGH_TOL
from .solution import Solution
from .trend import Trend
from .vanishing_ridge import without_rounding

SMALLEST_SET = 10
# Model gradients are solved to this share of the null model's, at best. A share of what is wanted will mostly do, that of the
# strength because a gap is about (violation / strength) times the penalty; without progress it is made smaller.
MODEL_TOLERANCE = 1e-13
SHARE_OF_STRENGTH, SHARE_OF_VIOLATION, SHARPER = 1.0, 0.1, 0.01
# While columns are missing, errors on the working set need not fall further than this.
SHARE_WHILE_GROWING = 0.05
# Matrices that are cheap serve as long as their curvature is off by this part of what errors are to fall to.
HALF = 0.5
# Tolerances up to this are for the sake of coefficients; so much less of an error is then tried for.
TIGHT, EASY, NOTHING_LEFT = 1e-10, 1e-3, 1e-14
# Without progress for this many rounds, rounding has been reached.
PATIENCE = 3
MAX_ROUNDS = 1000

logger = logging.getLogger("skregloss")


def is_enough(certificate) -> bool:
    """Whether a point that may be improved is accurate enough.

    Coefficients are off by the root of the gap. Who asks for a tiny gap wants them, and gets as much as comes easily.
    """
    if not certificate.converged or certificate.tol > TIGHT:
        return certificate.converged
    return certificate.error <= max(EASY * certificate.tol, NOTHING_LEFT) and certificate.kkt <= EASY * TIGHT


def straight_on(problem, before, point, factor):
    """The point beyond `point` by `factor` of the way from `before`; coefficients that have become zero stay so."""
    way, zero = factor * (point.coef - before.coef), np.flatnonzero((point.coef == 0.0) & (before.coef != 0.0))
    eta = point.eta + factor * (point.eta - before.eta)
    if len(zero):
        eta -= problem.design.matvec(way[zero], zero)
        way[zero] = 0.0
    return problem.at(point.coef + way, point.intercept + factor * (point.intercept - before.intercept), eta)


class WorkingSetSolver:
    """Solves one problem at one strength after another, each from the last one's solution if asked to."""

    # Whether starts are better followed together, by `solve_several`.
    together = False
    # So many columns may be kept of small data too.
    few_kept = FEW

    def __init__(self, problem):
        self.problem = problem
        self._null_models = {}
        self._alpha_max = None
        self._stores = {}
        self._bounds = SlopeBounds(problem)
        self._screen, self._trend = Screen(problem, self._bounds), Trend(problem)
        # The strength that the last fit began from, the point there, and the one that it led to.
        self._last: tuple = None, None, None

    def share(self, other):
        """Use what another solver keeps of the same data and loss where it does not depend on the penalty"""
        self._null_models = other._null_models
        if self.problem.loss.constant_curvature:
            self._stores, self.few_kept = other._stores, other.few_kept

    def null(self, blocks):
        """The null model of these blocks; it depends on which columns are free."""
        key = blocks.free.tobytes()
        if key not in self._null_models:
            with blas_held():
                self._null_models[key] = null_model(self.problem, blocks)
        return self._null_models[key]

    def _store(self, null):
        """The matrices kept for models; of losses with flat pieces curvature comes and goes, and there are none."""
        if self.problem.loss.flat_pieces:
            return None
        if id(null) not in self._stores:
            self._stores[id(null)] = GramStore(self.problem, null.free, self.few_kept)
        return self._stores[id(null)]

    def alpha_max(self) -> float:
        """The least alpha at which the null model passes the certificate."""
        if self._alpha_max is None:
            self._alpha_max = self._smallest_null_alpha()
        return self._alpha_max

    # What overflows is judged; NumPy need not warn of it as well.
    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _smallest_null_alpha(self):
        blocks = self.problem.blocks(1.0)
        return smallest_null_alpha(self.problem, self.null(blocks), blocks)

    def solve(self, alpha, *, tol, max_iter, start=None, previous_alpha=None, rival=None) -> Solution:
        """Minimise at strength alpha from the place `start`, or from the null model; `start` solved `previous_alpha`.

        Where that leads to `rival`, another solution at this strength, that is returned.
        """
        return self._onwards(alpha, start, previous_alpha, rival, 0, tol, max_iter)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _onwards(self, alpha, start, previous_alpha, rival, taken, tol, max_iter) -> Solution:
        """The same, if so many steps have led to the start"""
        every = self.problem.blocks(alpha)
        null = self.null(every)
        since = self.alpha_max() if start is None else previous_alpha
        start = start if start is None else start.point()
        point = null.point if start is None else start
        blocks = self._screen.blocks(every, alpha, point, previous_alpha)
        curvature = self._trend.curvature(point, alpha, previous_alpha)
        options = {"tol": tol, "max_steps": max_iter - taken, "curvature": curvature, "rival": rival}
        best, steps = self._minimize(alpha, blocks, null, point, since, **options)
        if best is None:
            return rival
        steps += taken
        if blocks is not every and not self._screen.covers(alpha, best.point):
            self._screen.forget()
            blocks = every
            best, more = self._minimize(alpha, every, null, best.point, alpha, tol=tol, max_steps=max_iter - steps)
            steps += more
        self._last = previous_alpha, start, best.point
        return self._solution(alpha, blocks, best, max(steps, 1))

    def solve_several(self, alpha, others, *, tol, max_iter) -> Solution | None:
        """The best that the null model, the branch from there in small steps, and other places lead to, or None"""
        return None

    def led_towards(self, alpha, start=None, previous_alpha=None):
        """A place near the solution, for other fits to begin from; arguments are those of `solve`"""
        options = {"tol": ROUGH_TOL, "max_iter": ROUGH_ITERATIONS}
        return self.solve(alpha, start=start, previous_alpha=previous_alpha, **options).place

    def foresee(self, alphas):
        """Take note of falling strengths that are to be solved one after another"""

    def _further_on(self, judge, now, alpha, since):
        """Where the last two solutions point to, if that is lower; or the point as it was

        It is looked at where models of so many columns are left to descent that beginning nearer to the end pays.
        """
        problem, terms, (strength, before, last) = self.problem, judge.blocks.terms, self._last
        many = terms.grouped and np.count_nonzero(now.point.coef) > problem.design.n_samples
        if last is not now.point or None in (strength, since) or not many or not problem.convex:
            return now
        if not alpha < since < strength:
            return now
        there = straight_on(problem, before, last, (since - alpha) / (strength - since))
        lower = there.value + terms.value(terms.of(there.coef)) < now.objective
        return judge(there) if lower and not now.converged else now

    def _minimize(self, alpha, blocks, null, point, since, *, tol, max_steps, curvature=None, rival=None):
        """The best point found from `point`, which solves the strength `since`, and the steps it took, the first at `curvature`

        It is the last one if it lies where columns that were left out may matter, and None where it is that of the rival.
        """
        problem, judge = self.problem, Judge(self.problem, blocks, null, tol)
        now = self._further_on(judge, judge(point), alpha, since)
        best, steps, idle, store = now, 0, 0, self._store(null)
        working = np.empty(0, dtype=np.int64)
        tolerance = min(SHARE_OF_STRENGTH * tol * alpha, SHARE_OF_VIOLATION * judge.wanted_violation)
        if blocks.terms.grouped and not blocks.terms.joint and problem.convex:
            tolerance = max(tolerance, judge.likely_violation(now))
        for _ in range(MAX_ROUNDS):
            self._report(alpha, steps, now, working)
            if not self._screen.covers(alpha, now.point):
                return now, steps
            done = now.converged and (idle > 0 or is_enough(now.certificate))
            if done or steps >= max_steps or idle > PATIENCE or now.hopeless or blocks.terms.count == 0:
                break
            before, moved = now, None
            if idle and not problem.penalty.convex and not problem.loss.constant_curvature:
                moved = confirm_violations(judge, now)
            if moved is not None:
                now, steps = judge(moved), steps + 1
            else:
                seed = self._strong_rule(judge, now, alpha, since) if len(working) == 0 else None
                working, cut = self._extend(working, now, blocks, seed)
                terms, share = blocks.terms.take(working), SHARE_WHILE_GROWING if cut else 0.0
                share = max(share, judge.share_left(now, working))
                keeps = store is not None and store.pays(len(terms.columns))
                if steps == 0 and store is not None and not keeps:
                    store.renew_beyond(HALF * share, now.point.curvature if curvature is None else curvature)
                point, count = minimize_on(
                    problem,
                    judge.free,
                    now.point,
                    terms,
                    target=judge.worthwhile_gain,
                    share=share,
                    tolerance=max(tolerance, MODEL_TOLERANCE * null.gradient_size),
                    max_steps=max_steps - steps,
                    gram_store=store if keeps or (problem.penalty.convex and not problem.data.coupled) else None,
                    renews=not keeps,
                    curvature=curvature if steps == 0 else None,
                )
                if rival is not None and leads_to(point, rival, blocks.terms):
                    return None, steps + count
                now, steps = judge(point), steps + count
            improved = judge.improved(before, now)
            idle = 0 if improved else idle + 1
            tolerance *= SHARPER if idle else 1.0
            if idle and store is not None:
                store.renewed(now.point.curvature)
            if not problem.penalty.convex or now.objective < best.objective or now.error <= best.error:
                best = now
        if best.escaped or not null.exists:
            best = without_rounding(judge, best, alpha, type(self))
        return best, steps

    def _strong_rule(self, judge, now, alpha, previous_alpha):
        """Violations at strength 2 alpha - previous_alpha: zero for columns that can be left out at first."""
        if previous_alpha is None or not np.isfinite(previous_alpha) or alpha <= 0.0:
            return now.violation
        return judge.violations(now, ahead=max(2.0 - previous_alpha / alpha, 0.0))

    def _extend(self, working, now, blocks, seed):
        """The blocks of the new working set, and whether some that violate their conditions had to be left out of it.

        They are the support, what was in it, and the worst violators, at most twice as many.
        """
        if not self._selects():
            return np.arange(blocks.terms.count), False
        inside = np.zeros(blocks.terms.count, dtype=bool)
        inside[blocks.terms.blocks_of(np.flatnonzero(blocks.terms.of(now.point.coef)))] = True
        needed, most = np.count_nonzero(inside), most_kept(self.problem.design, self.few_kept)
        if len(working) > min(2 * max(needed, SMALLEST_SET), most):
            working = working[now.violation[working] > 0.0]
        inside[working] = True
        working = np.flatnonzero(inside)
        score = now.violation.copy() if seed is None else np.maximum(now.violation, seed)
        score[working] = 0.0
        candidates = np.flatnonzero(score > 0.0)
        # Beyond what a store keeps, sets grow by what is known to be needed.
        room = max(SMALLEST_SET, min(len(working), max(most - len(working), needed // 2)))
        if seed is not None:
            first = int(4 * np.sqrt(len(score)))
            # Where the penalty is not convex, it matters where few columns would lead.
            room = max(room, min(first, most - len(working)) if self.problem.penalty.convex else first)
        cut = len(candidates) > room
        if cut:
            candidates = candidates[np.argpartition(-score[candidates], room)[:room]]
        inside[candidates] = True
        return np.flatnonzero(inside), cut

    def _selects(self) -> bool:
        """Whether optimal coefficients can be exactly zero, and the penalty does without them."""
        if not self.problem.penalty.divisible:
            return False
        parts = self.problem.penalty.l1_l2_parts()
        return self.problem.bounded or parts is None or parts[0] > 0.0

    def _report(self, alpha, steps, now, working):
        """Log a point with a certificate"""
        if not logger.isEnabledFor(logging.INFO):
            return
        certificate = now.certificate
        logger.info(
            "alpha %.4g, step %d: objective %.12g, relative gap %.2g, violation %.2g, working set of %d",
            alpha, steps, certificate.objective, certificate.relative_gap, certificate.kkt, len(working),
        )  # fmt: skip

    def _solution(self, alpha, blocks, best, steps) -> Solution:
        _, worst = best.worst
        column = blocks.terms.first_column(worst) if worst >= 0 else -1
        return self._certified(alpha, blocks.free, best.point, best.certificate, steps, column, best.advice)

    def _certified(self, alpha, free, place, certificate, steps, column, advice) -> Solution:
        """What is returned; `column` is the internal one of the largest violation, -1 for none"""
        worst = column % self.problem.coef_shape[-1] if column >= 0 else -1
        return Solution(alpha, self.alpha_max(), certificate, steps, worst, advice, self.problem, free, place)
