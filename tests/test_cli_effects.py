"""`skregloss effects`: what it prints and writes."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer, load_iris
from tables import people, with_gaps

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from skregloss import cli, regularization_effects

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


@pytest.fixture(autouse=True)
def figures_are_closed():
    yield
    plt.close("all")


def printed(capsys, *argv):
    assert cli.main(list(argv)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_default_answers_on_bundled_data(capsys):
    out = printed(capsys, "effects")
    assert all(len(line) <= 200 for line in out.splitlines())
    assert "breast_cancer: 2 classes, 'benign' 357, 'malignant' 212" in out
    for penalty in ("l1", "elasticnet"):
        assert f"{penalty} sets coefficients to exactly zero under squared_error and log_loss" in out
    assert "l2 shrinks coefficients and sets none to zero under squared_error and log_loss" in out
    data = load_breast_cancer()
    names = np.array(["malignant", "benign"])[data.target]
    assert regularization_effects(data.data, names).summary() in out


def test_numbers_are_compared_under_losses_for_numbers(capsys):
    out = printed(capsys, "effects", "diabetes", "--penalties", "l1", "none", "--strengths", "5", "--cv", "3")
    assert "under squared_error and absolute_error" in out
    assert "none neither shrinks coefficients nor sets any to zero" in out
    assert "cross-validated" in out


def test_one_class_against_the_rest(capsys):
    X, y = load_iris(return_X_y=True)
    out = printed(capsys, "effects", "iris", "--class", "virginica", "--strengths", "7")
    assert regularization_effects(X, y == 2, strengths=7).summary() in out


def test_a_file_is_encoded(folder, capsys):
    out = printed(capsys, "effects", "people.csv", "--target", "state", "--drop", "cost", "--strengths", "4")
    assert "120 samples, 7 standardised columns; classes 'sick' and 'well'" in out
    frame = people()
    columns = [frame.age, frame.income, frame.smoker == "yes", *(frame.city == city for city in ("Lima", "Oslo", "Rome"))]
    X = np.column_stack([*columns, frame.member]).astype(float)
    assert regularization_effects(X, frame.state, strengths=4).summary() in out


def test_what_is_written(folder, capsys):
    with_gaps(people()).to_csv("gaps.csv", index=False, sep=";", decimal=",")
    argv = ["effects", "gaps.csv", "--target", "cost", "--drop", "state", "--losses", "gamma", "huber", "--strengths", "5"]
    out = printed(capsys, *argv, "--save", "a.PNG", "b.svg", "c.csv", "d.html")
    assert re.findall("Wrote (.*)", out) == ["a.PNG", "b.svg", "c.csv", "d.html"]
    assert (folder / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (folder / "b.svg").read_text()
    with (folder / "c.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * 3 * 5
    assert {row["loss"] for row in rows} == {"gamma", "huber"}
    assert {int(row["n_features"]) for row in rows} == {8}  # a missing city is a category
    page = (folder / "d.html").read_text()
    assert page.count("src='data:image/png;base64,") == 2
    assert not re.search(r"(src|href)='(?!data:)", page)
    assert "income (8)" in page
    assert page.count("<tr>") == 1 + len(rows)


def test_names_of_columns_cannot_break_a_page(folder, capsys):
    people().rename(columns={"age": "<b>age</b> & 'more'"}).to_csv("people.csv", index=False)
    printed(capsys, "effects", "people.csv", "--target", "cost", "--drop", "state", "--strengths", "2", "--save", "d.html")
    page = (folder / "d.html").read_text()
    assert "<b>age" not in page
    assert "&lt;b&gt;age&lt;/b&gt; &amp; " in page


def test_curves(folder, capsys):
    sizes = []
    for kind in ("paths", "curves"):
        printed(capsys, "effects", "--strengths", "3", "--losses", "log_loss", "--kind", kind, "--save", "a.png")
        sizes.append(plt.imread("a.png").shape)
    assert sizes[1][0] > 2 * sizes[0][0]


def test_a_loss_for_numbers_sees_classes_as_0_and_1(folder, capsys):
    out = printed(capsys, "effects", "people.csv", "--target", "state", "--drop", "cost", "--losses", "poisson")
    assert "coded 0 and 1 for losses for numbers" in out


def test_warnings_are_lines(folder, capsys):
    people().assign(twin=lambda frame: (frame.state == "sick") * 1.0).to_csv("people.csv", index=False)
    argv = ["--target", "state", "--losses", "log_loss", "--penalties", "none", "--strengths", "2"]
    assert cli.main(["effects", "people.csv", *argv]) == 0
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.match("skregloss: warning: 2 of 2 fits did not converge", lines[0])


def test_bundled_data_need_neither_pandas_nor_matplotlib(tmp_path):
    script = (
        "import sys; sys.modules['pandas'] = sys.modules['matplotlib'] = None\n"
        "from skregloss.cli import main\n"
        "assert main(['effects', '--strengths', '3', '--cv', '3']) == 0\n"
        "assert main(['effects', '--save', 'a.png']) == 2\n"
        "open('a.csv', 'w').write('a,b')\n"
        "assert main(['effects', 'a.csv', '--target', 'b']) == 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path, env=ENVIRONMENT
    )
    assert done.stderr.splitlines() == [
        "skregloss: --save: drawing needs matplotlib; install it with: pip install matplotlib",
        "skregloss: a.csv: reading files needs pandas; install it with: pip install pandas",
    ]


def test_parquet(folder, capsys, monkeypatch):
    monkeypatch.setattr(pd, "read_parquet", lambda path: with_gaps(people()).astype({"city": "category"}))
    (folder / "people.parquet").write_bytes(b"PAR1")
    out = printed(capsys, "effects", "people.parquet", "--target", "state", "--drop", "cost", "--strengths", "2")
    assert "8 standardised columns" in out
