"""
Small steps are no proof
========================

Coordinate descent on correlated columns: its steps become small long before it is near the optimum. A duality gap tells the
difference.
"""

import matplotlib.pyplot as plt
import numpy as np

from skregloss import PenalizedRegressor

rng = np.random.default_rng(0)
n, p, alpha = 120, 40, 0.002
X = rng.normal(size=(n, 1)) + 0.1 * rng.normal(size=(n, p))
X = (X - X.mean(axis=0)) / X.std(axis=0)
y = X @ np.r_[np.ones(5), -np.ones(5), np.zeros(p - 10)] + 0.3 * rng.normal(size=n)
y -= y.mean()

# %%
# Plain coordinate descent for the lasso, with the largest step of each sweep and the duality gap after it.


def lasso_gap(b):
    """The duality gap, relative to the null deviance."""
    residual = y - X @ b
    scale = min(1.0, alpha / np.abs(X.T @ residual / n).max())
    primal = residual @ residual / (2 * n) + alpha * np.abs(b).sum()
    dual = (y @ y - (y - scale * residual) @ (y - scale * residual)) / (2 * n)
    return (primal - dual) / (y @ y / (2 * n))


b, steps, gaps, stopped = np.zeros(p), [], [], None
for _ in range(4000):
    largest = 0.0
    for j in range(p):
        z = b[j] + X[:, j] @ (y - X @ b) / n
        new = np.sign(z) * max(abs(z) - alpha, 0.0)
        largest, b[j] = max(largest, abs(new - b[j])), new
    steps.append(largest)
    if stopped is None and largest < 1e-3:
        stopped = len(steps), b.copy()
    gaps.append(lasso_gap(b))

# %%
# A rule on steps, "stop when no coefficient moves by more than 0.001", stops at the dashed line.

stop, at_stop = stopped
model = PenalizedRegressor(penalty="l1", alpha=alpha, fit_intercept=False, tol=1e-12).fit(X, y)
figure, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
sweeps = np.arange(1, len(steps) + 1)
ax.loglog(sweeps, steps, color="#0072B2", label="largest step of the sweep")
ax.loglog(sweeps, gaps, color="#D55E00", label="relative duality gap")
ax.axvline(stop, color="0.4", linestyle="--", linewidth=1)
ax.annotate(
    f"steps below 0.001,\nrelative gap still {gaps[stop - 1]:.2f}",
    (stop, gaps[stop - 1]),
    xytext=(-175, -70),
    textcoords="offset points",
    arrowprops={"arrowstyle": "-", "color": "0.4"},
)
ax.set(xlabel="sweep over the coefficients", ylabel="size")
ax.legend(loc="lower left")

# %%
# The solver of this package is exact on such a problem, whatever the correlation:

wrong = np.abs(at_stop - model.coef_).max()
print(f"largest coefficient {np.abs(model.coef_).max():.1f}; largest error where the rule stops {wrong:.1f}")
print(f"certified relative gap of PenalizedRegressor: {model.certificate_.relative_gap:.1g}")
