"""
Groups: factors in or out as a whole
====================================

L1 on the dummies of a factor keeps some and drops others. The group lasso keeps or drops the factor.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.preprocessing import OneHotEncoder, SplineTransformer

from skregloss import regularization_path
from skregloss.penalties import L1, GroupL2, groups_from_transformer

rng = np.random.default_rng(1)
n = 300
people = pd.DataFrame(
    {
        "smoker": rng.choice(["no", "light", "heavy"], n),
        "district": rng.choice(list("NESW"), n),
        "month": rng.choice([f"{k:02d}" for k in range(1, 7)], n),
        "age": rng.uniform(18, 40, n),
        "height": rng.normal(165, 7, n),
    }
)
bend = -(((people["age"] - 28) / 10) ** 2)
weight = 3.3 + people["smoker"].map({"no": 0.0, "light": -0.25, "heavy": -0.6}) + bend + 0.4 * rng.normal(size=n)

# %%
# Dummies for the factors, splines for the numbers; `groups_from_transformer` knows which is which.

encoder = make_column_transformer(
    (OneHotEncoder(sparse_output=False), ["smoker", "district", "month"]),
    (SplineTransformer(n_knots=4, include_bias=False), ["age", "height"]),
)
X = encoder.fit_transform(people)
groups = groups_from_transformer(encoder)
print(groups)

# %%
# The coefficients along the path, in a colour for each column of the table:

COLORS = dict(zip(groups, ["#D55E00", "#0072B2", "#009E73", "#CC79A7", "#7F7F7F"], strict=True))
figure, axes = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True, layout="constrained")
for ax, (label, penalty) in zip(axes, {"L1": L1(), "group lasso": GroupL2(groups)}.items(), strict=True):
    path = regularization_path(X, weight, loss="squared_error", penalty=penalty, alphas=60, alpha_min_ratio=0.01)
    share = path.alphas / path.alpha_max
    for name, columns in groups.items():
        lines = ax.semilogx(share, path.coefs[columns].T, color=COLORS[name], linewidth=1.6)
        lines[0].set_label(name)
    ax.set(title=label, xlabel="alpha / alpha_max", xlim=(1.1, 0.01), xticks=[1, 0.1, 0.01], xticklabels=["1", "0.1", "0.01"])
axes[0].set_ylabel("coefficient")
axes[0].legend()

# %%
# With L1 the dummies of smoker and the splines of age enter one at a time, and some of them not at all. The group lasso brings
# in each column of the table as a whole: smoker first, then age, and the three that do not matter late.
