"""What regressors and classifiers share: parameters, the fit of linear predictors, and their use."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, ClassVar

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.extmath import safe_sparse_dot
from sklearn.utils.validation import check_is_fitted, validate_data

from .. import losses, penalties
from .._coding import Data
from .._columns import column_label, resolve_bounds, resolve_factors
from .._progress import progress_printed
from .._validation import (
    AT_LEAST_ONE,
    NON_NEGATIVE,
    POSITIVE,
    SOLVER_LAYOUT,
    check_flag,
    check_number,
    check_offset,
    check_weights,
    flat_column,
)
from ..losses import Loss, get_loss
from ..penalties import Penalty, get_penalty
from ..solvers import Problem, Solution, check_pair, solve

ANY_LAYOUT: dict[str, Any] = {"accept_sparse": ["csr", "csc"], "dtype": [np.float64, np.float32]}


class PenalizedLinearModel(BaseEstimator):
    """eta = offset + b0 + X b, with b0 and b at the minimum of mean loss plus penalty."""

    # Whether the losses that fit are those for classes, and whether they are those for times of events.
    _classification: ClassVar[bool]
    _event_times: ClassVar[bool] = False
    # The offset of the samples to predict, for callers that cannot pass one.
    _bound_offset: Any = None

    def set_params(self, **params) -> PenalizedLinearModel:
        """Set parameters, also those of the loss and the penalty, as in `penalty__l1_ratio=0.5`.

        Parameters
        ----------
        **params : dict
            Parameters by name.

        Returns
        -------
        self : estimator
            The estimator itself.
        """
        for key, value in params.items():
            owner, nested, parameter = key.partition("__")
            if nested and owner in ("loss", "penalty"):
                given = params.get(owner, getattr(self, owner))
                if not hasattr(given, "set_params"):
                    raise ValueError(
                        f"{key} cannot be set, because {owner} is {given!r} and no object with parameters; "
                        f"pass the object, as in {owner}={_owner_of(parameter, owner, given)}({parameter}={value!r})."
                    )
        return super().set_params(**params)

    def sparsify(self) -> PenalizedLinearModel:
        """Convert `coef_` to a sparse matrix in CSR format, which saves memory where most coefficients are zero.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        check_is_fitted(self)
        self.coef_ = sparse.csr_matrix(np.atleast_2d(self._dense_coef()))
        return self

    def densify(self) -> PenalizedLinearModel:
        """Convert `coef_` back to an array, the format it has after `fit`.

        Returns
        -------
        self : estimator
            The fitted estimator.
        """
        check_is_fitted(self)
        self.coef_ = self._dense_coef()
        return self

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        with suppress(TypeError, ValueError):  # for a loss that is not valid the defaults do; the error is up to `fit`
            tags.target_tags.positive_only = bool(get_loss(self.loss).y_interval.low >= 0.0)
        return tags

    def _check_options(self) -> None:
        """Raise for the first parameter that is not valid, besides loss and penalty."""
        owner = type(self).__name__
        check_number(owner, "tol", self.tol, POSITIVE)
        check_number(owner, "max_iter", self.max_iter, AT_LEAST_ONE, integer=True)
        for name in ("fit_intercept", "standardize"):
            check_flag(owner, name, getattr(self, name))
        if not isinstance(self.verbose, (bool, np.bool_)):
            check_number(owner, "verbose", self.verbose, NON_NEGATIVE, integer=True)

    def _check_pair(self) -> tuple[Loss, Penalty]:
        """Copies of the loss and the penalty, checked."""
        loss, penalty = clone(get_loss(self.loss)), clone(get_penalty(self.penalty))
        check_loss_kind(self, loss)
        loss.validate()
        penalty.validate()
        check_pair(loss, penalty)
        return loss, penalty

    def _check_data(self, X, y, sample_weight=None, offset=None) -> Data:
        """The data checked and converted; the columns are learnt."""
        if sparse.issparse(y):
            raise TypeError(f"{type(self).__name__} takes y as an array, not as a sparse matrix; pass y.toarray().")
        numeric = not self._classification
        X, y = validate_data(self, X, y, y_numeric=numeric, multi_output=numeric, **SOLVER_LAYOUT)
        return Data(X, flat_column(y), check_weights(sample_weight, len(y)), offset)

    def _problems(self, X, y, sample_weight=None, offset=None, **metadata) -> list[Problem]:
        """The problems whose solutions `_adopt` takes; raises for whatever is not valid."""
        owner = type(self).__name__
        check_number(owner, "alpha", self.alpha, NON_NEGATIVE)
        check_flag(owner, "warm_start", self.warm_start)
        self._check_options()
        self._check_pair()
        return self._problems_of(self._check_data(X, y, sample_weight, offset, **metadata))

    def _problems_of(self, data: Data) -> list[Problem]:
        """The same of checked data, or of some rows of it. What the data alone decide is set, unless an error is raised."""
        loss, penalty = self._check_pair()
        coding = self._coding_of(loss, data)
        columns = data.X.shape[1], getattr(self, "feature_names_in_", None)
        options = {
            "fit_intercept": bool(self.fit_intercept),
            "standardize": bool(self.standardize),
            "factors": resolve_factors(self.penalty_factors, *columns),
            "bounds": resolve_bounds(self.bounds, *columns),
            "moments": data.moments,
        }
        penalty = penalty.bind(*columns)
        loss = coding.loss
        problems = [
            Problem(target.loss, penalty, data.X, target.y, sample_weight=target.weights, offset=target.offset, **options)
            for target in coding.encode(data)
        ]
        self.loss_, self.penalty_, self._coding = loss, penalty, coding
        self._needs_offset = data.offset is not None
        return problems

    def _coding_of(self, loss, data: Data) -> Any:
        """What turns y into the targets of the loss."""
        raise NotImplementedError

    def _solve(self, problems) -> PenalizedLinearModel:
        """Solve what `_problems` returned at the strength alpha, and adopt the solutions."""
        starts = self._starts(problems)
        names = self._coding.names(len(problems))
        solutions = []
        with progress_printed(self.verbose):
            for problem, start, name in zip(problems, starts, names, strict=True):
                solution = solve(problem, float(self.alpha), tol=self.tol, max_iter=self.max_iter, start=start)
                self._warn_if_not_converged(solution, name)
                solutions.append(solution)
        self._adopt(solutions)
        return self

    def _adopt(self, solutions: Sequence[Solution]) -> None:
        """Make the solutions of the problems those of this model."""
        self.n_iter_ = max(solution.n_iter for solution in solutions)
        self.alpha_max_ = max(solution.alpha_max for solution in solutions)
        certificates = [solution.certificate for solution in solutions]
        self.certificate_ = certificates[0] if len(certificates) == 1 else certificates
        self.coef_ = np.vstack([solution.coef for solution in solutions])
        self.intercept_ = np.hstack([solution.intercept for solution in solutions])

    def _bound_to(self, data: Data) -> tuple[PenalizedLinearModel, Any]:
        """A copy that takes the offset of these samples to be that of what it predicts, and their y as scorers take it."""
        bound: Any = copy.copy(self)
        vars(bound).pop("feature_names_in_", None)  # the rows have been made an array
        bound._bound_offset = data.offset
        return bound, data.y

    def _starts(self, problems):
        """The last fit's coefficients and intercepts if they are wanted and fit, else Nones."""
        if self.warm_start and hasattr(self, "coef_"):
            coef, intercept = np.atleast_2d(self._dense_coef()), np.atleast_1d(getattr(self, "intercept_", 0.0))
            if coef.size == sum(problem.n_features for problem in problems):
                return [(coef, intercept)] if len(problems) == 1 else list(zip(coef, intercept, strict=True))
        return [None] * len(problems)

    def _warn_if_not_converged(self, solution: Solution, name: str):
        if solution.converged:
            if solution.advice:
                warnings.warn(f"{type(self).__name__}{name}: {solution.advice}.", ConvergenceWarning, stacklevel=4)
            return
        certificate, worst = solution.certificate, solution.worst_feature
        message = f"{type(self).__name__}{name} did not converge in {solution.n_iter} iterations"
        if np.isfinite(certificate.relative_gap):
            message += f": the relative gap is {certificate.relative_gap:.2g}, tol is {self.tol:g}"
        elif certificate.kkt > self.tol:
            message += f": the violation of optimality is {certificate.kkt:.2g}, tol is {self.tol:g}"
        if worst >= 0 and not solution.advice:
            message += f"; worst is the coefficient of {column_label(worst, getattr(self, 'feature_names_in_', None))}"
        scaling = "" if self.standardize else " set standardize=True if columns differ in scale,"
        advice = solution.advice or f"raise max_iter,{scaling} or raise alpha"
        warnings.warn(f"{message}; {advice}.", ConvergenceWarning, stacklevel=4)

    def _predictor(self, X, offset) -> np.ndarray:
        """eta: (n,), or (n, K) for K linear predictors."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, **ANY_LAYOUT)
        eta = safe_sparse_dot(X, self.coef_.T, dense_output=True)
        if eta.ndim == 2 and eta.shape[1] == 1:
            eta = eta[:, 0]
        offset = self._bound_offset if offset is None else offset
        if offset is not None:
            eta = eta + check_offset(offset, eta.shape)
        elif self._needs_offset:
            raise ValueError(
                f"This {type(self).__name__} was fitted with an offset and needs one to predict or score: "
                f"pass offset=..., of shape {eta.shape}."
            )
        intercept = getattr(self, "intercept_", 0.0)
        # Several intercepts on one predictor, as ordered classes have, make several of it.
        return eta[:, None] + intercept if np.size(intercept) > 1 and eta.ndim == 1 else eta + intercept

    def _dense_coef(self):
        """`coef_` as the array that `fit` made it."""
        if not sparse.issparse(self.coef_):  # as `sparsify` leaves it
            return self.coef_
        coef = self.coef_.toarray()
        return coef if self._classification or len(coef) > 1 else coef[0]


def _owner_of(parameter: str, kind: str, given) -> str:
    """The class to suggest for setting `parameter` of a loss or penalty given by name: the named one if it has it."""
    classes: dict[str, Any] = losses.BY_NAME if kind == "loss" else penalties.BY_NAME
    named = [classes[given]] if isinstance(given, str) and given in classes else []
    having = [cls for cls in (*named, *classes.values()) if parameter in cls().get_params()]
    return (having or named or list(classes.values()))[0].__name__


def check_loss_kind(estimator, loss: Loss) -> None:
    """Raise if the loss is for another kind of targets than the estimator: numbers, classes or times of events."""
    classification = estimator._classification
    if (loss.classification, loss.event_times) != (classification, estimator._event_times):
        fitting = ", ".join(repr(name) for name, cls in losses.BY_NAME.items() if cls.classification == classification)
        raise ValueError(
            f"loss of {type(estimator).__name__} is {estimator.loss!r}; valid are losses for "
            f"{'classes' if classification else 'numeric targets'}: {fitting}, or an object."
        )
