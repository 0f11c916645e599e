"""The data term of a problem: the weighted mean loss as a function of all linear predictors.

`RowTerm` is for losses of one target and one linear predictor, whose rows do not see one another. Losses that couple rows
bring a term of their own, with the same members, from `Loss.joint_term`.
"""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from .._jit import read_only
from ..design import Outputs, Repeated
from .curvature import Curvature
from .intercepts import Intercepts
from .row_sums import row_sums
from .sample_terms import (
    bend_flat_rows,
    each_derivatives,
    fenchel_gap,
    flat_curvature,
    hessians,
    mean_loss,
    mean_minimum,
    own_curvature,
    row_derivatives,
    secant_curvature,
)


def make_data_term(loss, y, weights, total):
    """The data term; `weights` are of the samples and sum to 1, those given summed to `total`."""
    if loss.joint:
        return JointTerm(loss, loss.joint_term(y, weights, total))
    return RowTerm(loss, y, weights)


class RowTerm:
    """sum_i w_i l(y_i, eta_i); with several outputs, summed over them, output after output."""

    # Whether the loss couples rows, so that curvature is more than a weight per row.
    coupled = False

    def __init__(self, loss, y, weights):
        # Coefficients of each column, and whether they are reported in rows, one per output.
        self.copies = 1 if y.ndim == 1 else y.shape[1]
        self.several = y.ndim == 2
        self.y = read_only(np.ascontiguousarray(y.T, dtype=np.float64).ravel())
        self.weights = np.tile(weights, self.copies) if self.copies > 1 else weights
        self.loss, self.kernel_loss = loss, loss.lower()
        self.lipschitz, self.self_concordance = float(loss.lipschitz), float(loss.self_concordance)

    def arrange(self, design):
        """The design whose rows are the linear predictors"""
        return Outputs(design, self.copies) if self.copies > 1 else design

    def intercepts(self, wanted):
        """The intercepts of these rows"""
        if self.copies == 1:
            return Intercepts(int(wanted))
        n_samples = len(self.y) // self.copies
        owner = np.repeat(np.arange(self.copies), n_samples)
        return Intercepts(self.copies, owner) if wanted else Intercepts(0)

    def arrange_offset(self, offset):
        """The offset of each row"""
        return np.zeros(len(self.y)) if offset is None else np.ascontiguousarray(offset.T, dtype=np.float64).ravel()

    def rows_of(self, predictors):
        """The linear predictors (n,) or (n, K) of an estimator, row by row"""
        return predictors.T.ravel()

    def value(self, eta):
        return mean_loss(self.kernel_loss, self.y, eta, self.weights)

    def derivatives(self, eta):
        """The mean loss, its gradient, its model curvature, and the mean of the loss's own curvature"""
        gradient, curvature = np.empty(len(eta)), np.empty(len(eta))
        rows = self.y, eta, self.weights, gradient, curvature
        value, bend, flat_rows = row_sums(partial(row_derivatives, self.kernel_loss), *rows)
        if flat_rows:  # as `loss_derivatives` does, which would have a first fit compile it in any case
            flat = flat_curvature(bend, self.lipschitz)
            bend_flat_rows(self.kernel_loss, self.y, eta, self.weights, flat, gradient, curvature)
        return value, gradient, Curvature(curvature), bend

    def derivatives_each(self, etas):
        """The same for each row of `etas`"""
        if len(etas) == 1:  # a fit at one strength need not compile more
            return iter([self.derivatives(etas[0])])
        values, bends, gradients, weights = np.empty(len(etas)), np.empty(len(etas)), np.empty(etas.shape), np.empty(etas.shape)
        each_derivatives(self.kernel_loss, self.y, etas, self.weights, self.lipschitz, gradients, weights, values, bends)
        return zip(values.tolist(), gradients, map(Curvature, weights), bends.tolist(), strict=True)

    def own_curvature(self, point):
        """The curvature of the loss itself at each row: zero on flat pieces"""
        if self.loss.constant_curvature:
            return point.curvature.weights
        return own_curvature(point.curvature.weights, self.weights, flat_curvature(point.bend, self.lipschitz))

    def hessian(self, eta):
        """The second derivative as it is: also where it vanishes or is negative"""
        return Curvature(hessians(self.kernel_loss, self.y, eta, self.weights))

    def stiffened(self, point, move):
        """The model curvature at `point`, where needed so large that the model does not underestimate the loss after `move`"""
        weights = point.curvature.weights
        return Curvature(secant_curvature(self.kernel_loss, self.y, point.eta, self.weights, move, point.gradient, weights))

    def floor(self):
        """The mean of the per-row minima of the loss, and the mean size of the loss at zero"""
        return mean_minimum(self.kernel_loss, self.y, self.weights)

    @cached_property
    def _least(self):
        return self.floor()[0]

    def gap(self, point, scale):
        """The Fenchel-Young gap of the point's dual times a scale, or hardly more than that"""
        if self.loss.constant_curvature:  # l(eta) + l*(s l') - s l' eta = (1 - s)^2 (l - min l), as for any parabola
            return (1.0 - scale) ** 2 * max(point.value - self._least, 0.0)
        parts = self.weights, point.gradient, point.curvature.weights, point.dual
        bounds = flat_curvature(point.bend, self.lipschitz), self.self_concordance
        return fenchel_gap(self.kernel_loss, self.y, point.eta, *parts, scale, *bounds)


class JointTerm:
    """A mean loss that couples rows, by the functions that the loss gives for all rows at once."""

    coupled = True
    self_concordance = np.inf

    def __init__(self, loss, joint):
        self.loss, self.joint = loss, joint
        self.copies, self.weights, self.y = joint.copies, joint.weights, joint.y
        self.several = joint.copies > 1
        self.arrange_offset = joint.arrange_offset
        self.value, self.floor, self.rows_of = joint.value, joint.floor, joint.rows_of

    def arrange(self, design):
        """The design whose rows are the linear predictors"""
        if self.copies > 1:
            return Outputs(design, self.copies)
        return Repeated(design, self.joint.repeats) if self.joint.repeats > 1 else design

    def intercepts(self, wanted):
        """The intercepts of these rows"""
        count, owner = self.joint.intercept_owners(wanted)
        return Intercepts(count, owner)

    def derivatives(self, eta):
        value, gradient, weights, coupling = self.joint.derivatives(eta)
        return value, gradient, Curvature(weights, coupling), float(weights.sum())

    def own_curvature(self, point):
        return point.curvature.weights

    def hessian(self, eta):
        return self.derivatives(eta)[2]

    def stiffened(self, point, move):
        """The curvature times the factor with which the model does not underestimate the loss after `move`"""
        bend = move @ point.curvature.apply(move)
        rise = self.value(point.eta + move) - point.value - point.gradient @ move
        factor = 2.0 * rise / bend if bend > 0.0 else 1.0
        return point.curvature * (factor if 1.0 < factor < np.inf else 2.0)

    def gap(self, point, scale):
        return self.joint.gap(point.eta, scale)

    def starting_intercepts(self, offset):
        """Intercepts to begin the null model from"""
        return self.joint.starting_intercepts(offset)
