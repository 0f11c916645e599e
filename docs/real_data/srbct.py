"""Four kinds of tumours from 2308 genes: the softmax with a row of coefficients for each gene."""

import os
from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix

from skregloss import PenalizedClassifierCV

data = np.load(Path(os.environ["SKREGLOSS_DATA"]) / "srbct_khan.npz")
train, test = data["split"] == 0, data["split"] == 1
X, kind = data["X"].astype(float), data["y"]

for penalty in ("l1", "l21"):
    model = PenalizedClassifierCV(penalty=penalty, alphas=50, alpha_min_ratio=0.05, cv=5, selection="1se")
    model.fit(X[train], kind[train])
    genes = np.flatnonzero(model.coef_.any(axis=0))
    print(f"{penalty}: alpha {model.alpha_:.3f}, {len(genes)} genes, {np.count_nonzero(model.coef_)} coefficients")
    print(f"  relative gap below 1e-6: {model.certificate_.relative_gap < 1e-6}")
    print(f"  {(model.predict(X[test]) == kind[test]).sum()} of the {test.sum()} test samples are right; the confusion matrix:")
    for row in confusion_matrix(kind[test], model.predict(X[test])):
        print("   ", *row)
