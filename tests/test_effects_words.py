"""What effects say in words, and which questions are refused."""

from __future__ import annotations

import doctest
import warnings

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, LeaveOneOut

from skregloss import regularization_effects
from skregloss.inspection import comparison, effects_display
from skregloss.inspection._effects_words import listed, shown_strengths, text_table, verdict_of

CANCER = load_breast_cancer(return_X_y=True, as_frame=True)


@pytest.mark.parametrize(
    ("zeros", "norms", "words"),
    [
        ([3, 0], [1.0, 2.0], "sets coefficients to exactly zero"),
        ([0, 1], [1.0, 2.0], "sets coefficients to exactly zero"),
        ([0, 0], [1.0, 2.0], "shrinks coefficients and sets none to zero"),
        ([0, 0], [2.0, 2.0], "neither shrinks coefficients nor sets any to zero"),
        ([1, 1], [2.0, 2.0], "sets coefficients to exactly zero without shrinking their norm"),
    ],
)
def test_the_verdict_follows_the_numbers(zeros, norms, words):
    assert verdict_of(np.array(zeros), np.array(norms)) == words


def test_summary():
    effects = regularization_effects(*CANCER, cv=3)
    lines = effects.summary().splitlines()
    assert lines[0] == "569 samples, 30 standardised columns; classes 0 and 1: positive coefficients speak for 1."
    answers = {line.split()[0]: line for line in lines[2:5]}
    kept = 30 - effects.n_zeros[:, 0, 10]
    both = sum((effects.coefficients("squared_error", "l1") != 0)[:, 10] & (effects.coefficients("log_loss", "l1") != 0)[:, 10])
    assert answers["l1"] == (
        "l1 sets coefficients to exactly zero under squared_error and log_loss: at strength 0.1, "
        f"{kept[0]} and {kept[1]} of 30 columns are left, {both} in common."
    )
    shares = [f"{share:.1%}" for share in effects.relative_l2_norm[:, 1, 0]]
    assert answers["l2"].startswith("l2 shrinks coefficients and sets none to zero under squared_error and log_loss: ")
    assert f"leaves {shares[0]} and {shares[1]} of the weakest's L2 norm" in answers["l2"]
    rows = [line.split() for line in lines if line.startswith("  ")]
    best = effects.cv_loss_explained[1, 0].argmax()
    marked = [row for row in rows if row[:2] == ["l1", ">"]]
    assert len(marked) == 2
    assert marked[1][2] == f"{effects.strengths[best]:.2g}"
    assert marked[1][-1] == f"{effects.cv_loss_explained[1, 0, best]:.1%}"
    assert max(map(len, lines)) < 200


def test_a_penalty_that_would_zero_if_it_were_stronger():
    X, y = load_iris(return_X_y=True)
    text = regularization_effects(X, y == 0, "log_loss", ["elasticnet", "l2"]).summary()
    assert "elasticnet shrinks coefficients and sets none to zero at these strengths under log_loss" in text
    assert "l2 shrinks coefficients and sets none to zero under log_loss" in text


def test_penalties_that_differ_by_loss(two_classes):
    X, y = two_classes
    effects = regularization_effects(X, y, ["squared_error", "log_loss", "huber"], ["l1"], [1.0])
    assert "are left" in effects.summary()
    assert len(effects.agreement) == 3


def test_what_did_not_converge_is_marked(two_classes):
    with pytest.warns(ConvergenceWarning, match=r"of 62 fits did not converge .* under log_loss; raise max_iter"):
        effects = regularization_effects(*two_classes, penalties="l1", max_iter=1, tol=1e-14)
    assert "l1*" in effects.summary()
    assert "* not converged" in effects.summary()


def test_no_other_warnings(two_classes):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        repr(regularization_effects(*two_classes, strengths=[1.0], cv=3)), regularization_effects(*two_classes).summary()


def test_words_and_tables():
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert text_table(["a", "b"], [["long", "1"], ["c", "23"]], text_columns=1) == ["  a      b", "  long   1", "  c     23"]
    assert shown_strengths(31) == [0, 10, 20, 30]
    assert shown_strengths(1) == [0]


X = np.random.default_rng(0).normal(size=(20, 3))
Y = np.arange(20) % 2
THREE = np.arange(20) % 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"y": np.array(["a", "b", "c"])[THREE]}, r"y has 3 different values \('a', 'b', 'c'\), too many .* y == 'a'"),
        ({"y": np.array(["a", "b", "c"])[THREE], "losses": "huber"}, "take one class against the rest"),
        ({"y": X[:, 0]}, r"y has 20 different values .* or losses for numbers"),
        ({"y": np.zeros(20)}, "too few for LogLoss"),
        ({"y": np.zeros(20), "losses": "huber"}, "No penalised column changes the fit under huber"),
        ({"X": np.zeros((20, 2))}, "No penalised column changes the fit under squared_error"),
        ({"penalty_factors": np.zeros(3)}, "No penalised column changes the fit"),
        ({"losses": "gamma"}, r"Gamma is defined for y in \(0, inf\), but y\[0\] is 0"),
        ({"losses": []}, "losses is empty"),
        ({"losses": ["huber", "huber"]}, "losses has huber twice"),
        ({"penalties": ["l1", "lasso"]}, "penalty is 'lasso'"),
        ({"strengths": 1}, "strengths is 1; valid are an integer >= 2"),
        ({"strengths": [0.5, 0.0]}, "different finite strengths > 0"),
        ({"strengths": [0.5, 0.5]}, "repeated values"),
        ({"strengths": []}, "valid are an integer"),
        ({"sample_weight": Y.astype(float)}, "sample_weight is zero for every sample of class 0"),
        ({"cv": KFold(2), "y": np.sort(Y)}, "training rows of fold 0 of cv have a single class"),
        ({"cv": LeaveOneOut()}, "Fold 0 of cv has fewer than 2 test rows"),
        ({"feature_names": ["a"]}, "feature_names has shape"),
        ({"tol": 0.0}, "tol of regularization_effects is 0.0; valid are numbers in"),
        ({"X": np.where(X > 1, np.nan, X)}, "NaN"),
        ({"y": np.r_[np.nan, Y[1:]]}, "NaN"),
    ],
)
def test_what_cannot_be_answered(arguments, message):
    arguments = {"X": X, "y": Y, **arguments}
    with pytest.raises(ValueError, match=message):
        regularization_effects(arguments.pop("X"), arguments.pop("y"), **arguments)


def test_labels_that_cannot_be_compared():
    with pytest.raises(TypeError, match="labels of different types"):
        regularization_effects(X, np.array([1, "a"] * 10, dtype=object))
    with pytest.raises(TypeError, match="strengths is 'many'"):
        regularization_effects(X, Y, strengths="many")


@pytest.mark.parametrize("module", [comparison, effects_display])
def test_examples_in_docstrings(module):
    outcome = doctest.testmod(module)
    assert outcome.attempted > 0
    assert outcome.failed == 0
