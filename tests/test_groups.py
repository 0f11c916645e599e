"""What users say about groups: the forms it can have, what it means for a fit, and the errors."""

from __future__ import annotations

import pickle

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from skregloss import PenalizedClassifier, PenalizedRegressor, PenalizedRegressorCV, regularization_path
from skregloss.penalties import L1, L2, L21, GroupL2, GroupMCP, GroupSCAD, SparseGroup

NAMES = ["a", "b", "c", "d", "e", "f"]
GROUPS = [[0, 3], [5, 1, 2]]  # and column 4 alone
RNG = np.random.default_rng(0)
X = pd.DataFrame(RNG.normal(size=(60, 6)), columns=NAMES)
Y = X.to_numpy()[:, [0, 3, 4]] @ [1.0, -1.0, 0.5] + RNG.normal(size=60)


def coefficients(groups, **options):
    return PenalizedRegressor(penalty=GroupL2(groups, **options), alpha=0.1, tol=1e-12).fit(X, Y).coef_


@pytest.mark.parametrize(
    "groups",
    [
        [["a", "d"], ["f", "b", "c"]],
        [("d", "a"), np.array([2, 1, 5])],
        [pd.Index(["a", "d"]), pd.Series(["b", "f", "c"])],
        [["a", 3], {"b", "c", 5}],
        {"first": ["a", "d"], "second": ["b", "c", "f"]},
        {"first": (0, 3), "second": [1, 2, 5], "third": "e"},
        ["x", "y", "y", "x", "z", "y"],
        [7, 3, 3, 7, 1, 3],
        np.array([7, 3, 3, 7, 1, 3]),
        np.array(["x", "y", "y", "x", "z", "y"], dtype=object),
        pd.Series([7, 3, 3, 7, 1, 3]),
        pd.Series(["x", "y", "y", "x", "z", "y"]).astype("category"),
        pd.Series({"f": "y", "e": "z", "d": "x", "c": "y", "b": "y", "a": "x"}),
    ],
)
def test_every_form_means_the_same(groups):
    np.testing.assert_allclose(coefficients(groups), coefficients(GROUPS), rtol=1e-9, atol=1e-12)


def test_consecutive_groups_and_none():
    np.testing.assert_allclose(coefficients(3), coefficients([[0, 1, 2], [3, 4, 5]]), rtol=1e-9)
    np.testing.assert_allclose(coefficients(np.int64(2)), coefficients([0, 0, 1, 1, 2, 2]), rtol=1e-9)
    lasso = PenalizedRegressor(alpha=0.1, tol=1e-12).fit(X, Y).coef_
    for nothing in (None, 1, {}):
        np.testing.assert_allclose(coefficients(nothing), lasso, atol=1e-10)


def test_weights_by_position_label_and_name():
    wanted = coefficients(GROUPS, weights=[0.5, 2.0])
    for groups, weights in (
        ({"p": [0, 3], "q": [1, 2, 5]}, {"q": 2.0, "p": 0.5}),
        (["x", "y", "y", "x", "z", "y"], [0.5, 2.0, 1.0]),
        (["x", "y", "y", "x", "z", "y"], {"x": 0.5, "y": 2.0}),
        (GROUPS, {0: 0.5, 1: 2.0}),
        (GROUPS, np.array([0.5, 2.0])),
    ):
        np.testing.assert_allclose(coefficients(groups, weights=weights), wanted, rtol=1e-9, atol=1e-12)
    assert not np.allclose(wanted, coefficients(GROUPS))


@pytest.mark.parametrize(
    ("groups", "options", "message"),
    [
        ([[0, 1], []], {}, r"Group 1 of groups is empty"),
        ({"p": [0], "q": []}, {}, r"Group 'q' of groups is empty"),
        ([[0, 1], [1, 2]], {}, r"groups has column 'b' in two groups, 0 and 1"),
        ([["a", 0]], {}, r"names column 'a' twice"),
        ([["a", "a"]], {}, r"names column 'a' twice"),
        ([["a", "bb"]], {}, r"names column 'bb', which X does not have; did you mean 'b'"),
        ([[0, 6]], {}, r"names column 6, but X has the columns 0 to 5"),
        ([[0, -1]], {}, r"names column -1"),
        ([[0, 1.5]], {}, r"names a column by 1.5"),
        ([0, 0, 1, 1], {}, r"4 labels for 6 columns"),
        ([0, 0, 1, 1, 2, None], {}, r"the label None"),
        ([0, 0, 1, 1, 2, np.nan], {}, r"the label nan"),
        ([0, 0, 1, 1, 2, "2"], {}, r"strings and numbers for labels"),
        ([0, 0, 1, 1, 2, [3]], {}, r"mixes lists of columns with single entries"),
        (4, {}, r"4, which does not divide the 6 columns"),
        (0, {}, r"groups is 0"),
        (-2, {}, r"groups is -2"),
        (True, {}, r"groups is True"),
        (2.0, {}, r"groups is 2.0"),
        ("a", {}, r"groups is 'a'"),
        (pd.Series({"a": 1, "b": 1, "other": 2}), {}, r"'other', which X does not have"),
        (GROUPS, {"weights": [1.0]}, r"weights has shape \(1,\); valid is one weight per group, \(2,\)"),
        (GROUPS, {"weights": [1.0, 0.0]}, r"weights of group 1 is 0"),
        (GROUPS, {"weights": [1.0, -1.0]}, r"weights of group 1 is -1"),
        (GROUPS, {"weights": [1.0, np.nan]}, r"weights of group 1 is nan"),
        (GROUPS, {"weights": [1.0, np.inf]}, r"weights of group 1 is inf"),
        (GROUPS, {"weights": ["one", "two"]}, r"weights of group 0 is 'one'"),
        ({"p": [0], "q": [1]}, {"weights": {"r": 1.0}}, r"weights names group 'r'; valid are 'p', 'q'"),
        ({"p": [0], "q": [1]}, {"weights": {"q": 0.0}}, r"weights of group 'q' is 0"),
    ],
    ids=lambda value: repr(value)[:40],
)
@pytest.mark.parametrize("cls", [GroupL2, GroupMCP, SparseGroup])
def test_what_is_not_valid_is_said_in_one_sentence(cls, groups, options, message):
    with pytest.raises((ValueError, TypeError), match=message) as caught:
        PenalizedRegressor(penalty=cls(groups, **options)).fit(X, Y)
    assert any(
        told in str(caught.value) for told in ("; valid ", "did you mean", "X has the columns", "its columns are", " twice.")
    )
    assert "\n" not in str(caught.value)


def test_names_need_a_data_frame():
    with pytest.raises(ValueError, match="X has no column names; pass a data frame"):
        PenalizedRegressor(penalty=GroupL2([["a", "d"]])).fit(X.to_numpy(), Y)


def test_factors_and_bounds_of_groups():
    model = PenalizedRegressor(penalty=GroupL2(GROUPS), alpha=0.1)
    with pytest.raises(ValueError, match="one factor per group"):
        clone(model).set_params(penalty_factors={"a": 2.0}).fit(X, Y)
    with pytest.raises(ValueError, match="bounds do not go with GroupL2"):
        clone(model).set_params(bounds=(0, None)).fit(X, Y)
    with pytest.raises(ValueError, match="bounds do not go with Sum"):
        PenalizedRegressor(penalty=GroupL2(GROUPS) + L2(), bounds=(0, None)).fit(X, Y)
    clone(model).set_params(bounds=(None, None)).fit(X, Y)
    excluded = clone(model).set_params(penalty_factors={"a": np.inf, "d": np.inf, "e": 0.0}).fit(X, Y).coef_
    assert excluded[0] == excluded[3] == 0.0
    assert excluded[4] != 0.0


def test_sums():
    assert (GroupL2(GROUPS) + 0.1 * L2()).grouped
    sums = [GroupL2(GROUPS) + 0.1 * L2(), L1() + GroupL2(GROUPS), 2 * GroupMCP(GROUPS), 0.5 * SparseGroup(GROUPS) + L2()]
    for penalty in sums:
        assert PenalizedRegressor(penalty=penalty, alpha=0.1).fit(X, Y).certificate_.converged
    for penalty in (GroupL2(2) + GroupL2(3), GroupL2(2) + GroupMCP(2), SparseGroup(2) + GroupSCAD(3)):
        with pytest.raises(ValueError, match="has no prox"):
            PenalizedRegressor(penalty=penalty).fit(X, Y)


def test_parameter_objects():
    penalty = SparseGroup(groups=GROUPS, l1_ratio=0.3)
    model = PenalizedRegressor(penalty=penalty, alpha=0.1)
    assert "groups" in repr(penalty)
    model.set_params(penalty__groups=3, penalty__l1_ratio=0.7)
    assert (model.penalty.groups, model.penalty.l1_ratio) == (3, 0.7)
    fitted = clone(model).fit(X, Y)
    copy = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(copy.predict(X), fitted.predict(X))
    np.testing.assert_array_equal(copy.fit(X, Y).coef_, fitted.coef_)
    nested = PenalizedRegressor(penalty=GroupL2(2) + 0.1 * L2()).set_params(penalty__left__groups=3)
    assert nested.penalty.left.groups == 3
    before = repr(GROUPS)
    PenalizedRegressor(penalty=GroupL2(GROUPS)).fit(X, Y)
    assert repr(GROUPS) == before


def test_grid_search_over_the_share_of_l1():
    search = GridSearchCV(
        PenalizedRegressor(penalty=SparseGroup({"one": ["a", "d"], "two": ["b", "c"]}), alpha=0.05),
        {"penalty__l1_ratio": [0.0, 0.5, 1.0], "penalty__groups": [2, GROUPS]},
        cv=3,
    ).fit(X, Y)
    assert set(search.best_params_) == {"penalty__l1_ratio", "penalty__groups"}
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


@pytest.mark.parametrize("penalty", [GroupL2(GROUPS), SparseGroup(GROUPS), GroupMCP(GROUPS), L21()])
def test_storage_of_columns(penalty):
    plain = PenalizedRegressor(penalty=penalty, alpha=0.1, tol=1e-10).fit(X.to_numpy(), Y).coef_
    for stored in (sparse.csr_matrix(X), sparse.csc_array(X), np.ascontiguousarray(X), X.astype(np.float32)):
        coef = PenalizedRegressor(penalty=penalty, alpha=0.1, tol=1e-10).fit(stored, Y).coef_
        np.testing.assert_allclose(coef, plain, atol=1e-5)


def test_groups_of_classes_and_of_outputs():
    labels = np.digitize(Y, [-1.0, 1.0])
    model = PenalizedClassifier(penalty=GroupL2(GROUPS), alpha=0.05).fit(X, labels)
    for group in GROUPS:
        assert model.coef_[:, group].all() or not model.coef_[:, group].any()
    outputs = PenalizedRegressor(penalty=GroupL2(GROUPS), alpha=0.3).fit(X, np.column_stack([Y, -Y, X["b"]]))
    assert outputs.coef_.shape == (3, 6)
    for group in GROUPS:
        assert outputs.coef_[:, group].all() or not outputs.coef_[:, group].any()


def test_paths_go_through_groups():
    path = regularization_path(X, Y, loss="squared_error", penalty=GroupL2({"p": ["a", "d"]}), alphas=20)
    assert path.converged.all()
    assert path.n_nonzero[0] == 0
    assert path.coefs[:, 1].any()
    assert np.array_equal(path.coefs[0] != 0.0, path.coefs[3] != 0.0)


@pytest.mark.parametrize("penalty", [GroupL2(GROUPS), SparseGroup(GROUPS), GroupMCP(GROUPS)], ids=lambda p: type(p).__name__)
def test_adaptive_and_relaxed_fits(penalty):
    """Factors by the lengths of the groups in the pilot fit, and a refit of the columns that are left."""
    options = {"alphas": 12, "selection": "bic", "tol": 1e-10}
    pilot = PenalizedRegressorCV(penalty=penalty, **options).fit(X, Y)
    labels = np.array([0, 1, 1, 0, 2, 1])
    lengths = np.sqrt(np.bincount(labels, pilot.coef_**2)[labels])
    adaptive = PenalizedRegressorCV(penalty=penalty, adaptive=1, **options).fit(X, Y)
    np.testing.assert_allclose(adaptive.penalty_factors_, lengths.max() / (lengths + lengths.max() / 100.0), rtol=1e-6)
    single = PenalizedRegressor(penalty=penalty, alpha=adaptive.alpha_, penalty_factors=adaptive.penalty_factors_, tol=1e-10)
    assert single.fit(X, Y).certificate_.objective == pytest.approx(adaptive.certificate_.objective, rel=1e-9)
    relaxed = PenalizedRegressorCV(penalty=penalty, gamma=0.0, alphas=12, cv=3).fit(X, Y)
    Z = np.column_stack([np.ones(60), X.to_numpy()[:, relaxed.coef_ != 0.0]])
    np.testing.assert_allclose(relaxed.predict(X), Z @ np.linalg.lstsq(Z, Y)[0], atol=1e-7)
