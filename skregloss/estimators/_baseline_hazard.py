"""The baseline of a Cox model: the cumulative hazard of a sample whose linear predictor is zero."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ._step_function import StepFunction


class Curve(NamedTuple):
    """log H(t) of a stratum at its event times; `end` is the last time observed."""

    times: np.ndarray
    log_cumulative: np.ndarray
    end: float

    def scaled(self, eta) -> np.ndarray:
        """H(t) exp(eta), a row for each eta"""
        with np.errstate(over="ignore", under="ignore"):
            return np.exp(self.log_cumulative + eta[:, None])


class BaselineHazard:
    """The estimate of Breslow, or of Efron for his ties: the curve rises at t by the sum over its terms of omega / (S - c T).

    S and T are the sums of w exp(eta) over the samples at risk and over the events at t.
    """

    def __init__(self, loss, y, weights, eta):
        weights = np.ones(len(y)) if weights is None else weights
        strata, times, log_rises = loss.log_hazard_rises(y, weights, eta)
        self.curves = []
        for code in range(int(y[:, 3].max()) + 1):
            mine, present = strata == code, y[:, 3] == code
            order = np.flatnonzero(mine)[::-1]  # late to early in the risk sets
            end = y[present, 1].max(initial=-np.inf)
            self.curves.append(Curve(times[order], np.logaddexp.accumulate(log_rises[order]), float(end)))
        self.event_times = np.unique(times)

    def functions(self, eta, codes, transform, initial) -> np.ndarray:
        """transform(H) as a step function per sample"""
        result = np.empty(len(eta), dtype=object)
        for code in np.unique(codes):
            curve, mine = self.curves[code], np.flatnonzero(codes == code)
            for i, values in zip(mine, transform(curve.scaled(eta[mine])), strict=True):
                result[i] = StepFunction(curve.times, values, initial, (-np.inf, curve.end))
        return result

    def table(self, eta, codes, transform, initial) -> np.ndarray:
        """transform(H) at all event times, a row per sample; NaN after the last time observed in its stratum"""
        result = np.empty((len(eta), len(self.event_times)))
        for code in np.unique(codes):
            curve, mine = self.curves[code], codes == code
            values = transform(curve.scaled(eta[mine]))
            known = np.column_stack([np.full(len(values), initial), values])[
                :, np.searchsorted(curve.times, self.event_times, side="right")
            ]
            result[mine] = np.where(self.event_times <= curve.end, known, np.nan)
        return result
