"""Metrics computed for all models of a path at once are what scikit-learn's scorers say of each of them."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn
from penalty_examples import short
from scipy import sparse
from sklearn.metrics import get_scorer

from skregloss import PenalizedRegressorCV
from skregloss.losses import AbsoluteError, Poisson, SquaredError
from skregloss.model_selection._scores import METRICS, MetricScores
from skregloss.penalties import L1

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 5))
COUNTS = RNG.poisson(np.exp(0.4 * X[:, 0])).astype(float)
WEIGHTS, OFFSET = RNG.uniform(0.5, 2.0, 90), 0.3 * RNG.normal(size=90)


def split_scores(search):
    return np.array([search.cv_results_[f"split{k}_test_score"] for k in range(search.n_splits_)])


@pytest.fixture
def at_once(monkeypatch):
    """How many models each computation was for"""
    counts = []
    finish = MetricScores.finish
    monkeypatch.setattr(MetricScores, "finish", lambda self: counts.append(self._count) or finish(self))
    return counts


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize("loss", [SquaredError(), Poisson(), AbsoluteError()], ids=short)
@pytest.mark.parametrize("weights", [None, WEIGHTS], ids=["", "weights"])
def test_as_scikit_learn_scores_each(name, loss, weights, at_once):
    given = {"sample_weight": weights, "offset": OFFSET if isinstance(loss, Poisson) else None}
    fits = [
        PenalizedRegressorCV(loss, L1(), alphas=5, cv=3, gamma=[0.0, 1.0], scoring=scoring).fit(
            sparse.csr_array(X), COUNTS, **given
        )
        for scoring in (name, get_scorer(name))
    ]
    np.testing.assert_allclose(split_scores(fits[0]), split_scores(fits[1]), rtol=1e-12, atol=1e-14)
    assert at_once == [5] * 6
    assert fits[0].best_params_ == fits[1].best_params_


def test_several_predictions_go_to_the_scorer(at_once):
    y = np.column_stack([COUNTS, X[:, 1]])
    fits = [
        PenalizedRegressorCV(alphas=3, cv=3, scoring=scoring).fit(X, y)
        for scoring in ("neg_mean_absolute_error", get_scorer("neg_mean_absolute_error"))
    ]
    np.testing.assert_array_equal(split_scores(fits[0]), split_scores(fits[1]))
    assert at_once == []


def test_metadata_that_is_routed_goes_to_the_scorer(at_once):
    with sklearn.config_context(enable_metadata_routing=True):
        scorer = get_scorer("r2").set_score_request(sample_weight=True)
        fits = [PenalizedRegressorCV(alphas=3, cv=3, scoring=scoring).fit(X, COUNTS) for scoring in ("r2", scorer)]
    np.testing.assert_allclose(split_scores(fits[0]), split_scores(fits[1]), rtol=1e-12)
