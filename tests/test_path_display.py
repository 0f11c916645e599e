"""The picture of a path: what is drawn where, and what a reader can tell apart."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import LassoCV

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import PenalizedClassifier, PenalizedRegressor, regularization_path
from skregloss.inspection import RegularizationPathDisplay
from skregloss.inspection._drawing import COLORS, GREY, shortened, spread

CANCER = load_breast_cancer(return_X_y=True, as_frame=True)
DIABETES = load_diabetes(return_X_y=True, as_frame=True)


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def cancer_path(penalty="l1", **options):
    options = {"alphas": 30, "standardize": True, **options}
    return regularization_path(*CANCER, loss="log_loss", penalty=penalty, **options)


def test_lines_are_the_coefficients_of_standardised_columns():
    path = cancer_path()
    display = path.plot()
    assert isinstance(display, RegularizationPathDisplay)
    assert display.columns_ == np.flatnonzero(path.coefs.any(axis=1)).tolist()
    for column, line in zip(display.columns_, display.line_, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), path.alphas)
        np.testing.assert_allclose(line.get_ydata(), path.coefs[column] * CANCER[0].iloc[:, column].std(ddof=0))
    assert display.ax_.get_ylabel() == "coefficient of the standardised column"


def test_lines_in_units_of_the_columns():
    path = cancer_path()
    display = RegularizationPathDisplay.from_path(path, scaled=False)
    np.testing.assert_array_equal(display.line_[0].get_ydata(), path.coefs[display.columns_[0]])
    assert display.ax_.get_ylabel() == "coefficient"


def test_strength_falls_from_left_to_right():
    path = cancer_path()
    display = path.plot()
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_xlim() == pytest.approx((path.alphas[0], path.alphas[-1]))
    assert display.top_ax_.get_xlim() == display.ax_.get_xlim()
    assert display.figure_ is display.ax_.figure


def test_top_axis_counts_nonzero_coefficients():
    path = cancer_path()
    top = path.plot().top_ax_
    at = [int(np.argmin(abs(path.alphas - tick))) for tick in top.get_xticks()]
    assert [label.get_text() for label in top.get_xticklabels()] == [str(path.n_nonzero[k]) for k in at]
    assert at[0] == 0
    assert at[-1] == 29


def test_the_largest_are_labelled_and_coloured():
    path = cancer_path()
    display = path.plot(n_labels=5)
    ends = path.coefs[:, -1] * path.column_scale
    largest = np.argsort(-abs(ends))[:5]
    expected = sorted(largest, key=lambda column: -ends[column])
    assert [text.get_text() for text in display.text_] == [CANCER[0].columns[column] for column in expected]
    colors = {column: line.get_color() for column, line in zip(display.columns_, display.line_, strict=True)}
    assert {colors[column] for column in largest} == set(COLORS[:5])
    assert {color for column, color in colors.items() if column not in largest} == {GREY}
    assert [text.get_color() for text in display.text_] == [colors[column] for column in expected]


@pytest.mark.parametrize("n_labels", [3, 8, 15])
def test_labels_do_not_overlap_each_other_or_the_picture(n_labels):
    display = cancer_path().plot(n_labels=n_labels)
    display.figure_.draw_without_rendering()
    extents = [super(type(text), text).get_window_extent() for text in display.text_]
    for above, below in pairwise(extents):
        assert above.y0 >= below.y1 - 1.0
    frame = display.ax_.get_window_extent()
    whole = display.figure_.bbox
    for extent in extents:
        assert extent.x0 > frame.x1
        assert extent.x1 <= whole.x1 + 1.0


def test_more_labels_than_colours_differ_in_style():
    display = cancer_path().plot(n_labels=20)
    styles = [(line.get_color(), line.get_linestyle()) for line in display.line_ if line.get_color() != GREY]
    assert len(set(styles)) == len(styles) == 20


def test_names():
    assert [text.get_text() for text in cancer_path().plot(n_labels=0).text_] == []
    path = regularization_path(DIABETES[0].to_numpy(), DIABETES[1], loss="huber", penalty="l1", alphas=10)
    assert path.plot(n_labels=1).text_[0].get_text() in [f"x{j}" for j in range(10)]
    assert shortened("short") == "short"
    name = shortened("expression of the gene with accession number 1083")
    assert len(name) <= 32
    assert name.startswith("expression of")
    assert name.endswith("number 1083")


def test_places_of_labels():
    rng = np.random.default_rng(0)
    for count in (1, 2, 10, 20):
        wanted = np.sort(rng.uniform(-0.1, 1.1, count))[::-1]
        places = spread(wanted, 0.05)
        assert (-np.diff(places) >= 0.05 - 1e-12).all()
        assert places.max() <= 1.0 + 1e-12
        assert places.min() >= -1e-12
    np.testing.assert_allclose(spread(np.array([0.9, 0.5, 0.1]), 0.05), [0.9, 0.5, 0.1])


def test_where_it_is_not_locally_convex_is_shaded():
    path = cancer_path("mcp", alpha_min_ratio=0.1)
    assert not path.locally_convex.all()
    ax = path.plot().ax_
    assert len(ax.patches) == 1
    assert any("not locally convex" in text.get_text() for text in ax.texts)
    assert len(cancer_path().plot().ax_.patches) == 0


def test_own_axes_and_line_style():
    figure, axes = plt.subplots(1, 2)
    display = cancer_path().plot(ax=axes[1], line_kwargs={"linewidth": 3.0})
    assert display.ax_ is axes[1]
    assert display.figure_ is figure
    assert {line.get_linewidth() for line in display.line_} == {3.0}
    assert len(axes[0].lines) == 0


@pytest.mark.filterwarnings("ignore:The path did not converge")  # without a penalty the classes are separable
@pytest.mark.parametrize("alphas", [[0.1], [0.1, 0.0], [0.2, 0.1]])
def test_few_strengths(alphas):
    display = cancer_path(alphas=alphas).plot()
    assert len(display.line_[0].get_xdata()) == len([alpha for alpha in alphas if alpha > 0.0])


def test_a_path_without_positive_strengths_has_no_picture():
    path = regularization_path(*DIABETES, loss="squared_error", penalty="l1", alphas=[0.0])
    with pytest.raises(ValueError, match="no strength > 0"):
        path.plot()


def test_all_zero():
    path = cancer_path(alphas=[10.0, 5.0])
    display = path.plot()
    assert display.line_ == []
    assert display.text_ == []


@pytest.mark.parametrize(
    ("model", "loss", "X", "y"),
    [
        (PenalizedRegressor("huber", "mcp", standardize=True, penalty_factors={"bmi": 0.0}), "huber", *DIABETES),
        (PenalizedClassifier(penalty="l1", standardize=True, class_weight="balanced"), "log_loss", *CANCER),
    ],
)
def test_from_estimator(model, loss, X, y):
    display = RegularizationPathDisplay.from_estimator(model, X, y, alphas=8, alpha_min_ratio=0.05, n_labels=2)
    options = {name: model.get_params()[name] for name in ("penalty", "standardize", "penalty_factors")}
    if loss == "log_loss":
        options["class_weight"] = "balanced"
    path = regularization_path(X, y, loss=loss, alphas=8, alpha_min_ratio=0.05, **options)
    np.testing.assert_array_equal(display.path.coefs, path.coefs)
    assert len(display.text_) == 2


def test_from_estimator_of_another_kind():
    with pytest.raises(TypeError, match="LassoCV, which has no loss and penalty"):
        RegularizationPathDisplay.from_estimator(LassoCV(), *DIABETES)


def test_many_columns_with_long_names():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(50, 2000)), columns=[f"expression of the gene with number {j}" for j in range(2000)])
    path = regularization_path(X, X.iloc[:, :5].sum(axis=1), loss="squared_error", penalty="l1", alphas=20)
    display = path.plot()
    assert len(display.line_) < 100
    display.figure_.draw_without_rendering()


def test_matplotlib_and_the_path_are_imported_when_needed():
    script = (
        "import sys, skregloss, skregloss.inspection\n"
        "assert 'skregloss.path' not in sys.modules\n"
        "skregloss.regularization_path, skregloss.inspection.RegularizationPathDisplay\n"
        "assert 'regularization_path' in dir(skregloss)\n"
        "assert 'matplotlib' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_line_for_all_outputs_is_a_length():
    X, y = DIABETES
    path = regularization_path(X, np.column_stack([y, -2.0 * y, X["age"]]), loss="squared_error", penalty="l21", alphas=20)
    assert path.coefs.shape == (3, 10, 20)
    assert path.intercepts.shape == (3, 20)
    assert "of 30 coefficients" in repr(path)
    display = path.plot()
    lengths = np.linalg.norm(path.coefs, axis=0)
    for column, line in zip(display.columns_, display.line_, strict=True):
        np.testing.assert_allclose(line.get_ydata(), lengths[column])
    assert "all outputs" in display.ax_.get_ylabel()
    display = path.plot(output=1)
    np.testing.assert_array_equal(display.line_[0].get_ydata(), path.coefs[1, display.columns_[0]])
    with pytest.raises(ValueError, match="output is 3; valid are None and the outputs 0 to 2"):
        path.plot(output=3)
    frame = path.to_frame()
    np.testing.assert_array_equal(frame["bmi [2]"], path.coefs[2, 2])
    np.testing.assert_array_equal(frame["intercept [1]"], path.intercepts[1])
    with pytest.raises(ValueError, match="one output"):
        cancer_path(alphas=3).plot(output=0)
