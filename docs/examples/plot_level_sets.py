"""
Why corners make zeros
======================

The optimum is where a level set of the loss touches a level set of the penalty. The corners of L1 lie on the axes, where a
coefficient is zero. What the level sets of the loss look like matters little.
"""

# %%
# Two correlated columns, of which the first matters, and two classes, seen by five losses. Losses for numbers see the classes
# as 0 and 1.

import matplotlib.pyplot as plt
import numpy as np

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Hinge, Huber, LogLoss, Poisson, SquaredError
from skregloss.penalties import L1, L2

rng = np.random.default_rng(3)
X = rng.normal(size=(200, 2)) @ np.array([[1.0, 0.5], [0.0, 0.9]])
y = (X @ [1.0, 0.25] + 0.8 * rng.normal(size=200) > 0).astype(float)

LOSSES = {
    "squared error": SquaredError(),
    "Huber": Huber(0.2),
    "Poisson": Poisson(),
    "log loss": LogLoss(),
    "hinge": Hinge(),
}
PENALTIES = {"L1": (L1(), 0.35), "L2": (L2(), 1.2)}


def fit(loss, penalty, alpha):
    """A model of the two columns without an intercept."""
    model = PenalizedClassifier if loss.classification else PenalizedRegressor
    return model(loss, penalty, alpha, fit_intercept=False).fit(X, y)


def mean_loss(loss, b):
    """The mean loss at an array of pairs of coefficients."""
    targets = 2 * y - 1 if loss.classification else y
    return np.vectorize(loss.value)(targets, b @ X.T).mean(axis=-1)


# %%
# Each panel has the level sets of the mean loss (grey) around its minimum (cross), the penalised optimum (dot), and the
# penalty's level set through it. Coefficients have the scale of their loss, so panels are scaled by the minimum. Strengths
# are the same share of alpha_max for all losses.

figure, axes = plt.subplots(2, len(LOSSES), figsize=(13, 5.7), layout="constrained")
for column, (label, loss) in zip(axes.T, LOSSES.items(), strict=True):
    free = fit(loss, None, 0.0).coef_.ravel()
    side = np.linspace(-1.0, 1.4, 81) * free[0]
    grid = np.stack(np.meshgrid(side, side), axis=-1)
    values, lowest = mean_loss(loss, grid), mean_loss(loss, free)
    null = mean_loss(loss, np.zeros(2))
    levels = lowest + (null - lowest) * np.array([0.02, 0.1, 0.25, 0.5, 1.0, 1.7, 2.6, 4.0, 6.0])
    for ax, (kind, (penalty, share)) in zip(column, PENALTIES.items(), strict=True):
        model = fit(loss, penalty, share * fit(loss, "l1", 1e3).alpha_max_)
        b = model.coef_.ravel()
        ax.contour(*np.moveaxis(grid, -1, 0), values, levels=levels, colors="0.65", linewidths=0.9)
        size = sum(penalty.value(b_j, 1.0) for b_j in b)
        cost = np.abs(grid).sum(axis=-1) if kind == "L1" else (grid**2).sum(axis=-1) / 2
        ax.contourf(*np.moveaxis(grid, -1, 0), cost, levels=[0, size], colors=["#0072B2"], alpha=0.18)
        ax.contour(*np.moveaxis(grid, -1, 0), cost, levels=[size], colors="#0072B2", linewidths=1.6)
        ax.axhline(0, color="0.3", linewidth=0.6)
        ax.axvline(0, color="0.3", linewidth=0.6)
        ax.plot(*free, "+", color="0.2", markersize=9, markeredgewidth=1.6)
        ax.plot(*b, "o", color="#D55E00", markersize=9, zorder=3)
        ax.set_title(f"{label}, {kind}\nb = ({b[0]:.2f}, {b[1]:.2f})", fontsize=13)
        ax.set(aspect="equal", xticks=[0], yticks=[0])
for ax in axes[-1]:
    ax.set_xlabel("$b_1$", fontsize=13)
for ax in axes[:, 0]:
    ax.set_ylabel("$b_2$", rotation=0, fontsize=13)

# %%
# The optimum under L1 has the second coefficient exactly zero, whatever the loss; under L2 it is small and not zero. Only the
# level sets of the squared error are ellipses: Huber's are ellipses near the minimum, those of the hinge are polygons.
