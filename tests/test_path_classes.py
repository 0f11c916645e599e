"""Paths of several classes and of event times: those of single fits, under the names of the classes."""

from __future__ import annotations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from class_data import GLMNET, STRENGTHS, W, X, Y
from penalty_examples import short
from scipy import sparse
from survival_data import EVENT, START, STOP, STRATA, WIDE, times

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import PenalizedClassifier, PenalizedClassifierCV, PenalizedCox, regularization_path
from skregloss.inspection import RegularizationPathDisplay
from skregloss.losses import Softmax
from skregloss.penalties import L1, L2, L21, MCP, ElasticNet, GroupL2, GroupMCP, SparseGroup

# In an order that is not the alphabetical one of class_data, to see that labels are looked up.
NAMES = np.array(["few", "many", "some"])
LABELS = NAMES[Y - Y.min()]
PAIRS = [[0, 1], [2, 4]]
GRID = [0.1, 0.03, 0.01]
PENALTIES = [L1(), L2(), ElasticNet(0.3), GroupL2(PAIRS), SparseGroup(PAIRS), MCP(), GroupMCP(PAIRS)]
OFFSETS = {"log_loss": np.sin(np.outer(np.arange(60), [1.0, 2.0, 3.0])), "ordinal_logistic": np.cos(np.arange(60))}


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def check_against_fits(loss, penalty, path, options, samples):
    """Equal to independent fits at each strength; for non-convex penalties at least as good."""
    assert path.converged.all()
    for k, alpha in enumerate(path.alphas):
        model = PenalizedClassifier(loss, penalty, alpha, tol=1e-12, **options).fit(X, LABELS, **samples)
        if not penalty.convex:
            # Coefficients that are all beyond the penalty's reach can move together over the classes: minima are not single.
            assert path.objective[k] <= model.certificate_.objective + 1e-9
            continue
        assert path.objective[k] == pytest.approx(model.certificate_.objective, abs=1e-10)
        np.testing.assert_allclose(np.atleast_2d(path.coefs[..., k]), model.coef_, atol=1e-6)
        np.testing.assert_allclose(path.intercepts[:, k], model.intercept_, atol=1e-6)


@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
@pytest.mark.parametrize("penalty", [*PENALTIES, L21()], ids=short)
def test_equal_to_single_fits(loss, penalty):
    path = regularization_path(X, LABELS, loss=loss, penalty=penalty, alphas=GRID, tol=1e-12)
    assert path.coefs.shape == ((3, 5, 3) if loss == "log_loss" else (5, 3))
    assert path.intercepts.shape == ((3, 3) if loss == "log_loss" else (2, 3))
    assert path.classes.tolist() == NAMES.tolist()
    check_against_fits(loss, penalty, path, {}, {})


@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
def test_equal_to_single_fits_with_weights_offsets_and_factors(loss):
    options = {"standardize": True, "penalty_factors": [1.0, 0.0, 2.0, np.inf, 1.0], "class_weight": {"few": 3.0}}
    samples = {"sample_weight": W, "offset": OFFSETS[loss]}
    path = regularization_path(X, LABELS, loss=loss, penalty="l1", alphas=GRID, tol=1e-12, **options, **samples)
    assert not path.coefs[..., 3, :].any()
    check_against_fits(loss, L1(), path, options, samples)
    # Rows with weights are repeated rows.
    twice = {"sample_weight": np.r_[W, W], "offset": np.concatenate([OFFSETS[loss]] * 2)}
    again = regularization_path(
        np.r_[X, X], np.r_[LABELS, LABELS], loss=loss, penalty="l1", alphas=GRID, tol=1e-12, **options, **twice
    )
    np.testing.assert_allclose(again.coefs, path.coefs, atol=1e-6)


@pytest.mark.parametrize(("kind", "penalty"), [("ungrouped", L1()), ("grouped", L21())], ids=["ungrouped", "grouped"])
def test_objectives_of_glmnet(kind, penalty):
    path = regularization_path(X, Y, loss="log_loss", penalty=penalty, alphas=STRENGTHS, sample_weight=W, tol=1e-12)
    np.testing.assert_allclose(path.objective, GLMNET[kind, 1.0], rtol=1e-9)


@pytest.mark.parametrize("loss", ["log_loss", "ordinal_logistic"])
def test_grid_and_storage(loss):
    path = regularization_path(X, LABELS, loss=loss, penalty="l1", alphas=20)
    assert path.alphas[0] == path.alpha_max
    assert path.n_nonzero[0] == 0 < path.n_nonzero[1]
    assert path.loss_explained[0] == pytest.approx(0.0, abs=1e-12)
    assert (np.diff(path.loss_explained) > 0.0).all()
    for stored, tol in ((sparse.csr_matrix(X), 1e-4), (X.astype(np.float32), 1e-3)):
        again = regularization_path(stored, LABELS, loss=loss, penalty="l1", alphas=path.alphas)
        np.testing.assert_allclose(again.coefs, path.coefs, atol=tol)


def test_two_ordered_classes_are_those_of_log_loss():
    labels = np.where(Y > 1, "yes", "no")
    options = {"penalty": "l1", "alphas": GRID, "tol": 1e-12}
    ordered = regularization_path(X, labels, loss="ordinal_logistic", **options)
    plain = regularization_path(X, labels, loss="log_loss", **options)
    np.testing.assert_allclose(ordered.coefs, plain.coefs, atol=1e-10)
    np.testing.assert_allclose(ordered.intercepts, plain.intercepts, atol=1e-10)


def test_the_path_of_a_search_is_the_same():
    search = PenalizedClassifierCV(alphas=10, selection="bic").fit(X, LABELS)
    path = regularization_path(X, LABELS, loss="log_loss", penalty="l1", alphas=10)
    np.testing.assert_allclose(search.path_.coefs, path.coefs, atol=1e-8)
    assert search.path_.classes.tolist() == path.classes.tolist()


def test_frame_has_the_classes_in_its_columns():
    table = pd.DataFrame(X, columns=list("abcde"))
    path = regularization_path(table, LABELS, loss="log_loss", penalty="l1", alphas=GRID)
    frame = path.to_frame()
    for k, name in enumerate(NAMES):
        np.testing.assert_array_equal(frame[f"c [{name}]"], path.coefs[k, 2])
        np.testing.assert_array_equal(frame[f"intercept [{name}]"], path.intercepts[k])
    assert isinstance(path.loss, Softmax)
    assert "of 15 coefficients" in repr(path)


def test_frame_of_ordered_classes_has_their_cut_points():
    path = regularization_path(X, Y, loss="ordinal_logistic", penalty="l1", alphas=GRID)
    frame = path.to_frame()
    np.testing.assert_array_equal(frame["x4"], path.coefs[4])
    # The log odds of a class above the first, less X b.
    model = PenalizedClassifier("ordinal_logistic", "l1", GRID[0]).fit(X, Y)
    above = model.predict_proba(X)[:, 1:].sum(axis=1)
    log_odds = np.log(above / (1.0 - above)) - X @ path.coefs[:, 0]
    first = path.classes[0]
    np.testing.assert_allclose(frame.loc[0, f"intercept [> {first}]"], log_odds, atol=1e-4)
    assert (frame[f"intercept [> {path.classes[1]}]"] < frame[f"intercept [> {first}]"]).all()


def test_picture_of_all_classes_and_of_one():
    path = regularization_path(X, LABELS, loss="log_loss", penalty="l1", alphas=20)
    display = path.plot()
    lengths = np.linalg.norm(path.coefs, axis=0)
    for column, line in zip(display.columns_, display.line_, strict=True):
        np.testing.assert_allclose(line.get_ydata(), lengths[column])
    assert display.ax_.get_ylabel() == "length of the coefficients of all classes"
    display = path.plot(output="some")
    for column, line in zip(display.columns_, display.line_, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), path.coefs[2, column])
    assert display.ax_.get_ylabel() == "coefficient for class some"
    with pytest.raises(ValueError, match="output is 'most'; valid are None and the classes 'few', 'many', 'some'"):
        path.plot(output="most")


def test_picture_of_a_class_with_a_number_for_its_label():
    path = regularization_path(X, 10 * Y + 10, loss="log_loss", penalty="l1", alphas=GRID)
    second = path.classes[1]
    display = path.plot(output=second)
    np.testing.assert_array_equal(display.line_[0].get_ydata(), path.coefs[1, display.columns_[0]])
    with pytest.raises(ValueError, match="output is 0; valid are"):
        path.plot(output=0)


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge", "probit"])
def test_losses_for_two_classes_say_so(loss):
    with pytest.raises(ValueError, match="one for each of the 3 classes of y, against the rest: pass each by itself"):
        regularization_path(X, LABELS, loss=loss, penalty="l1", alphas=3)
    path = regularization_path(X, LABELS == "some", loss=loss, penalty="l1", alphas=GRID)
    model = PenalizedClassifier(loss, "l1", GRID[1]).fit(X, LABELS)
    np.testing.assert_allclose(path.coefs[:, 1], model.coef_[2], atol=1e-3)


def test_classes_and_offsets_that_are_not_valid():
    options = {"loss": "log_loss", "penalty": "l1"}
    with pytest.raises(ValueError, match="All samples of class 'few' have weight zero"):
        regularization_path(X, LABELS, sample_weight=(LABELS != "few") * 1.0, **options)
    with pytest.raises(ValueError, match="offset has shape"):
        regularization_path(X, LABELS, offset=np.zeros(60), **options)
    with pytest.raises(ValueError, match="class_weight has the class 'lots'"):
        regularization_path(X, LABELS, class_weight={"lots": 2.0}, **options)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_event_times(ties):
    y = times(EVENT, START, STOP)
    model = PenalizedCox(penalty="l1", ties=ties, standardize=True, tol=1e-12)
    display = RegularizationPathDisplay.from_estimator(model, WIDE, y, alphas=[0.1, 0.05, 0.01], strata=STRATA)
    path = display.path
    assert path.loss.ties == ties
    assert path.coefs.shape == (4, 3)
    assert not path.intercepts.any()
    assert path.classes is None
    for k, alpha in enumerate(path.alphas):
        single = model.set_params(alpha=alpha).fit(WIDE, y, strata=STRATA)
        np.testing.assert_allclose(path.coefs[:, k], single.coef_, atol=1e-6)
