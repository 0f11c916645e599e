"""A picture of coefficients against strength, the part that displays share: lines, their names, and counts on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ._drawing import COLORS, GREY, LABEL_SIZE, LINE_HEIGHT, STYLES, shortened, spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.text import Text

# More grey lines than this are kept as pixels in vector graphics.
MOST_VECTORS = 200


def largest(sizes, count) -> list[int]:
    """The positions of the largest sizes, zeros left out."""
    order = np.argsort(-sizes, kind="stable")[: max(count, 0)]
    return order[sizes[order] > 0.0].tolist()


def line_style(rank) -> dict[str, Any]:
    """A colour and dashes for each rank, the colours first."""
    cycle, color = divmod(rank, len(COLORS))
    return {"color": COLORS[color], "linestyle": STYLES[cycle % len(STYLES)]}


def styles_of(columns) -> dict[int, dict[str, Any]]:
    """Columns in the order given -> how to draw them."""
    return {column: line_style(rank) for rank, column in enumerate(columns)}


def draw_coefficients(ax: Axes, strengths, coefs, styles, line_kwargs) -> tuple[list[int], list[Line2D]]:
    """A line for each column with a nonzero coefficient: coloured and on top if it has a style, else grey and thin."""
    columns = np.flatnonzero((coefs != 0.0).any(axis=1)).tolist()
    marker = "o" if len(strengths) == 1 else None
    lines = []
    for column in columns:
        style: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "zorder": 2, "rasterized": len(columns) > MOST_VECTORS}
        if column in styles:
            style = {**styles[column], "linewidth": 1.6, "zorder": 3}
        lines += ax.plot(strengths, coefs[column], **{"marker": marker, **style, **line_kwargs})
    ax.axhline(0.0, color="#888888", linewidth=1.7, zorder=4)  # covers the lines that lie on it
    return columns, lines


def name_line_ends(ax: Axes, ends, names, styles, size=LABEL_SIZE) -> list[Text]:
    """Names at the right end of the lines, moved apart as little as needed, each tied to its line.

    `ends` maps columns to where their lines end. The texts are returned from top to bottom.
    """
    if not ends:
        return []
    ax.figure.figure.draw_without_rendering()  # settles the layout and with it the height of the axes
    height = LINE_HEIGHT * size / 72.0 * ax.figure.dpi / ax.get_window_extent().height
    order = sorted(ends, key=lambda column: -ends[column])
    points = np.column_stack([np.full(len(order), ax.get_xlim()[1]), [ends[column] for column in order]])
    wanted = ax.transAxes.inverted().transform(ax.transData.transform(points))[:, 1]
    texts: list[Text] = []
    for column, at, place in zip(order, wanted, spread(wanted, height), strict=True):
        color = styles[column]["color"]
        tie = {"arrowstyle": "-", "color": color, "linewidth": 0.6, "shrinkA": 0.0, "shrinkB": 0.0, "relpos": (0.0, 0.5)}
        texts.append(
            ax.annotate(
                shortened(names[column]),
                xy=(1.0, at),
                xycoords="axes fraction",
                xytext=(1.03, place),
                textcoords="axes fraction",
                va="center",
                fontsize=size,
                color=color,
                arrowprops=tie,
                annotation_clip=False,
            )
        )
    return texts
