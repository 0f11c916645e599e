"""Large products are dealt out to several threads, which changes nothing but the time they take."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import ThreadpoolController, threadpool_limits

from skregloss import PathSearchCV, PenalizedRegressor, PenalizedRegressorCV, _threads, regularization_path
from skregloss.design import csc_parts, dense, make_design
from skregloss.losses import SquaredError
from skregloss.path import path_solutions
from skregloss.penalties import L1
from skregloss.solvers import Problem, row_sums

BLAS = ThreadpoolController().select(user_api="blas")
STORED = {"dense": np.asfortranarray, "csc": sparse.csc_array}
over_stored = pytest.mark.parametrize("stored", STORED.values(), ids=STORED)


def blas_threads():
    return [library.num_threads for library in BLAS.lib_controllers]


@pytest.fixture
def with_threads(monkeypatch):
    """Sets how many threads there are, in the main one."""

    def set_to(count):
        def available():
            return count if threading.current_thread() is threading.main_thread() else 1

        monkeypatch.setattr(_threads, "available", available)
        monkeypatch.setattr(csc_parts, "available", available)

    return set_to


@pytest.fixture
def small_parts(monkeypatch):
    """Everything is large enough to be cut."""
    monkeypatch.setattr(csc_parts, "ENTRIES", 20)
    monkeypatch.setattr(row_sums, "ROWS", 30)
    monkeypatch.setattr(dense, "VALUES", 20)
    monkeypatch.setattr(dense, "TALL", 20)
    monkeypatch.setattr(dense, "FEWEST", 2)


def counts_data(n=400, p=12, seed=0):
    """Indicators, and two columns of numbers; an empty column and an empty row."""
    rng = np.random.default_rng(seed)
    X = np.zeros((n, p))
    X[np.arange(n), rng.integers(1, p - 2, size=n)] = 1.0
    X[:, p - 2 :] = rng.normal(size=(n, 2))
    X[n // 2] = 0.0
    return X, rng.poisson(np.exp(0.3 + 0.5 * X[:, -1] - 0.4 * X[:, 1])).astype(float)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_are_in_order(with_threads, count):
    with_threads(count)
    assert _threads.spread(lambda k: k**2, list(range(23))) == [k**2 for k in range(23)]
    assert _threads.spread(str, []) == []


def test_parts_are_taken_by_several_threads(with_threads):
    with_threads(3)
    together = threading.Barrier(3, timeout=30.0)

    def meet(k):
        together.wait()
        return threading.get_ident()

    assert len(set(_threads.spread(meet, [0, 1, 2]))) == 3


def test_parts_are_equal_and_worth_their_while():
    for length, work, least, most in ((100, 1000, 10, 16), (7, 1e9, 1, 16), (100, 50, 60, 16), (0, 0, 1, 16), (10, 99, 1, 0)):
        cuts = _threads.edges(length, work, least, most)
        sizes = np.diff(cuts)
        assert cuts[0] == 0
        assert cuts[-1] == length
        assert np.ptp(sizes) <= 1
        assert len(sizes) == 1 or (work / len(sizes) >= least and sizes.min() > 0 and len(sizes) <= most)


@pytest.mark.parametrize("place", [0, 5])
def test_errors_come_through(with_threads, place):
    with_threads(2)

    def fail(k):
        time.sleep(0.001)
        if k == place:
            raise ArithmeticError(f"part {k}")

    with pytest.raises(ArithmeticError, match=f"part {place}"):
        _threads.spread(fail, list(range(6)))
    assert _threads.spread(abs, [-1, -2]) == [1, 2]


def test_fits_in_threads_take_one_each():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(_threads.available).result() == 1
        identities = pool.submit(_threads.spread, lambda k: threading.get_ident(), [0, 1, 2]).result()
    assert len(set(identities)) == 1
    assert identities[0] != threading.get_ident()


def test_there_are_as_many_as_blas_has():
    assert _threads.available() == min(blas_threads())
    with threadpool_limits(1):
        assert _threads.available() == 1


@pytest.mark.skipif(min(blas_threads(), default=1) < 2, reason="BLAS has one thread on this machine")
def test_blas_is_held_to_one_thread_and_let_go():
    before = blas_threads()
    for error in (None, KeyboardInterrupt):
        try:
            with _threads.blas_held():
                assert set(blas_threads()) == {1}
                assert _threads.available() == min(before)
                with _threads.blas_held():
                    assert _threads.available() == min(before)
                assert set(blas_threads()) == {1}
                if error:
                    raise error
        except KeyboardInterrupt:
            pass
        assert blas_threads() == before
        assert _threads.available() == min(before)


@pytest.mark.skipif(min(blas_threads(), default=1) < 2, reason="BLAS has one thread on this machine")
def test_fits_hold_blas_and_leave_it_as_it_was(numbers, monkeypatch):
    before, seen, product = blas_threads(), [], dense.Dense.rmatvec

    def watched(self, *arguments):
        seen.extend(blas_threads())
        return product(self, *arguments)

    monkeypatch.setattr(dense.Dense, "rmatvec", watched)
    PenalizedRegressor().fit(*numbers)
    for n_jobs in (1, 2):
        PenalizedRegressorCV(cv=3, n_jobs=n_jobs).fit(*numbers)
        PathSearchCV(PenalizedRegressor(), cv=3, n_jobs=n_jobs).fit(*numbers)
    regularization_path(*numbers, loss="huber", penalty="mcp")
    with pytest.raises(ValueError, match="nothing"):
        regularization_path(*numbers, loss="nothing", penalty="l1")
    problem = Problem(SquaredError(), L1(), *numbers)
    for _ in path_solutions(problem, [10.0, 1.0], tol=1e-6, max_iter=100):
        assert blas_threads() == before
    assert set(seen) == {1}
    assert blas_threads() == before


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_makes_threads_of_its_own(with_threads):
    with_threads(2)
    assert _threads.spread(abs, [-1, -2, -3]) == [1, 2, 3]
    child = multiprocessing.get_context("fork").Process(target=_meet_in_a_child)
    child.start()
    child.join(60.0)
    assert child.exitcode == 0


def _meet_in_a_child():
    together = threading.Barrier(2, timeout=30.0)
    assert _threads.spread(lambda k: together.wait(), [0, 1]) in ([0, 1], [1, 0])


@over_stored
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_products_in_parts_are_those_of_the_array(with_threads, small_parts, stored, dtype):
    X = np.asarray(counts_data()[0], dtype=dtype)
    design, rng = make_design(stored(X)), np.random.default_rng(1)
    n, p = X.shape
    X = X.astype(float)
    weights, vector, several = rng.uniform(size=n), rng.normal(size=n), rng.normal(size=(5, n))
    coef = rng.normal(size=p) * (rng.uniform(size=p) < 0.8)
    found = {}
    for threads in (1, 2, 5):
        with_threads(threads)
        for name, columns in {"all": None, "some": np.array([10, 3, 11, 1, 5]), "none": np.empty(0, np.int64)}.items():
            chosen = np.arange(p) if columns is None else columns
            part = X[:, chosen]
            results = {
                "matvec": (design.matvec(coef[chosen], columns), part @ coef[chosen]),
                "rmatvec": (design.rmatvec(vector, columns), vector @ part),
                "rmatvecs": (design.rmatvecs(several, columns), several @ part),
                "squares": (design.squares(weights, columns), weights @ part**2),
                "matvecs": (design.matvecs(rng.normal(size=(0, len(chosen))), chosen), np.empty((0, n))),
                "gram": (design.gram(weights, chosen), part.T @ (weights[:, None] * part)),
                "cross": (design.gram(weights, chosen, np.arange(p)), part.T @ (weights[:, None] * X)),
                "with products": (design.gram_and_products(weights, chosen)[1], weights @ part),
            }
            for label, (actual, expected) in results.items():
                np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12, err_msg=label)
                first = found.setdefault((name, label), actual)
                np.testing.assert_array_equal(actual, first, err_msg=f"{label} with {threads} threads")


@over_stored
@pytest.mark.parametrize("loss", ["squared_error", "poisson", "huber"])
def test_fits_do_not_depend_on_the_number_of_threads(with_threads, small_parts, stored, loss):
    X, y = counts_data()
    fits = []
    for threads in (1, 2, 5):
        with_threads(threads)
        path = regularization_path(stored(X), y, loss=loss, penalty="l1", alphas=12, tol=1e-10)
        assert path.converged.all()
        fits.append((path.coefs, path.intercepts, path.objective))
    for other in fits[1:]:
        for one, same in zip(fits[0], other, strict=True):
            np.testing.assert_array_equal(one, same)


@over_stored
def test_certificates_in_parts_are_those_of_the_whole(with_threads, small_parts, stored, monkeypatch):
    X, y = counts_data()
    with_threads(2)
    cut = PenalizedRegressor("poisson", alpha=0.01, tol=1e-10).fit(stored(X), y)
    monkeypatch.undo()
    whole = PenalizedRegressor("poisson", alpha=0.01, tol=1e-10).fit(stored(X), y)
    np.testing.assert_allclose(cut.coef_, whole.coef_, atol=1e-8)
    for name, value in asdict(whole.certificate_).items():
        np.testing.assert_allclose(getattr(cut.certificate_, name), value, rtol=1e-8, atol=1e-9)


SCRIPT = """
import numpy as np
from scipy import sparse
from skregloss import PenalizedRegressor
rng = np.random.default_rng(0)
X = sparse.random_array((60_000, 60), density=0.2, format="csc", rng=rng)
y = rng.poisson(np.exp(X[:, [0]].toarray().ravel())).astype(float)
model = PenalizedRegressor("poisson", alpha=0.001).fit(X, y)
print(model.coef_.tobytes().hex(), float(model.intercept_).hex())
"""


@pytest.mark.slow
def test_large_fits_are_the_same_with_any_number_of_threads():
    printed = []
    for count in ("1", "2", "4"):
        threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), count)
        command = [sys.executable, "-c", SCRIPT]
        printed.append(subprocess.run(command, env=os.environ | threads, check=True, capture_output=True, text=True).stdout)
    assert len(printed[0]) > 100
    assert printed[1:] == printed[:1] * 2
