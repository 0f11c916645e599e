"""Recurrence of breast cancer: Cox's model without and with a penalty, and survival curves."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from skregloss import PenalizedCox, PenalizedCoxCV

data = np.load(Path(os.environ["SKREGLOSS_DATA"]) / "surv_gbsg.npz")
X = pd.DataFrame(data["X"].astype(float), columns=data["feature_names"])
X[["nodes", "pgr", "er"]] = np.log1p(X[["nodes", "pgr", "er"]])  # counts and concentrations are far from linear
y = np.rec.fromarrays([data["event"].astype(bool), data["time"]], names=["event", "days"]).view(np.ndarray)

free = PenalizedCox(penalty=None, ties="efron", tol=1e-10).fit(X, y)
folds = KFold(10, shuffle=True, random_state=0)
chosen = PenalizedCoxCV(penalty="l1", ties="efron", standardize=True, cv=folds, selection="1se").fit(X, y)
print(pd.DataFrame({"no penalty": free.coef_, "lasso, 1se": chosen.coef_}, X.columns).round(3))
print(f"concordance {free.score(X, y):.3f} and {chosen.score(X, y):.3f}")

patients = X.iloc[[0, 0]].assign(nodes=np.log1p([1.0, 15.0]))
print("The first patient, had she 1 or 15 positive nodes: the chance to be free of recurrence after 1, 3 and 5 years")
for curve in chosen.predict_survival_function(patients):
    print(" ", curve(365.25 * np.array([1.0, 3.0, 5.0])).round(2))
