"""One fold of a search through a pipeline: its transformers fitted once, then paths."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from sklearn import get_config
from sklearn.base import clone
from sklearn.utils import _safe_indexing

from .._validation import rows_of_metadata
from ._adaptation import strengths_of
from ._deferral import final_of, fit_front, last_of, transformed, with_offset
from ._evaluation import evaluate_path
from ._scores import ScorerScores


@dataclass(frozen=True)
class Samples:
    """Data as the user gave them, with what goes to `fit` and to the scorer."""

    X: Any
    y: Any
    fit: dict
    score: dict
    offset: Any

    def rows(self, indices) -> Samples:
        """Some of the samples."""

        def taken(values):
            return rows_of_metadata(values, indices, len(self.y))

        fit = {name: taken(values) for name, values in self.fit.items()}
        score = {name: taken(values) for name, values in self.score.items()}
        X, y = _safe_indexing(self.X, indices), _safe_indexing(self.y, indices)
        return Samples(X, y, fit, score, taken(self.offset))


class Group(NamedTuple):
    """Settings that differ in parameters of the final estimator alone: position and these parameters of each."""

    front: dict
    settings: list[tuple[int, dict]]


def group_settings(settings, prefix) -> list[Group]:
    """The settings, those together that can share fitted transformers; final parameters begin with `prefix`."""
    groups: dict[frozenset, Group] = {}
    for k, setting in enumerate(settings):
        own = {name.removeprefix(prefix): value for name, value in setting.items() if name.startswith(prefix)}
        front = {name: value for name, value in setting.items() if not name.startswith(prefix)}
        key = frozenset((name, id(value)) for name, value in front.items())
        groups.setdefault(key, Group(front, [])).settings.append((k, own))
    return list(groups.values())


def cloned(parameters) -> dict:
    """Parameters of which nothing that is fitted or changed is shared."""
    return {name: clone(value, safe=False) for name, value in parameters.items()}


def grids_of_group(search, data, group) -> dict[int, np.ndarray]:
    """The strengths of each setting, from all data."""
    final = final_of(fit_front(search.estimator, group.front, data.X, data.y, data.fit))
    return {
        k: strengths_of(final.problems_under(cloned(own)), search.alphas, search.alpha_min_ratio) for k, own in group.settings
    }


def score_group(search, scorer, data, fold, group, grids) -> dict:
    """The scores of each setting's path on a fold."""
    start = time.perf_counter()
    train, held_out = (data.rows(rows) for rows in fold)
    whole = fit_front(search.estimator, group.front, train.X, train.y, train.fit)
    final = final_of(whole)
    share = (time.perf_counter() - start) / sum(len(grids[k]) for k, _ in group.settings)
    # A scorer of scikit-learn asks for predictions alone: the samples need to be transformed only once.
    through = callable(search.scoring) or get_config()["enable_metadata_routing"]
    X = held_out.X if through else transformed(whole, held_out.X)
    paths = {}
    for k, own in group.settings:
        problems = final.problems_under(cloned(own))
        bound = with_offset(whole, held_out.offset)
        estimator = bound if through else last_of(bound)
        scoring = ScorerScores(final_of(bound), estimator, X, held_out.y, scorer=scorer, parameters=held_out.score)
        options = {"tol": final.tol, "max_iter": final.max_iter}
        paths[k] = evaluate_path(problems, grids[k], [1.0], options, [scoring])
        paths[k].fit_times += share
    return paths
