"""Criteria that weigh the fit against the degrees of freedom, without folds.

With n the sum of the sample weights, L the mean loss, L* the mean of its per-sample minima, k the degrees of freedom, and D
the deviance term below::

    AIC   D + 2 k                              BIC   D + k log n
    AICc  AIC + 2 m (m + 1) / (n - m - 1)      EBIC  BIC + 2 log(p choose s)
    GCV   2 (L - L*) / (1 - k / n)^2

where s of the p penalised coefficients are not zero. m is k, plus 1 where a scale is estimated. AICc and GCV are infinite
where their denominator is not positive. For event times n is, but in D, the weight of the events alone, as in R's `BIC` of a
`coxph`: censored samples say little of the coefficients.

The deviance term is D = 2 n L for losses that are negative log-likelihoods (`likelihood`) and, as a working criterion, for
other losses for classes. For other losses for numbers a scale is unknown and estimated by the fit itself: exp(-loss / scale)
is then a density up to a power of the scale, and D = n log(L - L*), which for squared error is n log(RSS / n) up to a
constant. For losses that grow linearly from their minimum, such as the absolute error, that power is 1 instead of 1/2, and
D = 2 n log(L - L*). A fit without residuals leaves no scale: its D is infinite, so that it is never chosen.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import linalg

from ..solvers.curvature import Curvature
from ..solvers.free_block import FreeBlock, pseudo_inverse


def criterion(name, problems, solutions, n_samples) -> float:
    """The criterion of a model, given by the solutions of its problems; the smaller, the better."""
    freedom = sum(degrees_of_freedom(problem, solution) for problem, solution in zip(problems, solutions, strict=True))
    informative = sample_size(problems[0], n_samples)
    deviances = [solution.loss - problem.data.floor()[0] for problem, solution in zip(problems, solutions, strict=True)]
    if name == "gcv":
        left = 1.0 - freedom / informative
        return 2.0 * sum(deviances) / left**2 if left > 0.0 else np.inf
    deviance = sum(deviance_term(problem, solution, n_samples) for problem, solution in zip(problems, solutions, strict=True))
    if name == "aic":
        return deviance + 2.0 * freedom
    if name == "aicc":
        count = freedom + sum(not is_likelihood(problem.loss) for problem in problems)
        left = informative - count - 1.0
        return deviance + 2.0 * freedom + (2.0 * count * (count + 1.0) / left if left > 0.0 else np.inf)
    bic = deviance + freedom * math.log(informative)
    if name == "bic":
        return bic
    return bic + 2.0 * sum(_log_supports(problem, solution) for problem, solution in zip(problems, solutions, strict=True))


def sample_size(problem, n_samples) -> float:
    """How many samples the fit has to go by: n, or for event times the weight of the events."""
    if not problem.loss.event_times:
        return n_samples
    return float(n_samples * problem.weights[problem.y[:, 2] > 0.0].sum())


def is_likelihood(loss) -> bool:
    """Whether the deviance term is 2 n L."""
    return loss.likelihood or loss.classification


def deviance_term(problem, solution, n_samples) -> float:
    """D"""
    loss, mean = problem.loss, solution.loss
    if is_likelihood(loss):
        return 2.0 * n_samples * mean
    above = mean - problem.data.floor()[0]
    return (1.0 if loss.smooth else 2.0) * n_samples * math.log(above) if above > 0.0 else np.inf


def _log_supports(problem, solution) -> float:
    """The log of the number of supports of this size."""
    width = problem.coef_shape[-1]
    penalized = np.flatnonzero((problem.factors[:width] > 0.0) & problem.live[:width])
    p, s = len(penalized), np.count_nonzero(solution.point.coef.reshape(-1, width)[:, penalized].any(axis=0))
    return math.lgamma(p + 1.0) - math.lgamma(s + 1.0) - math.lgamma(p - s + 1.0)


def degrees_of_freedom(problem, solution) -> float:
    """The trace of (H + R)^+ H over the intercept and the coefficients that can move.

    These are neither zero nor at a bound. H is the Hessian of the mean loss, and R is diagonal with the curvature of the
    penalty, taken as zero where it is negative. So for L1 and non-convex penalties it is the number of these coefficients, or
    the rank of their columns if that is smaller; for L2 and the elastic net less than it; plus one for the intercept. A
    penalty that binds coefficients together leaves fewer directions to move in: its clusters, or matrices of the same rank.
    """
    point = solution.point
    terms = problem.blocks(solution.alpha).terms
    if terms.joint:
        return _free_to_move(problem, terms, point)
    columns = np.flatnonzero((point.coef != 0.0) & (problem.low < point.coef) & (point.coef < problem.high))
    bends = _penalty_bends(problem, solution, columns)
    curvature = _convex_part(problem.data.hessian(point.eta))
    if bends.ndim == 2:
        return _shrunk_by_matrix(problem, curvature, columns, bends)
    free = FreeBlock(problem, columns[bends == 0.0])
    gram = free.gram(curvature)
    return _rank(gram) + _shrunk(problem, free, gram, curvature, columns[bends > 0.0], bends[bends > 0.0])


def _free_to_move(problem, terms, point) -> float:
    """The same trace in the directions that keep the coefficients on the smooth piece of the penalty that they are on"""
    directions, bends = terms.directions(terms.of(point.coef), problem.gradient_on(terms, point))
    moved = np.flatnonzero(directions.any(axis=1))
    unpenalized = problem.blocks(1.0).free
    free = FreeBlock(problem, np.concatenate([unpenalized, terms.columns[moved]]))
    basis = linalg.block_diag(np.eye(free.size - len(moved)), directions[moved])
    hessian = basis.T @ free.gram(_convex_part(problem.data.hessian(point.eta))) @ basis
    penalized = hessian + linalg.block_diag(np.zeros((free.size - len(moved),) * 2), bends)
    return float(np.trace(pseudo_inverse(penalized) @ hessian)) if len(hessian) else 0.0


def _convex_part(hessian) -> Curvature:
    return Curvature(np.maximum(hessian.weights, 0.0), hessian.coupling)


def _penalty_bends(problem, solution, columns) -> np.ndarray:
    """The curvature of the penalty along these coefficients, without what is negative: a diagonal, or for groups a matrix."""
    terms, coef = problem.blocks(solution.alpha).terms, solution.point.coef
    place = np.full(problem.n_features, -1)
    place[columns] = np.arange(len(columns))
    support = np.flatnonzero(place[terms.columns] >= 0)
    _, curvature = terms.slopes(terms.of(coef), support, smooth=False)
    curvature, own = terms.without_concavity(curvature, support), place[terms.columns[support]]
    bends = np.zeros((len(columns),) * curvature.ndim)
    bends[np.ix_(*[own] * curvature.ndim)] = curvature
    return bends


def _shrunk_by_matrix(problem, curvature, columns, bends) -> float:
    """The trace of (H + R)^+ H, for R that is not diagonal"""
    free = FreeBlock(problem, columns)
    hessian = free.gram(curvature)
    penalized = hessian.copy()
    penalized[problem.intercepts.count :, problem.intercepts.count :] += bends
    return float(np.trace(pseudo_inverse(penalized) @ hessian)) if free.size else 0.0


def _rank(gram) -> int:
    """The rank of a Gram matrix, its columns brought to the same scale."""
    sizes = np.sqrt(np.diag(gram))
    sizes[sizes == 0.0] = 1.0
    if len(gram) == 0:
        return 0
    return int(np.linalg.matrix_rank(gram / np.outer(sizes, sizes), hermitian=True))


def _shrunk(problem, free, free_gram, curvature, columns, bends) -> float:
    """sum_i s_i / (1 + s_i) over the eigenvalues s of R^-1/2 H R^-1/2, the free block projected out of H."""
    if len(columns) == 0:
        return 0.0
    inverse = pseudo_inverse(free_gram) if free.size else free_gram
    if len(columns) <= len(curvature.weights) or curvature.coupling is not None:
        cross = free.cross(curvature, columns)
        hessian = curvature.gram(problem.design, columns) - cross.T @ inverse @ cross
        scales = 1.0 / np.sqrt(bends)
        matrix = scales[:, None] * hessian * scales
    else:
        root = np.sqrt(curvature.weights)
        matrix = root[:, None] * problem.design.outer(columns, 1.0 / bends) * root
        span = root[:, None] * free.matrix()
        matrix -= span @ (inverse @ (span.T @ matrix))
        matrix -= (matrix @ span) @ inverse @ span.T
    values = np.maximum(linalg.eigvalsh(matrix), 0.0)
    return float((values / (1.0 + values)).sum())
