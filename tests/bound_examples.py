"""Penalties that bind many coefficients together, for tests: bound to twelve columns where they need to be."""

from __future__ import annotations

import numpy as np
import pytest
from oracle import bound
from penalty_examples import short

from skregloss.penalties import L1, L2, SLOPE, FusedL1, NuclearNorm

CHAINS = [[3, 0, 1], [5, 2, 11, 10]]
PLAIN = [
    SLOPE(),
    SLOPE(q=0.6),
    SLOPE(weights=np.linspace(2.0, 0.0, 12)),
    FusedL1(),
    FusedL1(0.3),
    FusedL1(chain=CHAINS),
    FusedL1(0.6, chain=CHAINS),
    NuclearNorm(),
]
SUMS = [
    SLOPE() + 0.3 * L1(),
    0.5 * SLOPE() + 0.2 * L2(),
    FusedL1() + 0.3 * L1(),
    2.0 * FusedL1(chain=CHAINS),
    FusedL1() + 0.2 * L2(),
    0.5 * FusedL1(0.4, chain=CHAINS) + 0.2 * L1() + 0.1 * L2(),
    NuclearNorm() + 0.5 * L2(),
]
EVERY = PLAIN + SUMS
FEW = [SLOPE(), FusedL1(), FusedL1(0.3, chain=CHAINS), NuclearNorm(), FusedL1(0.2) + 0.3 * L2()]


def label(penalty):
    return short(penalty).replace("array", "")[:60]


BOUND = [
    *(penalty.bind(12) for penalty in PLAIN),
    *(pytest.param(penalty.bind(12), marks=pytest.mark.slow) for penalty in SUMS),
]
over_every = pytest.mark.parametrize("penalty", BOUND, ids=[label(each) for each in EVERY])
over_few = pytest.mark.parametrize("penalty", [penalty.bind(12) for penalty in FEW], ids=[label(each) for each in FEW])


def parts(penalty):
    """The factor and the oracle's form of the term that binds, and the factors of L1 and L2."""
    cores, l1, l2 = [], 0.0, 0.0
    for factor, term in penalty.terms():
        own = term.l1_l2_parts()
        if own is None:
            cores.append((factor, term))
        else:
            l1, l2 = l1 + factor * own[0], l2 + factor * own[1]
    ((factor, core),) = cores
    return bound.Bound((factor, core.name, core.get_params()), np.ones(12), 1), l1, l2


def dual_norm(penalty, v):
    """The least s such that v / s is in the dual ball, for a penalty without L2."""
    term, l1, _ = parts(penalty)
    places = zip(term.places, term.strengths, term.parts, strict=True)
    return max(part.dual_norm(v[own], strength, l1) for own, strength, part in places)


def value(penalty, b):
    term, l1, l2 = parts(penalty)
    return term.value(b) + l1 * np.abs(b).sum() + 0.5 * l2 * b @ b
