"""Kernels are compiled once, and never again until something they are made of changes: then always."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
from fresh_process import Server, copy_package

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")

SUM = """
import numpy as np
from skregloss.solvers.penalty_terms import bounded_prox, penalty_sum

def total(penalty):
    return penalty_sum(penalty.lower(), np.array([2.0]), np.array([1.0]))
"""
BUILT_IN = SUM + "from skregloss.penalties import L1\nanswer = total(L1())\n"
MINE = SUM + "from mine import Mine\nanswer = total(Mine())\n"
MINE_FILE = """
from skregloss.penalties import Penalty

class Mine(Penalty):
    def value(self, b, alpha):
        return {value}

    def prox(self, z, step, alpha):
        return z
"""


@pytest.fixture(scope="module")
def server():
    server = Server()
    yield server
    server.close()


@pytest.fixture
def root(tmp_path):
    """A folder with a copy of the package and an empty home."""
    return copy_package(tmp_path)


def entries(root):
    return sorted(root.rglob("*.kernel"))


def edit(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def check(outcome, answer, compiled=None):
    """The answer came without a word on stderr; `compiled` tells whether that took a compilation."""
    assert (outcome.code, outcome.answer, outcome.stderr) == (0, answer, "")
    if compiled is not None:
        assert bool(outcome.compiled) == compiled, outcome.compiled


def test_second_process_compiles_nothing(server, root):
    check(server.run(BUILT_IN, root), 2.0, compiled=True)
    assert len(entries(root)) == 1
    check(server.run(BUILT_IN, root), 2.0, compiled=False)


@pytest.mark.parametrize(
    ("file", "old", "new", "script", "before", "after"),
    [
        ("solvers/penalty_terms.py", "total += penalty.value", "total += 3.0 * penalty.value", BUILT_IN, 2.0, 6.0),
        ("penalties/l1.py", "return alpha * abs(b)", "return 5.0 * alpha * abs(b)", BUILT_IN, 2.0, 10.0),
        (
            "penalties/_base.py",
            "math.copysign(abs(z) - threshold, z)",
            "math.copysign(abs(z) + threshold, z)",
            BUILT_IN + "answer = bounded_prox(L1().lower(), 3.0, 1.0, 0.5, -9.0, 9.0)\n",
            2.5,
            3.5,
        ),
    ],
    ids=["kernel", "penalty", "helper"],
)
def test_an_edited_source_of_the_package_is_noticed(server, root, file, old, new, script, before, after):
    check(server.run(script, root), before)
    edit(root / "skregloss" / file, old, new)
    check(server.run(script, root), after, compiled=True)


HELPER = "def double(b):\n    return {factor} * b\n\nSCALE = {factor}\n"
USES = {
    "own_body": "2.0 * b",
    "function": "double(b)",
    "jitted_function": "jitted(b)",
    "constant": "SCALE * b",
    "function_in_another_file": "imported(b)",
    "function_of_a_module": "other.twice(b)",
    "constant_of_a_module": "other.FACTOR * b",
    "constant_in_a_lambda": "(lambda x: SCALE * x)(b)",
    "entry_of_a_tuple": "PAIR[0] * b",
}


def test_an_edit_of_what_a_user_penalty_is_made_of_is_noticed(server, root):
    def write(factor, pair):
        head = "import numba\nimport other\nfrom other import double as imported\n" + HELPER.format(factor=factor)
        head += f"\njitted = numba.njit(double)\ndouble = numba.extending.register_jitable(double)\nPAIR = {pair}\n"
        classes = [MINE_FILE.format(value=value.replace("2.0", factor)).replace("Mine", use) for use, value in USES.items()]
        (root / "mine.py").write_text(head + "".join(classes))
        other = "import numba\n@numba.extending.register_jitable\n" + HELPER.format(factor=factor)
        other += "\ntwice, FACTOR = double, SCALE\n"
        (root / "other.py").write_text(other)

    script = SUM + f"import mine\nanswer = {{use: total(getattr(mine, use)()) for use in {list(USES)}}}\n"
    write("2.0", "(2, 34)")
    check(server.run(script, root), dict.fromkeys(USES, 4.0))
    check(server.run(script, root), dict.fromkeys(USES, 4.0), compiled=False)
    write("3.0", "(23, 4)")
    check(server.run(script, root), {**dict.fromkeys(USES, 6.0), "entry_of_a_tuple": 46.0})


def test_a_user_class_does_not_disturb_who_cannot_import_it(server, root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "mine.py").write_text(MINE_FILE.format(value="7.0 * b"))
    check(server.run(MINE, root, path=[elsewhere]), 14.0)
    check(server.run(BUILT_IN, root), 2.0)
    shutil.rmtree(elsewhere)
    check(server.run(BUILT_IN, root), 2.0, compiled=False)


IN_TEXT = f"""
namespace = {{"__name__": "{{name}}"}}
exec({MINE_FILE.format(value="7.0 * b")!r}, namespace)
Mine = namespace["Mine"]
"""
WITHOUT_FILE = {"main": MINE_FILE.format(value="7.0 * b"), "notebook": IN_TEXT.replace("{name}", "__main__")}


@pytest.mark.parametrize("place", WITHOUT_FILE)
def test_a_class_without_a_file_of_its_own_is_cached(server, root, place):
    script = WITHOUT_FILE[place] + SUM + "answer = total(Mine())\n"
    check(server.run(script, root), 14.0, compiled=True)
    check(server.run(script, root), 14.0, compiled=False)
    check(server.run(script.replace("7.0", "8.0"), root), 16.0, compiled=True)


VECTORIZED = "import numba\n\n@numba.vectorize(['float64(float64)'])\ndef scaled(b):\n    return 7.0 * b\n"
WITHOUT_FINGERPRINT = {
    "compiled_by_other_means": VECTORIZED + MINE_FILE.format(value="scaled(b)"),
    "module_cannot_be_imported": IN_TEXT.replace("{name}", "nowhere"),
}


@pytest.mark.parametrize("case", WITHOUT_FINGERPRINT)
def test_a_class_without_fingerprint_says_once_that_it_is_not_cached(server, root, case):
    script = WITHOUT_FINGERPRINT[case] + SUM + "answer = [total(Mine()), total(Mine())]\n"
    for _ in range(2):
        outcome = server.run(script, root)
        assert outcome.answer == [14.0, 14.0]
        assert outcome.stderr.count("Mine is compiled anew in every process") == 1
        assert "penalty_sum" in outcome.compiled
    assert not entries(root)


def test_one_name_with_two_bodies(server, root):
    script = SUM + MINE_FILE.format(value="7.0 * b") + "first = total(Mine())\nFirst = Mine\n"
    script += MINE_FILE.format(value="8.0 * b") + "answer = [first, total(Mine()), total(First())]\n"
    check(server.run(script, root), [14.0, 16.0, 14.0], compiled=True)
    check(server.run(script, root), [14.0, 16.0, 14.0], compiled=False)


SPOILED = {
    "empty": lambda entry: entry.write_bytes(b""),
    "truncated": lambda entry: entry.write_bytes(entry.read_bytes()[:-100]),
    "first_half": lambda entry: entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2]),
    "rubbish": lambda entry: entry.write_bytes(b"no kernel"),
    "unreadable": lambda entry: (entry.unlink(), entry.mkdir()),
}


@pytest.mark.parametrize("how", SPOILED)
def test_a_spoiled_entry_is_compiled_anew_in_silence(server, root, how):
    check(server.run(BUILT_IN, root), 2.0)
    [entry] = entries(root)
    SPOILED[how](entry)
    check(server.run(BUILT_IN, root), 2.0, compiled=True)
    check(server.run(BUILT_IN, root), 2.0, compiled=how == "unreadable")


def make_read_only(root):
    """Nothing can be created below a regular file, whatever the rights of who runs the tests."""
    (root / "skregloss" / "__pycache__").write_text("")


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({}, "home/.cache/skregloss"),
        ({"XDG_CACHE_HOME": "{root}/xdg"}, "xdg/skregloss"),
        ({"NUMBA_CACHE_DIR": "{root}/chosen"}, "chosen/skregloss"),
        ({"NUMBA_CACHE_DIR": "{root}/file/below"}, "home/.cache/skregloss"),
    ],
    ids=["home", "xdg", "chosen", "chosen_is_not_writable"],
)
def test_a_read_only_package_is_cached_elsewhere(server, root, environment, folder):
    make_read_only(root)
    (root / "file").write_text("")
    environment = {name: value.format(root=root) for name, value in environment.items()}
    check(server.run(BUILT_IN, root, **environment), 2.0, compiled=True)
    assert [entry.parent.parent for entry in entries(root)] == [root / folder]
    check(server.run(BUILT_IN, root, **environment), 2.0, compiled=False)


def test_without_a_writable_folder_nothing_is_cached(server, root):
    make_read_only(root)
    (root / "file").write_text("")
    unwritable = {"HOME": root / "file" / "home", "NUMBA_CACHE_DIR": root / "file" / "cache"}
    for _ in range(2):
        check(server.run(BUILT_IN, root, **unwritable), 2.0, compiled=True)
    assert not entries(root)


@pytest.mark.parametrize("home", [None, "", "relative"])
def test_home_is_not_needed(server, root, home):
    check(server.run(BUILT_IN, root, HOME=home), 2.0)
    assert len(entries(root)) == 1


def test_processes_that_fill_an_empty_cache_at_once(server, root):
    for outcome in server.run_all([BUILT_IN] * 6, root):
        check(outcome, 2.0)
    [entry] = entries(root)
    assert list(entry.parent.iterdir()) == [entry]
    check(server.run(BUILT_IN, root), 2.0, compiled=False)


def test_entries_for_a_generic_processor_serve_every_processor(server, root):
    (root / "generic.py").write_text(BUILT_IN + "print(answer)\n")
    environment = {
        **os.environ,
        "HOME": str(root),
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
        "PYTHONPATH": str(root),
    }
    environment.pop("NUMBA_CACHE_DIR", None)
    done = subprocess.run([sys.executable, root / "generic.py"], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "2.0\n"
    check(server.run(BUILT_IN, root), 2.0, compiled=False)


FORKED = """
import os
read, write = os.pipe()
if not (pid := os.fork()):
    os.write(write, repr(total(L1())).encode())
    os._exit(0)
os.waitpid(pid, 0)
answer = [answer, float(os.read(read, 99))]
"""
THREADED = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as pool:
    answer = sorted(set(pool.map(lambda k: total(L1()) , range(64))))
"""
JOBLIB = """
from joblib import Parallel, delayed
answer = Parallel(n_jobs=2, backend={backend!r})(delayed(total)(L1()) for _ in range(4))
"""


def test_kernels_after_a_fork(server, root):
    check(server.run(BUILT_IN + FORKED, root), [2.0, 2.0])
    unused = BUILT_IN.replace("answer = total(L1())", "answer = 2.0")
    check(server.run(unused + FORKED, root), [2.0, 2.0])


def test_kernels_first_called_by_many_threads(server, root):
    script = BUILT_IN.replace("answer = total(L1())", THREADED)
    check(server.run(script, root), [2.0])
    assert len(entries(root)) == 1
    check(server.run(script, root), [2.0], compiled=False)


@pytest.mark.parametrize("backend", ["threading", "multiprocessing"])
def test_kernels_in_joblib(server, root, backend):
    check(server.run(BUILT_IN + JOBLIB.format(backend=backend), root), [2.0] * 4)


def test_kernels_in_joblib_processes_that_import_a_user_class(server, root):
    (root / "mine.py").write_text(SUM + MINE_FILE.format(value="7.0 * b"))
    script = (
        "import os\nos.environ['PYTHONPATH'] = {root!r}\nfrom mine import Mine, total\nfrom joblib import Parallel, delayed\n"
    )
    script += "answer = Parallel(n_jobs=2)(delayed(total)(Mine()) for _ in range(4))\n"
    check(server.run(script.format(root=str(root)), root), [14.0] * 4)
