"""Penalties as parameter objects: cloning, names, validation, sums and multiples."""

import ast
import math
import pickle
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from penalty_examples import EXAMPLES, over_examples, prox_objective
from scipy.optimize import minimize_scalar
from sklearn.base import clone

from skregloss import penalties
from skregloss.penalties import (
    BY_NAME,
    L0,
    L1,
    L2,
    MCP,
    SCAD,
    ElasticNet,
    LogSum,
    Lq,
    NoPenalty,
    Penalty,
    Scaled,
    Sum,
    get_penalty,
)

FOLDER = Path(penalties.__file__).parent


@over_examples
def test_is_a_parameter_object(penalty):
    copy = clone(penalty)
    assert copy is not penalty
    assert repr(copy) == repr(penalty)
    assert type(penalty).__name__ in repr(penalty)
    loaded = pickle.loads(pickle.dumps(penalty))
    assert loaded.prox(3.0, 1.0, 0.5) == penalty.prox(3.0, 1.0, 0.5)
    assert type(penalty.bind(12)) is type(penalty)
    penalty.validate()
    assert (penalty + L2()).separable


def test_nested_parameters_can_be_searched():
    penalty = (2.0 * MCP() + 0.1 * L2()).set_params(left__penalty__gamma=5.0, right__factor=0.7)
    assert penalty.left.penalty.gamma == 5.0
    assert penalty.kernel_parameters()["l2"] == 0.7
    assert (MCP() + L2()).set_params(left__gamma=9.0).left.gamma == 9.0


def test_multiples_from_either_side():
    for product in (0.5 * MCP(), MCP() * 0.5, np.float64(0.5) * MCP()):
        assert isinstance(product, Scaled)
        assert product.factor == 0.5
    with pytest.raises(TypeError):
        L1() * L2()
    with pytest.raises(TypeError):
        L1() + 1.0


def test_sum_and_division_by_a_number():
    total = sum([L1(), 0.5 * L2(), MCP()])
    assert repr(total) == repr(L1() + 0.5 * L2() + MCP())
    for divisor in (4, 4.0, np.float64(4.0)):
        assert repr(MCP() / divisor) == repr(0.25 * MCP())
    for meaningless in (lambda: 1 + L1(), lambda: 2.0 / L1(), lambda: L1() / "2", lambda: L1() / np.ones(2)):
        with pytest.raises(TypeError, match="operand"):
            meaningless()
    with pytest.raises(ZeroDivisionError):
        L1() / 0


def test_a_sum_of_l1_and_l2_is_the_elastic_net():
    total, net = 0.7 * L1() + (1 - 0.7) * L2(), ElasticNet(0.7)
    assert total.convex
    assert total.l1_l2_parts() == net.l1_l2_parts()
    for x in (-3.0, -0.1, 0.0, 0.4, 8.0):
        assert total.prox(x, 2.0, 0.3) == net.prox(x, 2.0, 0.3)
        assert total.conjugate(x, 0.3) == pytest.approx(net.conjugate(x, 0.3), rel=1e-14)
        assert total.entry_alpha(x, 2.0) == pytest.approx(net.entry_alpha(x, 2.0), rel=1e-14)


def test_nesting_leaves_no_trace_in_kernels():
    flat = MCP() + L1()
    deep = MCP()
    for _ in range(50):
        deep = 1.0 * deep + 0.02 * L1()
    assert type(deep.lower()) is type(flat.lower())
    assert type(deep.lower().core) is type(flat.lower().core)
    assert deep.prox(5.0, 1.0, 1.0) == pytest.approx(flat.prox(5.0, 1.0, 1.0))


class Asymmetric(Penalty):
    """P(b) = 2 alpha max(b, 0) + alpha max(-b, 0)"""

    even = False

    def value(self, b, alpha):
        return alpha * (2.0 * b if b > 0.0 else -b)

    def prox(self, z, step, alpha):
        return max(z - 2.0 * step * alpha, 0.0) if z > 0.0 else min(z + step * alpha, 0.0)


def test_a_penalty_that_is_not_even_adds_to_l2_only():
    assert "even" in (Asymmetric() + L1()).why_no_prox()
    total = Asymmetric() + 0.5 * L2()
    assert total.has_prox
    for z in (-9.0, -0.5, 0.5, 9.0):
        b = total.prox(z, 1.5, 1.0)
        objective = lambda b, z=z: prox_objective(total, b, z, 1.5, 1.0)  # noqa: E731
        assert b == pytest.approx(minimize_scalar(objective, bounds=(-10, 10), method="bounded").x, abs=1e-4)
        assert total.subdiff_distance(b, (b - z) / 1.5, 1.0) < 1e-9


def test_a_sum_without_prox_is_flagged():
    for penalty in EXAMPLES:
        assert penalty.has_prox
        assert penalty.why_no_prox() == ""
    for total in (MCP() + Lq(), 2.0 * (L0() + L1() + SCAD())):
        assert not total.has_prox
        assert not (total + L2()).has_prox
        assert "has no prox" in total.why_no_prox()
        with pytest.raises(ValueError, match="has no prox"):
            total.lower()
    assert (MCP() + 0.0 * Lq()).has_prox


@pytest.mark.parametrize(
    ("penalty", "named"),
    [
        (ElasticNet(1.1), "l1_ratio of ElasticNet"),
        (ElasticNet(math.nan), "l1_ratio of ElasticNet"),
        (MCP(0.0), "gamma of MCP"),
        (MCP(math.inf), "gamma of MCP"),
        (SCAD(2.0), "gamma of SCAD"),
        (LogSum(0.0), "eps of LogSum"),
        (Lq(0.0), "q of Lq"),
        (Lq(1.0), "q of Lq"),
        (-1.0 * L1(), "factor of Scaled"),
        (math.inf * L1(), "factor of Scaled"),
        (L2() + 2.0 * Lq(3.0), "q of Lq"),
        (Lq("half"), "q of Lq"),
        (Scaled("l1", 1.0), "penalty of Scaled"),
        (Sum(L1(), "l2"), "right of Sum"),
    ],
    ids=str,
)
def test_bad_parameters_are_named(penalty, named):
    with pytest.raises((ValueError, TypeError), match=f"{named} is .*; valid are"):
        penalty.validate()


def test_get_penalty():
    penalty = MCP(2.0)
    assert get_penalty(penalty) is penalty
    assert isinstance(get_penalty(None), NoPenalty)
    assert {"l1", "l2", "elasticnet", "mcp", "scad", "log_sum", "lq", "l0", "none"} <= set(BY_NAME)
    for name, cls in BY_NAME.items():
        assert type(get_penalty(name)) is cls
    with pytest.raises(ValueError, match=r"valid names are .*'scad'.*Did you mean 'elasticnet'"):
        get_penalty("elastic_net")
    with pytest.raises(ValueError, match="Did you mean 'mcp'"):
        get_penalty("MCP")
    with pytest.raises(TypeError, match=r"MCP\(\)"):
        get_penalty(MCP)
    with pytest.raises(TypeError, match="valid are"):
        get_penalty(3)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("[!_]*.py")), ids=lambda file: file.stem)
def test_one_exported_class_per_file(file):
    found = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    assert len(found) == 1
    cls = getattr(import_module(f"skregloss.penalties.{file.stem}"), found[0].name)
    assert issubclass(cls, Penalty)
    assert cls.__name__ in penalties.__all__
    assert "P(b" in cls.__doc__.splitlines()[0] or "P(B" in cls.__doc__.splitlines()[0] or "P'" in cls.__doc__
