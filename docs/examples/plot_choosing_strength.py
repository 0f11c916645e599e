"""
Choosing penalty and strength by cross-validation
=================================================

One path per fold and penalty, one picture of all of it: mean scores with their standard errors, the best strength, and the
strongest one within a standard error of it.
"""

from sklearn.datasets import load_breast_cancer

from skregloss import PenalizedClassifierCV
from skregloss.inspection import CVPathDisplay

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
model = PenalizedClassifierCV(
    penalty=["l1", "elasticnet"], alphas=30, alpha_min_ratio=1e-3, standardize=True, selection="1se"
).fit(X, y)
display = CVPathDisplay.from_estimator(model)

# %%
# The chosen model is a model like any other:

print(model.penalty_, round(model.alpha_, 4), "with", (model.coef_ != 0).sum(), "of 30 columns;", model.certificate_)

# %%
# The path that it lies on:

path = model.path_.plot()
