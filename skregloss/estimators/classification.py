"""Classification with any loss and any penalty."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from .._coding import Classes
from .._validation import check_weights
from ..losses import Loss, get_loss
from ..penalties import Penalty
from ..solvers.sample_terms import predictions
from ._base import PenalizedLinearModel


def _defines_probability(estimator) -> bool:
    return get_loss(estimator.loss).defines_probability


class PenalizedClassifier(ClassifierMixin, PenalizedLinearModel):
    """Linear model for classes: any loss with any penalty.

    For two classes, coded y = -1 and +1, it minimises over the intercept b0 and the coefficients b::

        (1 / sum w) sum_i w_i loss(y_i, eta_i) + sum_j P(b_j; alpha f_j),    eta = offset + b0 + X b

    with sample weights w and penalty factors f, 1 by default. scikit-learn's `LogisticRegression(C)` has
    alpha = 1 / (C sum w). With more than two classes, "log_loss" fits all of them at once: the multinomial model with
    coefficients for each class. "ordinal_logistic" takes the sorted classes as ordered, with one row of coefficients and an
    intercept for each class but the lowest. The other losses fit each class against the rest.

    Parameters
    ----------
    loss : str or Loss, default="log_loss"
        The loss: a name for one with its default parameters, or an object.
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
    class_weight : dict or "balanced", default=None
        Factors of the sample weights by class; "balanced" gives all classes the same total weight.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The classes, sorted. With two of them, the second is the one with y = +1.
    coef_ : ndarray of shape (1, n_features) or (n_classes, n_features)
        The coefficients; one row for two classes and for ordered ones.
    intercept_ : ndarray of shape (1,), (n_classes,) or (n_classes - 1,)
        The intercepts, zeros without them. Those of ordered classes are falling: with number k, the linear predictor is the
        log of the odds of a class above the k-th.
    certificate_ : Certificate or list of Certificate
        How far from the optimum the fit can be: `objective`, `gap`, `relative_gap`, `kkt`, `converged`; a list with one
        for each class if each was fitted against the rest.
    alpha_max_ : float
        The least alpha at which all penalised coefficients are zero.
    n_iter_ : int
        The number of iterations, for the class that took the most.
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
    PenalizedRegressor : The same for numbers.

    Notes
    -----
    `SelectFromModel` keeps the nonzero coefficients of penalty="l1" by default; for a penalty object pass
    `threshold=1e-10`.

    Examples
    --------
    >>> from sklearn.datasets import load_breast_cancer
    >>> from skregloss import PenalizedClassifier
    >>> from skregloss.penalties import SCAD
    >>> X, y = load_breast_cancer(return_X_y=True)
    >>> model = PenalizedClassifier(penalty=SCAD(), alpha=0.05, standardize=True).fit(X, y)
    >>> int((model.coef_ != 0).sum())
    5
    >>> model.predict_proba(X[:1]).shape
    (1, 2)
    """

    _classification = True

    def __init__(
        self,
        loss: str | Loss = "log_loss",
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
        class_weight: Mapping | str | None = None,
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
        self.class_weight = class_weight

    def fit(
        self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None
    ) -> PenalizedClassifier:
        """Fit the model.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns. Fortran-ordered arrays and CSC matrices of float64 or float32 are not copied.
        y : array-like of shape (n_samples,)
            The classes.
        sample_weight : array-like of shape (n_samples,) or float, default=None
            Weights >= 0; weight 2 is the same as a repeated row.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors as it is; one column for each class if there are more than two.

        Returns
        -------
        self : PenalizedClassifier
            The fitted model.
        """
        return self._solve(self._problems(X, y, sample_weight, offset))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        with suppress(TypeError, ValueError):
            loss = get_loss(self.loss)
            # Classes in an order that the columns do not follow are not what a loss of ordered classes is for.
            tags.classifier_tags.poor_score = loss.joint and not loss.predictor_per_class
        return tags

    def _coding_of(self, loss, data):
        return Classes(type(self).__name__, loss, data, self.class_weight)

    def _problems_of(self, data):
        problems = super()._problems_of(data)
        self.classes_ = self._coding.classes
        return problems

    def decision_function(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """How far the linear predictors are above the threshold of the decision.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors; needed if the model was fitted with one.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes, positive where the second is predicted; for more, the largest is of the predicted class.
            For ordered classes, the logarithms of their probabilities.
        """
        eta = self._predictor(X, offset)
        if self.loss_.joint and not self.loss_.predictor_per_class and eta.ndim == 2:
            with np.errstate(divide="ignore"):
                return np.log(self.loss_.probabilities(eta))
        return eta - self.loss_.decision_threshold

    def predict(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict classes.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors; needed if the model was fitted with one.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The predicted classes.
        """
        decision = self.decision_function(X, offset)
        return self.classes_[(decision > 0.0).astype(np.intp) if decision.ndim == 1 else decision.argmax(axis=1)]

    @available_if(_defines_probability)
    def predict_proba(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict the probability of each class, where the loss defines probabilities.

        Where classes were fitted against the rest, their probabilities are divided by the sum.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors; needed if the model was fitted with one.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        eta = self._predictor(X, offset)
        if self.loss_.joint:
            return self.loss_.probabilities(eta)
        positive = predictions(self.loss_.lower(), eta.ravel()).reshape(eta.shape)
        if positive.ndim == 1:
            return np.column_stack([1.0 - positive, positive])
        total = positive.sum(axis=1, keepdims=True)
        return np.divide(positive, total, out=np.full_like(positive, 1.0 / positive.shape[1]), where=total > 0.0)

    @available_if(_defines_probability)
    def predict_log_proba(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict the logarithm of the probability of each class, where the loss defines probabilities.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors; needed if the model was fitted with one.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X, offset))

    def score(self, X: Any, y: Any, sample_weight: ArrayLike | None = None, offset: ArrayLike | None = None) -> float:
        """The accuracy of the predicted classes.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The classes.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights >= 0.
        offset : array-like of shape (n_samples,) or (n_samples, n_classes), default=None
            What is added to the linear predictors; needed if the model was fitted with one.

        Returns
        -------
        score : float
            The weighted share of samples whose class is predicted.
        """
        from sklearn.metrics import accuracy_score

        predicted = self.predict(X, offset)
        return float(accuracy_score(y, predicted, sample_weight=check_weights(sample_weight, len(predicted))))
