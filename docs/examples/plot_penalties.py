"""
What penalties charge, and what they leave
==========================================

Blue: the price of a coefficient. Orange: what is left of a coefficient that would be z without a penalty (the prox). Flat at
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
    "Lq, q = 1/2": Lq(0.5),
    "L0": L0(),
}
size = np.linspace(-4, 4, 801)
figure, axes = plt.subplots(4, 4, figsize=(10, 9.5), sharex=True, layout="constrained")
# Two rows for the first four, two for the others.
for (price, left), (label, penalty) in zip(axes.reshape(2, 2, 4).swapaxes(1, 2).reshape(8, 2), PENALTIES.items(), strict=True):
    charged = np.array([penalty.value(b, 1.0) for b in size])
    found = np.array([penalty.prox(z, 1.0, 1.0) for z in size])
    found[1:][np.abs(np.diff(found)) > 0.3] = np.nan  # a jump is not a line
    price.plot(size, charged, color="#0072B2", linewidth=2)
    price.set(title=label, ylim=(-0.1, 3.2), xlabel="b")
    left.plot(size, size, color="0.75", linewidth=1)
    left.plot(size, found, color="#D55E00", linewidth=2)
    left.set(xlabel="z", xticks=[-4, -2, 0, 2, 4], yticks=[-4, -2, 0, 2, 4])
for row, label in zip(axes, ("P(b), alpha = 1", "what is left of z") * 2, strict=True):
    row[0].set_ylabel(label)
    for ax in row[1:]:
        ax.tick_params(labelleft=False)

# %%
# L1 takes the same amount from every coefficient, L2 the same share. MCP and SCAD take it from the small ones and nothing from
# the large ones. L0, Lq and log-sum jump: between zero and the smallest coefficient that they keep there is a gap.
