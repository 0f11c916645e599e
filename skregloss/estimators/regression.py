"""Regression with any loss and any penalty."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import RegressorMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils import check_array
from sklearn.utils.validation import check_consistent_length

from .._coding import Numbers
from .._validation import check_domain, check_weights, flat_column
from ..losses import Loss
from ..penalties import Penalty
from ..solvers.explained import LossExplained, share_explained
from ..solvers.sample_terms import predictions
from ._base import PenalizedLinearModel


class PenalizedRegressor(RegressorMixin, PenalizedLinearModel):
    """Linear model for numbers: any loss with any penalty.

    It minimises over the intercept b0 and the coefficients b::

        (1 / sum w) sum_i w_i loss(y_i, eta_i) + sum_j P(b_j; alpha f_j),    eta = offset + b0 + X b

    with sample weights w and penalty factors f, 1 by default. Targets with several columns have coefficients for each; their
    losses add up, and penalties such as `L21` tie them together. With the defaults it is scikit-learn's `Lasso`; with
    `ElasticNet(l1_ratio)` it is `ElasticNet`. Predictions are the inverse link of eta: eta itself, or exp(eta) for
    counts and amounts.

    Parameters
    ----------
    loss : str or Loss, default="squared_error"
        The loss: a name for one with its default parameters, or an object such as `Huber(delta=2)`.
    penalty : str, Penalty or None, default="l1"
        The penalty: a name, an object such as `ElasticNet(0.5)` or `MCP() + 0.1 * L2()`, or None for no penalty.
    alpha : float, default=0.01
        Strength of the penalty, >= 0. From `alpha_max_` on, all penalised coefficients are zero.
    fit_intercept : bool, default=True
        Whether to fit b0, which is never penalised.
    standardize : bool, default=False
        Whether to penalise the coefficients that the columns would have with unit variance. `coef_` is for the columns
        as given in any case.
    penalty_factors : array-like of shape (n_features,) or dict, default=None
        Multiples of alpha, >= 0, for each column; 0 leaves it unpenalised, inf leaves it out. A dict is by column name
        or position, and columns that are not in it have factor 1.
    bounds : tuple, array-like of shape (n_features, 2) or dict, default=None
        Bounds of the coefficients. A tuple (low, high) is for all columns, low and high each a number, None for no
        bound, or an array with one number per column: `(0, None)` makes all coefficients non-negative. An array or a
        list has one row (low, high) per column. A dict has pairs (low, high) by column name or position.
    tol : float, default=1e-6
        The accuracy to reach: of the duality gap relative to the null deviance for convex problems, of the optimality
        conditions otherwise.
    max_iter : int, default=100
        The most iterations, each the solution of one quadratic model.
    warm_start : bool, default=False
        Whether `fit` starts from the last fit's coefficients.
    verbose : bool or int, default=0
        Whether `fit` prints its progress.

    Attributes
    ----------
    coef_ : ndarray of shape (n_features,) or (n_outputs, n_features)
        The coefficients.
    intercept_ : float or ndarray of shape (n_outputs,)
        The intercept, 0.0 without one.
    certificate_ : Certificate or list of Certificate
        How far from the optimum the fit can be: `objective`, `gap`, `relative_gap`, `kkt`, `converged`; a list with one
        for each quantile if there are several.
    alpha_max_ : float
        The least alpha at which all penalised coefficients are zero.
    n_iter_ : int
        The number of iterations.
    loss_ : Loss
        The loss as fitted.
    penalty_ : Penalty
        The penalty as fitted.
    n_features_in_ : int
        The number of columns.
    feature_names_in_ : ndarray of shape (n_features_in_,)
        Their names, if all of them are strings.

    See Also
    --------
    PenalizedClassifier : The same for classes.

    Notes
    -----
    `SelectFromModel` keeps the nonzero coefficients of penalty="l1" by default; for a penalty object pass
    `threshold=1e-10`.

    Examples
    --------
    >>> import numpy as np
    >>> from skregloss import PenalizedRegressor
    >>> from skregloss.losses import Huber
    >>> from skregloss.penalties import MCP
    >>> X = np.random.default_rng(0).normal(size=(100, 5))
    >>> y = 3 * X[:, 0] - 2 * X[:, 1] + 1
    >>> y[:3] = 50
    >>> model = PenalizedRegressor(loss=Huber(delta=0.5), penalty=MCP(), alpha=0.1).fit(X, y)
    >>> np.flatnonzero(model.coef_)
    array([0, 1])
    >>> bool(model.certificate_.converged)
    True
    """

    _classification = False

    def __init__(
        self,
        loss: str | Loss = "squared_error",
        penalty: str | Penalty | None = "l1",
        alpha: float = 0.01,
        *,
        fit_intercept: bool = True,
        standardize: bool = False,
        penalty_factors: Any = None,
        bounds: Any = None,
        tol: float = 1e-6,
        max_iter: int = 100,
        warm_start: bool = False,
        verbose: int = 0,
    ):
        self.loss = loss
        self.penalty = penalty
        self.alpha = alpha
        self.fit_intercept = fit_intercept
        self.standardize = standardize
        self.penalty_factors = penalty_factors
        self.bounds = bounds
        self.tol = tol
        self.max_iter = max_iter
        self.warm_start = warm_start
        self.verbose = verbose

    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> PenalizedRegressor:
        """Fit the model.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns. Fortran-ordered arrays and CSC matrices of float64 or float32 are not copied.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets, within the domain of the loss.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0; weight 2 is the same as a repeated row.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            What is added to the linear predictor as it is, such as the log of an exposure.

        Returns
        -------
        self : PenalizedRegressor
            The fitted model.
        """
        return self._solve(self._problems(X, y, sample_weight, offset))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # Whether any numbers will do: scikit-learn takes several outputs to be of either sign.
        tags.target_tags.multi_output = not tags.target_tags.positive_only
        return tags

    def _coding_of(self, loss, data):
        return Numbers(loss)

    def _adopt(self, solutions):
        super()._adopt(solutions)
        if len(solutions) == 1 and solutions[0].coef.ndim == 1:
            self.coef_, self.intercept_ = self.coef_[0], float(self.intercept_[0])

    def predict(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict with the inverse link of the linear predictor.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        y : ndarray of shape (n_samples,) or (n_samples, n_outputs)
            The predictions.
        """
        eta = self._predictor(X, self._offset_per_part(offset))
        part, *_ = self.loss_.parts()
        return self.loss_.arranged(predictions(part.lower(), eta.ravel()).reshape(eta.shape))

    def _offset_per_part(self, offset):
        """The offset of one column of targets for each linear predictor"""
        count = len(self.loss_.parts()) if hasattr(self, "loss_") else 1
        return offset if offset is None or count == 1 else np.repeat(np.reshape(offset, (-1, 1)), count, axis=1)

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None) -> float:
        """The fraction of the loss that the model explains.

        It is 1 - D(model) / D(best constant), where D is the mean loss above its least value for each sample: R^2 for
        squared error, and D^2 as scikit-learn has it for other losses. The best constant is found on the data given
        here, and has the offset added to its linear predictor.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
            The targets, within the domain of the loss.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0.
        offset : array-like of shape (n_samples,) or (n_samples, n_outputs), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        score : float
            At most 1, which is perfect; 0 is as good as a constant.
        """
        eta = self._predictor(X, self._offset_per_part(offset))
        y = check_array(flat_column(y), ensure_2d=False, dtype=np.float64, input_name="y")
        parts = self.loss_.parts()
        if eta.shape != (y.shape if len(parts) == 1 else (*y.shape, len(parts))):
            check_consistent_length(eta, y)
            raise ValueError(f"y has shape {y.shape}, but the model predicts shape {eta.shape}.")
        check_domain(self.loss_, y)
        weights = check_weights(sample_weight, len(y))
        if len(y) < 2:
            warnings.warn("The score is not defined for fewer than two samples.", UndefinedMetricWarning, stacklevel=2)
            return float("nan")
        offset = self._bound_offset if offset is None else offset
        offset = None if offset is None else np.asarray(offset, float)
        losses = [LossExplained.of(part, y, weights, offset) for part in parts]
        return share_explained(losses, [eta] if len(parts) == 1 else self.loss_.arranged(eta).T)
