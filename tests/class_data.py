"""Three ordered classes from formulas that any program can repeat, and what R makes of them.

Of `glmnet` 4.1.6 and `MASS` 7.3.58.2; i counts from 1 to 60::

    X <- cbind(sin(i), cos(1.7*i), sin(0.3*i^2), cos(i^2/7), ((i*37) %% 11)/5-1)
    y <- 1 + (X[,1] + 0.5*X[,2] + 0.8*sin(5*i) > -0.5) + (X[,1] - X[,3] + 0.6*cos(3*i) > 0.6)
    w <- 1 + (i %% 3)/2
"""

from __future__ import annotations

import numpy as np

i = np.arange(1, 61)
X = np.column_stack([np.sin(i), np.cos(1.7 * i), np.sin(0.3 * i**2), np.cos(i**2 / 7), ((i * 37) % 11) / 5 - 1])
Y = (X[:, 0] + 0.5 * X[:, 1] + 0.8 * np.sin(5 * i) > -0.5) * 1 + (X[:, 0] - X[:, 2] + 0.6 * np.cos(3 * i) > 0.6)
W = 1 + (i % 3) / 2

# The objective, at 0.1, 0.03 and 0.01, of glmnet(X, factor(y), family="multinomial", type.multinomial=type, alpha=a, weights=w,
# standardize=FALSE, lambda=c(0.1, 0.03, 0.01), thresh=1e-30, maxit=1e8) after glmnet.control(epsnr=1e-14, mxitnr=10000). With
# L1, and the sum of row norms if grouped, it is the mean of w times the log loss plus lambda (a L1 + (1 - a) |B|^2 / 2).
STRENGTHS = [0.1, 0.03, 0.01]
GLMNET = {
    ("ungrouped", 1.0): [0.9517904953758315, 0.6687759704431174, 0.4638446744685639],
    ("ungrouped", 0.5): [0.8716089964747675, 0.6231134146589669, 0.4618852308596937],
    ("grouped", 1.0): [0.887837017064243, 0.5987959897016224, 0.4223053437623179],
    ("grouped", 0.5): [0.8177518179899206, 0.5864055239806992, 0.4422263257980964],
}
# Coefficients, cut points and deviance of polr(factor(y) ~ X, weights=v, control=list(reltol=1e-16, maxit=100000)), v = 1 and w
POLR = {
    "unweighted": (
        [3.616651794937698, 0.9956182260999437, -0.9755385910154596, 0.2389192267957372, 0.4880061811220237],
        [-1.806915240331848, 2.374422056056857],
        75.863236443963,
    ),
    "weighted": (
        [3.522494976035861, 1.04010298971206, -0.9690109206425103, 0.3952475778507571, 0.7427342521524226],
        [-1.787801805964258, 2.503546464588136],
        115.3311542596002,
    ),
}
