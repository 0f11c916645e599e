"""What a loss is: scalar functions of one target and one linear predictor, and the facts that solvers ask for."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from .._jit import Jittable
from .._validation import Interval

# The search for a conjugate goes no farther than this: a slope not reached by then is not reached at all.
FARTHEST_ETA = 1e9


class Loss(Jittable, BaseEstimator):
    """A loss l(y, eta) of one target y and one linear predictor eta.

    A subclass gives `value` and `gradient`, and states what differs from the defaults below. Methods are plain scalar
    functions in NumPy or math calls: the solvers compile them. `gradient` and `hessian` are derivatives in eta. A loss
    with kinks (`smooth = False`) gives `prox` too, a convex `value`, and as `gradient` at a kink the slope of one side.
    """

    # The string that names the loss in an estimator, and other strings that do too.
    name: ClassVar[str] = ""
    aliases: ClassVar[tuple[str, ...]] = ()
    # Whether the gradient is continuous in eta, and whether the value is convex in eta.
    smooth: ClassVar[bool] = True
    convex: ClassVar[bool] = True
    # Whether the hessian is 1 everywhere: quadratic models are then exact, and their matrices can be kept.
    constant_curvature: ClassVar[bool] = False
    # Whether the hessian is exactly zero on some interval. Where it is not, curvature that vanishes means that the minimum
    # lies at infinity.
    flat_pieces: ClassVar[bool] = False
    # Whether the loss couples rows of linear predictors, as a likelihood of several classes or of an order of events does. It
    # then has no `value` of one row; `joint_term` gives the functions of all rows.
    joint: ClassVar[bool] = False
    # Whether a joint loss has a linear predictor for each class, with coefficients of its own.
    predictor_per_class: ClassVar[bool] = False
    # Whether the value is the negative log-likelihood of y, up to a term free of eta.
    likelihood: ClassVar[bool] = False
    # Whether y is a class, coded -1 or +1 (from 0 on for a joint loss), and whether the loss gives its probability: with
    # `inverse_link` that of +1, for a joint loss with `probabilities`.
    classification: ClassVar[bool] = False
    defines_probability: ClassVar[bool] = False
    # Whether y has times of events: columns (start, stop, event, stratum).
    event_times: ClassVar[bool] = False
    # The value of eta at which the decision changes.
    decision_threshold: ClassVar[float] = 0.0
    y_interval: ClassVar[Interval] = Interval()

    @property
    def lipschitz(self) -> float:
        """The least upper bound of the hessian over all y and eta; infinite if there is none."""
        return np.inf

    @property
    def self_concordance(self) -> float:
        """A number c with |l'''| <= c l'' for all y and eta; infinite if none is known."""
        return np.inf

    def value(self, y, eta):
        """l(y, eta)"""
        raise NotImplementedError

    def gradient(self, y, eta):
        """l'(y, eta)"""
        raise NotImplementedError

    def hessian(self, y, eta):
        """l''(y, eta), or an element of the generalised derivative of l'; a central difference unless overridden."""
        h = 1e-5 * (1.0 + abs(eta))
        return (self.gradient(y, eta + h) - self.gradient(y, eta - h)) / (2.0 * h)

    def model_curvature(self, y, eta):
        """The curvature of quadratic models: the hessian, or where that can be negative something that cannot."""
        curvature = self.hessian(y, eta)
        return curvature if curvature > 0.0 else 0.0

    def derivatives(self, y, eta):
        """value, gradient and model_curvature; worth a formula of its own where they have costly parts in common."""
        return self.value(y, eta), self.gradient(y, eta), self.model_curvature(y, eta)

    def conjugate(self, y, u):
        """sup over eta of u eta - l(y, eta), for a convex loss; infinite where u is no slope of l.

        Found by bisection unless overridden.
        """
        low, high = -1.0, 1.0
        while self.gradient(y, low) > u and low > -FARTHEST_ETA:
            low *= 2.0
        while self.gradient(y, high) < u and high < FARTHEST_ETA:
            high *= 2.0
        slack = 1e-12 * (1.0 + abs(u))
        if self.gradient(y, low) > u + slack or self.gradient(y, high) < u - slack:
            return np.inf
        for _ in range(200):
            middle = 0.5 * (low + high)
            if self.gradient(y, middle) < u:
                low = middle
            else:
                high = middle
        return u * low - self.value(y, low)

    def minimum(self, y):
        """min over eta of l(y, eta), or the infimum"""
        return -self.conjugate(y, 0.0)

    def fenchel_excess(self, y, eta, u):
        """l(y, eta) + conjugate(y, u) - u eta >= 0, which is 0 where u is a slope at eta, for u in the conjugate's domain.

        Worth a formula of its own where the terms cancel.
        """
        return self.value(y, eta) + self.conjugate(y, u) - u * eta

    def prox(self, y, z, step):
        """argmin over eta of l(y, eta) + (eta - z)^2 / (2 step); needed of losses that are not smooth only."""
        raise NotImplementedError

    def prox_slope(self, y, z, step):
        """(z - prox) / step, a slope of l at its prox; worth a formula that stays within the slopes of l to the last bit."""
        return (z - self.prox(y, z, step)) / step

    def pieces(self, y):
        """For a loss of straight pieces: its kinks in rising order, a row per y, and the slopes before, between and after them.

        Other losses have None.
        """
        return None

    def probabilities(self, eta):
        """The probability of each class, for a joint loss of classes; a row of linear predictors per sample."""
        raise NotImplementedError

    def joint_term(self, y, weights, total):
        """The mean loss of all samples, for a joint loss: what `solvers.data_term.JointTerm` asks for.

        The weights of the samples sum to 1; `total` is what they summed to as given.
        """
        raise NotImplementedError

    def for_classes(self, count: int):
        """The loss that fits this many classes at once; None if each is fitted against the rest."""
        return self if count == 2 else None

    def parts(self) -> list[Loss]:
        """The losses that are fitted one by one, a linear predictor each; mostly this one alone."""
        return [self]

    def arranged(self, predicted):
        """Predictions of several parts, a column each, as they are to be seen."""
        return predicted

    def inverse_link(self, eta):
        """The prediction at eta: the mean, the quantile ..., or the probability of class +1."""
        return eta

    def validate(self) -> None:
        """Raise a ValueError or TypeError, naming parameter and valid values, if a parameter is not valid."""

    @classmethod
    def examples(cls) -> list:
        """Instances that between them show everything the class can do; tests run over all of them."""
        return [cls()]
