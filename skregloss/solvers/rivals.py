"""Whether a fit is on its way to a solution that is known, and so need not go on."""

from __future__ import annotations

import numpy as np

# Points with the same support that differ by so much of their largest coefficient are on the way to the same minimum; unless
# the objective, of which so much is rounding, says that one has gone past the other.
SAME, VISIBLE = 1e-4, 1e-13


def leads_to(point, rival, terms) -> bool:
    """Whether the same coefficients are not zero as in a solution and have about the same values, and it is not below that."""
    support = np.flatnonzero(rival.point.coef)
    here, there = point.coef[support], rival.point.coef[support]
    if np.count_nonzero(point.coef) != len(support) or not here.all():
        return False
    if np.abs(here - there).max(initial=0.0) > SAME * np.abs(there).max(initial=0.0):
        return False
    return not is_below(point.value + terms.value(terms.of(point.coef)), rival)


def is_below(objective, rival) -> bool:
    """Whether an objective is less than that of a solution by more than rounding"""
    least = rival.certificate.objective
    return bool(objective < least - VISIBLE * abs(least))
