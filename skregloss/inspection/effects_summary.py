"""What penalties do to the coefficients under different losses: a row per loss, penalty and strength, and the answer in words.

Strengths are shares of each loss's own alpha_max, the least alpha at which L1 zeroes every coefficient under that loss, so
that losses on different scales can be laid side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ..losses import get_loss
from ..penalties import L1, get_penalty
from ..solvers import Problem, check_pair, make_solver, solve

STRENGTHS = (0.5, 0.1, 0.02)
# A norm counts as shrunk if it is below this share of the norm at the weakest strength.
SHRUNK = 0.99


@dataclass(frozen=True)
class Effect:
    """One fit: what became of the coefficients of the standardised columns, and how much of the loss they explain."""

    loss: str
    penalty: str
    strength: float
    alpha: float
    n_features: int
    n_zeros: int
    l1_norm: float
    largest: float
    loss_explained: float
    converged: bool


def penalty_effects(
    X, y, losses=("squared_error", "log_loss"), penalties=("l1", "l2", "elasticnet"), strengths=STRENGTHS
) -> list[Effect]:
    """Fit every pair at every strength to the standardised columns; y is coded 0 or 1 if a loss for classes is among them."""
    X, y = np.asfortranarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    rows = []
    for loss in map(get_loss, losses):
        if loss.classification and not np.isin(y, (0.0, 1.0)).all():
            raise ValueError(f"{type(loss).__name__} needs a target coded 0 or 1.")
        targets = 2.0 * y - 1.0 if loss.classification else y
        base = Problem(loss, L1(), X, targets, standardize=True)
        alpha_max = make_solver(base).alpha_max()
        for penalty in map(get_penalty, penalties):
            check_pair(loss, penalty)
            problem = base.with_penalty(penalty.bind(X.shape[1]))
            rows += [_effect(problem, loss, penalty, strength, alpha_max) for strength in strengths]
    return rows


def _effect(problem, loss, penalty, strength, alpha_max) -> Effect:
    solution = solve(problem, strength * alpha_max)
    floor, _ = problem.loss_floor()
    null = make_solver(problem).null(problem.blocks(strength * alpha_max))
    coef = solution.point.coef
    return Effect(
        loss=loss.name or type(loss).__name__,
        penalty=penalty.name or repr(penalty),
        strength=strength,
        alpha=strength * alpha_max,
        n_features=len(coef),
        n_zeros=int((coef == 0.0).sum()),
        l1_norm=float(np.abs(coef).sum()),
        largest=float(np.abs(coef).max(initial=0.0)),
        loss_explained=float(1.0 - (solution.point.value - floor) / null.deviance),
        converged=solution.converged,
    )


def effects_in_words(effects: list[Effect]) -> list[str]:
    """What each penalty does under each loss, and whether it is the same under all of them."""
    sentences: list[str] = []
    by_penalty: dict[str, list[Effect]] = {}
    for effect in effects:
        by_penalty.setdefault(effect.penalty, []).append(effect)
    for penalty, rows in by_penalty.items():
        verdicts = {}
        for loss, same_loss in groupby(rows, key=lambda effect: effect.loss):
            group = sorted(same_loss, key=lambda effect: -effect.strength)
            verdicts[loss] = _verdict(group)
            sentences.append(f"{penalty} under {loss} {verdicts[loss]} ({_evidence(group)}).")
        if len(verdicts) > 1:
            same = "the same" if len(set(verdicts.values())) == 1 else "not the same"
            sentences.append(f"So {penalty} has {same} kind of effect under {' and '.join(verdicts)}.")
    return sentences


def _verdict(rows) -> str:
    """In words; `rows` are of one loss and one penalty, from the strongest to the weakest."""
    zeroes = any(row.n_zeros for row in rows)
    shrinks = rows[0].l1_norm < SHRUNK * rows[-1].l1_norm
    if zeroes:
        return "zeroes coefficients" if shrinks else "zeroes coefficients without shrinking their norm"
    return "shrinks coefficients without zeroing any" if shrinks else "neither zeroes nor shrinks coefficients"


def _evidence(rows) -> str:
    """The numbers behind the verdict."""
    strongest, weakest = rows[0], rows[-1]
    counts = [f"{row.n_zeros} at {row.strength:g} alpha_max" for row in rows]
    if not any(row.n_zeros for row in rows):
        counts = ["at no strength"]
    evidence = f"exact zeros among {strongest.n_features}: {', '.join(counts)}"
    if len(rows) > 1 and weakest.l1_norm > 0.0:
        evidence += f"; the strongest leaves {strongest.l1_norm / weakest.l1_norm:.0%} of the weakest's L1 norm"
    return evidence
