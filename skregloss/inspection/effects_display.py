"""The picture of what penalties do under different losses: small multiples of paths, or of curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._optional import needed
from ._drawing import GREY, STYLES, count_axis, limits, plain_ticks
from ._panel import draw_coefficients, largest, line_style, name_line_ends, styles_of
from .effects_result import RegularizationEffects

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text

KINDS = ("paths", "curves")
# Inches of a panel, and what the names of coefficients, the legend and the titles take; a single panel is as a path's picture.
PANEL = (3.1, 2.4)
BESIDE, ABOVE = 2.0, 0.7
SINGLE = (8.0, 5.0)
TOP_TICKS = 4
LABEL_SIZE = 8
# A panel of paths that would fill less than this share of its height makes its row have scales of its own.
READABLE = 0.2


class RegularizationEffectsDisplay:
    """Effects of penalties under different losses, strengths falling from left to right.

    Make one with `from_effects`; the parameters are stored as attributes.

    Parameters
    ----------
    effects : RegularizationEffects
        The effects to draw.

    Attributes
    ----------
    axes_ : ndarray of matplotlib Axes
        The panels: for paths by loss and penalty, for curves by measure and penalty.
    figure_ : matplotlib Figure
        The figure.
    line_ : ndarray of lists of matplotlib Line2D
        The lines of each panel: for paths one for each column with a coefficient that is not zero somewhere, for curves one
        for each loss, and for the loss explained in cross-validation another one.
    text_ : list of matplotlib Text
        For paths, the names of coefficients beside the last panel of each row.
    labelled_ : list of int
        For paths, the positions of the columns with a colour and a name.

    See Also
    --------
    skregloss.regularization_effects : Computes the effects.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import regularization_effects
    >>> from skregloss.inspection import RegularizationEffectsDisplay
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> effects = regularization_effects(X, y, losses=["squared_error", "huber"], penalties=["l1", "l2"])
    >>> display = RegularizationEffectsDisplay.from_effects(effects)
    >>> display.axes_.shape
    (2, 2)
    >>> plt.close(display.figure_)
    """

    def __init__(self, *, effects: RegularizationEffects):
        self.effects = effects

    @classmethod
    def from_effects(cls, effects: RegularizationEffects, **options) -> RegularizationEffectsDisplay:
        """Draw effects.

        Parameters
        ----------
        effects : RegularizationEffects
            What `regularization_effects` returns.
        **options : dict
            Passed to `plot`.

        Returns
        -------
        display : RegularizationEffectsDisplay
            The display, drawn.
        """
        return cls(effects=effects).plot(**options)

    def plot(
        self,
        ax: Axes | np.ndarray | None = None,
        *,
        kind: str = "paths",
        n_labels: int = 7,
        line_kwargs: dict | None = None,
    ) -> RegularizationEffectsDisplay:
        """Draw the effects.

        Parameters
        ----------
        ax : matplotlib Axes or array of them, default=None
            Where to draw: one for each panel, or one whose place is divided among the panels; a new figure if None. Names
            stand to the right of the last panels, so leave room for them there, or make the figure with
            layout="constrained".
        kind : {"paths", "curves"}, default="paths"
            "paths" draws the coefficients, with a row for each loss and a column for each penalty; a row has one scale
            unless that would make a panel unreadable. "curves" draws the number of exact zeros, the L2 norm relative to that
            at the weakest strength, and the loss explained, with a column for each penalty and a line for each loss.
        n_labels : int, default=7
            For paths, how many coefficients have a colour, the same in all panels, and a name: the largest on average over
            strengths and panels. The others are grey.
        line_kwargs : dict, default=None
            Passed to matplotlib's `Axes.plot` for each line.

        Returns
        -------
        display : RegularizationEffectsDisplay
            The display itself.
        """
        if kind not in KINDS:
            raise ValueError(f"kind is {kind!r}; valid are {', '.join(map(repr, KINDS))}.")
        n_penalties = len(self.effects.penalties)
        self.axes_ = _panels(ax, (len(self.effects.losses) if kind == "paths" else 3, n_penalties))
        self.figure_ = self.axes_[0, 0].figure
        self.line_ = np.empty(self.axes_.shape, dtype=object)
        self.text_: list[Text] = []
        self.labelled_: list[int] = []
        if kind == "paths":
            self._draw_paths(line_kwargs or {}, n_labels)
        else:
            self._draw_curves(line_kwargs or {})
        for panel, penalty in zip(self.axes_[0], self.effects.penalties, strict=True):
            panel.set_title(penalty, fontsize="medium", fontweight="bold")
        for panel in self.axes_.flat:
            panel.set(xscale="log", xlim=limits(self.effects.strengths))
            plain_ticks(panel, self.effects.strengths)
            if self.effects.strengths[0] >= 50.0 * self.effects.strengths[-1]:
                panel.xaxis.set_major_formatter("{x:g}")
        for panel in self.axes_[:-1].flat:
            panel.tick_params(labelbottom=False)
        for panel in self.axes_[-1]:
            panel.set_xlabel("strength / alpha_max", fontsize="small")
        return self

    def _draw_paths(self, line_kwargs, n_labels):
        """Coefficients: rows share their scale if that leaves each panel readable; losses have scales of their own."""
        effects = self.effects
        coefs = {pair: effects.coefficients(*pair) for pair in effects.paths}
        sizes = [np.abs(each).mean(axis=1) for each in coefs.values()]
        shares = [size / size.max() for size in sizes if size.any()]
        self.labelled_ = largest(np.mean(shares, axis=0), n_labels) if shares else []
        styles = styles_of(self.labelled_)
        for i, loss in enumerate(effects.losses):
            for j, penalty in enumerate(effects.penalties):
                panel, each = self.axes_[i, j], coefs[loss, penalty]
                _, self.line_[i, j] = draw_coefficients(panel, effects.strengths, each, styles, line_kwargs)
            _share_scale(self.axes_[i], least=READABLE)
            self.axes_[i, 0].set_ylabel(f"{loss}\ncoefficient", fontsize="small", linespacing=1.5)
        for i, loss in enumerate(effects.losses):
            for j, penalty in enumerate(effects.penalties):
                panel = self.axes_[i, j]
                panel.set(xscale="log", xlim=limits(effects.strengths))
                label = "" if i else "nonzero coefficients"
                top = count_axis(panel, effects.strengths, effects.paths[loss, penalty].n_nonzero, label, TOP_TICKS)
                top.tick_params(labelsize=LABEL_SIZE, length=2.0, pad=1.0, colors="#555555")
                top.xaxis.label.set(size=LABEL_SIZE, color="#555555")
        for i, loss in enumerate(effects.losses):
            last = coefs[loss, effects.penalties[-1]][:, -1]
            ends_here = {column: last[column] for column in self.labelled_}
            self.text_ += name_line_ends(self.axes_[i, -1], ends_here, effects.feature_names, styles, LABEL_SIZE)

    def _draw_curves(self, line_kwargs):
        effects = self.effects
        measures: list[tuple[str, Any]] = [
            (f"exact zeros\n(of {effects.n_features})", effects.n_zeros),
            ("L2 norm relative\nto the weakest's", effects.relative_l2_norm),
            ("loss explained", effects.loss_explained),
        ]
        for i, (label, values) in enumerate(measures):
            for j in range(len(effects.penalties)):
                self.line_[i, j] = [
                    self._curve(self.axes_[i, j], values[k, j], {**_loss_style(k), "label": loss, **line_kwargs})
                    for k, loss in enumerate(effects.losses)
                ]
            self.axes_[i, 0].set_ylabel(label, fontsize="small")
        for panel in self.axes_[0]:
            panel.axhline(effects.n_features, color=GREY, linewidth=0.8, zorder=1)
        self._add_cross_validation(line_kwargs)
        for row in self.axes_:
            _share_scale(row)
        self.axes_[0, -1].legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), fontsize=LABEL_SIZE, frameon=False, title="loss")

    def _curve(self, panel, values, style):
        marker = "o" if len(values) == 1 else None
        return panel.plot(self.effects.strengths, values, **{"marker": marker, "linewidth": 1.6, **style})[0]

    def _add_cross_validation(self, line_kwargs):
        """The loss explained on unseen rows in full strength, that in training pale."""
        scores = self.effects.cv_loss_explained
        if scores is None:
            return
        for j, panel in enumerate(self.axes_[2]):
            for line in self.line_[2, j]:
                line.set(alpha=0.35, linewidth=1.2)
            for k, loss in enumerate(self.effects.losses):
                style = {**_loss_style(k), "label": f"{loss}, cross-validated", **line_kwargs}
                self.line_[2, j].append(self._curve(panel, scores[k, j], style))
            panel.set_ylim(bottom=max(-0.1, np.nanmin(scores)))
        self.axes_[2, -1].text(
            1.02, 0.5, "pale: in training\nfull: cross-validated", transform=self.axes_[2, -1].transAxes, fontsize=LABEL_SIZE
        )


def _loss_style(rank) -> dict[str, Any]:
    """Dashes as well as colours, for the curves of losses often lie on one another."""
    return {**line_style(rank), "linestyle": STYLES[rank % len(STYLES)]}


def _share_scale(row, least=0.0):
    """The same vertical limits for all panels of a row, unless one would fill less than the share `least` of its height."""
    low, high = np.array([panel.get_ylim() for panel in row]).T
    if (high - low).min() < least * (high.max() - low.min()):
        return
    for panel in row:
        panel.set_ylim(low.min(), high.max())
    for panel in row[1:]:
        panel.tick_params(labelleft=False)


def _panels(ax, shape) -> np.ndarray:
    """The axes to draw in, by row and column."""
    plt = needed("matplotlib.pyplot", "plot")
    from matplotlib.gridspec import GridSpecFromSubplotSpec

    rows, columns = shape
    if ax is None:
        size = SINGLE if shape == (1, 1) else (PANEL[0] * columns + BESIDE, PANEL[1] * rows + ABOVE)
        return plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")[1]
    given = np.array(ax, dtype=object)
    if given.size == rows * columns:
        return given.reshape(shape)
    place = ax.get_subplotspec() if given.ndim == 0 else None
    if place is None:
        found = "one that is no subplot" if given.ndim == 0 else f"an array of shape {given.shape}"
        raise ValueError(f"ax is {found}; valid are {rows} x {columns} axes, or one subplot to divide.")
    ax.set_axis_off()
    grid = GridSpecFromSubplotSpec(rows, columns, subplot_spec=place)
    return np.array([[ax.figure.add_subplot(grid[i, j]) for j in range(columns)] for i in range(rows)])
