"""Every loss keeps the contract of its base class, and its documented formula."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from data import legal_targets
from loss_formulas import PREDICTIONS, PROBIT, VALUES
from sklearn.base import clone

import skregloss.losses as losses
from skregloss._jit import kernel
from skregloss.losses import BY_NAME, Loss, get_loss

COLUMNS = ("value", "gradient", "hessian", "model_curvature", "conjugate", "minimum", "inverse_link")
AT_ONCE = ("value at once", "gradient at once", "model_curvature at once")


def discovered(base=Loss):
    """Every loss of the package, whether exported or not."""
    for cls in base.__subclasses__():
        if cls.__module__.startswith("skregloss."):
            yield cls
        yield from discovered(cls)


# Joint losses have no value of one row; their contracts are in test_joint_losses.
CLASSES = sorted((cls for cls in set(discovered()) if not cls.joint), key=lambda cls: cls.name)
SMOOTH = [loss for cls in CLASSES if cls.smooth for loss in cls.examples()]
EVERY = [loss for cls in CLASSES for loss in cls.examples()]
every_class = pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
every_loss = pytest.mark.parametrize("loss", EVERY, ids=repr)
smooth_loss = pytest.mark.parametrize("loss", SMOOTH, ids=repr)


@kernel
def evaluate_all(loss, y, eta, u, out):
    for i in range(len(y)):
        out[0, i] = loss.value(y[i], eta[i])
        out[1, i] = loss.gradient(y[i], eta[i])
        out[2, i] = loss.hessian(y[i], eta[i])
        out[3, i] = loss.model_curvature(y[i], eta[i])
        out[4, i] = loss.conjugate(y[i], u[i])
        out[5, i] = loss.minimum(y[i])
        out[6, i] = loss.inverse_link(eta[i])
        out[7, i], out[8, i], out[9, i] = loss.derivatives(y[i], eta[i])


def jitted(loss, y, eta, u=0.0):
    """Every method on arrays, by name."""
    y, eta, u = (np.ascontiguousarray(item, dtype=float) for item in np.broadcast_arrays(y, eta, u))
    names = COLUMNS + AT_ONCE
    out = np.empty((len(names), y.size))
    evaluate_all(loss.lower(), y.ravel(), eta.ravel(), u.ravel(), out)
    return dict(zip(names, out.reshape(len(names), *y.shape), strict=True))


def reference(loss, y, eta):
    with np.errstate(all="ignore"):
        return VALUES[loss.name](y, eta, **loss.get_params())


def sample(loss, n=60):
    rng = np.random.default_rng(0)
    return legal_targets(loss, rng, n), 2.5 * rng.normal(size=n)


def supremum(loss, y, u):
    """sup over eta of u eta - loss by brute force: the best of a wide grid, then of three finer ones around it"""
    eta = np.r_[-1e4, -700, np.linspace(-60, 60, 2401), 700, 1e4]
    for _ in range(4):
        heights = u * eta - reference(loss, y, eta)
        best = np.nanargmax(heights)
        around = np.clip([best - 1, best + 1], 0, eta.size - 1)
        eta = np.linspace(*eta[around], 1001)
    return heights[best]


def central_difference(function, x, h=2.0**-8):
    """The derivative to order 8"""
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return sum(w * (function(x + k * h) - function(x - k * h)) for k, w in weights.items()) / h


def away_from_kinks(loss, y, eta, reach=2.0**-6):
    near = jitted(loss, y, eta + np.linspace(-reach, reach, 9)[:, None])["hessian"]
    return near.max(axis=0) - near.min(axis=0) <= 0.25 * near.max(axis=0)


@every_loss
def test_value_is_the_documented_formula(loss):
    y, eta = sample(loss)
    eta = np.r_[eta, 0.0, 20.0, -20.0, 4.0]
    y = np.r_[y, y[:4]]
    np.testing.assert_allclose(jitted(loss, y, eta)["value"], reference(loss, y, eta), rtol=1e-12, atol=1e-12)


@every_loss
def test_inverse_link_is_the_documented_prediction(loss):
    eta = np.linspace(-6, 6, 41)
    expected = PREDICTIONS.get(loss.name, lambda eta: eta)(eta)
    np.testing.assert_allclose(jitted(loss, 1.0, eta)["inverse_link"], expected, rtol=1e-12, atol=1e-15)
    if loss.defines_probability:
        even = float(loss.inverse_link(loss.decision_threshold))
        assert even == pytest.approx(0.5, rel=1e-14)
        assert loss.classification


@smooth_loss
def test_gradient_is_the_derivative_of_the_value(loss):
    y, eta = sample(loss)
    keep = away_from_kinks(loss, y, eta)
    assert keep.mean() > 0.5
    y, eta = y[keep], eta[keep]
    found = jitted(loss, y, eta)
    slope = central_difference(lambda eta: jitted(loss, y, eta)["value"], eta)
    assert np.all(abs(slope - found["gradient"]) <= 1e-11 * (1 + abs(slope) + abs(found["value"])))


@smooth_loss
def test_hessian_is_the_derivative_of_the_gradient(loss):
    y, eta = sample(loss)
    keep = away_from_kinks(loss, y, eta)
    y, eta = y[keep], eta[keep]
    found = jitted(loss, y, eta)
    bend = central_difference(lambda eta: jitted(loss, y, eta)["gradient"], eta)
    assert np.all(abs(bend - found["hessian"]) <= 1e-11 * (1 + abs(bend) + abs(found["gradient"])))


@smooth_loss
def test_hessian_at_a_kink_is_between_its_two_sides(loss):
    y = legal_targets(loss, np.random.default_rng(0), 20)
    spots = [y + shift for shift in (0.0, *loss.get_params().values(), *(-p for p in loss.get_params().values()))]
    for eta in [*spots, np.ones(20), -np.ones(20)]:
        left, here, right = (jitted(loss, y, eta + step)["hessian"] for step in (-1e-9, 0.0, 1e-9))
        slack = 1e-6 * (1 + abs(here))
        assert np.all(np.minimum(left, right) - slack <= here)
        assert np.all(here <= np.maximum(left, right) + slack)


@every_loss
def test_curvature_is_not_negative_and_bounded_by_lipschitz(loss):
    eta = np.r_[np.linspace(-60, 60, 1201), -1e4, 1e4]
    targets = legal_targets(loss, np.random.default_rng(0), 20)
    y = targets if loss.classification else np.r_[targets, 1e6]
    found = jitted(loss, y[:, None], eta)
    assert found["model_curvature"].min() >= 0.0
    if loss.convex:
        assert found["hessian"].min() >= 0.0
        np.testing.assert_array_equal(found["model_curvature"], found["hessian"])
    if not loss.smooth:
        assert loss.lipschitz == np.inf
        assert found["hessian"].max() == 0.0
    elif not np.isfinite(loss.lipschitz):
        assert found["hessian"].max() > 1e4
    else:
        assert 0.9 * loss.lipschitz <= found["hessian"].max() <= loss.lipschitz * (1 + 1e-14)


@every_loss
def test_fenchel_young(loss):
    y, eta = sample(loss)
    slope = jitted(loss, y, eta)["gradient"]
    u = np.random.default_rng(1).permutation(slope) * 1.5
    for found, product in ((jitted(loss, y, eta, u), u * eta), (jitted(loss, y, eta, slope), slope * eta)):
        excess = found["value"] + found["conjugate"] - product
        scale = 1 + abs(found["value"]) + abs(product)
        assert np.all(excess >= -1e-13 * scale)
    if loss.convex:
        assert np.all(excess <= 1e-12 * scale)


@every_loss
def test_conjugate_is_the_supremum(loss):
    y, eta = sample(loss, 25)
    slope = jitted(loss, y, eta)["gradient"]
    u = slope if loss.convex else -abs(slope)
    conjugate = jitted(loss, y, eta, u)["conjugate"]
    brute = np.array([supremum(loss, *pair) for pair in zip(y, u, strict=True)])
    np.testing.assert_allclose(conjugate, brute, rtol=1e-9, atol=1e-9)
    if loss.convex and loss.smooth:
        default = [Loss.conjugate(loss, *pair) for pair in zip(y.tolist(), u.tolist(), strict=True)]
        np.testing.assert_allclose(conjugate, default, rtol=1e-8, atol=1e-8)


@every_loss
def test_conjugate_is_finite_up_to_the_steepest_slopes_and_not_beyond(loss):
    y = legal_targets(loss, np.random.default_rng(0), 20)
    for side in (-1.0, 1.0):
        slope = jitted(loss, y, side * 1e4)["gradient"]
        y_end, slope = y[np.isfinite(slope)], slope[np.isfinite(slope)]
        still_rising = abs(slope - jitted(loss, y_end, side * 5e3)["gradient"]) > 1e-9 * abs(slope)
        assert np.all(np.isfinite(jitted(loss, y_end, 0.0, slope)["conjugate"][~still_rising]))
        beyond = (slope + side * (1e-6 + 1e-6 * abs(slope)))[~still_rising]
        assert np.all(jitted(loss, y_end[~still_rising], 0.0, beyond)["conjugate"] == np.inf)


@every_loss
def test_minimum_is_the_infimum(loss):
    y = legal_targets(loss, np.random.default_rng(0), 20)
    brute = np.array([-supremum(loss, target, 0.0) for target in y])
    np.testing.assert_allclose(jitted(loss, y, 0.0)["minimum"], brute, rtol=1e-9, atol=1e-9)


@every_loss
def test_jitted_methods_equal_plain_ones_and_are_never_nan(loss):
    small, large = (
        [1e-300, 1e-17, 1e-9, 0.05, 0.1, 0.5, 1.0, 2.99, 3.0, 3.01],
        [20.0, 36.0, 40.0, 355.0, 709.0, 746.0, 1e4],
    )
    edges = [0.0, *small, *large]
    eta = np.repeat([*edges, *(-edge for edge in edges), *sample(loss, 10)[1]], 8)
    y = np.tile(legal_targets(loss, np.random.default_rng(0), 8), eta.size // 8)
    slope = jitted(loss, y, eta)["gradient"]
    u = np.where(np.isfinite(slope), slope, 0.0)
    compiled = jitted(loss, y, eta, u)
    inputs = {"conjugate": (y, u), "minimum": (y,), "inverse_link": (eta,)}
    for name in COLUMNS:
        rows = zip(*(item.tolist() for item in inputs.get(name, (y, eta))), strict=True)
        with np.errstate(all="ignore"):
            plain = np.array([getattr(loss, name)(*row) for row in rows])
        assert not np.isnan(compiled[name]).any(), name
        # The exponentials of NumPy and numba may differ in the last digit, which a difference of them amplifies.
        np.testing.assert_allclose(compiled[name], plain, rtol=1e-14, atol=1e-15, err_msg=name)
    assert np.all(compiled["value"][abs(eta) <= 300] < np.inf)


@pytest.mark.parametrize("row", PROBIT, ids=lambda row: f"m={row[0]}")
def test_probit_is_accurate_in_both_tails(row):
    m, *expected = row
    found = jitted(losses.Probit(), np.array([-1.0]), np.array([-m]))
    actual = [found[name][0] for name in ("value", "gradient", "hessian")]
    np.testing.assert_allclose(actual, expected, rtol=1e-13)


@every_loss
def test_illegal_targets_are_recognised(loss):
    interval = loss.y_interval
    assert interval.contains(legal_targets(loss, np.random.default_rng(0), 50)).all()
    illegal = [np.nan, np.inf, -np.inf, interval.low - 1e-9, interval.high + 1e-9]
    illegal += [] if interval.low_closed else [interval.low]
    assert not interval.contains(illegal).any()


@every_loss
def test_is_a_scikit_learn_parameter_object(loss):
    copy = clone(loss)
    assert copy is not loss
    assert copy.get_params() == loss.get_params() == pickle.loads(pickle.dumps(loss)).get_params()
    assert eval(repr(loss), vars(losses)).get_params() == loss.get_params()
    assert type(loss)().set_params(**loss.get_params()).get_params() == loss.get_params()
    loss.validate()
    for name in (name for name, value in loss.get_params().items() if not isinstance(value, str)):
        for bad, error in ((np.nan, ValueError), (np.inf, ValueError), (-1, ValueError), ("1", TypeError), (True, TypeError)):
            with pytest.raises(error, match=f"{name} of {type(loss).__name__} is .*; valid are numbers in "):
                clone(loss).set_params(**{name: bad}).validate()


@every_class
def test_names_are_unique_and_understood(cls):
    assert sum(other.name == cls.name for other in CLASSES) == 1
    for name in (cls.name, *cls.aliases):
        assert BY_NAME[name] is cls
        assert type(get_loss(name)) is cls
    loss = cls()
    assert get_loss(loss) is loss
    assert cls.__name__ in losses.__all__


def test_each_file_holds_one_loss():
    for path in Path(losses.__file__).parent.glob("[!_]*.py"):
        module = importlib.import_module(f"skregloss.losses.{path.stem}")
        inside = [cls for cls in set(discovered()) if cls.__module__ == module.__name__]
        assert len(inside) == 1
        assert inside[0].__doc__.splitlines()[0].strip()


def test_get_loss_says_what_is_valid():
    with pytest.raises(ValueError, match=r"did you mean 'poisson'.*'squared_error'"):
        get_loss("poison")
    with pytest.raises(TypeError, match=r"did you mean Huber\(\)"):
        get_loss(losses.Huber)
    with pytest.raises(TypeError, match="must be a string or an instance"):
        get_loss(None)


@smooth_loss
def test_constant_curvature_is_one(loss):
    rng = np.random.default_rng(0)
    curvatures = {float(loss.hessian(y, eta)) for y, eta in zip(rng.choice([-1.0, 1.0], 50), rng.normal(size=50), strict=True)}
    assert curvatures == {1.0} or not loss.constant_curvature
    assert loss.constant_curvature == (loss.name == "squared_error")
