"""Tables as users have them, for the tests of the command line."""

from __future__ import annotations

import numpy as np
import pandas as pd


def people(n=120):
    """Numbers, texts, truth values, gaps, and targets of both kinds that follow them."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, n),
            "income": rng.lognormal(10.0, 1.0, n).round(2),
            "smoker": rng.choice(["yes", "no"], n),
            "city": rng.choice(["Oslo", "Rome", "Lima"], n),
            "member": rng.uniform(size=n) < 0.4,
        }
    )
    risk = 0.04 * frame.age + 1.2 * (frame.smoker == "yes") - 0.8 * frame.member + rng.normal(size=n)
    frame["cost"] = np.exp(risk).round(3)
    frame["state"] = np.where(risk > risk.median(), "sick", "well")
    return frame


def with_gaps(frame):
    """The same with missing cells."""
    frame = frame.copy()
    frame.loc[frame.index[::17], "income"] = np.nan
    frame.loc[frame.index[::23], "city"] = None
    return frame
