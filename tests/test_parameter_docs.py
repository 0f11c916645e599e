"""What stands in the docstrings of several classes stands there in the same words.

Docstrings are written out in each class, so that every reader of the source and every editor sees them whole; this keeps them
from drifting apart.
"""

from __future__ import annotations

import inspect
import itertools
import re

import pytest

import skregloss

SINGLE = ("PenalizedRegressor", "PenalizedClassifier", "PenalizedCox")
SEARCHING = tuple(f"{name}CV" for name in SINGLE)
# What is told in each class in words of its own: by parameter, of all classes of a kind, ...
OF_THE_TARGET = {"loss", "loss_", "coef_", "intercept_", "certificate_", "n_iter_"}
OF_THE_SEARCH = {"cv", "scoring", "selection", "path_", "penalty_factors_"}
# ... and of a class and the one that searches: there a list will do.
OF_A_LIST = {"penalty"}
COMPARED = [
    *((pair, OF_THE_TARGET) for pair in itertools.combinations(SINGLE, 2)),
    *((pair, OF_THE_TARGET | OF_THE_SEARCH) for pair in itertools.combinations(SEARCHING, 2)),
    *((pair, OF_A_LIST) for pair in zip(SINGLE, SEARCHING, strict=True)),
]


def entries(name, section):
    """What a section of a docstring says, by name of the parameter."""
    text = inspect.getdoc(getattr(skregloss, name))
    [body] = re.findall(rf"^{section}\n-+\n(.*?)(?=^\S[^\n]*\n-+\n|\Z)", text, flags=re.DOTALL | re.MULTILINE)
    parts = re.split(r"^(\w+) : ", body, flags=re.MULTILINE)[1:]
    return {key: " ".join(told.split()) for key, told in zip(parts[::2], parts[1::2], strict=True)}


@pytest.mark.parametrize("section", ["Parameters", "Attributes"])
@pytest.mark.parametrize(("pair", "own"), COMPARED, ids=["-".join(pair) for pair, _ in COMPARED])
def test_the_same_in_the_same_words(pair, own, section):
    one, other = (entries(name, section) for name in pair)
    shared = one.keys() & other.keys()
    assert len(shared) >= 4
    assert {key: one[key] for key in shared - own} == {key: other[key] for key in shared - own}


@pytest.mark.parametrize("name", [*SINGLE, *SEARCHING])
def test_every_parameter_is_told_once_in_the_order_of_the_signature(name):
    cls = getattr(skregloss, name)
    told = entries(name, "Parameters")
    signature = inspect.signature(cls).parameters
    assert list(told) == list(signature)
    for key, parameter in signature.items():
        default = '"' + parameter.default + '"' if isinstance(parameter.default, str) else str(parameter.default)
        assert f"default={default.replace('1e-06', '1e-6')}" in told[key], key
