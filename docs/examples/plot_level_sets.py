"""
Why corners make zeros
======================

The optimum is where a level set of the loss touches a level set of the penalty. The corners of L1 lie on the axes, where a
coefficient is zero. What the level sets of the loss look like matters little.
"""

# %%
# Two correlated columns, of which the first matters, seen by three losses.

import matplotlib.pyplot as plt
import numpy as np

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.penalties import L1, L2

rng = np.random.default_rng(3)
X = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.5], [0.0, 0.9]])
y = np.where(X @ [1.0, 0.25] + 0.8 * rng.normal(size=200) > 0, 1.0, -1.0)

LOSSES = {"squared_error": "squared error", "log_loss": "log loss", "hinge": "hinge"}
PENALTIES = {"L1": (L1(), 0.16), "L2": (L2(), 0.35)}


def fitted(loss, penalty, alpha):
    """The two coefficients."""
    model = PenalizedRegressor if loss == "squared_error" else PenalizedClassifier
    return model(loss, penalty, alpha, fit_intercept=False).fit(X, y).coef_.ravel()


def mean_loss(name, b):
    """The mean loss at an array of coefficient pairs."""
    eta = b @ X.T
    m = y * eta
    each = {"squared_error": (y - eta) ** 2 / 2, "log_loss": np.log1p(np.exp(-m)), "hinge": np.maximum(0, 1 - m)}
    return each[name].mean(axis=-1)


# %%
# Each panel has the level sets of the mean loss (grey), the penalised optimum (dot), and the penalty's level set through it.

side = np.linspace(-0.75, 1.75, 121)
grid = np.stack(np.meshgrid(side, side), axis=-1)
figure, axes = plt.subplots(2, 3, figsize=(10, 6.8), sharex=True, sharey=True, layout="constrained")
for row, (kind, (penalty, alpha)) in zip(axes, PENALTIES.items(), strict=True):
    for ax, (loss, label) in zip(row, LOSSES.items(), strict=True):
        values = mean_loss(loss, grid)
        b = fitted(loss, penalty, alpha)
        touching = mean_loss(loss, b)
        low, high = values.min(), values.max()
        levels = [low + (touching - low) * share for share in (0.05, 0.3, 0.65, 1.0, 1.6, 2.6, 4.0, 8.0, 16.0, 30.0)]
        ax.contour(*np.moveaxis(grid, -1, 0), values, levels=[v for v in levels if v < high], colors="0.65", linewidths=0.9)
        size = sum(penalty.value(b_j, 1.0) for b_j in b)
        cost = np.abs(grid).sum(axis=-1) if kind == "L1" else (grid**2).sum(axis=-1) / 2
        ax.contourf(*np.moveaxis(grid, -1, 0), cost, levels=[0, size], colors=["#0072B2"], alpha=0.18)
        ax.contour(*np.moveaxis(grid, -1, 0), cost, levels=[size], colors="#0072B2", linewidths=1.6)
        ax.plot(*b, "o", color="#D55E00", markersize=8, clip_on=False, zorder=3)
        ax.axhline(0, color="0.3", linewidth=0.6)
        ax.axvline(0, color="0.3", linewidth=0.6)
        ax.set_title(f"{label}, {kind}: b = ({b[0]:.2f}, {b[1]:.2f})", fontsize=10)
        ax.set_aspect("equal")
for ax in axes[-1]:
    ax.set_xlabel("$b_1$")
for ax in axes[:, 0]:
    ax.set_ylabel("$b_2$")

# %%
# The optimum under L1 has the second coefficient exactly zero, whatever the loss; under L2 it is small and not zero.
