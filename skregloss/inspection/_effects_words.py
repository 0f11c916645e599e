"""The effects of penalties in words, and in a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .effects_result import RegularizationEffects

# A norm counts as shrunk if it is below this share of the norm at the weakest strength.
SHRUNK = 0.999
UNIT = (
    "Strength is a share of alpha_max, the least alpha at which l1 zeroes every penalised coefficient under that loss; "
    "norms are shares of those at the weakest strength."
)
# How many strengths the table shows.
SHOWN = 4


def effects_summary(effects: RegularizationEffects) -> str:
    """What was compared, the answers, the numbers, and how alike the losses are."""
    lines = [_what(effects), UNIT]
    lines += [_answer(effects, j, penalty) for j, penalty in enumerate(effects.penalties)]
    for i, loss in enumerate(effects.losses):
        lines += ["", loss, *text_table(_heading(effects), _rows(effects, i), text_columns=1)]
    if effects.fold_scores is not None:
        lines.append("> the strength with the most loss explained in cross-validation")
    if not effects.converged.all():
        lines.append("* not converged: these numbers are approximate")
    if effects.agreement:
        lines += ["", "Of the columns that either loss selects, how many both select; and the cosine of their coefficients"]
        lines += _agreement_table(effects)
    return "\n".join(lines)


def _what(effects) -> str:
    kind = "standardised columns" if effects.standardized else "columns"
    text = f"{effects.n_samples} samples, {effects.n_features} {kind}"
    idle = len(effects.takes_part) - effects.n_features
    if idle:
        text += f" (and {idle} that {'is' if idle == 1 else 'are'} constant or left out)"
    if effects.classes is not None:
        low, high = effects.classes.tolist()
        coded = "" if [low, high] == [0, 1] else ", coded 0 and 1 for losses for numbers"
        text += f"; classes {low!r} and {high!r}{coded}: positive coefficients speak for {high!r}"
    return text + "."


def _answer(effects, j, penalty) -> str:
    """What one penalty does under every loss, with the numbers behind it."""
    by_verdict: dict[str, list[int]] = {}
    for i, loss in enumerate(effects.losses):
        verdict = verdict_of(effects.n_zeros[i, j], effects.l2_norm[i, j])
        # A penalty with an alpha_max of its own does set coefficients to zero if it is strong enough.
        if not effects.n_zeros[i, j].any() and 0.0 < effects.paths[loss, penalty].alpha_max < np.inf:
            verdict += " at these strengths"
        by_verdict.setdefault(verdict, []).append(i)
    parts = []
    for verdict, which in by_verdict.items():
        losses = listed(effects.losses[i] for i in which)
        evidence = _kept(effects, which, j) if effects.n_zeros[which, j].any() else _shrunk(effects, which, j)
        parts.append(f"{verdict} under {losses}: {evidence}")
    return f"{penalty} {'; it '.join(parts)}."


def verdict_of(zeros, norms) -> str:
    """In words: the numbers of exact zeros and the norms at strengths from strong to weak."""
    shrinks = norms[0] < SHRUNK * norms[-1]
    if zeros.any():
        return (
            "sets coefficients to exactly zero" if shrinks else "sets coefficients to exactly zero without shrinking their norm"
        )
    return "shrinks coefficients and sets none to zero" if shrinks else "neither shrinks coefficients nor sets any to zero"


def _kept(effects, which, j) -> str:
    """How many columns these losses select at a moderate strength, and how many of them all select."""
    k = shown_strengths(len(effects.strengths))[1:2] or [0]
    selected = np.array([effects.coefficients(effects.losses[i], effects.penalties[j])[:, k[0]] != 0.0 for i in which])
    text = (
        f"at strength {effects.strengths[k[0]]:.2g}, {listed(map(str, selected.sum(axis=1)))} of {effects.n_features} columns"
    )
    return text + (f" are left, {selected.all(axis=0).sum()} in common" if len(which) > 1 else " are left")


def _shrunk(effects, which, j) -> str:
    """The norm at the strongest strength, as a share of that at the weakest."""
    shares = listed(_share(effects.relative_l2_norm[i, j, 0]) for i in which)
    return f"the strongest leaves {shares} of the weakest's L2 norm"


def _agreement_table(effects) -> list[str]:
    shown = shown_strengths(len(effects.strengths))
    heading = ["penalty", "losses", *(f"at {effects.strengths[k]:.2g}" for k in shown)]
    rows = []
    for agreement in effects.agreement:
        for j, penalty in enumerate(effects.penalties):
            one, other = (effects.coefficients(loss, penalty) != 0.0 for loss in agreement.losses)
            both, either = (one & other).sum(axis=0), (one | other).sum(axis=0)
            cells = [f"{both[k]} of {either[k]}, {agreement.cosine[j, k]:.2f}" if either[k] else "-" for k in shown]
            rows.append([penalty, listed(agreement.losses), *(cell.replace(", nan", "") for cell in cells)])
    return text_table(heading, rows, text_columns=2)


def _heading(effects) -> list[str]:
    heading = ["penalty", "strength", "alpha", "exact zeros", "L1 norm", "L2 norm", "largest", "loss explained"]
    return heading if effects.fold_scores is None else [*heading, "cross-validated"]


def _rows(effects, i) -> list[list[str]]:
    """A row for each penalty and a few strengths, under one loss; norms relative to those at the weakest strength."""
    rows, scores = [], effects.cv_loss_explained
    for j, penalty in enumerate(effects.penalties):
        shown = shown_strengths(len(effects.strengths))
        best = -1 if scores is None else int(scores[i, j].argmax())
        for k in sorted({*shown, best} - {-1}):
            mark = ("" if effects.converged[i, j, k] else "*") + (" >" if k == best else "")
            row = [
                penalty + mark,
                f"{effects.strengths[k]:.2g}",
                f"{effects.strengths[k] * effects.alpha_max[i]:.3g}",
                f"{effects.n_zeros[i, j, k]} of {effects.n_features}",
                _share(effects.relative_l1_norm[i, j, k]),
                _share(effects.relative_l2_norm[i, j, k]),
                f"{effects.largest[i, j, k]:.3g}",
                f"{effects.loss_explained[i, j, k]:.1%}",
            ]
            rows.append(row if scores is None else [*row, f"{scores[i, j, k]:.1%}"])
    return rows


def shown_strengths(count) -> list[int]:
    """A few positions evenly apart, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(SHOWN, count)).round().astype(int)).tolist()


def _share(value) -> str:
    return "-" if np.isnan(value) else f"{value:.1%}"


def listed(words) -> str:
    """a, b and c"""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def text_table(heading, rows, *, text_columns) -> list[str]:
    """Lines with aligned columns: the first `text_columns` to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(heading, *rows, strict=True)]
    lines = []
    for row in (heading, *rows):
        aligned = [
            cell.ljust(width) if k < text_columns else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append(("  " + "  ".join(aligned)).rstrip())
    return lines
