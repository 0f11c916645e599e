"""The pictures of effects: what is drawn where, and what a reader can tell apart."""

from __future__ import annotations

from itertools import pairwise

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import regularization_effects
from skregloss.inspection import RegularizationEffectsDisplay
from skregloss.inspection._drawing import COLORS, GREY

CANCER = load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.fixture(scope="module")
def effects():
    return regularization_effects(*CANCER, strengths=16, cv=3)


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def colors_by_column(effects, display, i, j):
    """The colours of the lines of a panel by the position of their column."""
    coefs = effects.coefficients(effects.losses[i], effects.penalties[j])
    columns = np.flatnonzero(coefs.any(axis=1))
    assert len(columns) == len(display.line_[i, j])
    for column, line in zip(columns, display.line_[i, j], strict=True):
        np.testing.assert_array_equal(line.get_xdata(), effects.strengths)
        np.testing.assert_array_equal(line.get_ydata(), coefs[column])
    return {column: line.get_color() for column, line in zip(columns, display.line_[i, j], strict=True)}


def test_rows_are_losses_and_columns_penalties(effects):
    display = effects.plot()
    assert isinstance(display, RegularizationEffectsDisplay)
    assert display.axes_.shape == display.line_.shape == (2, 3)
    assert display.figure_ is display.axes_[0, 0].figure
    assert [panel.get_title() for panel in display.axes_[0]] == effects.penalties
    assert [panel.get_ylabel().split("\n")[0] for panel in display.axes_[:, 0]] == effects.losses
    for panel in display.axes_.flat:
        assert panel.get_xscale() == "log"
        assert panel.get_xlim() == pytest.approx((1.0, 0.001))


def test_a_coefficient_has_one_colour_everywhere(effects):
    display = effects.plot(n_labels=5)
    assert len(display.labelled_) == 5
    expected = dict(zip(display.labelled_, COLORS, strict=False))
    for i in range(2):
        for j in range(3):
            colors = colors_by_column(effects, display, i, j)
            assert all(colors[column] == color for column, color in expected.items() if column in colors)
            assert {color for column, color in colors.items() if column not in expected} <= {GREY}


def test_the_largest_are_named_beside_each_row(effects):
    display = effects.plot(n_labels=4)
    names = [CANCER[0].columns[column] for column in display.labelled_]
    sizes = [abs(effects.coefficients(loss, penalty)).mean(axis=1) for loss in effects.losses for penalty in effects.penalties]
    importance = np.mean([size / size.max() for size in sizes], axis=0)
    assert display.labelled_ == np.argsort(-importance)[:4].tolist()
    texts = [text.get_text() for text in display.text_]
    assert sorted(texts[:4]) == sorted(texts[4:]) == sorted(names)


@pytest.mark.parametrize("n_labels", [3, 7, 10])
def test_names_do_not_overlap_each_other_or_the_picture(effects, n_labels):
    display = effects.plot(n_labels=n_labels)
    display.figure_.draw_without_rendering()
    extents = [super(type(text), text).get_window_extent() for text in display.text_]
    for row, panel in zip((extents[:n_labels], extents[n_labels:]), display.axes_[:, -1], strict=True):
        for above, below in pairwise(row):
            assert above.y0 >= below.y1 - 1.0
        for extent in row:
            assert extent.x0 > panel.get_window_extent().x1
            assert extent.x1 <= display.figure_.bbox.x1 + 1.0


def test_counts_on_top(effects):
    display = effects.plot()
    tops = [axes for axes in display.figure_.axes if axes not in display.axes_.ravel().tolist()]
    assert len(tops) == 6
    for top, (loss, penalty) in zip(tops, effects.paths, strict=True):
        at = [int(np.argmin(abs(effects.strengths - tick))) for tick in top.get_xticks()]
        counts = effects.paths[loss, penalty].n_nonzero[at]
        assert [tick.get_text() for tick in top.get_xticklabels()] == [str(count) for count in counts]


def test_a_row_has_one_scale_unless_a_panel_would_be_flat(effects):
    limits = [panel.get_ylim() for panel in effects.plot().axes_[1]]
    assert limits[0] == limits[1] == limits[2]
    lopsided = regularization_effects(*CANCER, "log_loss", {"weak": "l2", "strong": "l2"}, [1.0, 0.5])
    lopsided.paths["log_loss", "strong"].coefs[:] *= 0.01
    limits = [panel.get_ylim() for panel in lopsided.plot().axes_[0]]
    assert limits[1][1] < 0.1 * limits[0][1]


def test_curves(effects):
    display = effects.plot(kind="curves")
    assert display.axes_.shape == (3, 3)
    for j in range(3):
        for i, loss in enumerate(effects.losses):
            zeros, norm, explained = (display.line_[row, j][i] for row in range(3))
            np.testing.assert_array_equal(zeros.get_ydata(), effects.n_zeros[i, j])
            np.testing.assert_array_equal(norm.get_ydata(), effects.relative_l2_norm[i, j])
            np.testing.assert_array_equal(explained.get_ydata(), effects.loss_explained[i, j])
            np.testing.assert_array_equal(display.line_[2, j][2 + i].get_ydata(), effects.cv_loss_explained[i, j])
            assert zeros.get_label() == loss
        styles = [(line.get_color(), line.get_linestyle()) for line in display.line_[0, j]]
        assert len(set(styles)) == 2
    assert [text.get_text() for text in display.axes_[0, -1].get_legend().get_texts()] == effects.losses


def test_own_axes(effects):
    _, axes = plt.subplots(2, 3)
    assert RegularizationEffectsDisplay.from_effects(effects, ax=axes).axes_[1, 2] is axes[1, 2]
    figure, (left, right) = plt.subplots(1, 2, figsize=(16, 5), layout="constrained")
    display = effects.plot(ax=right)
    assert display.figure_ is figure
    assert display.axes_.shape == (2, 3)
    assert not left.lines
    with pytest.raises(ValueError, match=r"ax is an array of shape \(2, 2\); valid are 2 x 3 axes"):
        effects.plot(ax=plt.subplots(2, 2)[1])
    with pytest.raises(ValueError, match="one that is no subplot"):
        effects.plot(ax=plt.figure().add_axes((0, 0, 1, 1)))
    with pytest.raises(ValueError, match="kind is 'bars'; valid are 'paths', 'curves'"):
        effects.plot(kind="bars")


@pytest.mark.parametrize("kind", ["paths", "curves"])
@pytest.mark.parametrize("strengths", [[0.1], [1.0, 0.5], [2.0, 1.0]])
def test_a_single_panel_and_few_strengths(kind, strengths):
    effects = regularization_effects(*CANCER, "log_loss", "l1", strengths)
    ax = plt.subplots()[1]
    display = effects.plot(ax=ax if kind == "paths" else None, kind=kind, line_kwargs={"linewidth": 3.0})
    display.figure_.draw_without_rendering()
    assert {line.get_linewidth() for lines in display.line_.flat for line in lines} <= {3.0}
    if kind == "paths":
        assert display.axes_[0, 0] is ax


def test_in_a_part_of_a_figure(effects):
    part = plt.figure(figsize=(12, 5), layout="constrained").subfigures(1, 2)[0]
    display = effects.plot(ax=part.subplots(2, 3))
    assert display.figure_ is part
    assert len(display.text_) == 14
