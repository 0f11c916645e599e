"""Effects as tidy tables, a dict for each row."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .effects_result import RegularizationEffects

MEASURES = ("n_zeros", "l1_norm", "l2_norm", "relative_l1_norm", "relative_l2_norm", "largest")
FIT = ("loss_explained", "cv_loss_explained", "converged")


def rows_of(effects: RegularizationEffects, what):
    """The rows of one of the tables."""
    if what not in TABLES:
        raise ValueError(f"what is {what!r}; valid are {', '.join(map(repr, TABLES))}.")
    return TABLES[what](effects)


def _positions(effects):
    """Position and label of each loss, and of each penalty."""
    return product(enumerate(effects.losses), enumerate(effects.penalties))


def _effects(effects):
    names = effects.feature_names
    arrays = {name: getattr(effects, name) for name in (*MEASURES, *FIT)}
    arrays = {name: array for name, array in arrays.items() if array is not None}
    for (i, loss), (j, penalty) in _positions(effects):
        largest = np.abs(effects.coefficients(loss, penalty)).argmax(axis=0)
        for k, strength in enumerate(effects.strengths.tolist()):
            row = {"loss": loss, "penalty": penalty, "strength": strength, "alpha": strength * float(effects.alpha_max[i])}
            row["n_features"] = effects.n_features
            row.update((name, array[i, j, k].item()) for name, array in arrays.items())
            row["largest_column"] = names[largest[k]] if row["largest"] else None
            yield row


def _coefficients(effects):
    for loss, penalty in product(effects.losses, effects.penalties):
        for name, coefs in zip(effects.feature_names, effects.coefficients(loss, penalty).tolist(), strict=True):
            for strength, coef in zip(effects.strengths.tolist(), coefs, strict=True):
                yield {"loss": loss, "penalty": penalty, "strength": strength, "column": name, "coefficient": coef}


def _entry_strengths(effects):
    for (i, loss), (j, penalty) in _positions(effects):
        for name, strength in zip(effects.feature_names, effects.entry_strengths[i, j].tolist(), strict=True):
            yield {"loss": loss, "penalty": penalty, "column": name, "entry_strength": strength}


def _agreement(effects):
    for agreement in effects.agreement:
        one, other = agreement.losses
        for j, penalty in enumerate(effects.penalties):
            for k, strength in enumerate(effects.strengths.tolist()):
                row = {"loss": one, "other_loss": other, "penalty": penalty, "strength": strength}
                yield {**row, "jaccard": float(agreement.jaccard[j, k]), "cosine": float(agreement.cosine[j, k])}


TABLES = {
    "effects": _effects,
    "coefficients": _coefficients,
    "entry_strengths": _entry_strengths,
    "agreement": _agreement,
}
