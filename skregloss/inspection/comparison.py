"""The question itself: what do penalties do to the coefficients, and is it the same under another loss?"""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning

from .._columns import resolve_factors
from .._validation import AT_LEAST_ONE, POSITIVE, check_domain, check_flag, check_number, check_offset, check_weights
from ..losses import Loss, get_loss
from ..path import fit_path
from ..penalties import L1, Penalty, get_penalty
from ..solvers import Problem, check_pair, make_solver
from ._cross_validation import Folds
from ._effects_data import EffectsTarget, checked_columns, labelled, taking_part
from .effects_result import RegularizationEffects

OWNER = "regularization_effects"
# The last strength of the default grid.
WEAKEST = 1e-3


def regularization_effects(
    X: Any,
    y: Any,
    losses: str | Loss | Sequence | Mapping = ("squared_error", "log_loss"),
    penalties: str | Penalty | Sequence | Mapping | None = ("l1", "l2", "elasticnet"),
    strengths: int | ArrayLike = 31,
    cv: Any = None,
    *,
    fit_intercept: bool = True,
    standardize: bool = True,
    penalty_factors: Any = None,
    sample_weight: ArrayLike | None = None,
    offset: ArrayLike | None = None,
    feature_names: ArrayLike | None = None,
    tol: float = 1e-6,
    max_iter: int = 100,
) -> RegularizationEffects:
    """Fit every penalty on every loss at comparable strengths, and tell what becomes of the coefficients.

    Strengths are shares of alpha_max, the least alpha at which L1 zeroes every coefficient under that loss, so that losses
    on different scales can be laid side by side.

    Parameters
    ----------
    X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
        The columns.
    y : array-like of shape (n_samples,)
        Numbers, or two classes of any type. Losses for numbers are fitted to the classes coded 0 and 1 (the second in
        sorted order is 1) if a loss for classes is among the losses or the classes are not numbers.
    losses : str, Loss, list of them, or dict of label -> loss, default=("squared_error", "log_loss")
        The losses to compare, by name or as objects such as `Huber(delta=2)`.
    penalties : str, Penalty, None, list of them, or dict of label -> penalty, default=("l1", "l2", "elasticnet")
        The penalties to compare, by name or as objects such as `ElasticNet(0.9)`; None is no penalty.
    strengths : int or array-like, default=31
        The number of strengths on a geometric grid from 1 to 0.001 (31 are ten for each factor of ten), or the strengths
        themselves, > 0 and in any order.
    cv : int, splitter or iterable, default=None
        If given, the loss explained is also found in cross-validation: scikit-learn's splitters, the number of folds
        (stratified by class, not shuffled), or pairs of training and test rows. Folds are fitted at the alphas of the
        whole data.
    fit_intercept : bool, default=True
        Whether to fit the intercept, which is never penalised.
    standardize : bool, default=True
        Whether to penalise, and tell of, the coefficients of the columns scaled to unit variance. Without it, columns on
        a small scale are penalised more.
    penalty_factors : array-like of shape (n_features,) or dict, default=None
        Multiples of alpha, >= 0, for each column, by position or by name; 0 leaves a column unpenalised, inf leaves it out.
    sample_weight : array-like of shape (n_samples,) or float, default=None
        Weights >= 0; weight 2 is the same as a repeated row.
    offset : array-like of shape (n_samples,), default=None
        What is added to the linear predictor as it is.
    feature_names : array-like of shape (n_features,), default=None
        Names of the columns, for arrays and sparse matrices; a data frame has its own.
    tol : float, default=1e-6
        The accuracy of each fit, as in `regularization_path`.
    max_iter : int, default=100
        The most iterations per fit.

    Returns
    -------
    effects : RegularizationEffects
        `summary()` answers in words, `plot()` draws, `to_frame()` is a data frame.

    Warns
    -----
    ConvergenceWarning
        Once, if some fits did not reach `tol`.

    See Also
    --------
    skregloss.regularization_path : One loss and one penalty at many strengths.

    Notes
    -----
    L1 zeroes coefficients whatever the loss, and L2 does not. Take the optimum b, the other coefficients at theirs given
    b_j = 0, and let g be the derivative there of the mean loss in b_j. The objective has one-sided slopes g + alpha f_j and
    g - alpha f_j in b_j under L1 (f_j being the column's penalty factor), so zero is optimal exactly when

        |g| <= alpha f_j,

    which is an interval of width 2 alpha f_j. The loss enters by the number g alone. Under L2 the slope of the penalty at
    zero is 0, the interval is the point g = 0, and a coefficient is zero only by coincidence. The elastic net with share r
    of L1 has the interval |g| <= alpha r f_j. What the loss does decide is which coefficients fall into the interval: how
    alike these are is told by `agreement`.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skregloss import regularization_effects
    >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    >>> effects = regularization_effects(X, y, penalties=["l1", "l2"], strengths=[1.0, 0.1, 0.01])
    >>> effects.n_zeros[effects.losses.index("log_loss")].tolist()
    [[30, 25, 17], [0, 0, 0]]
    >>> effects.summary().splitlines()[2][:70]
    'l1 sets coefficients to exactly zero under squared_error and log_loss:'
    """
    for name, flag in (("fit_intercept", fit_intercept), ("standardize", standardize)):
        check_flag(OWNER, name, flag)
    check_number(OWNER, "tol", tol, POSITIVE)
    check_number(OWNER, "max_iter", max_iter, AT_LEAST_ONE, integer=True)
    shares = _strengths(strengths)
    named_losses = {label: clone(loss) for label, loss in labelled("losses", losses, get_loss).items()}
    named_penalties = {label: clone(penalty) for label, penalty in labelled("penalties", penalties, get_penalty).items()}
    for item in (*named_losses.values(), *named_penalties.values()):
        item.validate()
    for loss in named_losses.values():
        for penalty in named_penalties.values():
            check_pair(loss, penalty)
    X, names = checked_columns(X, feature_names)
    target = EffectsTarget(y, X.shape[0], list(named_losses.values()))
    weights = check_weights(sample_weight, X.shape[0])
    offset = check_offset(offset, (X.shape[0],))
    target.check_weighted(weights)
    options = {
        "fit_intercept": bool(fit_intercept),
        "standardize": bool(standardize),
        "factors": resolve_factors(penalty_factors, X.shape[1], names),
    }
    folds = None if cv is None else Folds(cv, X, target, weights, offset, options)
    accuracy = {"tol": tol, "max_iter": max_iter}
    alpha_max, paths, scores = {}, {}, []
    for label, loss in named_losses.items():
        values = target.coded_for(loss)
        check_domain(loss, values)
        base = Problem(loss, L1(), X, values, sample_weight=weights, offset=offset, **options)
        alpha_max[label] = _alpha_max(base, label)
        alphas = alpha_max[label] * shares
        bound = {key: penalty.bind(X.shape[1], names) for key, penalty in named_penalties.items()}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            for key, penalty in bound.items():
                found = {"feature_names": names, "classes": target.classes if loss.classification else None}
                paths[label, key] = fit_path(base.with_penalty(penalty), alphas, **found, **accuracy)
            if folds is not None:
                scores.append(folds.scores(loss, bound.values(), alphas, **accuracy))
    _warn_if_not_converged(paths, tol)
    return RegularizationEffects(
        losses=list(named_losses),
        penalties=list(named_penalties),
        strengths=shares,
        alpha_max=np.array(list(alpha_max.values())),
        paths=paths,
        fold_scores=np.array(scores) if scores else None,
        takes_part=taking_part(X, weights, options["factors"], fit_intercept),
        n_samples=X.shape[0],
        classes=target.classes,
        standardized=bool(standardize),
    )


def _strengths(strengths) -> np.ndarray:
    """Shares of alpha_max, decreasing."""
    if isinstance(strengths, numbers.Integral) and not isinstance(strengths, bool):
        if strengths < 2:
            raise ValueError(f"strengths is {strengths}; valid are an integer >= 2 and an array of strengths.")
        return np.geomspace(1.0, WEAKEST, int(strengths))
    valid = "valid are an integer >= 2 and an array of different finite strengths > 0, shares of alpha_max"
    try:
        shares = np.array(strengths, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"strengths is {strengths!r}; {valid}.") from None
    if shares.ndim != 1 or not len(shares) or not ((shares > 0.0) & (shares < np.inf)).all():
        raise ValueError(f"strengths is {strengths!r}; {valid}.")
    if len(np.unique(shares)) < len(shares):
        raise ValueError(f"strengths has repeated values; {valid}.")
    return np.sort(shares)[::-1]


def _alpha_max(problem, label) -> float:
    """The least alpha at which L1 zeroes every penalised coefficient: the unit of strength under this loss."""
    alpha_max = float(make_solver(problem).alpha_max())
    if not 0.0 < alpha_max < np.inf:
        raise ValueError(
            f"No penalised column changes the fit under {label}, so strengths have no unit: y or all penalised columns "
            "are constant. Valid are a y that varies and at least one penalised column that does."
        )
    return alpha_max


def _warn_if_not_converged(paths, tol):
    failed = {pair: int((~path.converged).sum()) for pair, path in paths.items() if not path.converged.all()}
    if not failed:
        return
    total = sum(len(path.alphas) for path in paths.values())
    (loss, penalty), worst = max(failed.items(), key=lambda item: item[1])
    warnings.warn(
        f"{sum(failed.values())} of {total} fits did not converge to tol={tol:g}, most of them ({worst}) {penalty} under "
        f"{loss}; raise max_iter, or leave out the weakest strengths.",
        ConvergenceWarning,
        stacklevel=3,
    )
