"""The picture of a path: coefficients against strength."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._optional import needed
from ..path import RegularizationPath, regularization_path
from ._drawing import count_axis, limits, plain_ticks, runs
from ._panel import draw_coefficients, largest, name_line_ends, styles_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Parameters of estimators that `regularization_path` takes as they are.
SHARED = ("loss", "penalty", "fit_intercept", "standardize", "penalty_factors", "bounds", "tol", "max_iter", "class_weight")


class RegularizationPathDisplay:
    """Coefficients against strength, from strong to weak, with the number of nonzero coefficients on top.

    Make one with `from_path` or `from_estimator`; the parameters are stored as attributes.

    Parameters
    ----------
    path : RegularizationPath
        The path to draw.

    Attributes
    ----------
    ax_ : matplotlib Axes
        The axes with the coefficients.
    top_ax_ : matplotlib Axes
        The axes on top of them with the numbers of nonzero coefficients.
    figure_ : matplotlib Figure
        The figure.
    line_ : list of matplotlib Line2D
        One line for each column with a coefficient that is not zero somewhere.
    columns_ : list of int
        The positions of these columns.
    text_ : list of matplotlib Text
        The labels at the line ends, from top to bottom.

    See Also
    --------
    skregloss.regularization_path : Computes the path.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.inspection import RegularizationPathDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> model = PenalizedRegressor(loss="huber", penalty="l1", standardize=True)
    >>> display = RegularizationPathDisplay.from_estimator(model, X, y, n_labels=4)
    >>> [text.get_text() for text in display.text_]
    ['s5', 'bmi', 's2', 's1']
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, path: RegularizationPath):
        self.path = path

    @classmethod
    def from_path(cls, path: RegularizationPath, **options) -> RegularizationPathDisplay:
        """Draw a path.

        Parameters
        ----------
        path : RegularizationPath
            What `regularization_path` returns.
        **options : dict
            Passed to `plot`.

        Returns
        -------
        display : RegularizationPathDisplay
            The display, drawn.
        """
        return cls(path=path).plot(**options)

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        alphas: Any = 100,
        alpha_min_ratio: float | None = None,
        sample_weight: Any = None,
        offset: Any = None,
        strata: Any = None,
        **options,
    ) -> RegularizationPathDisplay:
        """Compute the path of an estimator's loss and penalty on data, and draw it.

        Parameters
        ----------
        estimator : PenalizedRegressor, PenalizedClassifier or PenalizedCox
            Says everything but the strengths; it need not be fitted.
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The targets, as `regularization_path` takes them.
        alphas : int or array-like, default=100
            How many strengths, or the strengths.
        alpha_min_ratio : float, default=None
            The last strength divided by the first.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            What is added to the linear predictor.
        strata : array-like of shape (n_samples,), default=None
            A label for each sample, as in `PenalizedCox`.
        **options : dict
            Passed to `plot`.

        Returns
        -------
        display : RegularizationPathDisplay
            The display, drawn.
        """
        shared = {name: getattr(estimator, name) for name in SHARED if hasattr(estimator, name)}
        if "loss" not in shared or "penalty" not in shared:
            raise TypeError(
                f"estimator is a {type(estimator).__name__}, which has no loss and penalty; valid are PenalizedRegressor, "
                "PenalizedClassifier and PenalizedCox. Of a pipeline, pass the last step and the transformed columns."
            )
        grid = {"alphas": alphas, "alpha_min_ratio": alpha_min_ratio}
        samples = {"sample_weight": sample_weight, "offset": offset, "strata": strata}
        path = regularization_path(X, y, **shared, **grid, **samples)
        return cls.from_path(path, **options)

    def plot(
        self,
        ax: Axes | None = None,
        *,
        n_labels: int = 8,
        scaled: bool = True,
        output: Any = None,
        line_kwargs: dict | None = None,
    ) -> RegularizationPathDisplay:
        """Draw the path.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; a new figure if None. Labels stand to the right of the axes, so leave room for them there, or
            make the figure with layout="constrained".
        n_labels : int, default=8
            How many coefficients have a colour and a label: the largest at the weakest strength. The others are grey.
        scaled : bool, default=True
            Whether to draw the coefficients of the standardised columns, if the path was computed with
            `standardize=True`: those can be compared, others are in the units of their columns.
        output : int or label of a class, default=None
            Which of several outputs to draw the coefficients of, by position, or which of several classes, by label. By
            default a line is the length of a column's coefficients for all of them, which is zero where they all are.
        line_kwargs : dict, default=None
            Passed to matplotlib's `Axes.plot` for each line.

        Returns
        -------
        display : RegularizationPathDisplay
            The display itself.
        """
        plt = needed("matplotlib.pyplot", "plot")
        path = self.path
        positive = path.alphas > 0.0
        if not positive.any():
            raise ValueError("The path has no strength > 0, and the axis of strengths is logarithmic.")
        if ax is None:
            _, ax = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        standardized = scaled and not np.all(path.column_scale == 1.0)
        coefs = _of_output(path, output)[:, positive] * (path.column_scale[:, None] if standardized else 1.0)
        alphas = path.alphas[positive]
        labelled = largest(np.abs(coefs[:, -1]), n_labels)
        styles = styles_of(labelled)
        self.columns_, self.line_ = draw_coefficients(ax, alphas, coefs, styles, line_kwargs or {})
        self._shade(ax, alphas, path.locally_convex[positive])
        ax.set(xscale="log", xlim=limits(alphas), xlabel="strength alpha, from strong to weak")
        plain_ticks(ax, alphas)
        ax.set_ylabel(_quantity(path, output) + (" of the standardised column" if standardized else ""))
        self.top_ax_ = count_axis(ax, alphas, path.n_nonzero[positive])
        names = path.column_names()
        self.text_ = name_line_ends(ax, {column: coefs[column, -1] for column in labelled}, names, styles)
        return self

    @staticmethod
    def _shade(ax, alphas, locally_convex):
        """Grey where local minima can differ, each strength as far as halfway to the next."""
        if locally_convex.all():
            return
        middles = np.sqrt(alphas[1:] * alphas[:-1])
        left, right = np.r_[alphas[0], middles], np.r_[middles, alphas[-1]]
        for first, last in runs(~locally_convex):
            ax.axvspan(right[last], left[first], facecolor="#F0F0F0", zorder=0, label="_not locally convex")
        ax.text(0.01, 0.015, "shaded: not locally convex", transform=ax.transAxes, fontsize=8, color="#555555")


def _of_output(path, output):
    """A coefficient for each column: that of one output, or the length of those of all."""
    names = path.output_names()
    if not names:
        if output is not None:
            raise ValueError(f"output is {output!r}, but the path has one output; valid is None.")
        return path.coefs
    if output is None:
        return np.linalg.norm(path.coefs, axis=0)
    if isinstance(output, bool) or output not in names:
        which = f"outputs 0 to {names[-1]}" if path.classes is None else f"classes {', '.join(map(repr, names))}"
        raise ValueError(f"output is {output!r}; valid are None and the {which}.")
    return path.coefs[names.index(output)]


def _quantity(path, output) -> str:
    """What the lines are."""
    if not path.output_names():
        return "coefficient"
    of_classes = path.classes is not None
    if output is None:
        return f"length of the coefficients of all {'classes' if of_classes else 'outputs'}"
    return f"coefficient for class {output}" if of_classes else "coefficient"
