"""What the displays share: colours, ticks, and labels that do not overlap."""

from __future__ import annotations

import numpy as np
from sklearn.isotonic import isotonic_regression

# Okabe and Ito's colours, which the colour-blind tell apart; yellow is left out, for it is hard to see on white. The first
# round of lines is solid, the next ones are dashed and dotted.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
STYLES = ("-", "--", ":")
GREY = "#BBBBBB"
# Names longer than this are cut in the middle.
LONGEST_NAME = 32
LABEL_SIZE = 9
# Numbers on the axis on top.
TOP_TICKS = 7
# Distances between the middles of labels, in font sizes.
LINE_HEIGHT = 1.3


def limits(alphas):
    """Strong on the left; room around a single strength."""
    return (alphas[0], alphas[-1]) if len(alphas) > 1 else (2.0 * alphas[0], 0.5 * alphas[0])


def runs(marks):
    """The first and last position of each run of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, marks, False].astype(int)))
    return zip(edges[::2], edges[1::2] - 1, strict=True)


def plain_ticks(ax, alphas):
    """Round and plain numbers as ticks where the strengths span few powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    left, right = limits(alphas)
    if left < 50.0 * right:
        subs = (1.0, 2.0, 5.0) if left > 10.0 * right else (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)
        ax.xaxis.set_major_locator(LogLocator(subs=subs))
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.xaxis.set_minor_formatter(NullFormatter())


def spread(wanted, height):
    """Places at least `height` apart within [0, 1], nearest to those wanted, which decrease; below 0 if there is no room."""
    steps = height * np.arange(len(wanted))
    lowest = steps[-1]
    return isotonic_regression(wanted + steps, y_min=min(lowest, 1.0), y_max=1.0, increasing=False) - steps


def shortened(name):
    """The name, its middle left out if it is long."""
    if len(name) <= LONGEST_NAME:
        return name
    half = (LONGEST_NAME - 1) // 2
    return f"{name[:half].rstrip()}…{name[-half:].lstrip()}"


def count_axis(ax, alphas, counts, label="nonzero coefficients", most_ticks=TOP_TICKS):
    """An axis on top with the numbers of nonzero coefficients at strengths evenly apart."""
    from matplotlib.ticker import NullLocator

    top = ax.twiny()
    top.set(xscale="log", xlim=ax.get_xlim(), xlabel=label)
    places = np.unique(np.linspace(0, len(alphas) - 1, min(most_ticks, len(alphas))).round().astype(int))
    evenly = np.geomspace(alphas[0], alphas[-1], len(places)) if len(places) > 1 else alphas
    nearest = np.unique([np.abs(np.log(alphas / at)).argmin() for at in evenly])
    top.set_xticks(alphas[nearest], [str(count) for count in counts[nearest]])
    top.xaxis.set_minor_locator(NullLocator())
    return top
