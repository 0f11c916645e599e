"""
Zero: an interval under L1, a point under L2
============================================

A coefficient settles where the pull of the loss equals the resistance of the penalty. L1 resists at zero with any force up to
alpha, so that every pull within that interval leaves the coefficient at exactly zero. L2 resists at zero with no force at all.
"""

# %%
# The pull of the loss on one coefficient of real data: how fast the objective of all other coefficients, each time at their
# optimum, falls as this one grows. Nothing in it asks which loss it is.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.preprocessing import StandardScaler

from skregloss import PenalizedClassifier, PenalizedRegressor
from skregloss.losses import Huber

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
COLUMN = X.columns.get_loc("mean texture")
Z = StandardScaler().fit_transform(X)

LOSSES = {"squared error": "squared_error", "Huber": Huber(0.2), "Poisson": "poisson", "log loss": "log_loss", "hinge": "hinge"}
SHARE = 0.3  # of alpha_max


def estimator(loss, penalty, alpha, **options):
    kind = PenalizedClassifier if loss in ("log_loss", "hinge") else PenalizedRegressor
    return kind(loss, penalty, alpha, tol=1e-8, **options)


def pull(loss, penalty, alpha, places):
    """Minus the slope of the objective between places at which the coefficient is held, the others at their optimum."""
    others = estimator(loss, penalty, alpha, penalty_factors={COLUMN: np.inf})
    least = [others.fit(Z, y, offset=place * Z[:, COLUMN]).certificate_.objective for place in places]
    return -np.diff(least) / np.diff(places)


# %%
# The pull (orange) and the resistance (blue), both in units of alpha. The coefficient is where they meet.

figure, axes = plt.subplots(2, len(LOSSES), figsize=(13, 5.4), layout="constrained")
for column, (label, loss) in zip(axes.T, LOSSES.items(), strict=True):
    alpha = SHARE * estimator(loss, "l1", 1e3).fit(Z, y).alpha_max_
    reach = 2 * abs(estimator(loss, "l2", alpha).fit(Z, y).coef_.ravel()[COLUMN])
    places = np.linspace(-reach, reach, 18)
    middle = (places[1:] + places[:-1]) / 2
    for ax, penalty in zip(column, ("l1", "l2"), strict=True):
        b = estimator(loss, penalty, alpha).fit(Z, y).coef_.ravel()[COLUMN]
        force = pull(loss, penalty, alpha, places) / alpha
        resistance = ([-reach, 0, 0, reach], [-1, -1, 1, 1]) if penalty == "l1" else ([-reach, reach], [-reach, reach])
        ax.plot(*resistance, color="#0072B2", linewidth=2, label="resistance of the penalty")
        ax.plot(middle, force, color="#D55E00", linewidth=2, label="pull of the loss")
        ax.plot(b, np.interp(b, middle, force), "o", color="black", markersize=7, zorder=3, label="optimum")
        ax.axvline(0, color="0.7", linewidth=0.8, zorder=0)
        ax.axhline(0, color="0.7", linewidth=0.8, zorder=0)
        ax.set_title(f"{label}, {penalty.upper()}: {'b = 0' if b == 0 else f'b = {b:.2g}'}", fontsize=11)
        ax.locator_params(nbins=4)
for ax in axes[1]:
    ax.set_xlabel("coefficient", fontsize=12)
for ax in axes[:, 0]:
    ax.set_ylabel("force / alpha", fontsize=12)
figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False, fontsize=12)

# %%
# The pull is another curve under each loss: in straight pieces for the squared error, which end where another coefficient
# enters or leaves, in steps for the hinge. Under L1 it crosses the vertical piece, from -1 to 1, and zero is exactly the
# optimum; it would remain so if the pull were somewhat larger or smaller. Under L2 there is no such piece: the lines meet at
# zero only if the pull there is exactly zero.
