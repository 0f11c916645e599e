from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from .._validation import UNIT, check_parameter
from ._base import Loss
from ._shared import room

CROSSINGS = ("allow", "sort")


class Quantile(Loss):
    """q r where r >= 0, else (q - 1) r, with r = y - eta and q = quantile

    Domain: y real. Link: identity, eta is the q-quantile: the share q of targets lies below it.

    The check loss, for any part of a distribution and not its mean alone: the median for 0.5, a bound that one target in
    ten exceeds for 0.9. Targets count by their side only, not by their distance.

    Parameters
    ----------
    quantile : float or array-like, default=0.5
        The quantile, in (0, 1); or several different ones, for `PenalizedRegressor` to fit a linear predictor each and
        predict a column each.
    crossing : {"allow", "sort"}, default="allow"
        What becomes of predictions of several quantiles that are not in their order. They are fitted one by one, and lines
        that are not parallel cross somewhere. "allow" predicts what was fitted. "sort" puts the predictions of each sample
        in order, the rearrangement of Chernozhukov, Fernández-Val and Galichon (2010), which is never farther from the true
        quantiles and is often nearer; coefficients stay as fitted.

    Examples
    --------
    >>> from skregloss.losses import Quantile
    >>> loss = Quantile(0.9)
    >>> round(loss.value(3.0, 1.0), 2), round(loss.value(1.0, 3.0), 2)
    (1.8, 0.2)
    """

    name = "quantile"
    smooth = False
    flat_pieces = True

    def __init__(self, quantile: float | ArrayLike = 0.5, crossing: str = "allow"):
        self.quantile = quantile
        self.crossing = crossing

    def validate(self) -> None:
        if np.ndim(self.quantile) == 0:
            check_parameter(self, "quantile", UNIT)
        else:
            parts = self.parts()
            for part in parts:
                part.validate()
            if not parts or len({part.quantile for part in parts}) < len(parts):
                raise ValueError(f"quantile of Quantile is {self.quantile!r}; valid are different numbers in {UNIT}.")
        if self.crossing not in CROSSINGS:
            raise ValueError(f"crossing of Quantile is {self.crossing!r}; valid are {', '.join(map(repr, CROSSINGS))}.")

    def parts(self) -> list[Loss]:
        if np.ndim(self.quantile) == 0:
            return [self]
        return [Quantile(quantile) for quantile in np.asarray(self.quantile).ravel().tolist()]

    def arranged(self, predicted):
        if self.crossing == "allow" or predicted.ndim == 1:
            return predicted
        # The least prediction is that of the least quantile, whatever the order in which they were given.
        rank = np.argsort(np.argsort([part.quantile for part in self.parts()]))
        return np.sort(predicted, axis=1)[:, rank]

    def kernel_parameters(self) -> dict:
        if np.ndim(self.quantile):
            raise ValueError(
                f"Quantile has {np.size(self.quantile)} quantiles, which PenalizedRegressor fits one by one; valid here is one."
            )
        return {"quantile": self.quantile}

    @classmethod
    def examples(cls) -> list:
        return [cls(), cls(quantile=0.9), cls(quantile=0.05)]

    def value(self, y, eta):
        r = y - eta
        return self.quantile * r if r >= 0.0 else (self.quantile - 1.0) * r

    def gradient(self, y, eta):
        return -self.quantile if y >= eta else 1.0 - self.quantile

    def hessian(self, y, eta):
        return 0.0

    def conjugate(self, y, u):
        return u * y if room(min(self.quantile + u, 1.0 - self.quantile - u), 1.0) >= 0.0 else math.inf

    def fenchel_excess(self, y, eta, u):
        r = y - eta
        return (self.quantile + u) * r if r >= 0.0 else (self.quantile - 1.0 + u) * r

    def minimum(self, y):
        return 0.0

    def pieces(self, y):
        return y[:, None].copy(), np.tile([-self.quantile, 1.0 - self.quantile], (len(y), 1))

    def prox(self, y, z, step):
        return min(max(y, z - step * (1.0 - self.quantile)), z + step * self.quantile)

    def prox_slope(self, y, z, step):
        return min(max((z - y) / step, -self.quantile), 1.0 - self.quantile)
