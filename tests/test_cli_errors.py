"""Errors of the commands that read data: one line with the file, the column and the remedy, and nothing written."""

from __future__ import annotations

import numpy as np
import pytest
from tables import people

from skregloss import cli

TO_STATE = "people.csv --target state"
TABLE = [
    ("fit nowhere.csv --target a", "nowhere.csv is no file, and no bundled data set"),
    ("effects brest_cancer", "or one of breast_cancer."),
    ("fit . --target a", ". is a folder"),
    ("fit people.xlsx --target a", "people.xlsx: the ending '.xlsx' is not known; valid are .csv"),
    ("fit empty.csv --target a", "empty.csv is empty"),
    ("fit head.csv --target a", "head.csv has column names but no rows"),
    ("fit latin.csv --target b", "latin.csv is not utf-8 text (byte 0xe9); give its encoding, as in --encoding latin-1"),
    ("fit latin.csv --target b --encoding utf-99", "valid encodings are utf-8"),
    ("fit twice.csv --target b", "twice.csv has more than one column named 'a'"),
    ("fit ragged.csv --target b", "ragged.csv cannot be read"),
    ("fit long.csv --target b", "long.csv cannot be read"),
    ("fit broken.parquet --target b", "broken.parquet"),
    ("fit people.csv", "say which column to explain with --target; its columns are age, income"),
    ("effects people.csv", "say which column to explain with --target"),
    ("effects iris --target a", "iris is bundled and has its own target"),
    ("fit people.csv --target sate", "people.csv has no column 'sate' for --target; did you mean 'state'?"),
    (f"fit {TO_STATE} --drop x", "people.csv has no column 'x' for --drop; its columns are age"),
    (f"fit {TO_STATE} --keep smokers", "for --keep; did you mean 'smoker'?"),
    (f"fit {TO_STATE} --drop state", "--drop names the target 'state'"),
    ("fit odd.csv --target one", "odd.csv: target 'one' is constant (1)"),
    ("fit odd.csv --target none", "odd.csv: target 'none' has 0 values"),
    ("fit odd.csv --target day", "odd.csv: target 'day' holds dates"),
    ("fit odd.csv --target code", "odd.csv: target 'code' identifies rows"),
    ("fit odd.csv --target state", "'code' identifies rows: 120 different texts in 120 rows; 'day' holds dates"),
    ("fit odd.csv --target state", "with --drop code day, or keep an identifier with --keep"),
    (
        "fit odd.csv --target state --drop code day",
        "no column is left to explain the target with (one (constant), none",
    ),
    (f"fit {TO_STATE} --loss poisson", "target 'state' holds text, such as 'sick', and loss 'poisson' is for numbers"),
    ("fit people.csv --target member --loss huber", "target 'member' holds truth values"),
    (
        "fit people.csv --target cost --loss log_loss",
        "target 'cost' holds 120 different numbers, and loss",
    ),
    ("fit negative.csv --target y --loss poisson", "negative.csv: target 'y': Poisson is defined for y in [0, inf), but y["),
    (f"fit {TO_STATE} --loss log_los", "did you mean 'log_loss'"),
    (f"fit {TO_STATE} --penalty lasso", "penalty is 'lasso'; valid names are"),
    ("effects people.csv --target city", "target 'city' has 3 classes (Lima, Oslo, Rome)"),
    ("effects people.csv --target city", "as in --class Lima"),
    ("effects iris", "iris has 3 classes (setosa, versicolor, virginica)"),
    ("effects iris --class rose", "iris has no class 'rose'; valid are setosa, versicolor, virginica"),
    (f"fit {TO_STATE} --cv 1", "--cv 1: valid are 2 to 60 for people.csv: target 'state' (class 'sick' has 60 rows)"),
    ("effects diabetes --cv 300", "--cv 300: valid are 2 to 221 for diabetes"),
    (f"effects {TO_STATE} --strengths 1", "strengths is 1; valid are an integer >= 2"),
    (f"fit {TO_STATE} --alphas 0", "alphas is 0"),
    (f"fit {TO_STATE} --save none/m.joblib", "there is no folder none; make it first"),
    (f"fit {TO_STATE} --save m.zip", "the ending '.zip' is not known; valid are .joblib, .pkl"),
    (f"fit {TO_STATE} --report r.txt", "valid are .html"),
    (f"effects {TO_STATE} --save a.bmp", "valid are .png, .svg, .pdf, .csv, .html"),
    (f"effects {TO_STATE} --save folder.png", "--save folder.png is a folder"),
]


@pytest.fixture
def files(folder):
    """Files that cannot be read, or should not be used as they are."""
    frame = people()
    (folder / "people.xlsx").write_text("x")
    (folder / "empty.csv").write_text("")
    (folder / "head.csv").write_text("a,b\n")
    (folder / "latin.csv").write_bytes("a,b\ncafé,1\nbar,2\n".encode("latin-1"))
    (folder / "twice.csv").write_text("a,a,b\n1,2,3\n")
    (folder / "ragged.csv").write_text("a,b\n1,2\n1,2,3,4\n")
    (folder / "long.csv").write_text("a,b\n1,2,3\n1,2,3\n")
    (folder / "broken.parquet").write_text("no parquet")
    (folder / "folder.png").mkdir()
    odd = frame[["state"]].assign(one=1, none=np.nan, code=[f"P{i:03}" for i in range(120)], day="2020-01-01")
    odd.to_csv(folder / "odd.csv", index=False)
    frame[["age"]].assign(y=np.linspace(-1.0, 1.0, 120)).to_csv(folder / "negative.csv", index=False)
    return folder


@pytest.mark.parametrize(("command", "message"), TABLE)
def test_errors_are_one_line(files, capsys, command, message):
    before = sorted(files.iterdir())
    assert cli.main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("skregloss: ")
    assert err.count("\n") == 1
    assert message in err
    assert sorted(files.iterdir()) == before
