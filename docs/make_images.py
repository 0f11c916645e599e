"""The pictures of README.md, made by the library itself: `python docs/make_images.py`."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

from sklearn.datasets import load_breast_cancer, load_diabetes

from skregloss import PenalizedRegressorCV, regularization_effects, regularization_path
from skregloss.inspection import CVPathDisplay

FOLDER = Path(__file__).resolve().parent / "images"


def displays():
    """Name -> display of each picture."""
    cancer = load_breast_cancer(return_X_y=True, as_frame=True)
    diabetes = load_diabetes(return_X_y=True, as_frame=True)
    path = regularization_path(*cancer, loss="log_loss", penalty="l1", standardize=True, alpha_min_ratio=1e-2)
    effects = regularization_effects(*cancer, losses=["squared_error", "log_loss"], penalties=["l1", "l2"])
    model = PenalizedRegressorCV(penalty=["l1", "mcp"], standardize=True, alpha_min_ratio=1e-2).fit(*diabetes)
    return {
        "path": path.plot(),
        "effects": effects.plot(),
        "cv": CVPathDisplay.from_estimator(model),
    }


def main(folder: Path = FOLDER) -> None:
    """Write each picture, small enough for a page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, display in displays().items():
        display.figure_.savefig(folder / f"{name}.png", dpi=90, metadata={"Software": None})


if __name__ == "__main__":
    main()
