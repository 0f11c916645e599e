"""The penalties that tests run over."""

import pytest

from skregloss.penalties import Penalty


def discovered(cls=Penalty):
    """The package's own separable penalty classes."""
    for subclass in cls.__subclasses__():
        yield from discovered(subclass)
        module = subclass.__module__
        is_public = module.startswith("skregloss.penalties.") and not module.rpartition(".")[2].startswith("_")
        if is_public and subclass.separable:
            yield subclass


CLASSES = sorted(set(discovered()), key=lambda cls: cls.__name__)
EXAMPLES = [penalty for cls in CLASSES for penalty in cls.examples()]
GROUPED = [penalty for penalty in EXAMPLES if penalty.grouped]
CONVEX = [penalty for penalty in EXAMPLES if penalty.convex]


def short(penalty):
    return "".join(str(penalty).split())


over_examples = pytest.mark.parametrize("penalty", EXAMPLES, ids=short)
over_convex = pytest.mark.parametrize("penalty", CONVEX, ids=short)


def prox_objective(penalty, b, z, step, alpha):
    """The objective less its value at b = 0, which has no cancellation where b is far smaller than z."""
    return b * (0.5 * b - z) + step * penalty.value(b, alpha)
