"""PenalizedCoxCV: the cross-validated partial likelihood by its formula and by glmnet, concordance, strata, metadata."""

from __future__ import annotations

import numpy as np
import pytest
import survival_data as table
from oracle import joint
from sklearn import config_context
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skregloss import PathSearchCV, PenalizedCox, PenalizedCoxCV
from skregloss.losses import CoxPartialLikelihood

FOLD = np.arange(14) % 3
FOLDS = [(np.flatnonzero(k != FOLD), np.flatnonzero(k == FOLD)) for k in range(3)]
STRENGTHS = [0.2, 0.1, 0.05, 0.02]
# For each fold k of rep(1:3, length.out=14), with B the coefficients of glmnet(X[tr, ], y[tr], family="cox", weights=w[tr],
# standardize=FALSE, lambda=c(0.2, 0.1, 0.05, 0.02), thresh=1e-30) on its training part tr after
# glmnet.control(epsnr=1e-14, mxitnr=10000), what cv.glmnet(grouped=TRUE) has: coxnet.deviance(std.weights=FALSE) of B on all
# rows minus that on tr, divided by sum((w * event)[!tr]); w being the table's, or 1
GLMNET = {
    "weighted": [
        [5.086590376638, 5.2822521050734, 5.8096384846293, 7.1194989043844],
        [3.6922749309956, 3.786304176754, 3.9159726679743, 5.0632413461333],
        [4.2428392905699, 4.2490368646639, 4.3460933796668, 4.7746446691175],
    ],
    "unweighted": [
        [5.0185293251476, 5.0185293251476, 5.0956831073157, 6.0132056859358],
        [4.3971699325861, 4.4216405073329, 4.7605984140851, 6.0501389580756],
        [3.2978774494396, 3.2978774494396, 3.2978774494396, 3.7917071449699],
    ],
}
y_simple, y_starts = table.times(table.EVENT, table.STOP), table.times(table.EVENT, table.START, table.STOP)


def fold_scores(model):
    return np.array([model.cv_results_[f"split{k}_test_score"] for k in range(model.n_splits_)])


@pytest.fixture(scope="module")
def drawn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 6))
    time, censoring = np.round(rng.exponential(np.exp(-X[:, 0])), 1) + 0.1, rng.exponential(2.0, size=120)
    y = table.times(time <= censoring, np.minimum(time, censoring))
    return (
        X,
        y,
        {"sample_weight": rng.integers(0, 3, 120), "offset": 0.3 * rng.normal(size=120), "strata": rng.choice([3, 5], 120)},
    )


@pytest.mark.parametrize(("name", "weights"), [("weighted", table.WEIGHTS), ("unweighted", None)])
def test_glmnet(name, weights):
    model = PenalizedCoxCV(alphas=STRENGTHS, cv=FOLDS, tol=1e-12).fit(table.WIDE, y_simple, sample_weight=weights)
    np.testing.assert_allclose(-2.0 * fold_scores(model), GLMNET[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("ties", ["breslow", "efron"])
def test_formula_with_everything(drawn, ties):
    X, y, given = drawn
    model = PenalizedCoxCV(alphas=[0.1, 0.02], cv=KFold(4), ties=ties, tol=1e-10).fit(X, y, **given)
    samples = np.column_stack([np.full(120, -np.inf), y["time"], y["event"], given["strata"]])
    weights, loss = given["sample_weight"].astype(float), CoxPartialLikelihood(ties)
    for k, (train, test) in enumerate(KFold(4).split(X)):
        for a, alpha in enumerate([0.1, 0.02]):
            parts = {name: values[train] for name, values in given.items()}
            coef = PenalizedCox(alpha=alpha, ties=ties, tol=1e-10).fit(X[train], y[train], **parts).coef_
            eta = X @ coef + given["offset"]
            everyone = joint.cox(loss, eta, samples, weights) - joint.cox_floor(loss, samples, weights)
            trained = joint.cox(loss, eta[train], samples[train], weights[train])
            trained -= joint.cox_floor(loss, samples[train], weights[train])
            score = (trained - everyone) / (weights * y["event"])[test].sum()
            assert fold_scores(model)[k, a] == pytest.approx(score, rel=1e-6)


def test_concordance(drawn):
    X, y, given = drawn
    options = {"alphas": [0.1, 0.02], "cv": KFold(3), "scoring": "concordance"}
    model = PenalizedCoxCV(**options).fit(X, y, **given)
    for k, (train, test) in enumerate(KFold(3).split(X)):
        single = PenalizedCox(alpha=0.02).fit(X[train], y[train], **{name: part[train] for name, part in given.items()})
        score = single.score(X[test], y[test], **{name: part[test] for name, part in given.items()})
        assert fold_scores(model)[k, 1] == pytest.approx(score, abs=1e-9)


def test_a_scorer_is_given_fields_and_curves(drawn):
    X, y, given = drawn

    def alive_at_one(estimator, X, y):
        assert y.dtype.names == ("event", "time")
        return np.mean([curve(min(1.0, curve.domain[1])) for curve in estimator.predict_survival_function(X)])

    model = PenalizedCoxCV(alphas=3, cv=3, scoring=alive_at_one).fit(X, y, strata=given["strata"], offset=given["offset"])
    assert ((fold_scores(model) > 0.0) & (fold_scores(model) < 1.0)).all()


@pytest.mark.parametrize("options", [{"gamma": 0.0}, {"adaptive": 1}, {"selection": "bic"}, {"penalty": ["l1", "l2"]}])
def test_curves_belong_to_the_chosen_coefficients(drawn, options):
    X, y, given = drawn
    model = PenalizedCoxCV(alphas=6, **({} if "selection" in options else {"cv": 3}), **options).fit(X, y, **given)
    place = {"offset": given["offset"], "strata": given["strata"]}
    hazards = model.predict_cumulative_hazard_function(X, **place)
    expected = sum(w * H(t) for w, H, t in zip(given["sample_weight"], hazards, y["time"], strict=True))
    assert expected == pytest.approx(given["sample_weight"][y["event"]].sum(), rel=1e-9)
    assert not hasattr(model, "_samples")


@pytest.mark.parametrize(("ties", "kind"), [("breslow", "weighted"), ("efron", "weighted"), ("breslow", "unweighted")])
def test_criteria_count_events(ties, kind):
    """R: BIC(coxph(...)) = -2 loglik + 2 log(events) without weights."""
    weights = table.WEIGHTS if kind == "weighted" else None
    model = PenalizedCoxCV(alphas=[0.0], selection="bic", ties=ties, tol=1e-10).fit(table.X, y_starts, sample_weight=weights)
    weights = np.ones(14) if weights is None else weights
    events = weights[table.EVENT].sum()
    loglik = -weights.sum() * model.certificate_.objective
    if kind == "weighted":
        assert loglik == pytest.approx(table.WEIGHTED[ties]["loglik"][1], rel=1e-9)
    assert model.cv_results_["bic"][0] == pytest.approx(-2.0 * loglik + 2.0 * np.log(events), rel=1e-9)
    model.set_params(selection="aicc").fit(table.X, y_starts, sample_weight=weights)
    assert model.cv_results_["aicc"][0] == pytest.approx(-2.0 * loglik + 4.0 + 12.0 / (events - 3.0), rel=1e-9)


def test_folds_have_the_same_share_of_events(drawn):
    X, y, _ = drawn
    seen = []

    class Watching(KFold):
        def split(self, X, y=None, groups=None):
            seen.append(y)
            return super().split(X, y, groups)

    PenalizedCoxCV(alphas=2, cv=Watching(3)).fit(X, y)
    np.testing.assert_array_equal(seen[0], y["event"])
    late = np.sort(y, order=["event", "time"])  # folds of neighbours would have no events
    assert np.isfinite(PenalizedCoxCV(alphas=2, cv=4).fit(X, late).best_score_)


def test_bad_folds(drawn):
    X, y, _ = drawn
    events, others = np.flatnonzero(y["event"]), np.flatnonzero(~y["event"])
    with pytest.raises(ValueError, match="no events in its test part"):
        PenalizedCoxCV(alphas=2, cv=[(events, others)]).fit(X, y)
    with pytest.raises(ValueError, match="needs events, but all"):
        PenalizedCoxCV(alphas=2, cv=[(others, events)]).fit(X, y)


def test_metadata(drawn):
    X, y, given = drawn
    groups = np.arange(120) % 5
    plain = PenalizedCoxCV(alphas=3, cv=GroupKFold(3)).fit(X, y, groups=groups, strata=given["strata"])
    with config_context(enable_metadata_routing=True):
        routed = PenalizedCoxCV(alphas=3, cv=GroupKFold(3)).fit(X, y, groups=groups, strata=given["strata"])
    np.testing.assert_array_equal(plain.cv_results_["mean_test_score"], routed.cv_results_["mean_test_score"])


def test_through_a_pipeline(drawn):
    X, y, _ = drawn
    search = PathSearchCV(make_pipeline(StandardScaler(), PenalizedCox()), alphas=5, cv=3).fit(X, y)
    assert search.best_score_ > 0.6
    assert search.predict(X).shape == (120,)
