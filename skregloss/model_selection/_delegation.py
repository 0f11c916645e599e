"""What a fitted search passes on to its best estimator."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn import get_config
from sklearn.utils.metadata_routing import UNUSED, process_routing
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ._deferral import with_offset


def _best_has(name):
    """Whether the fitted best estimator, or before that the estimator, has a method."""

    def check(search):
        if hasattr(search, "best_estimator_"):
            return hasattr(search.best_estimator_, name)
        return search.refit and hasattr(search.estimator, name)

    return available_if(check)


class BestEstimator:
    """Mixin: predictions and scores of `best_estimator_`."""

    refit: bool
    best_estimator_: Any
    scorer_: Any
    # The offset goes to the final estimator as it is, whatever that requests.
    __metadata_request__predict: ClassVar[dict] = {"offset": UNUSED}
    __metadata_request__predict_proba: ClassVar[dict] = {"offset": UNUSED}
    __metadata_request__predict_log_proba: ClassVar[dict] = {"offset": UNUSED}
    __metadata_request__decision_function: ClassVar[dict] = {"offset": UNUSED}
    __metadata_request__score: ClassVar[dict] = {"offset": UNUSED}

    @_best_has("predict")
    def predict(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict with the best estimator.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            The predictions.
        """
        return self._best(offset).predict(X)

    @_best_has("predict_proba")
    def predict_proba(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict the probability of each class with the best estimator.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return self._best(offset).predict_proba(X)

    @_best_has("predict_log_proba")
    def predict_log_proba(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """Predict the logarithm of the probability of each class with the best estimator.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        log_probabilities : ndarray of shape (n_samples, n_classes)
            In the order of `classes_`.
        """
        return self._best(offset).predict_log_proba(X)

    @_best_has("decision_function")
    def decision_function(self, X: Any, offset: ArrayLike | None = None) -> np.ndarray:
        """The decision function of the best estimator.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.

        Returns
        -------
        decision : ndarray of shape (n_samples,) or (n_samples, n_classes)
            Positive for the second of two classes; the largest is of the predicted class.
        """
        return self._best(offset).decision_function(X)

    def score(self, X: Any, y: Any, offset: ArrayLike | None = None, **params) -> float:
        """The score of the best estimator, by `scoring`.

        Parameters
        ----------
        X : array-like, data frame or sparse matrix of shape (n_samples, n_features)
            The columns.
        y : array-like of shape (n_samples,)
            The targets or classes.
        offset : array-like of shape (n_samples,), default=None
            What is added to the linear predictor; needed if the model was fitted with one.
        **params : dict
            `sample_weight` and other parameters of the scorer; with metadata routing those that it requests.

        Returns
        -------
        score : float
            The score.
        """
        best = self._best(offset)
        if get_config()["enable_metadata_routing"]:
            params = process_routing(self, "score", **params)["scorer"]["score"]
        return self.scorer_(best, X, y, **params)

    def _best(self, offset):
        check_is_fitted(self)
        if not self.refit:
            raise AttributeError(f"This {type(self).__name__} has refit=False and no best_estimator_; fit with refit=True.")
        return self.best_estimator_ if offset is None else with_offset(self.best_estimator_, offset)

    @property
    def n_features_in_(self) -> int:
        """The number of columns."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(f"This {type(self).__name__} is not fitted and has no n_features_in_.")
        return self.best_estimator_.n_features_in_

    @property
    def classes_(self) -> np.ndarray:
        """The classes, for classifiers."""
        if not hasattr(self, "best_estimator_"):
            raise AttributeError(f"This {type(self).__name__} is not fitted and has no classes_.")
        return self.best_estimator_.classes_
