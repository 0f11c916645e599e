"""
Outliers: what the loss decides
===============================

One target in eight is wrong. The penalty is the same throughout; the loss decides whose fault that is.
"""

import matplotlib.pyplot as plt
import numpy as np

from skregloss import PenalizedRegressor
from skregloss.losses import Huber

rng = np.random.default_rng(0)
n, p = 160, 30
X = rng.normal(size=(n, p))
truth = np.r_[3.0, -2.0, 1.5, 1.0, np.zeros(p - 4)]
y = X @ truth + rng.normal(size=n)
spoiled = rng.choice(n, 20, replace=False)
y[spoiled] += rng.choice([-25, 25], 20)

losses = {"squared error": "squared_error", "Huber, delta = 2": Huber(2.0), "absolute error": "absolute_error"}
figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True, layout="constrained")
for ax, (label, loss) in zip(axes, losses.items(), strict=True):
    # The same share of alpha_max for each, since losses have scales of their own.
    alpha = 0.12 * PenalizedRegressor(loss, alpha=1e3).fit(X, y).alpha_max_
    model = PenalizedRegressor(loss, "l1", alpha).fit(X, y)
    markers, stems, base = ax.stem(np.arange(p), model.coef_, basefmt="0.8")
    plt.setp(stems, color="#0072B2")
    plt.setp(markers, color="#0072B2", markersize=5)
    ax.plot(np.arange(p), truth, "_", color="#D55E00", markersize=11, markeredgewidth=2, label="truth")
    wrong = np.abs(model.coef_ - truth).sum()
    ax.set_title(f"{label}\n{(model.coef_ != 0).sum()} nonzero, total error {wrong:.1f}", fontsize=10)
    ax.set_xlabel("column")
axes[0].set_ylabel("coefficient")
axes[0].legend()

# %%
# The squared error chases the wrong targets and fills the rest of the columns with noise. The other two leave them be.
