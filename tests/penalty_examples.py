"""The penalties that tests run over."""

import pytest

from skregloss.penalties import Penalty
from skregloss.penalties._radial import Radial
from skregloss.penalties.scaled import Scaled
from skregloss.penalties.sum import Sum


def discovered(cls=Penalty):
    """The package's own separable penalty classes."""
    for subclass in cls.__subclasses__():
        yield from discovered(subclass)
        module = subclass.__module__
        is_public = module.startswith("skregloss.penalties.") and not module.rpartition(".")[2].startswith("_")
        if is_public and subclass.separable:
            yield subclass


CLASSES = sorted(set(discovered()), key=lambda cls: cls.__name__)
EVERY = [penalty for cls in CLASSES for penalty in cls.examples()]
# Penalties of the lengths of groups, which are penalties of single coefficients where groups have one.
GROUPED = [penalty for penalty in EVERY if any(isinstance(term, Radial) for _, term in penalty.terms())]
EXAMPLES = [penalty for penalty in EVERY if not penalty.grouped or penalty in GROUPED]
CONVEX = [penalty for penalty in EXAMPLES if penalty.convex]


def of_class(cls):
    return [penalty for penalty in EXAMPLES if type(penalty) is cls]


def short(penalty):
    return "".join(str(penalty).split())


def sums_slow(penalties):
    """The same, with sums and multiples among the slow tests, for the kernels of a solver are compiled for each of them"""
    slow = pytest.mark.slow
    return [pytest.param(penalty, marks=slow) if type(penalty) in (Scaled, Sum) else penalty for penalty in penalties]


over_examples = pytest.mark.parametrize("penalty", EXAMPLES, ids=short)
over_convex = pytest.mark.parametrize("penalty", CONVEX, ids=short)


def prox_objective(penalty, b, z, step, alpha):
    """The objective less its value at b = 0, which has no cancellation where b is far smaller than z."""
    return b * (0.5 * b - z) + step * penalty.value(b, alpha)
