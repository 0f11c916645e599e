"""Paths of data as users have them: checked, named, coded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_consistent_length, validate_data

from .._coding import Classes, Data, EventTimes, Numbers, Target
from .._columns import resolve_bounds, resolve_factors
from .._event_times import event_times, stratum_codes
from .._validation import (
    AT_LEAST_ONE,
    NON_NEGATIVE,
    POSITIVE,
    SOLVER_LAYOUT,
    check_flag,
    check_number,
    check_weights,
    flat_column,
)
from ..losses import Loss, get_loss
from ..penalties import Penalty, get_penalty
from ..solvers import Problem, check_pair
from ._fit import fit_path
from ._result import RegularizationPath

OWNER = "regularization_path"


def regularization_path(
    X: Any,
    y: Any,
    *,
    loss: str | Loss,
    penalty: str | Penalty | None,
    alphas: int | ArrayLike = 100,
    alpha_min_ratio: float | None = None,
    fit_intercept: bool = True,
    standardize: bool = False,
    penalty_factors: Any = None,
    bounds: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    tol: float = 1e-6,
    verbose: int = 0,
    max_iter: int = 100,
    stall_tol: float | None = None,
    class_weight: Any = None,
    strata: ArrayLike | None = None,
) -> RegularizationPath:
    """Fit any penalty on any loss at many strengths, from strong to weak, each from the last one's solution.

    The path is that of `PenalizedRegressor`, or for losses for classes of `PenalizedClassifier`, or for
    `CoxPartialLikelihood` of `PenalizedCox`, fitted at each strength, with a certificate of optimality each.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
        The columns. Fortran-ordered arrays and CSC matrices of float64 or float32 are not copied.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        The targets: numbers within the domain of the loss, or classes for a loss for classes, or times of events as
        `PenalizedCox` takes them. "log_loss" with more than two classes is the softmax, with coefficients for each class;
        "ordinal_logistic" takes any number of classes in their sorted order, and other losses for classes take two.
    loss : str or Loss
        The loss: a name for one with its default parameters, or an object such as `Huber(delta=2)`.
    penalty : str, Penalty or None
        The penalty: a name, an object such as `ElasticNet(0.5)` or `MCP() + 0.1 * L2()`, or None for no penalty.
    alphas : int or array-like of shape (n_alphas,), default=100
        How many strengths, on a geometric grid from alpha_max down; or the strengths themselves, in any order. A penalty
        without a finite alpha_max, such as L2, has a grid that begins at 1000 times the alpha_max of L1.
    alpha_min_ratio : float, default=None
        The last strength of the grid divided by the first. By default it is 1e-4 with more samples than columns and 1e-2
        otherwise; a thousandth of that for a penalty without a finite alpha_max, so that its grid ends where L1's does.
    fit_intercept : bool, default=True
        Whether to fit the intercept, which is never penalised.
    standardize : bool, default=False
        Whether to penalise the coefficients that the columns would have with unit variance. `coefs` are for the columns
        as given in any case.
    penalty_factors : array-like of shape (n_features,) or dict, default=None
        Multiples of alpha, >= 0, for each column; 0 leaves it unpenalised, inf leaves it out. A dict is by column name
        or position, and columns that are not in it have factor 1.
    bounds : tuple, array-like of shape (n_features, 2) or dict, default=None
        Bounds of the coefficients, as in `PenalizedRegressor`.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weights >= 0; weight 2 is the same as a repeated row.
    offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
        What is added to the linear predictor as it is, such as the log of an exposure; of the softmax one column for each
        class.
    tol : float, default=1e-6
        The accuracy to reach at each strength: of the duality gap relative to the null deviance for convex problems, of
        the optimality conditions otherwise.
    verbose : int, default=0
        1 prints a line per strength, 2 also the solver's progress.
    max_iter : int, default=100
        The most iterations per strength, each the solution of one quadratic model.
    stall_tol : float, default=None
        If given, the path ends early where the loss explained rises, from one strength to the next, by less than this
        share of what is explained; 1e-5 is usual. Not before five strengths have had a nonzero coefficient.
    class_weight : dict or "balanced", default=None
        Weights of the classes, as in `PenalizedClassifier`; for losses for classes only.
    strata : array-like of shape (n_samples,), default=None
        A label for each sample, as in `PenalizedCox`; for `CoxPartialLikelihood` only.

    Returns
    -------
    path : RegularizationPath
        Strengths, coefficients, certificates and the loss explained; `plot()` draws it, `to_frame()` is a data frame.

    Warns
    -----
    ConvergenceWarning
        Once, if `tol` was not reached at some strengths, saying at how many and which is worst.
    RuntimeWarning
        If the user interrupts after the first strength (KeyboardInterrupt): the path then ends there, and its
        `interrupted` is True.

    Notes
    -----
    For a non-convex penalty the path is followed from the convex end, where all coefficients are zero. That branch alone
    can end far from the best minimum. At each strength the null model and the lasso's solution are therefore tried as
    starts as well, as single fits do, and the least objective is kept, which takes longer. Where `locally_convex` is False,
    the path may have jumped from one minimum to another.

    Examples
    --------
    >>> from sklearn.datasets import load_diabetes
    >>> from skregloss import regularization_path
    >>> X, y = load_diabetes(return_X_y=True, as_frame=True)
    >>> path = regularization_path(X, y, loss="squared_error", penalty="l1", standardize=True)
    >>> path.n_nonzero[[0, 20, 99]].tolist()
    [0, 4, 10]
    >>> bool(path.converged.all())
    True
    >>> path.to_frame().loc[20, ["bmi", "s5"]].round(1).tolist()
    [499.0, 433.5]
    """
    for name, flag in (("fit_intercept", fit_intercept), ("standardize", standardize)):
        check_flag(OWNER, name, flag)
    check_number(OWNER, "tol", tol, POSITIVE)
    check_number(OWNER, "max_iter", max_iter, AT_LEAST_ONE, integer=True)
    if not isinstance(verbose, bool):
        check_number(OWNER, "verbose", verbose, NON_NEGATIVE, integer=True)
    if stall_tol is not None:
        check_number(OWNER, "stall_tol", stall_tol, NON_NEGATIVE)
    own_loss, own_penalty = clone(get_loss(loss)), clone(get_penalty(penalty))
    own_loss.validate()
    own_penalty.validate()
    check_pair(own_loss, own_penalty)
    if len(own_loss.parts()) > 1:
        raise ValueError(f"{OWNER} follows one loss; {own_loss!r} is {len(own_loss.parts())}: pass each by itself.")
    data, names = _checked(own_loss, X, y, sample_weight, offset, strata)
    target, classes = _target(own_loss, data, class_weight)
    columns = data.X.shape[1], names
    problem = Problem(
        target.loss,
        own_penalty.bind(*columns),
        data.X,
        target.y,
        sample_weight=target.weights,
        offset=target.offset,
        fit_intercept=bool(fit_intercept),
        standardize=bool(standardize),
        factors=resolve_factors(penalty_factors, *columns),
        bounds=resolve_bounds(bounds, *columns),
    )
    return fit_path(
        problem,
        alphas,
        alpha_min_ratio=alpha_min_ratio,
        tol=tol,
        max_iter=max_iter,
        stall_tol=stall_tol,
        verbose=int(verbose),
        interruptible=True,
        feature_names=names,
        classes=classes,
    )


class RegularizationPathData(BaseEstimator):
    """What scikit-learn's check of X and y leaves its findings in."""

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.target_tags.required = True
        return tags


def _checked(loss, X, y, sample_weight, offset, strata) -> tuple[Data, np.ndarray | None]:
    """The data checked and converted, and the names of the columns."""
    checked = RegularizationPathData()
    if loss.event_times:
        X = validate_data(checked, X, None if y is None else "no_validation", **SOLVER_LAYOUT)
        times = event_times(y)
        check_consistent_length(X, times)
        y = np.column_stack([times, stratum_codes(strata, len(times))[0]])
    else:
        if strata is not None:
            raise ValueError(f"strata is for CoxPartialLikelihood; {type(loss).__name__} has none.")
        numeric = not loss.classification
        X, y = validate_data(checked, X, y, y_numeric=numeric, multi_output=numeric, **SOLVER_LAYOUT)
        y = flat_column(y)
    return Data(X, y, check_weights(sample_weight, len(y)), offset), getattr(checked, "feature_names_in_", None)


def _target(loss, data, class_weight) -> tuple[Target, np.ndarray | None]:
    """What one problem is fitted to, and the classes."""
    if not loss.classification:
        if class_weight is not None:
            raise ValueError(f"class_weight is for losses for classes; {type(loss).__name__} is for numeric targets.")
        numbers = EventTimes(OWNER, loss, data) if loss.event_times else Numbers(loss)
        return numbers.encode(data)[0], None
    coding = Classes(OWNER, loss, data, class_weight)
    targets = coding.encode(data)
    if len(targets) > 1:
        raise ValueError(
            f"{OWNER} follows one problem, and {type(loss).__name__} has one for each of the {len(targets)} classes of y, "
            "against the rest: pass each by itself, as in y == label, or use 'log_loss', which takes all classes at once."
        )
    return targets[0], coding.classes
