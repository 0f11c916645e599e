"""
What penalties charge, and what they leave
==========================================

Top: the price of a coefficient. Bottom: what is left of a coefficient that would be z without a penalty (the prox). Flat at
zero means exact zeros; close to the diagonal means no shrinkage.
"""

import matplotlib.pyplot as plt
import numpy as np

from skregloss.penalties import L0, L1, L2, MCP, SCAD, ElasticNet, LogSum, Lq

PENALTIES = {
    "L1": L1(),
    "L2": L2(),
    "elastic net": ElasticNet(0.5),
    "MCP": MCP(2.5),
    "SCAD": SCAD(3.0),
    "log-sum": LogSum(0.5),
    "Lq": Lq(0.5),
    "L0": L0(),
}
size = np.linspace(-3, 3, 601)
figure, axes = plt.subplots(2, len(PENALTIES), figsize=(14, 4.2), sharex=True, sharey="row", layout="constrained")
for (price, left), (label, penalty) in zip(axes.T, PENALTIES.items(), strict=True):
    price.plot(size, [penalty.value(b, 1.0) for b in size], color="#0072B2")
    found = np.array([penalty.prox(z, 1.0, 1.0) for z in size])
    found[1:][np.abs(np.diff(found)) > 0.3] = np.nan  # a jump is not a line
    left.plot(size, size, color="0.75", linewidth=1)
    left.plot(size, found, color="#D55E00")
    price.set_title(label)
    left.set_xlabel("z")
    left.set_aspect("equal")
axes[0, 0].set(ylabel="P(b) at alpha = 1", ylim=(0, 3.2))
axes[1, 0].set_ylabel("what is left of z")

# %%
# L1 takes the same amount from every coefficient. MCP and SCAD take it from the small ones and nothing from the large ones.
# L0 and Lq jump: between zero and the smallest coefficient that they keep there is a gap.
