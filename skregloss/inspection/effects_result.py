"""What a comparison of losses and penalties holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from .._optional import needed
from ..path import RegularizationPath
from ._effects_tables import rows_of
from ._effects_words import effects_summary

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True)
class Agreement:
    """How alike two losses are under each penalty and at each strength.

    Attributes
    ----------
    losses : tuple of str
        The two losses.
    jaccard : ndarray of shape (n_penalties, n_strengths)
        Of the columns that either loss selects (coefficient not zero), the share that both select; NaN where neither
        selects any.
    cosine : ndarray of shape (n_penalties, n_strengths)
        The cosine of the angle between the two vectors of coefficients: 1 for the same direction; NaN where one is zero.
    """

    losses: tuple[str, str]
    jaccard: np.ndarray
    cosine: np.ndarray


@dataclass(frozen=True, eq=False, repr=False)
class RegularizationEffects:
    """What penalties do to the coefficients under different losses, at strengths from strong to weak.

    `regularization_effects` makes one. Arrays are by loss, penalty and strength, in the order of `losses`, `penalties` and
    `strengths`. Coefficients are those of standardised columns if `standardized`.

    Attributes
    ----------
    losses, penalties : list of str
        The labels: the names, or for objects with parameters their repr.
    strengths : ndarray of shape (n_strengths,)
        Shares of alpha_max, decreasing.
    alpha_max : ndarray of shape (n_losses,)
        The least alpha at which L1 zeroes every penalised coefficient under each loss.
    paths : dict of (loss, penalty) -> RegularizationPath
        The fits, with their certificates.
    fold_scores : ndarray of shape (n_losses, n_penalties, n_folds, n_strengths) or None
        The loss explained on the test rows of each fold.
    takes_part : ndarray of shape (n_features,)
        Which columns can have a coefficient: the others are constant, or left out by an infinite penalty factor, and do
        not count as zeros.
    n_samples : int
        The number of samples.
    classes : ndarray of shape (2,) or None
        The classes: positive coefficients speak for the second, which losses for numbers see as 1 and the first as 0.
    standardized : bool
        Whether the coefficients are those of columns scaled to unit variance.
    """

    losses: list[str]
    penalties: list[str]
    strengths: np.ndarray
    alpha_max: np.ndarray
    paths: dict[tuple[str, str], RegularizationPath]
    fold_scores: np.ndarray | None
    takes_part: np.ndarray
    n_samples: int
    classes: np.ndarray | None
    standardized: bool

    def __repr__(self):
        return (
            f"<RegularizationEffects of {', '.join(self.penalties)} under {', '.join(self.losses)}: "
            f"{len(self.strengths)} strengths from {self.strengths[0]:.3g} to {self.strengths[-1]:.3g} of alpha_max>"
        )

    @property
    def feature_names(self) -> list[str]:
        """The names of the columns; x0, x1 ... without names."""
        return next(iter(self.paths.values())).column_names()

    def coefficients(self, loss: str, penalty: str) -> np.ndarray:
        """The coefficients under one loss and penalty.

        Parameters
        ----------
        loss, penalty : str
            Labels among `losses` and `penalties`.

        Returns
        -------
        coefs : ndarray of shape (n_features, n_strengths)
            The coefficients, of standardised columns if `standardized`.
        """
        for name, label, labels in (("loss", loss, self.losses), ("penalty", penalty, self.penalties)):
            if label not in labels:
                raise KeyError(f"{name} is {label!r}; valid are {', '.join(map(repr, labels))}.")
        path = self.paths[loss, penalty]
        return path.coefs * path.column_scale[:, None]

    def _each(self, measure) -> np.ndarray:
        """An array by loss and penalty of `measure(coefficients)`."""
        return np.array([[measure(self.coefficients(loss, penalty)) for penalty in self.penalties] for loss in self.losses])

    def _each_path(self, name) -> np.ndarray:
        return np.array([[getattr(self.paths[loss, penalty], name) for penalty in self.penalties] for loss in self.losses])

    @property
    def alphas(self) -> np.ndarray:
        """The strengths as each loss has them, of shape (n_losses, n_strengths)."""
        return self._each_path("alphas")[:, 0]

    @property
    def n_features(self) -> int:
        """How many columns can have a coefficient."""
        return int(self.takes_part.sum())

    @cached_property
    def n_zeros(self) -> np.ndarray:
        """How many of these coefficients are exactly zero."""
        return self._each(lambda coefs: (coefs[self.takes_part] == 0.0).sum(axis=0))

    @cached_property
    def l1_norm(self) -> np.ndarray:
        """The sum of the sizes of the coefficients."""
        return self._each(lambda coefs: np.abs(coefs).sum(axis=0))

    @cached_property
    def l2_norm(self) -> np.ndarray:
        """The root of the sum of squares of the coefficients."""
        return self._each(lambda coefs: np.sqrt((coefs**2).sum(axis=0)))

    @property
    def relative_l1_norm(self) -> np.ndarray:
        """`l1_norm` divided by that at the weakest strength; NaN if that is zero."""
        return _relative(self.l1_norm)

    @property
    def relative_l2_norm(self) -> np.ndarray:
        """`l2_norm` divided by that at the weakest strength; NaN if that is zero."""
        return _relative(self.l2_norm)

    @cached_property
    def largest(self) -> np.ndarray:
        """The size of the largest coefficient."""
        return self._each(lambda coefs: np.abs(coefs).max(axis=0))

    @property
    def loss_explained(self) -> np.ndarray:
        """The fraction of the loss explained on the training data."""
        return self._each_path("loss_explained")

    @property
    def cv_loss_explained(self) -> np.ndarray | None:
        """The fraction of the loss explained in cross-validation, the mean over folds; None without cross-validation."""
        return None if self.fold_scores is None else self.fold_scores.mean(axis=2)

    @property
    def converged(self) -> np.ndarray:
        """Whether each fit reached its tolerance."""
        return self._each_path("converged")

    @cached_property
    def entry_strengths(self) -> np.ndarray:
        """The strongest strength at which each coefficient is not zero, of shape (n_losses, n_penalties, n_features).

        NaN for coefficients that are zero throughout.
        """

        def entries(coefs):
            nonzero = coefs != 0.0
            return np.where(nonzero.any(axis=1), self.strengths[nonzero.argmax(axis=1)], np.nan)

        return self._each(entries)

    @cached_property
    def agreement(self) -> list[Agreement]:
        """How alike each two losses are."""
        return [self._agreement(*pair) for pair in combinations(self.losses, 2)]

    def _agreement(self, one, other) -> Agreement:
        both = [(self.coefficients(one, penalty), self.coefficients(other, penalty)) for penalty in self.penalties]
        with np.errstate(invalid="ignore", divide="ignore"):
            jaccard = [((a != 0) & (b != 0)).sum(axis=0) / ((a != 0) | (b != 0)).sum(axis=0) for a, b in both]
            cosine = [(_directions(a) * _directions(b)).sum(axis=0) for a, b in both]
        return Agreement((one, other), np.array(jaccard), np.array(cosine))

    def summary(self) -> str:
        """The answer in words, and a small table of numbers.

        Returns
        -------
        text : str
            What each penalty does under each loss, how alike the losses are, and the numbers at a few strengths.
        """
        return effects_summary(self)

    def records(self, what: str = "effects") -> list[dict[str, Any]]:
        """A tidy table as a list of rows, each a dict from column to value.

        Parameters
        ----------
        what : {"effects", "coefficients", "entry_strengths", "agreement"}, default="effects"
            A row for each loss, penalty and strength; with each coefficient; the strength at which each coefficient
            enters; or a row for each two losses, penalty and strength.

        Returns
        -------
        rows : list of dict
            The rows.
        """
        return list(rows_of(self, what))

    def to_frame(self, what: str = "effects") -> DataFrame:
        """A tidy table as a pandas data frame.

        Parameters
        ----------
        what : {"effects", "coefficients", "entry_strengths", "agreement"}, default="effects"
            As in `records`.

        Returns
        -------
        frame : DataFrame
            The table.
        """
        pandas = needed("pandas", "to_frame")

        return pandas.DataFrame(self.records(what))

    def plot(self, **options):
        """Draw the effects.

        Parameters
        ----------
        **options : dict
            Passed to `RegularizationEffectsDisplay.from_effects`, among them `kind`, "paths" or "curves".

        Returns
        -------
        display : RegularizationEffectsDisplay
            The display, with axes and lines drawn.
        """
        from .effects_display import RegularizationEffectsDisplay

        return RegularizationEffectsDisplay.from_effects(self, **options)


def _relative(norms):
    weakest = norms[..., -1:]
    return np.divide(norms, weakest, out=np.full(norms.shape, np.nan), where=weakest > 0.0)


def _directions(coefs):
    """Columns of unit length; divided by the largest first, lest squares overflow or vanish."""
    scaled = coefs / np.abs(coefs).max(axis=0)
    return scaled / np.sqrt((scaled**2).sum(axis=0))
