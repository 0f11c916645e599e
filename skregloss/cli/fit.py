"""`skregloss fit`: a penalised model of a file, its strength chosen by cross-validation."""

from __future__ import annotations

import warnings

import numpy as np

from ._columns import accepted_columns, described, make_encoder
from ._errors import CommandError
from ._output import checked_output, heading, need_matplotlib, page, paragraphs, picture, table, written
from .effects import add_data_options, folds, load

MODELS, REPORTS = (".joblib", ".pkl"), (".html",)
# The most coefficients that are printed; a report has them all.
MOST_PRINTED = 40


def add_parser(commands):
    """The command's options."""
    parser = commands.add_parser("fit", help="fit a penalised model to a file, its strength chosen by cross-validation")
    add_data_options(parser)
    parser.add_argument("--loss", help="by name; squared_error for numbers and log_loss for classes by default")
    parser.add_argument("--penalty", default="l1", help="by name (default: l1)")
    parser.add_argument("--cv", type=int, metavar="K", default=5, help="the number of folds (default: 5)")
    parser.add_argument("--alphas", type=int, metavar="N", default=100, help="the number of strengths (default: 100)")
    parser.add_argument(
        "--selection", choices=("min", "1se"), default="min", help="the best strength, or the strongest within a standard error"
    )
    parser.add_argument("--save", metavar="PATH", help="write the fitted pipeline, for joblib.load")
    parser.add_argument("--report", metavar="PATH", help="write a page with tables and pictures: .html")
    parser.set_defaults(run=run)


def run(arguments):
    """Fit, tell, and write what was asked for."""
    from ..losses import get_loss
    from ..penalties import get_penalty

    model_place = checked_output(arguments.save, "--save", MODELS) if arguments.save else None
    report_place = checked_output(arguments.report, "--report", REPORTS) if arguments.report else None
    if report_place:
        need_matplotlib("--report")
    losses = [arguments.loss] if arguments.loss else None
    if losses:
        get_loss(arguments.loss)
    get_penalty(_penalty(arguments))
    target, X, names, notes = load(arguments, losses, coded=False)
    if names is not None:
        X = _frame(arguments.data, X, names)
    columns = accepted_columns(arguments.data, X, arguments.keep)
    notes = [f"{target.described()}; {len(X)} rows.", *notes, *described(X, columns)]
    search = _search(arguments, columns, target)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Found unknown categories")  # in a fold; said of the columns
            search.fit(X, target.values)
    except (TypeError, ValueError) as error:
        raise CommandError(f"{target.name}: {error}") from None
    notes += _found(search, arguments, X, target)
    coefficients = named_coefficients(search.best_estimator_)
    print("\n".join([*notes, *_printed(coefficients)]))
    if model_place:
        written(model_place, lambda place: _save(search.best_estimator_, place))
        print(f"Use it with: joblib.load({str(model_place)!r}).predict(a data frame with the same columns)")
    if report_place:
        text = _page(arguments, search, X, target, notes, coefficients)
        written(report_place, lambda place: place.write_text(text, encoding="utf-8"))


def _penalty(arguments):
    return None if arguments.penalty.lower() == "none" else arguments.penalty


def _frame(name, X, names):
    try:
        from pandas import DataFrame
    except ImportError:
        raise CommandError(f"{name}: columns by name need pandas; install it with: pip install pandas") from None
    return DataFrame(X, columns=names)


def _search(arguments, columns, target):
    """The pipeline and the search over its strength; probabilities are scored by the loss explained."""
    from sklearn.pipeline import Pipeline

    from .. import PathSearchCV, PenalizedClassifier, PenalizedRegressor
    from ..losses import get_loss

    loss = arguments.loss or ("squared_error" if target.classes is None else "log_loss")
    model = PenalizedRegressor if target.classes is None else PenalizedClassifier
    steps = [("columns", make_encoder(columns)), ("model", model(loss, _penalty(arguments)))]
    probabilities = target.classes is not None and get_loss(loss).defines_probability
    return PathSearchCV(
        Pipeline(steps),
        alphas=arguments.alphas,
        cv=folds(arguments.cv, target),
        scoring="d2_log_loss_score" if probabilities else None,
        selection=arguments.selection,
    )


def _found(search, arguments, X, target) -> list[str]:
    """The strength, and how good the model is."""
    model, results, best = search.best_estimator_[-1], search.cv_results_, search.best_index_
    score = "loss explained" if target.classes is None or search.scoring else "share of right classes"
    mean, spread = results["mean_test_score"][best], results["std_test_score"][best]
    ends = np.ravel(search.alphas_)
    lines = [
        f"{model.loss} with {model.penalty or 'no penalty'}, {arguments.cv} shuffled folds, {len(ends)} strengths: "
        f"alpha = {search.alpha_:.4g} of {ends[0]:.4g} to {ends[-1]:.4g}.",
        f"In cross-validation, {score}: {mean:.1%} (standard deviation over folds {spread:.1%}); "
        f"in training: {search.score(X, target.values):.1%}.",
    ]
    if not np.any(model.coef_):
        lines.append("No column helps prediction here: a constant is as good.")
    elif search.alpha_ == ends[-1] and len(ends) > 1:
        lines.append("The weakest strength is the best one: the penalty does not help prediction here.")
    return lines


def named_coefficients(pipeline) -> list[tuple[str, str, float]]:
    """(class or nothing, column, coefficient), the largest first; intercepts last. Zeros included."""
    model, names = pipeline[-1], [str(name) for name in pipeline[:-1].get_feature_names_out()]
    coefs, intercepts = np.atleast_2d(model.coef_), np.atleast_1d(model.intercept_)
    labels = [str(label) for label in model.classes_] if len(coefs) > 1 else [""]
    rows = []
    for label, row, intercept in zip(labels, coefs, intercepts, strict=True):
        rows += [(label, names[j], float(row[j])) for j in np.argsort(-np.abs(row), kind="stable")]
        rows.append((label, "(intercept)", float(intercept)))
    return rows


def _printed(coefficients) -> list[str]:
    """The coefficients that are not zero, in lines."""
    columns = [row for row in coefficients if row[1] != "(intercept)"]
    nonzero = [row for row in columns if row[2] != 0.0]
    lines = [f"{len(nonzero)} of {len(columns)} coefficients are not zero:"]
    shown = [*nonzero[:MOST_PRINTED], *(row for row in coefficients if row[1] == "(intercept)")]
    labels = [f"{label}: {name}" if label else name for label, name, _ in shown]
    width = max(map(len, labels))
    lines += [f"  {label.ljust(width)}  {row[2]:>11.4g}" for label, row in zip(labels, shown, strict=True)]
    if len(nonzero) > MOST_PRINTED:
        lines.append(f"  and {len(nonzero) - MOST_PRINTED} more; --report writes all")
    return lines


def _save(pipeline, place):
    import joblib

    joblib.dump(pipeline, place)


def _page(arguments, search, X, target, notes, coefficients) -> str:
    """Findings, scores against strength, coefficients against strength, and all coefficients."""
    from ..inspection import CVPathDisplay

    parts = [paragraphs(notes)]
    parts += [heading("Cross-validation"), picture(CVPathDisplay.from_estimator(search).figure_, "scores against strength")]
    path = _path(search.best_estimator_, X, target)
    if path is not None:
        parts += [heading("Coefficients against strength"), picture(path.plot().figure_, "coefficients against strength")]
    several = any(label for label, _, _ in coefficients)
    head = ("class", "column", "coefficient") if several else ("column", "coefficient")
    parts += [heading("Coefficients"), table(head, [row if several else row[1:] for row in coefficients])]
    return page(f"{arguments.data}: {target.name.removeprefix(arguments.data + ': ')}", *parts)


def _path(pipeline, X, target):
    """The path of the chosen model; None where each class has one against the rest, and for sparse columns."""
    from scipy import sparse

    from .. import regularization_path

    columns, model = pipeline[:-1].transform(X), pipeline[-1]
    # The report's path wants names, which sparse columns lose; a list of certificates is one for each class against the rest.
    if sparse.issparse(columns) or isinstance(model.certificate_, list):
        return None
    named = _frame("", columns, pipeline[:-1].get_feature_names_out())
    return regularization_path(named, target.values, loss=model.loss, penalty=model.penalty)
