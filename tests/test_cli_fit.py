"""`skregloss fit`: how columns are taken, what is printed and saved."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import joblib
import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV, KFold
from tables import people, with_gaps

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import cli
from skregloss.cli._columns import sort_columns

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def printed(capsys, *argv):
    assert cli.main(["fit", *argv]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def coefficients(out):
    return {name: float(value) for name, value in re.findall(r"^  (\S+) +(\S+)$", out, flags=re.MULTILINE)}


def test_classes_by_a_file_with_gaps(folder, capsys):
    with_gaps(people()).to_csv("gaps.csv", index=False)
    out = printed(capsys, "gaps.csv", "--target", "state", "--drop", "cost", "--alphas", "20", "--save", "m.joblib")
    for line in (
        "gaps.csv: target 'state': 2 classes, 'sick' 60, 'well' 60; positive coefficients speak for 'well'; 120 rows.",
        "Missing numbers, filled with the median: income (8).",
        "Missing categories, a category of their own: city (6).",
        "log_loss with l1, 5 shuffled folds, 20 strengths: alpha = ",
        "Wrote m.joblib",
    ):
        assert line in out
    model = joblib.load("m.joblib")
    shown = coefficients(out)
    names = model[:-1].get_feature_names_out()
    nonzero = {name: coef for name, coef in zip(names, model[-1].coef_[0], strict=True) if coef != 0.0}
    assert shown.keys() == {*nonzero, "(intercept)"}
    assert all(shown[name] == pytest.approx(coef, rel=1e-3) for name, coef in nonzero.items())
    assert shown["age"] < 0.0
    assert shown["smoker_yes"] < 0.0
    table = with_gaps(people()).drop(columns=["cost", "state"])
    table.loc[0, "city"] = "Paris"
    with pytest.warns(UserWarning, match="unknown categories"):
        assert set(model.predict(table)) == {"sick", "well"}


def test_the_strength_is_that_of_a_grid_search(folder, capsys):
    argv = ["people.csv", "--target", "cost", "--drop", "state", "--loss", "gamma", "--penalty", "elasticnet", "--cv", "4"]
    out = printed(capsys, *argv, "--alphas", "8", "--save", "m.pkl")
    model = joblib.load("m.pkl")
    first, last = map(float, re.search(r"of (\S+) to (\S+)\.", out).groups())
    frame = people().drop(columns="state")
    X, y = frame.drop(columns="cost"), frame.cost
    grid = {"model__alpha": np.geomspace(first, last, 8)}
    search = GridSearchCV(model.set_params(model__tol=1e-10), grid, cv=KFold(4, shuffle=True, random_state=0)).fit(X, y)
    chosen = float(re.search(r"alpha = (\S+) of", out)[1])
    assert chosen == pytest.approx(search.best_params_["model__alpha"], rel=1e-3)
    assert f"In cross-validation, loss explained: {search.best_score_:.1%}" in out


def test_a_saved_model_needs_no_module_of_the_commands(folder, capsys):
    printed(capsys, "people.csv", "--target", "state", "--drop", "cost", "--alphas", "5", "--save", "m.joblib")
    script = (
        "import sys, joblib, pandas\n"
        "model = joblib.load('m.joblib')\n"
        "print(model.score(pandas.read_csv('people.csv').drop(columns=['cost']), pandas.read_csv('people.csv').state) > 0.6)\n"
        "assert 'skregloss.cli' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout == "True\n"


def test_report(folder, capsys):
    out = printed(capsys, "people.csv", "--target", "cost", "--drop", "state", "--alphas", "8", "--report", "r.html")
    page = (folder / "r.html").read_text()
    assert page.count("src='data:image/png;base64,") == 2
    assert not re.search(r"(src|href)='(?!data:)", page)
    for name, value in coefficients(out).items():
        assert f"<td>{name}</td><td>{value:.4g}"[:-1] in page
    assert "<td>(intercept)</td>" in page


def test_more_than_two_classes(capsys, folder):
    out = printed(capsys, "iris", "--alphas", "8", "--cv", "3", "--report", "r.html", "--selection", "1se")
    assert "3 classes, 'setosa' 50" in out
    assert "loss explained" in out
    assert re.search(r"^  virginica: petal width", out, flags=re.MULTILINE)
    assert "<th>class</th>" in (folder / "r.html").read_text()


def test_a_loss_without_probabilities_is_scored_by_right_classes(folder, capsys):
    argv = ["people.csv", "--target", "member", "--loss", "squared_hinge", "--alphas", "5"]
    out = printed(capsys, *argv, "--drop", "cost")
    assert "share of right classes" in out
    assert "'False'" not in out.splitlines()[0]


def test_gaps_in_the_target_and_signs_of_missing_cells(folder, capsys):
    frame = people().astype({"income": str, "state": object})
    frame.loc[[3, 4], "income"], frame.loc[[5], "state"] = "?", None
    frame.to_csv("people.csv", index=False)
    out = printed(capsys, "people.csv", "--target", "state", "--drop", "cost", "--missing", "?", "--alphas", "5")
    assert "Left out 1 rows without a target." in out
    assert "Missing numbers, filled with the median: income (2)." in out


def columns_like(**columns):
    frame = pd.DataFrame(columns)
    frame["plain"] = np.arange(len(frame)) % 7 * 0.5
    return sort_columns(frame)


ROWS = np.arange(40)


@pytest.mark.parametrize(
    ("cells", "kind", "reason"),
    [
        (ROWS * 1.5, "numbers", ""),
        (ROWS % 5, "numbers", ""),
        (1000 * ROWS**2, "numbers", ""),
        (ROWS % 2 == 0, "categories", ""),
        (np.array(["a", "b", None], dtype=object)[ROWS % 3], "categories", ""),
        (pd.Categorical(np.array(["a", "b"])[ROWS % 2]), "categories", ""),
        (np.array([True, False, None], dtype=object)[ROWS % 3], "categories", ""),
        (np.array(["01", "02"])[ROWS % 2], "categories", ""),
        (np.full(40, 3.0), "idle", "constant"),
        (np.full(40, "x"), "idle", "constant"),
        (np.full(40, np.nan), "idle", "empty"),
        (ROWS[::-1] + 17, "refused", "a running number"),
        (np.char.add("customer ", ROWS.astype(str)), "refused", "40 different texts in 40 rows"),
        (pd.date_range("2020-01-01", periods=40), "refused", "dates or times"),
        (pd.date_range("2020-01-01", periods=40).astype(str), "refused", "dates or times"),
        (np.array(["3.12.2021", "4/5/99"])[ROWS % 2], "refused", "dates or times"),
        (pd.to_timedelta(ROWS, unit="D"), "refused", "dates or times"),
        (np.where(ROWS == 3, "?", (ROWS % 9).astype(str)), "refused", "such as '?'"),
        (np.array(["1,5", "2,5"])[ROWS % 2], "refused", "written like '1,5'"),
        (np.where(ROWS == 1, np.inf, 1.0 * ROWS), "refused", "infinite"),
        (np.array([1, "a"], dtype=object)[ROWS % 2], "refused", "cells of different kinds"),
        ([[1, 2]] * 40, "refused", "cells of type list"),
        (ROWS * (1 + 2j), "refused", "different kinds"),
    ],
)
def test_what_becomes_of_a_column(cells, kind, reason):
    found = columns_like(column=cells)
    members = getattr(found, kind)
    assert "column" in members
    assert reason in (members["column"] if reason else "")


@pytest.mark.parametrize("name", ["id", "user_id", "customerID", "Unnamed: 0", "row index"])
def test_whole_numbers_named_as_identifiers(name):
    cells = 1000 * ROWS**2
    assert "different whole numbers" in columns_like(**{name: cells}).refused[name]
    assert name in columns_like(**{name: cells % 7}).numbers


@pytest.mark.parametrize("name", ["paid", "humid", "kidney", "monkey", "population"])
def test_names_that_only_look_like_identifiers(name):
    assert name in columns_like(**{name: 1000 * ROWS**2}).numbers


def test_keep(folder, capsys):
    people().assign(day=range(120)).to_csv("people.csv", index=False)
    out = printed(capsys, "people.csv", "--target", "cost", "--drop", "state", "--keep", "day", "--alphas", "5")
    assert "Numbers, scaled to unit variance: age, income, day." in out


def test_a_category_of_one_row_is_no_cause_for_warnings(folder, capsys):
    frame = people()
    frame.loc[7, "city"] = "Paris"
    frame.to_csv("people.csv", index=False)
    out = printed(capsys, "people.csv", "--target", "state", "--drop", "cost", "--alphas", "5")
    assert "city (4 categories)" in out


def test_columns_that_tell_nothing(folder, capsys):
    cells = np.random.default_rng(1).normal(size=(60, 3))
    pd.DataFrame(cells, columns=["a", "b", "y"]).to_csv("noise.csv", index=False)
    out = printed(capsys, "noise.csv", "--target", "y")
    assert "No column helps prediction here: a constant is as good." in out
    assert "0 of 2 coefficients are not zero:" in out
