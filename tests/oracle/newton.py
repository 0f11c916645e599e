"""A damped Newton method for the mean loss over a few unpenalised directions, run until nothing can be gained."""

from __future__ import annotations

import numpy as np

from .losses import RESIDUAL_LOSSES


def minimize(problem, Z, base, ridge=0.0, linear=0.0, start=None):
    """Minimise mean_loss(base + Z c) + linear' c + c' diag(ridge) c / 2; c, or None if the infimum is not attained."""
    if Z.shape[1] == 0:
        return np.zeros(0)
    w, rows = problem.weights, problem.rows
    ridge, linear = np.broadcast_to(ridge, Z.shape[1]), np.broadcast_to(linear, Z.shape[1])
    scale = np.sqrt(w @ Z**2)
    scale = np.where(scale > 0, scale, 1.0)

    def value(c):
        return w @ rows.value(base + Z @ c) + linear @ c + ridge @ c**2 / 2

    def slope(c):
        return (Z.T @ (w * rows.slope(base + Z @ c)) + linear + ridge * c) / scale

    c = _first_guess(problem, Z, base) if start is None else start
    level = np.abs(Z / scale).T @ (w * abs(rows.slope(base))) + abs(linear) / scale
    damping, step = 1e-3, np.zeros(len(c))
    for _ in range(500):
        gradient = slope(c)
        hessian = (Z.T * (w * rows.curvature(base + Z @ c))) @ Z + np.diag(ridge)
        curvatures, axes = np.linalg.eigh(hessian / np.outer(scale, scale))
        along = axes.T @ gradient
        regular = abs(curvatures) > 1e-14 * abs(curvatures).max()
        newton = -axes @ np.where(regular, along / np.where(regular, abs(curvatures), 1.0), 0.0) / scale
        # Near the optimum values no longer tell better from worse, gradients still do.
        calmer = np.linalg.norm(slope(c + newton)) < 0.5 * np.linalg.norm(gradient)
        if calmer and value(c + newton) <= value(c) + 1e-9 * abs(value(c)):
            c, step = c + newton, newton
            continue
        for _ in range(60):
            damped = -axes @ (along / (abs(curvatures) + damping * (abs(curvatures).max() or 1.0))) / scale
            if value(c + damped) < value(c):
                c, step, damping = c + damped, damped, damping / 10
                break
            damping = max(10 * damping, 1e-12)
        else:
            break
        if _escapes(problem, Z @ step, slope(c), level):
            return None
    return None if _escapes(problem, Z @ step, slope(c), level) else c


def _escapes(problem, move, gradient, level):
    """Whether eta still moves by whole units although hardly any gradient is left: it is on its way to infinity."""
    return (
        problem.loss not in RESIDUAL_LOSSES
        and np.abs(move).max() > 0.3
        and np.abs(gradient).max() < 1e-6 * np.max(level, initial=1e-300)
    )


def _first_guess(problem, Z, base):
    if problem.loss not in RESIDUAL_LOSSES:
        return np.zeros(Z.shape[1])
    root = np.sqrt(problem.weights)
    return np.linalg.lstsq(Z * root[:, None], root * (problem.rows.y - base))[0]
