"""scikit-learn's own checks: of the defaults, of every loss, and of every penalty, without expected failures."""

from __future__ import annotations

import pytest
from sklearn.model_selection import ShuffleSplit
from sklearn.utils.estimator_checks import parametrize_with_checks

from skregloss import (
    PathSearchCV,
    PenalizedClassifier,
    PenalizedClassifierCV,
    PenalizedCox,
    PenalizedCoxCV,
    PenalizedRegressor,
    PenalizedRegressorCV,
)
from skregloss.losses import BY_NAME as LOSSES
from skregloss.penalties import BY_NAME as PENALTIES
from skregloss.penalties import L0, L1, L2, MCP, SCAD, ElasticNet, FusedL1, GroupL2, GroupMCP, SparseGroup

SUMS = [FusedL1(0.5) + 0.1 * L2(), MCP() + 0.1 * L2(), 0.7 * L1() + 0.3 * L2()]
MORE_SUMS = [L0() + 0.5 * L1(), SCAD(gamma=3.0) + 0.2 * ElasticNet(0.5)]

# None, so that any number of columns will do.
OF_GROUPS = [GroupL2(), SparseGroup(), GroupMCP(), GroupL2() + 0.1 * L2()]


def estimator_for(loss, penalty):
    cls = PenalizedClassifier if loss.classification else PenalizedRegressor
    return cls(loss=loss, penalty=penalty)


def names_once(by_name):
    """One name for each class: aliases stand for the same."""
    return list({cls: cls() for cls in by_name.values()}.values())


DEFAULTS = [PenalizedRegressor(), PenalizedClassifier(), PenalizedCox()]
COX = [PenalizedCox(ElasticNet(0.5)), PenalizedCox(MCP() + 0.1 * L2()), PenalizedCox(L2())]
EVERY_LOSS = [estimator_for(loss, "l1") for loss in names_once(LOSSES)]
EVERY_LOSS_MIXED = [estimator_for(loss, ElasticNet(0.5)) for loss in names_once(LOSSES)]
EVERY_PENALTY = [PenalizedRegressor(penalty=penalty) for penalty in [*names_once(PENALTIES), *SUMS, *OF_GROUPS, None]]
EVERY_SUM = [PenalizedRegressor(penalty=penalty) for penalty in MORE_SUMS]
EVERY_PENALTY_ON_CLASSES = [PenalizedClassifier(penalty=model.penalty) for model in EVERY_PENALTY + EVERY_SUM]
# The concordance needs comparable pairs in every test part, and some checks have next to no different values of y.
WITH_PAIRS = ShuffleSplit(3, test_size=0.5, random_state=0)
# Few strengths, for time; three folds, since some checks have no more samples of a class.
SEARCHES = [
    PenalizedRegressorCV(alphas=4, cv=3),
    PenalizedClassifierCV(alphas=4, cv=3),
    PathSearchCV(PenalizedRegressor(), alphas=4, cv=3),
    PenalizedCoxCV(alphas=4, cv=3),
]
MORE_SEARCHES = [
    PenalizedRegressorCV(penalty=["l1", MCP()], alphas=4, cv=3, gamma=[0.0, 1.0], adaptive=[0, 1], selection="1se"),
    PenalizedClassifierCV(loss="squared_hinge", penalty=["l2", "scad"], alphas=4, cv=3, scoring="accuracy"),
    PenalizedCoxCV(penalty=["l1", "l2"], alphas=4, cv=3, selection="1se"),
    PathSearchCV(PenalizedClassifier(), alphas=4, cv=3),
    PathSearchCV(PenalizedCox(), alphas=4, cv=WITH_PAIRS),
    PenalizedCoxCV(alphas=4, cv=WITH_PAIRS, scoring="concordance"),
]


@parametrize_with_checks(SEARCHES)
def test_searches_keep_the_conventions(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(MORE_SEARCHES)
def test_more_searches_keep_the_conventions(estimator, check):
    check(estimator)


@parametrize_with_checks(DEFAULTS + COX + EVERY_LOSS + EVERY_PENALTY)
def test_estimator_keeps_the_conventions(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(EVERY_LOSS_MIXED + EVERY_SUM)
def test_more_estimators_keep_the_conventions(estimator, check):
    check(estimator)


def weights_that_do_not_repeat(estimator):
    """The weights of tied events under Efron's rule are those of R's `coxph`, by its definition not repetition."""
    names = (f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse"))
    return dict.fromkeys(names, "weights of tied events are not repetition")


@parametrize_with_checks([PenalizedCox(ties="efron")], expected_failed_checks=weights_that_do_not_repeat)
def test_ties_of_efron_keep_the_conventions(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(EVERY_PENALTY_ON_CLASSES)
def test_every_penalty_on_classes_keeps_the_conventions(estimator, check):
    check(estimator)
