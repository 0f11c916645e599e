"""What a path holds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from .._optional import needed
from ._coefficients import CoefficientTable

if TYPE_CHECKING:
    from pandas import DataFrame

    from ..losses import Loss
    from ..penalties import Penalty

# Columns of `to_frame` besides the coefficients.
STATISTICS = ("n_nonzero", "objective", "relative_gap", "kkt", "converged", "loss_explained", "locally_convex")


@dataclass(frozen=True, eq=False)
class RegularizationPath:
    """The fits of one problem at several strengths, from strong to weak.

    Attributes
    ----------
    alphas : ndarray of shape (n_alphas,)
        The strengths, decreasing.
    table : CoefficientTable
        The coefficients that are not zero.
    intercepts : ndarray of shape (n_alphas,) or (n_outputs, n_alphas)
        The intercepts; for K ordered classes the K - 1 log odds, less X b, of a class above the first, the second ...
    n_nonzero : ndarray of shape (n_alphas,)
        How many coefficients are not zero.
    objective : ndarray of shape (n_alphas,)
        Mean loss plus penalty.
    relative_gap : ndarray of shape (n_alphas,)
        A bound on what is left to gain in the objective, relative to the null deviance; NaN where there is no duality,
        as in non-convex problems.
    kkt : ndarray of shape (n_alphas,)
        The largest violation of the optimality conditions, relative to the largest gradient entry of the null model.
    converged : ndarray of shape (n_alphas,)
        Whether the relative gap, or else the violation, is at most `tol`.
    n_iter : ndarray of shape (n_alphas,)
        The number of iterations.
    loss_explained : ndarray of shape (n_alphas,)
        The fraction of the loss explained on the training data, as `PenalizedRegressor.score` has it: 0 for the best
        constant, 1 for a perfect fit.
    locally_convex : ndarray of shape (n_alphas,)
        Whether the objective is convex around the solution, along the coefficients that are not zero: the smallest
        eigenvalue of their Hessian, with the penalty where it is most concave between zero and each coefficient, is not
        negative. True throughout for convex problems. Where it is False, the solution may have jumped, and other local
        minima may be as good.
    alpha_max : float
        The least strength at which all penalised coefficients are zero; infinite for L2, which has none.
    column_scale : ndarray of shape (n_features,)
        The standard deviations that `standardize=True` divided the columns by; ones without it. Coefficients times these
        are those that were penalised.
    feature_names : ndarray of shape (n_features,) or None
        The names of the columns, if X has names.
    classes : ndarray of shape (n_classes,) or None
        The classes, for losses for classes: positive coefficients speak for the second of two, for their own of more, and for
        higher ones if they are ordered.
    loss, penalty : Loss, Penalty
        As fitted.
    interrupted : bool
        Whether the path ends early because the user interrupted it.
    """

    alphas: np.ndarray
    table: CoefficientTable
    intercepts: np.ndarray
    n_nonzero: np.ndarray
    objective: np.ndarray
    relative_gap: np.ndarray
    kkt: np.ndarray
    converged: np.ndarray
    n_iter: np.ndarray
    loss_explained: np.ndarray
    locally_convex: np.ndarray
    alpha_max: float
    column_scale: np.ndarray
    feature_names: np.ndarray | None
    classes: np.ndarray | None
    loss: Loss
    penalty: Penalty
    interrupted: bool = False

    @cached_property
    def coefs(self) -> np.ndarray:
        """The coefficients, for the columns as given: of shape (n_features, n_alphas) or (n_outputs, n_features, n_alphas).

        The array is made when it is first asked for.
        """
        return self.table.array()

    def __repr__(self):
        converged = "all converged" if self.converged.all() else f"{(~self.converged).sum()} not converged"
        return (
            f"<RegularizationPath of {self.penalty} on {self.loss}: {len(self.alphas)} strengths from "
            f"{self.alphas[0]:.4g} to {self.alphas[-1]:.4g}, {self.n_nonzero[0]} to {self.n_nonzero[-1]} of "
            f"{math.prod(self.table.shape)} coefficients nonzero, {converged}>"
        )

    def column_names(self) -> list[str]:
        """The names of the columns; x0, x1 ... without names."""
        if self.feature_names is None:
            return [f"x{j}" for j in range(self.table.shape[-1])]
        return [str(name) for name in self.feature_names]

    def output_names(self) -> list:
        """What tells the outputs apart: the classes, or positions; nothing if there is one output."""
        if len(self.table.shape) == 1:
            return []
        return list(range(self.table.shape[0])) if self.classes is None else self.classes.tolist()

    def to_frame(self) -> DataFrame:
        """The path as a pandas data frame.

        Returns
        -------
        frame : DataFrame
            One row per strength: alpha, the certificate and the other numbers of the path, the intercept, and a column
            for each coefficient under the name of its column (with " (coefficient)" added if that is taken). With several
            outputs, their intercepts and coefficients have the position of the output added, as in "x0 [1]", or the class.
            The intercepts of ordered classes say which class they are the log odds of exceeding: "intercept [> 1]".
        """
        pandas = needed("pandas", "to_frame")

        columns: dict[str, Any] = {"alpha": self.alphas}
        outputs = self.output_names()
        columns.update({name: getattr(self, name) for name in STATISTICS})
        levels = outputs
        if self.classes is not None and self.intercepts.ndim == len(self.table.shape) + 1:
            levels = [f"> {label}" for label in self.classes[:-1]]
        columns.update(_by_output("intercept", self.intercepts, levels))
        for j, name in enumerate(self.column_names()):
            for full, coefs in _by_output(name, self.coefs[..., j, :], outputs).items():
                columns[f"{full} (coefficient)" if full in columns else full] = coefs
        return pandas.DataFrame(columns)

    def plot(self, **options):
        """Draw the path.

        Parameters
        ----------
        **options : dict
            Passed to `RegularizationPathDisplay.from_path`, among them `ax` and `n_labels`.

        Returns
        -------
        display : RegularizationPathDisplay
            The display, with the axes and lines drawn.
        """
        from ..inspection import RegularizationPathDisplay

        return RegularizationPathDisplay.from_path(self, **options)


def _by_output(name, values, outputs) -> dict[str, Any]:
    """The numbers of each strength under a name, with that of the output where there are several."""
    if values.ndim == 1:
        return {name: values}
    return {f"{name} [{output}]": own for output, own in zip(outputs, values, strict=True)}
