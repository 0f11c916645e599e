"""The smooth stand-in for a loss with kinks, and the problem that has it as its loss.

    envelope(y, eta) = min over z of l(y, z) + (z - eta)^2 / (2 step)

It is l with its kinks rounded off, and its slope at eta is a slope of l at the z that attains the minimum, the prox. For a
loss of straight pieces it is a parabola wherever the prox is at a kink, and straight elsewhere.
"""

from __future__ import annotations

import copy

import numpy as np

from .._jit import Jittable, kernel


class Envelope(Jittable):
    """The Moreau envelope of a loss, with what solvers ask of a smooth loss."""

    smooth = True
    convex = True
    constant_curvature = False
    flat_pieces = True

    def __init__(self, loss, step):
        self.loss = loss
        self.step = step

    def kernel_parameters(self):
        return {"loss": self.loss, "step": self.step}

    @property
    def lipschitz(self) -> float:
        return 1.0 / self.step

    def value(self, y, eta):
        slope = self.loss.prox_slope(y, eta, self.step)
        return self.loss.value(y, eta - self.step * slope) + 0.5 * self.step * slope**2

    def gradient(self, y, eta):
        return self.loss.prox_slope(y, eta, self.step)

    def hessian(self, y, eta):
        # Where the slope at the prox is that of a whole piece, moving eta moves the prox along that piece.
        slope = self.loss.prox_slope(y, eta, self.step)
        return 0.0 if self.loss.gradient(y, eta - self.step * slope) == slope else 1.0 / self.step

    def model_curvature(self, y, eta):
        return self.hessian(y, eta)

    def derivatives(self, y, eta):
        return self.value(y, eta), self.gradient(y, eta), self.hessian(y, eta)

    def conjugate(self, y, u):
        return self.loss.conjugate(y, u) + 0.5 * self.step * u**2

    def minimum(self, y):
        return self.loss.minimum(y)


def smoothed(problem, step, slopes):
    """The problem with the envelope at eta + step slopes for its loss: the augmented Lagrangian of `problem`.

    At its minimum over all coefficients, its gradient by eta is the improved estimate of the slopes.
    """
    other, data = copy.copy(problem), copy.copy(problem.data)
    loss = Envelope(problem.loss, step)
    data.loss, data.kernel_loss, data.lipschitz = loss, loss.lower(), loss.lipschitz
    other.loss, other.data = loss, data
    other.offset = problem.offset + step * slopes
    return other


@kernel
def prox_slopes(loss, y, eta, step, weights):
    """The slope of the loss at its prox from every eta; zero for samples without weight."""
    result = np.zeros(y.shape[0])
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            result[i] = loss.prox_slope(y[i], eta[i], step)
    return result


@kernel
def total_excess(loss, y, eta, weights, slopes, scale):
    """sum_i weights_i (l(eta_i) + l*(u_i) - u_i eta_i) at u = scale slopes: zero where every u_i is a slope at eta_i"""
    total = 0.0
    for i in range(y.shape[0]):
        if weights[i] != 0.0:
            u = scale * slopes[i]
            if loss.conjugate(y[i], u) == np.inf:
                return np.inf
            total += weights[i] * max(loss.fenchel_excess(y[i], eta[i], u), 0.0)
    return total
