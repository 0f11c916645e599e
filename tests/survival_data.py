"""A small table of event times with starts, ties, strata and weights, and what R makes of it.

Of `survival` 3.5.3 and `glmnet` 4.1.6; the calls are beside the numbers, d being the table.
"""

from __future__ import annotations

import numpy as np

START = np.array([0, 0, 1, 2, 0, 3, 1, 0, 4, 2, 5, 0, 2, 1.0])
STOP = np.array([3, 5, 5, 6, 6, 7, 8, 8, 9, 9, 9, 10, 11, 12.0])
EVENT = np.array([1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1], dtype=bool)
STRATA = np.array([1, 2, 1, 2, 1, 1, 2, 2, 1, 2, 1, 2, 1, 2])
WEIGHTS = np.array([1, 2, 0.5, 1, 3, 1, 2, 1, 0.5, 1, 2, 1, 1, 2])
A = np.array([0.5, -1, 0.3, 1.2, -0.7, 0.1, 0.9, -0.4, 1.5, -1.1, 0.2, 0.8, -0.6, -0.2])
B = np.array([1, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 0, 0.0])
X = np.column_stack([A, B])
WIDE = np.column_stack([A, B, A * B, np.sin(np.arange(1, 15))])
TIMES = np.array([3, 5, 6, 7, 8, 9, 10, 12.0])


def times(*fields):
    """A structured array (event, time) or (event, start, stop)"""
    names = ["event", "time"] if len(fields) == 2 else ["event", "start", "stop"]
    return np.rec.fromarrays(fields, names=names).view(np.ndarray)


# coxph(Surv(start, stop, event) ~ a + b, d, weights=w, ties=ties, eps=1e-14), and survfit of it at a = 0.4, b = 1
WEIGHTED = {
    "breslow": {
        "coef": [-0.7617565261386783, 1.004353320176039],
        "loglik": (-30.8348727040496, -30.37486101519755),
        "hazard": [
            *(0.07970916642256939, 0.2830342565710582, 0.533933456861323, 0.6466317330406335),
            *(0.8843611238470525, 1.119740538363687, 1.493021049392629, 3.221599566755728),
        ],
    },
    "efron": {
        "coef": [-0.8096940726669527, 1.048161762471655],
        "loglik": (-30.65417026798878, -30.14430115064792),
        "hazard": [
            *(0.07958670528753341, 0.2955711610031978, 0.5471237050692132, 0.6602473610515348),
            *(0.8985437484001013, 1.147619094081116, 1.524847358628904, 3.279630562749113),
        ],
    },
}
# coxph(Surv(stop, event) ~ a + b, d, ties=ties, eps=1e-14), and survfit of it at a = b = 0
SIMPLE = {
    "breslow": {
        "coef": [-0.4813647373672614, 1.032337919950213],
        "hazard": [
            *(0.04314874235856563, 0.1385294580149969, 0.1976303189200672, 0.2693465243239678),
            *(0.3463238043115303, 0.5471670087652458, 0.7772539938312479, 1.685470080779399),
        ],
    },
    "efron": {
        "coef": [-0.4950710505022504, 1.041050887749237],
        "hazard": [
            *(0.0430141010692617, 0.1431917630778169, 0.2021709898410625, 0.2737151466337589),
            *(0.3504865499983515, 0.5688047941188556, 0.7983768764782911, 1.704106713898423),
        ],
    },
}
# coxph(Surv(start, stop, event) ~ a + b + strata(g), d, weights=w, eps=1e-14); survfit at a = 0.4, b = 1, g = 1 and at
# a = -1, b = 0, g = 2: times and cumulative hazards
STRATIFIED = {
    "coef": [-0.6466540362267912, 0.9453229261504297],
    "loglik": (-23.14398726450981, -22.79848489360908),
    1: ([3, 5, 6, 7, 9], [0.2180233720044679, 0.3325309980232791, 0.8235893587742182, 1.091314337964391, 1.244527084945193]),
    2: ([5, 8, 9, 10, 12], [0.2541925454537704, 0.6353188011187992, 0.9618355946449, 1.46288087697073, 3.140412144382125]),
}
# concordance(y ~ r, d, reverse=TRUE), r being round(a - b); with Surv(stop, event), that and weights=w, with
# Surv(start, stop, event), and that with strata(g) and weights=w
RISK = np.round(A - B)
CONCORDANCE = {
    "simple": 0.4428571428571428,
    "weighted": 0.4037383177570093,
    "starts": 0.4307692307692308,
    "stratified": 0.4008810572687225,
}
# glmnet(WIDE, y, family="cox", standardize=FALSE, lambda=c(0.2, 0.1, 0.05, 0.01), thresh=1e-30, maxit=1e8) after
# glmnet.control(epsnr=1e-14, mxitnr=10000): y being Surv(stop, event) with weights=w and alpha=1, the same with alpha=0.5, and
# stratifySurv(Surv(start, stop, event), g) with alpha=1
STRENGTHS = [0.2, 0.1, 0.05, 0.01]
GLMNET = {
    "lasso": [
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
        [-0.04590846418529155, 0.0, 0.0, 0.0],
        [-1.27156697572053901, 0.2366885685503599, 1.801484173562788, 0.0],
    ],
    "elasticnet": [
        [0.0, 0.0, 0.0, 0.0],
        [-0.0395145521778238, 0.0, 0.0, 0.0],
        [-0.2712091149902325, 0.0, 0.3046269336601785, 0.0],
        [-1.2570073275298619, 0.3843245939188287, 1.6263052847064203, 0.03282026533930377],
    ],
    "stratified": [
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 0.0],
        [0.0, 0.07916630979369081, 0.0, 0.0],
        [-1.132972340483008, 1.29151632817553130, 0.8293680259527615, 0.3292142270068438],
    ],
}
