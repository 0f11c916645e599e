"""
Do L1 and L2 do the same under other losses?
============================================

Five losses, two penalties, one real data set. Strengths are shares of alpha_max, the least alpha at which L1 zeroes every
coefficient under that loss, so that the rows can be compared.
"""

# %%
# Losses for numbers are fitted to the two classes as 0 and 1.

from sklearn.datasets import load_breast_cancer

from skregloss import regularization_effects
from skregloss.losses import Huber

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
losses = {"squared error": "squared_error", "Huber": Huber(0.2), "Poisson": "poisson", "log loss": "log_loss", "hinge": "hinge"}
effects = regularization_effects(X, y, losses=losses, penalties={"L1": "l1", "L2": "l2"}, strengths=25)
display = effects.plot()

# %%
# Left: under every loss L1 lets coefficients in one by one as it weakens, from left to right. Right: L2 has all of them at
# every strength, and shrinks them. The losses disagree about *which* columns matter and how much; the scales of
# coefficients are the losses' own.
#
# The numbers of exact zeros, the lengths of the coefficient vectors, and the loss explained:

curves = effects.plot(kind="curves")

# %%
# In words:

print(effects.summary().split("\n\n")[0])

# %%
# Why this is so, in one line and two more pictures: :doc:`/guide/other_losses`.
