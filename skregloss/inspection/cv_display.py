"""The picture of a cross-validation: scores against strength."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.base import clone

from .._optional import needed
from ._cv_curves import CVCurve, criterion_of, curves_of, score_name
from ._drawing import COLORS, STYLES, count_axis, plain_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

# With more curves than this, bands would hide each other: then only the chosen one has one.
MOST_BANDS = 3
# Scores far below where the curves begin are cut off: by more than this share of the rise from there to the best.
CUT = 0.6


class CVPathDisplay:
    """Mean scores over folds against strength, from strong to weak, with bands of one standard error.

    The scores of the chosen curve's folds are faint. Vertical lines mark on this curve the best strength, the one that the
    one-standard-error rule takes, and the chosen one, which is solid. Make one with `from_estimator`; the parameters are
    stored as attributes.

    Parameters
    ----------
    curves : list of CVCurve
        One for each penalty and whatever else was searched besides the strength.
    chosen : tuple of int
        The curve of the chosen candidate, and the position on it.
    score_name : str
        What the scores are.
    n_nonzero : ndarray of shape (n_alphas,), default=None
        The number of nonzero coefficients along the chosen curve.
    lower_is_better : bool, default=False
        Whether the scores are those of a criterion.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the curves.
    top_ax_ : matplotlib Axes or None
        The axes on top of them with the numbers of nonzero coefficients.
    figure_ : matplotlib Figure
        The figure.
    line_ : list of matplotlib Line2D
        One line for each curve.
    fold_lines_ : list of matplotlib Line2D
        The lines of the folds.
    mark_ : list of matplotlib Line2D
        The vertical lines.

    See Also
    --------
    skregloss.PenalizedRegressorCV, skregloss.PenalizedClassifierCV, skregloss.PathSearchCV : What is drawn.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressorCV
    >>> from skregloss.inspection import CVPathDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = PenalizedRegressorCV(penalty=["l1", "mcp"], alphas=20, standardize=True).fit(X, y)
    >>> display = CVPathDisplay.from_estimator(model)
    >>> [curve.label for curve in display.curves]
    ['l1', 'mcp']
    >>> plt.close(display.figure_)
    """

    def __init__(
        self,
        *,
        curves: list[CVCurve],
        chosen: tuple[int, int],
        score_name: str,
        n_nonzero: np.ndarray | None = None,
        lower_is_better: bool = False,
    ):
        self.curves = curves
        self.chosen = chosen
        self.score_name = score_name
        self.n_nonzero = n_nonzero
        self.lower_is_better = lower_is_better

    @classmethod
    def from_estimator(cls, estimator: Any, X: Any = None, y: Any = None, *, fit_params=None, **options) -> CVPathDisplay:
        """Draw the scores of an estimator that cross-validates.

        Parameters
        ----------
        estimator : PenalizedRegressorCV, PenalizedClassifierCV or PathSearchCV
            The estimator, fitted unless X and y are given.
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features), default=None
            If given, a clone of the estimator is fitted to it first.
        y : array-like of shape (n_samples,), default=None
            The targets or classes that go with X.
        fit_params : dict, default=None
            What else `fit` is given with X and y, such as `sample_weight`.
        **options : dict
            Passed to `plot`.

        Returns
        -------
        display : CVPathDisplay
            The display, drawn.
        """
        if X is not None:
            estimator = clone(estimator).fit(X, y, **(fit_params or {}))
        if not hasattr(estimator, "cv_results_") or not hasattr(estimator, "alphas_"):
            raise TypeError(
                f"estimator is {estimator!r}, without scores over strengths; valid are a fitted PenalizedRegressorCV, "
                "PenalizedClassifierCV or PathSearchCV, or an unfitted one with X and y."
            )
        curves, *chosen = curves_of(estimator)
        display = cls(
            curves=curves,
            chosen=(chosen[0], chosen[1]),
            score_name=score_name(estimator),
            n_nonzero=_counts(estimator),
            lower_is_better=bool(criterion_of(estimator)),
        )
        return display.plot(**options)

    def plot(self, ax: Axes | None = None, *, folds: bool = True, line_kwargs: dict | None = None) -> CVPathDisplay:
        """Draw the curves.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None.
        folds : bool, default=True
            Whether to draw the scores of the folds of the chosen curve.
        line_kwargs : dict, default=None
            Passed to matplotlib's `Axes.plot` for each curve.

        Returns
        -------
        display : CVPathDisplay
            The display itself.
        """
        plt = needed("matplotlib.pyplot", "plot")
        if not any((curve.alphas > 0.0).any() for curve in self.curves):
            raise ValueError("No strength is > 0, and the axis of strengths is logarithmic.")
        if ax is None:
            _, ax = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
        self.ax_, self.figure_, self.top_ax_ = ax, ax.figure, None
        self.line_: list[Line2D] = []
        self.fold_lines_: list[Line2D] = []
        for position in range(len(self.curves)):
            self._draw(position, folds, line_kwargs or {})
        self.mark_ = self._mark_strengths()
        every = np.unique(np.concatenate([curve.alphas[curve.alphas > 0.0] for curve in self.curves]))[::-1]
        ax.set(xscale="log", xlabel="strength alpha, from strong to weak", ylabel=self.score_name)
        ax.set_xlim((every[0], every[-1]) if len(every) > 1 else (2.0 * every[0], 0.5 * every[0]))
        ax.set_ylim(self._limits())
        plain_ticks(ax, every)
        if self.n_nonzero is not None:
            curve = self.curves[self.chosen[0]]
            positive = curve.alphas > 0.0
            label = "nonzero coefficients" + (f" ({curve.label})" if len(self.curves) > 1 else "")
            self.top_ax_ = count_axis(ax, curve.alphas[positive], self.n_nonzero[positive], label)
        # The curves, what lies around them, and the strengths.
        handles = ax.get_legend_handles_labels()[0]
        handles.sort(key=lambda handle: 0 if handle in self.line_ else 2 if handle in self.mark_ else 1)
        ax.legend(handles=handles, loc="best", frameon=True, framealpha=0.9, fontsize=9)
        return self

    def _draw(self, position, folds, line_kwargs):
        """One curve with its band and its folds."""
        curve, is_chosen = self.curves[position], position == self.chosen[0]
        positive = curve.alphas > 0.0
        alphas = curve.alphas[positive]
        cycle, index = divmod(position, len(COLORS))
        color = COLORS[index]
        if is_chosen or len(self.curves) <= MOST_BANDS:
            means, errors = curve.means[positive], curve.errors[positive]
            if folds and is_chosen:
                style = {"color": color, "linewidth": 0.7, "alpha": 0.3, "zorder": 1}
                self.fold_lines_ += self.ax_.plot(alphas, curve.scores[positive], **style)
                for line in self.fold_lines_[:1]:
                    line.set_label(f"folds of {curve.label}" if len(self.curves) > 1 else "folds")
            if errors.any():
                band = {"color": color, "alpha": 0.18, "linewidth": 0, "zorder": 2}
                band["label"] = "one standard error" if is_chosen and curve.label else None
                self.ax_.fill_between(alphas, means - errors, means + errors, **band)
        label = curve.label or ("mean and standard error" if curve.errors.any() else "_mean")
        style = {"color": color, "linestyle": STYLES[cycle % len(STYLES)], "linewidth": 1.8, "zorder": 4, "label": label}
        style["marker"] = "o" if len(alphas) == 1 else None
        self.line_ += self.ax_.plot(alphas, curve.means[positive], **{**style, **line_kwargs})

    def _mark_strengths(self) -> list[Line2D]:
        """Vertical lines at the best, the one-standard-error rule's and the chosen strength, each with its legend."""
        curve, (_, chosen) = self.curves[self.chosen[0]], self.chosen
        marks = {"best": self.best()}
        if curve.errors.any():
            marks["1-SE rule"] = self.within_one_error()
        if chosen not in marks.values():
            marks["chosen"] = chosen
        lines = []
        for position in dict.fromkeys(marks.values()):
            alpha = curve.alphas[position]
            if alpha > 0.0:
                names = " and ".join(name for name, at in marks.items() if at == position)
                names += ", chosen" if position == chosen and "chosen" not in marks else ""
                count = "" if self.n_nonzero is None else f", {self.n_nonzero[position]} nonzero"
                style: dict[str, Any] = {"color": "#333333", "linestyle": "-" if position == chosen else ":", "linewidth": 1.2}
                lines.append(self.ax_.axvline(alpha, **style, label=f"{names}: alpha {alpha:.3g}{count}"))
        return lines

    def best(self) -> int:
        """The position of the best mean on the chosen curve."""
        means = self.curves[self.chosen[0]].means
        return int(np.nanargmin(means) if self.lower_is_better else np.nanargmax(means))

    def within_one_error(self) -> int:
        """The position of the strongest alpha on the chosen curve whose mean is within one standard error of the best."""
        curve, best = self.curves[self.chosen[0]], self.best()
        return int(np.flatnonzero(curve.means >= curve.means[best] - curve.errors[best])[0])

    def _limits(self):
        """From the least score shown to the highest, without what falls far below where the curves begin."""
        sign = -1.0 if self.lower_is_better else 1.0
        values = [sign * np.r_[curve.means - curve.errors, curve.means + curve.errors] for curve in self.curves]
        values += [sign * line.get_ydata() for line in self.fold_lines_]
        shown = np.concatenate(values)
        shown = shown[np.isfinite(shown)]
        means = sign * np.concatenate([curve.means for curve in self.curves])
        top, best = shown.max(), np.nanmax(means)
        start = min((sign * curve.means[0] for curve in self.curves if np.isfinite(curve.means[0])), default=shown.min())
        bottom = max(shown.min(), start - CUT * (best - start)) if best > start else shown.min()
        room = 0.05 * (top - bottom) or 0.5
        low, high = bottom - room, top + room
        return (low, high) if sign > 0.0 else (-high, -low)


def _counts(search):
    """The number of nonzero coefficients along the path on all data, if it was kept: of all linear predictors together."""
    paths = getattr(search, "path_", None)
    if paths is None:
        return None
    paths = paths if isinstance(paths, list) else [paths]
    return np.sum([path.n_nonzero for path in paths], axis=0)
