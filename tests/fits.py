"""Problems for tests, and what the oracle says of a solution."""

from __future__ import annotations

import itertools

import numpy as np
import oracle
import pytest
from penalty_examples import EXAMPLES, GROUPED, short
from scipy import sparse
from scipy.optimize import linprog, minimize_scalar

from skregloss.losses import BY_NAME as LOSSES
from skregloss.penalties import BY_NAME as PENALTIES
from skregloss.penalties import L1, L2, ElasticNet
from skregloss.solvers import Problem, solve

LOSS_CLASSES = sorted(set(LOSSES.values()), key=lambda cls: cls.name)
LOSS_EXAMPLES = [loss for cls in LOSS_CLASSES if cls.smooth and not cls.joint for loss in cls.examples()]
CONVEX_LOSSES = [loss for loss in LOSS_EXAMPLES if loss.convex]
ONE_PER_LOSS = [cls() for cls in LOSS_CLASSES if cls.smooth and not cls.joint]
ONE_PER_CONVEX_LOSS = [loss for loss in ONE_PER_LOSS if loss.convex]
ONE_PER_PENALTY = [cls() for cls in PENALTIES.values() if cls.separable and not cls.grouped]
KINKED_LOSSES = [loss for cls in LOSS_CLASSES if not cls.smooth for loss in cls.examples()]
NON_CONVEX = [penalty for penalty in EXAMPLES if not penalty.convex]
GROUPS = [penalty for penalty in GROUPED if penalty.convex]
SMALL_CONVEX = [L1(), L2(), ElasticNet(), 0.7 * L1() + 0.3 * L2()]
ALPHA = 0.05


def targets(loss, eta, rng):
    """Targets that the loss is defined for, which follow eta."""
    if loss.classification:
        return np.where(eta + rng.logistic(size=len(eta)) > 0.0, 1.0, -1.0)
    if np.isneginf(loss.y_interval.low):
        return eta + rng.standard_t(3, size=len(eta))
    if loss.y_interval.low_closed:
        return rng.poisson(np.exp(eta)).astype(float)
    return np.exp(eta) * rng.gamma(2.0, 0.5, len(eta))


def data(loss, n=60, p=12, seed=0):
    """Correlated columns with many zeros, and targets that follow three of them."""
    rng = np.random.default_rng(seed)
    X = (rng.normal(size=(n, p)) + 0.7 * rng.normal(size=(n, 1))) * (rng.uniform(size=(n, p)) < 0.6)
    return X, targets(loss, X[:, :3] @ [0.8, -0.6, 0.5] + 0.2, rng)


def weights(n):
    return np.random.default_rng(1).integers(0, 4, n).astype(float)


def oracle_terms(penalty):
    """A penalty as the oracle states it."""
    terms = [(factor, term.name or type(term).__name__, term.get_params()) for factor, term in penalty.terms() if factor != 0.0]
    return terms or "none"


def statement(loss, penalty, X, y, alpha, settings):
    """Arguments and keywords of the oracle's functions for a problem of the solver's.

    Several outputs are stacked.
    """
    keywords = {"alpha": alpha, **settings}
    if keywords.get("bounds") is not None:
        keywords["bounds"] = np.stack([np.broadcast_to(bound, X.shape[1]) for bound in keywords["bounds"]], axis=1)
    if np.ndim(y) == 2:
        copies = y.shape[1]
        X, y = sparse.block_diag([X] * copies, format="csr"), y.T.ravel()
        keywords["copies"] = copies
        for name in ("sample_weight", "factors"):
            if keywords.get(name) is not None:
                keywords[name] = np.tile(keywords[name], copies)
        if keywords.get("offset") is not None:
            keywords["offset"] = keywords["offset"].T.ravel()
    return (loss.name, loss.get_params(), oracle_terms(penalty), X, y), keywords


def objective(loss, penalty, X, y, solution, alpha, settings):
    """The objective of a solution by the oracle, and the size of the numbers that it sums."""
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    problem = oracle.Problem(*arguments, **keywords)
    fitted, null = problem.eta(solution.coef, solution.intercept), problem.eta(0.0 * solution.coef, 0.0)
    rows = np.abs(problem.rows.value(fitted)) + np.abs(problem.rows.value(null))
    size = problem.weights @ np.where(np.isfinite(rows), rows, 0.0)
    return oracle.objective(problem, solution.coef, solution.intercept), size


def check_objective(solution, loss, penalty, X, y, alpha, settings):
    value, size = objective(loss, penalty, X, y, solution, alpha, settings)
    assert solution.certificate.objective == pytest.approx(value, rel=0.0, abs=1e-12 * max(abs(value), size) + 1e-300)


def free_gradient(problem, solution):
    """The largest gradient entry of the free block, relative to the sizes of what it sums before the fit."""
    slopes = problem.weights * problem.rows.slope(problem.eta(solution.coef, solution.intercept))
    before = problem.weights * problem.rows.slope(problem.eta(0.0 * solution.coef, 0.0))
    Z = problem.columns(problem.free)
    return np.max(np.abs(Z.T @ slopes) / np.max(np.abs(Z).T @ np.abs(before), initial=1e-300), initial=0.0)


def slopes_of(solution, n, settings):
    """The dual point of a fit with kinks: its gradient per unit of weight."""
    weight = settings.get("sample_weight")
    weight = np.ones(n) if weight is None else weight
    total, weight = weight.sum(), np.tile(weight, len(solution.point.gradient) // n)
    return np.divide(solution.point.gradient * total, weight, out=np.zeros(len(weight)), where=weight > 0)


def oracle_error(solution, loss, penalty, X, y, alpha, settings):
    """The relative gap of a convex problem, else the residual of the prox fixed point."""
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    dual = {} if loss.smooth else {"slopes": slopes_of(solution, len(y), settings)}
    if loss.convex and penalty.convex:
        gap = oracle.relative_gap(*arguments, solution.coef, solution.intercept, **dual, **keywords)
        if not np.isnan(gap):
            return gap
    problem = oracle.Problem(*arguments, **keywords)
    if len(problem.bound) == 0:
        return free_gradient(problem, solution)
    return oracle.fixed_point_residual(*arguments, solution.coef, solution.intercept, **dual, **keywords)


def no_single_move_pays(solution, loss, penalty, X, y, alpha, settings):
    """Whether no coefficient, the intercept following it, can lower the objective itself by more than its rounding.

    The residual of the fixed point trusts the curvature at the point, which can be far from the curvature along a move.
    """
    arguments, keywords = statement(loss, penalty, X, y, alpha, settings)
    problem = oracle.Problem(*arguments, **keywords)
    here = oracle.objective(problem, solution.coef, solution.intercept)
    for j, b in np.ndenumerate(solution.coef):
        for move in [-b, *np.linspace(-1.5, 1.5, 40)]:
            coef = solution.coef.copy()
            coef[j] += move
            best = minimize_scalar(lambda shift, coef=coef: oracle.objective(problem, coef, solution.intercept + shift))
            if best.fun < here - 1e-9 * abs(here):
                return False
    return True


def has_no_minimum(loss, X, y, support, weight=None, fit_intercept=True):
    """Whether a direction of the support, and of the intercept, lowers the loss of some rows for ever and raises none's.

    Those are rows of classes on their own side, and rows without counts downwards; a linear program finds them.
    """
    kept = np.ones(len(y), dtype=bool) if weight is None else weight > 0.0
    X, y = (X.toarray() if sparse.issparse(X) else X)[kept][:, support], y[kept]
    Z = np.column_stack([np.ones(len(y)), X]) if fit_intercept else X
    side = y if loss.classification else np.where(y == 0.0, -1.0, 0.0)
    free, fixed = Z[side != 0.0] * side[side != 0.0][:, None], Z[side == 0.0]
    # t_i <= side_i z_i'd with 0 <= t_i <= 1: the largest sum of t is zero unless there is such a direction.
    count, width = free.shape
    cost, equal = np.r_[np.zeros(width), -np.ones(count)], np.hstack([fixed, np.zeros((len(fixed), count))])
    below = np.hstack([-free, np.eye(count)])
    bounds = [(None, None)] * width + [(0.0, 1.0)] * count
    found = linprog(cost, below, np.zeros(count), equal, np.zeros(len(fixed)), bounds)
    return found.status == 0 and -found.fun > 0.5


def certified(loss, penalty, X, y, tol, alpha=ALPHA, **settings):
    """Fit, and check what the certificate says with the oracle; the solution."""
    solution = solve(Problem(loss, penalty, X, y, **settings), alpha, tol=tol)
    certificate = solution.certificate
    if not penalty.convex and "ceased to hold back" in solution.advice:
        place = {"weight": settings.get("sample_weight"), "fit_intercept": settings.get("fit_intercept", True)}
        assert has_no_minimum(loss, X, y, np.flatnonzero(solution.coef), **place)
        return solution
    assert certificate.converged
    assert (certificate.kkt if np.isnan(certificate.gap) else certificate.relative_gap) <= tol
    # The residual of a non-convex problem is measured at curvatures that are themselves rounded.
    slack = 1e-13 if loss.convex and penalty.convex else 0.1 * tol + 1e-9
    passes = oracle_error(solution, loss, penalty, X, y, alpha, settings) <= tol + slack
    # On flat pieces there is no curvature to trust: there the objective itself must refute every move.
    flat = loss.flat_pieces and not penalty.convex
    assert passes or (flat and no_single_move_pays(solution, loss, penalty, X, y, alpha, settings))
    check_objective(solution, loss, penalty, X, y, alpha, settings)
    return solution


SHAPES = {"tall": (60, 12), "wide": (30, 60)}
STORAGES = {"dense": np.asfortranarray, "csc": sparse.csc_array}
WEIGHTED = {"unweighted": False, "weighted": True}
TOLERANCES = {"1e-06": 1e-6, "1e-10": 1e-10}
over_storage = pytest.mark.parametrize("storage", STORAGES.values(), ids=STORAGES)
over_weights = pytest.mark.parametrize("weighted", WEIGHTED.values(), ids=WEIGHTED)
over_tol = pytest.mark.parametrize("tol", TOLERANCES.values(), ids=TOLERANCES)


def over_half(**choices):
    """Half of the combinations of choices between two, chosen so that all but any one of them are combined in every way"""
    ways = [way for way in itertools.product((0, 1), repeat=len(choices)) if sum(way) % 2 == 0]
    names = ["-".join(list(options)[k] for options, k in zip(choices.values(), way, strict=True)) for way in ways]
    values = [[list(options.values())[k] for options, k in zip(choices.values(), way, strict=True)] for way in ways]
    return pytest.mark.parametrize(list(choices), values, ids=names)


def over_losses(losses):
    return pytest.mark.parametrize("loss", losses, ids=short)


def over_penalties(penalties):
    return pytest.mark.parametrize("penalty", penalties, ids=short)
