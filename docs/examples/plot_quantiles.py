"""
Quantiles: a spread that grows
==============================

Five quantiles of bundled data, fitted at once: of the targets, 5% lie below the first line, 25% below the second and so on.
Splines make the lines bend, and L1 decides how much. The spread of disease progression grows with the body mass index.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import SplineTransformer

from skregloss import PenalizedRegressor
from skregloss.losses import Quantile

X, y = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
bmi = X[["bmi"]]
quantiles = [0.05, 0.25, 0.5, 0.75, 0.95]
model = make_pipeline(
    SplineTransformer(n_knots=5, degree=2, knots="quantile", extrapolation="linear", include_bias=False),
    PenalizedRegressor(Quantile(quantiles, crossing="sort"), "l1", alpha=0.002),
).fit(bmi, y)

grid = bmi.iloc[np.argsort(bmi["bmi"].to_numpy())]
predicted = model.predict(grid)
figure, ax = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
ax.plot(bmi["bmi"], y, ".", color="0.7", markersize=4)
for low, high, shade in ((0, 4, 0.15), (1, 3, 0.25)):
    share = 100 * (quantiles[high] - quantiles[low])
    band = predicted[:, low], predicted[:, high]
    ax.fill_between(grid["bmi"], *band, color="#0072B2", alpha=shade, linewidth=0, label=f"{share:.0f}% of targets")
ax.plot(grid["bmi"], predicted[:, 2], color="#D55E00", linewidth=2, label="median")
ax.set(xlabel="body mass index", ylabel="disease progression")
ax.legend(loc="upper left")

# %%
# How many targets really lie below each line:

inside = (y.to_numpy()[:, None] <= model.predict(bmi)).mean(axis=0)
print(dict(zip(quantiles, inside.round(2).tolist(), strict=True)))
