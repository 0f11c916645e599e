"""The picture of a cross-validation: what is drawn where, and what a reader can tell apart."""

from __future__ import annotations

import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from sklearn.datasets import load_diabetes
from sklearn.linear_model import LassoCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import PathSearchCV, PenalizedRegressor, PenalizedRegressorCV
from skregloss.inspection import CVPathDisplay
from skregloss.penalties import MCP, ElasticNet

DATA = load_diabetes(return_X_y=True)


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def search():
    return PenalizedRegressorCV(alphas=25, standardize=True).fit(*DATA)


def labels(display):
    return [text.get_text() for text in display.ax_.get_legend().get_texts()]


def test_mean_band_and_folds(search):
    display = CVPathDisplay.from_estimator(search)
    results = search.cv_results_
    [line] = display.line_
    np.testing.assert_array_equal(line.get_xdata(), search.alphas_)
    np.testing.assert_array_equal(line.get_ydata(), results["mean_test_score"])
    folds = np.array([results[f"split{k}_test_score"] for k in range(5)])
    np.testing.assert_array_equal([fold.get_ydata() for fold in display.fold_lines_], folds)
    assert all(fold.get_alpha() < 0.5 for fold in display.fold_lines_)
    error = folds.std(axis=0, ddof=1) / np.sqrt(5)
    [band] = display.ax_.collections
    corners = band.get_paths()[0].vertices[:, 1]
    assert corners.max() == pytest.approx((folds.mean(axis=0) + error).max())
    assert corners.min() == pytest.approx((folds.mean(axis=0) - error).min())
    assert display.ax_.get_ylabel() == "loss explained"
    assert CVPathDisplay.from_estimator(search, folds=False).fold_lines_ == []


def test_strength_falls_from_left_to_right_under_counts(search):
    display = CVPathDisplay.from_estimator(search)
    assert display.ax_.get_xscale() == "log"
    assert display.ax_.get_xlim() == (search.alphas_[0], search.alphas_[-1])
    assert display.top_ax_.get_xlim() == display.ax_.get_xlim()
    for tick, at in zip(display.top_ax_.get_xticklabels(), display.top_ax_.get_xticks(), strict=True):
        assert int(tick.get_text()) == search.path_.n_nonzero[np.isclose(search.alphas_, at)][0]


@pytest.mark.parametrize("selection", ["min", "1se", lambda results: 24])
def test_best_rule_and_choice_are_marked(selection):
    search = PenalizedRegressorCV(alphas=25, standardize=True, selection=selection).fit(*DATA)
    display = CVPathDisplay.from_estimator(search)
    ruled = PenalizedRegressorCV(alphas=25, standardize=True, selection="1se").fit(*DATA)
    marked = {line.get_xdata()[0]: line for line in display.mark_}
    assert set(marked) == {search.alphas_[search.cv_results_["mean_test_score"].argmax()], ruled.alpha_, search.alpha_}
    assert [at for at, line in marked.items() if line.get_linestyle() == "-"] == [search.alpha_]
    assert sum("chosen" in label for label in labels(display)) == 1
    assert any(f"1-SE rule{', chosen' * (selection == '1se')}: alpha {ruled.alpha_:.3g}" in label for label in labels(display))


def test_penalties_differ_in_colour():
    penalties = ["l1", ElasticNet(0.1), "l2", MCP(), None]
    search = PenalizedRegressorCV(penalty=penalties, alphas=6, standardize=True).fit(*DATA)
    display = CVPathDisplay.from_estimator(search)
    assert len({line.get_color() for line in display.line_}) == 5
    assert labels(display)[:5] == ["l1", "ElasticNet(l1_ratio=0.1)", "l2", "MCP()", "no penalty"]
    chosen = display.line_[display.chosen[0]]
    assert {fold.get_color() for fold in display.fold_lines_} == {chosen.get_color()}
    strengths = search.alphas_
    assert display.ax_.get_xlim() == (strengths.max(), strengths.min())
    assert labels(display)[display.chosen[0]] in display.top_ax_.get_xlabel()


def test_what_else_is_searched_is_told_apart():
    search = PenalizedRegressorCV(gamma=[0.0, 1.0], adaptive=[0, 2], alphas=4).fit(*DATA)
    display = CVPathDisplay.from_estimator(search)
    expected = ["not adaptive, gamma 0", "not adaptive, gamma 1", "adaptive, 2 rounds, gamma 0", "adaptive, 2 rounds, gamma 1"]
    assert labels(display)[:4] == expected


def test_criteria_have_neither_band_nor_folds():
    search = PenalizedRegressorCV(selection="aicc", alphas=20).fit(*DATA)
    display = CVPathDisplay.from_estimator(search)
    assert display.ax_.get_ylabel() == "AICc" and display.fold_lines_ == [] and len(display.ax_.collections) == 0
    np.testing.assert_array_equal(display.line_[0].get_ydata(), search.cv_results_["aicc"])
    [mark] = display.mark_
    assert mark.get_xdata()[0] == search.alpha_
    low, high = display.ax_.get_ylim()
    assert low < search.cv_results_["aicc"].min() < high


def test_pipelines():
    pipeline = make_pipeline(StandardScaler(), PenalizedRegressor())
    search = PathSearchCV(
        pipeline, alphas=8, param_grid={"penalizedregressor__penalty": ["l1", "mcp"]}, scoring="neg_mean_squared_error"
    )
    display = CVPathDisplay.from_estimator(search, *DATA)
    assert display.top_ax_ is None and labels(display)[:2] == ["l1", "mcp"]
    assert display.ax_.get_ylabel() == "negative mean squared error"


def test_collapsing_scores_do_not_hide_the_rest(numbers):
    """Scores far below those of the first strength are cut off."""
    search = PenalizedRegressorCV("poisson", alphas=20, cv=3)
    X = numbers[0] * 3.0
    search.fit(X, np.random.default_rng(0).poisson(np.exp(X[:, 0] / 3.0)))
    search.cv_results_["mean_test_score"][-1] = search.cv_results_["split0_test_score"][-1] = -1e6
    low, high = CVPathDisplay.from_estimator(search).ax_.get_ylim()
    assert -3.0 < low < search.best_score_ < high < 1.5


def test_own_axes_and_styles(search):
    _, ax = plt.subplots()
    display = CVPathDisplay.from_estimator(search, ax=ax, line_kwargs={"color": "red"})
    assert display.ax_ is ax and display.figure_ is ax.figure and display.line_[0].get_color() == "red"


def test_what_cannot_be_drawn(search):
    for estimator in (PenalizedRegressorCV(), PenalizedRegressor().fit(*DATA), LassoCV().fit(*DATA)):
        with pytest.raises(TypeError, match="valid are a fitted PenalizedRegressorCV"):
            CVPathDisplay.from_estimator(estimator)
    with pytest.raises(ValueError, match="logarithmic"):
        CVPathDisplay.from_estimator(PenalizedRegressorCV(alphas=[0.0]).fit(*DATA))


def test_matplotlib_is_imported_to_plot_alone():
    script = "import sys; from skregloss.inspection import CVPathDisplay; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
