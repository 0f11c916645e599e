"""What users ask of paths besides numbers: grids, early ends, frames, messages."""

from __future__ import annotations

import doctest
import warnings

import matplotlib
import numpy as np
import pandas as pd
import polars
import pytest
from fits import data
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning

from skregloss import PenalizedRegressor, regularization_path
from skregloss.inspection import path_display
from skregloss.losses import LogLoss, SquaredError
from skregloss.path import _fit, _regularization_path, fit_path
from skregloss.penalties import L1, L2, MCP
from skregloss.solvers import Problem

matplotlib.use("Agg")
X, Y = data(SquaredError())
NAMES = [f"column {j}" for j in range(X.shape[1])]


def path_of(X=X, y=Y, loss="squared_error", penalty="l1", **options):
    return regularization_path(X, y, loss=loss, penalty=penalty, **options)


def test_default_grid():
    path = path_of()
    assert len(path.alphas) == 100
    assert path.alphas[0] == path.alpha_max
    np.testing.assert_allclose(path.alphas, path.alpha_max * np.geomspace(1.0, 1e-4, 100))


def test_default_grid_with_more_columns_than_rows():
    path = path_of(*data(SquaredError(), n=20, p=40))
    assert path.alphas[-1] == pytest.approx(1e-2 * path.alphas[0])


@pytest.mark.parametrize("penalty", ["l2", None])
def test_grid_without_a_finite_alpha_max(penalty):
    path, lasso = path_of(penalty=penalty), path_of()
    assert path.alphas[0] == pytest.approx(1e3 * lasso.alpha_max)
    assert path.alphas[-1] == pytest.approx(lasso.alphas[-1])
    shorter = path_of(penalty=penalty, alpha_min_ratio=0.1, alphas=3)
    np.testing.assert_allclose(shorter.alphas, 1e3 * lasso.alpha_max * 0.1 ** np.array([0.0, 0.5, 1.0]))


@pytest.mark.parametrize("options", [{"penalty_factors": np.zeros(X.shape[1])}, {"y": np.ones(len(Y))}])
def test_grid_without_anything_to_penalise(options):
    path = path_of(alphas=3, **options)
    assert np.isfinite(path.alphas).all()
    assert (np.diff(path.alphas) < 0.0).all()
    assert path.converged.all()


def test_given_strengths_in_any_order():
    path = path_of(alphas=[0.01, 0.5, 0.1, 0.0])
    assert path.alphas.tolist() == [0.5, 0.1, 0.01, 0.0]
    assert path.coefs.shape == (X.shape[1], 4)
    least_squares = np.linalg.lstsq(np.c_[X, np.ones(len(Y))], Y)[0]
    np.testing.assert_allclose(path.coefs[:, 3], least_squares[:-1], atol=1e-8)


@pytest.mark.parametrize(
    ("alphas", "error", "message"),
    [
        (0, ValueError, "alphas is 0; valid are an integer >= 1"),
        ([], ValueError, "valid are an integer >= 1"),
        ([[0.1]], ValueError, "array of different finite strengths"),
        ([0.1, -0.2], ValueError, r"alphas\[1\] is -0.2"),
        ([0.1, np.nan], ValueError, r"alphas\[1\] is nan"),
        ([0.1, 0.2, 0.1], ValueError, "holds 0.1 more than once"),
        ("many", TypeError, "alphas is 'many'"),
        (True, ValueError, "alphas is True"),
        (0.5, ValueError, "alphas is 0.5"),
    ],
)
def test_strengths_that_are_not_valid(alphas, error, message):
    with pytest.raises(error, match=message):
        path_of(alphas=alphas)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"alpha_min_ratio": 1.0}, ValueError, "alpha_min_ratio is 1.0"),
        ({"tol": 0.0}, ValueError, "tol of regularization_path is 0.0; valid are numbers in"),
        ({"max_iter": 0}, ValueError, "max_iter of regularization_path is 0; valid are integers in"),
        ({"stall_tol": -1.0}, ValueError, "stall_tol of regularization_path is -1.0; valid are numbers in"),
        ({"verbose": "yes"}, TypeError, "verbose of regularization_path is 'yes'; valid are integers in"),
        ({"standardize": 1}, TypeError, "standardize of regularization_path is 1; valid are True and False"),
        ({"loss": "squared_eror"}, ValueError, "did you mean 'squared_error'"),
        ({"penalty": "l3"}, ValueError, "valid names are"),
        ({"penalty": MCP(gamma=-1.0)}, ValueError, "gamma of MCP"),
        ({"loss": "poisson", "y": Y - 100.0}, ValueError, "Poisson is defined for y in"),
        ({"sample_weight": [1.0]}, ValueError, "sample_weight has shape"),
        ({"offset": [1.0]}, ValueError, "offset has shape"),
        ({"penalty_factors": {"colum 1": 0.0}, "X": pd.DataFrame(X, columns=NAMES)}, ValueError, "did you mean 'column 1'"),
        ({"class_weight": "balanced"}, ValueError, "class_weight is for losses for classes"),
        ({"loss": "squared_hinge", "y": np.arange(len(Y)) % 3}, ValueError, "one for each of the 3 classes of y"),
        ({"loss": "log_loss", "y": np.ones(len(Y), int)}, ValueError, "at least 2 classes in the data"),
        ({"y": np.c_[Y, Y], "offset": Y}, ValueError, "offset has shape"),
        ({"loss": "log_loss"}, ValueError, "Unknown label type: continuous"),
        ({"y": None}, ValueError, "requires y to be passed"),
        ({"y": Y[:-1]}, ValueError, "inconsistent numbers of samples"),
    ],
)
def test_arguments_that_are_not_valid(options, error, message):
    with pytest.raises(error, match=message):
        path_of(**options)


@pytest.mark.parametrize("storage", [sparse.csr_matrix, sparse.csc_array, lambda X: X.tolist(), np.float32])
def test_storage_does_not_matter(storage):
    np.testing.assert_allclose(path_of(storage(X), alphas=5).coefs, path_of(alphas=5).coefs, atol=1e-5)


@pytest.mark.parametrize("frame", [pd.DataFrame, lambda X, columns: polars.DataFrame(X, schema=columns)])
def test_columns_by_name(frame):
    path = path_of(frame(X, columns=NAMES), penalty_factors={"column 3": np.inf}, bounds={"column 0": (0.0, 0.1)}, alphas=9)
    assert path.feature_names.tolist() == NAMES
    assert not path.coefs[3].any()
    assert path.coefs[0].max() == 0.1


def test_frame():
    path = path_of(pd.DataFrame(X, columns=[*NAMES[:-1], "alpha"]), alphas=7)
    frame = path.to_frame()
    np.testing.assert_array_equal(frame["alpha"], path.alphas)
    np.testing.assert_array_equal(frame["intercept"], path.intercepts)
    np.testing.assert_array_equal(frame[[*NAMES[:-1], "alpha (coefficient)"]].to_numpy(), path.coefs.T)
    for name in ("n_nonzero", "objective", "relative_gap", "kkt", "converged", "loss_explained", "locally_convex"):
        np.testing.assert_array_equal(frame[name], getattr(path, name))
    assert path_of(alphas=1).to_frame().columns[-1] == f"x{X.shape[1] - 1}"


@pytest.mark.parametrize("module", [_regularization_path, path_display])
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0


def test_repr():
    assert repr(path_of(alphas=5, alpha_min_ratio=0.1)).startswith("<RegularizationPath of L1() on SquaredError(): 5 strengths")


def test_early_stop_is_off_by_default():
    path = path_of(alpha_min_ratio=1e-9)
    assert len(path.alphas) == 100
    early = path_of(alpha_min_ratio=1e-9, stall_tol=1e-5)
    count = len(early.alphas)
    assert 5 < count < 90
    np.testing.assert_array_equal(early.coefs, path.coefs[:, :count])
    rises = np.diff(path.loss_explained)[: count - 1] / path.loss_explained[1:count]
    assert rises[-1] < 1e-5
    assert (rises[5:-1] >= 1e-5).all()


def interrupt_after(count, monkeypatch):
    solve = _fit.Continuation._solve
    calls = []

    def interrupted(self, alpha):
        calls.append(alpha)
        if len(calls) > count:
            raise KeyboardInterrupt
        return solve(self, alpha)

    monkeypatch.setattr(_fit.Continuation, "_solve", interrupted)


def test_interrupted_path_is_usable(monkeypatch):
    whole = path_of(alphas=10)
    interrupt_after(4, monkeypatch)
    with pytest.warns(RuntimeWarning, match="first 4 of 10 strengths"):
        path = path_of(alphas=10)
    assert path.interrupted
    assert not whole.interrupted
    np.testing.assert_array_equal(path.coefs, whole.coefs[:, :4])
    assert len(path.to_frame()) == 4


def test_interrupt_goes_through_before_the_first_strength_and_in_inner_paths(monkeypatch):
    interrupt_after(0, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        path_of(alphas=3)
    monkeypatch.undo()
    interrupt_after(2, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        fit_path(Problem(SquaredError(), L1(), X, Y), 3)


def test_one_warning_for_all_strengths():
    correlated = np.cumsum(np.random.default_rng(0).normal(size=(60, 12)), axis=1)
    y = np.where(correlated[:, 3] > 0, "b", "a")
    frame = pd.DataFrame(correlated, columns=NAMES)
    with pytest.warns(ConvergenceWarning) as record:
        path = path_of(frame, y, loss="log_loss", alphas=20, max_iter=2, tol=1e-10)
    [warning] = [item for item in record if item.category is ConvergenceWarning]
    failed = (~path.converged).sum()
    message = str(warning.message)
    assert f"did not converge at {failed} of 20 strengths. Worst is alpha=" in message
    assert "tol is 1e-10, most at the coefficient of column 'column" in message
    assert warning.filename == __file__


def test_no_warning_when_all_is_well():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        path_of(alphas=20)
        path_of(penalty="scad", alphas=20)


def test_progress(capsys):
    path_of(alphas=3)
    assert capsys.readouterr().out == ""
    path = path_of(alphas=3, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("3/3  alpha ")
    assert f"{path.n_nonzero[2]} nonzero" in lines[2]
    assert f"{path.loss_explained[2]:.2%} explained  relative gap" in lines[2]
    path_of(alphas=3, verbose=2)
    assert "working set" in capsys.readouterr().out


def test_the_arguments_are_not_changed():
    penalty, loss = L2() + L1(), LogLoss()
    before, y = X.copy(), Y > 0.0
    path = path_of(X, y, loss=loss, penalty=penalty, alphas=3)
    np.testing.assert_array_equal(X, before)
    assert path.penalty is not penalty
    assert path.loss is not loss


def test_column_scale_of_standardised_columns():
    path = path_of(X * np.arange(1.0, 13.0), standardize=True, alphas=5)
    np.testing.assert_allclose(path.column_scale, X.std(axis=0) * np.arange(1.0, 13.0))
    assert (path_of(alphas=2).column_scale == 1.0).all()
    model = PenalizedRegressor(alpha=path.alphas[3], standardize=True).fit(X * np.arange(1.0, 13.0), Y)
    np.testing.assert_allclose(path.coefs[:, 3], model.coef_, atol=1e-5)
