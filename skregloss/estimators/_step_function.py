"""Functions of time that are constant between steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


class StepFunction:
    """f(t) = `initial` for t < x[0], and y[k] for x[k] <= t < x[k + 1]: continuous from the right.

    Parameters
    ----------
    x : ndarray of shape (n_steps,)
        Where the steps are, rising.
    y : ndarray of shape (n_steps,)
        The values from there on.
    initial : float, default=0.0
        The value before the first step.
    domain : tuple of float, default=(-inf, inf)
        The first and the last time at which the function is known.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss.estimators import StepFunction
    >>> survival = StepFunction(np.array([1.0, 4.0]), np.array([0.9, 0.5]), initial=1.0)
    >>> survival([0.0, 1.0, 3.0, 4.0]).tolist()
    [1.0, 0.9, 0.9, 0.5]
    """

    def __init__(self, x: np.ndarray, y: np.ndarray, initial: float = 0.0, domain: tuple[float, float] = (-np.inf, np.inf)):
        self.x, self.y, self.initial, self.domain = x, y, initial, domain

    def __call__(self, t: ArrayLike) -> np.ndarray:
        """The values at times t.

        Parameters
        ----------
        t : float or array-like
            Times within the domain.

        Returns
        -------
        values : float or ndarray
            Of the shape of t.
        """
        times = np.asarray(t, dtype=np.float64)
        low, high = self.domain
        outside = ~((times >= low) & (times <= high))
        if outside.any():
            raise ValueError(f"The step function is known from {low} to {high}, but not at {times[outside].ravel()[0]}.")
        return np.append(self.initial, self.y)[np.searchsorted(self.x, times, side="right")]

    def __repr__(self):
        return f"StepFunction of {len(self.x)} steps on [{self.domain[0]:g}, {self.domain[1]:g}]"
