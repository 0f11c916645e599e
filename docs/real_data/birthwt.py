"""Which risk factors matter for the weight of a newborn: groups of columns."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold

from skregloss import PenalizedRegressorCV, regularization_path
from skregloss.penalties import GroupL2

data = np.load(Path(os.environ["SKREGLOSS_DATA"]) / "birthwt_grpreg.npz")
X = pd.DataFrame(data["X"].astype(float), columns=data["feature_names"])
groups = {name: X.columns[data["groups"] == g].tolist() for g, name in enumerate(data["group_names"].tolist())}
weight = data["bwt"]  # in kg

path = regularization_path(X, weight, loss="squared_error", penalty=GroupL2(groups), standardize=True)
coefs = pd.DataFrame(path.coefs, index=X.columns)
enters = {name: int(np.argmax(coefs.loc[columns].any())) for name, columns in groups.items()}
print("Groups in the order in which they enter, and alpha then:")
for name in sorted(enters, key=enters.get):
    print(f"  {name:5} ({', '.join(groups[name])}) {path.alphas[enters[name]]:.4f}")

folds = KFold(10, shuffle=True, random_state=0)  # the table is sorted by weight
model = PenalizedRegressorCV(penalty=GroupL2(groups), standardize=True, cv=folds, selection="1se").fit(X, weight)
kept = [name for name, columns in groups.items() if model.coef_[X.columns.isin(columns)].any()]
print(f"By 10 folds and one standard error: alpha {model.alpha_:.4f} keeps {', '.join(kept)}")
print("In grams:", pd.Series(1000 * model.coef_, X.columns)[["white", "black", "smoke", "ptl1", "ht", "ui"]].round().to_dict())
