"""`skregloss effects`: what penalties do to the coefficients under different losses, on bundled data or a file."""

from __future__ import annotations

import csv

from ._columns import accepted_columns, described, make_encoder
from ._data import check_column, is_bundled, load_bundled, read_table
from ._errors import CommandError
from ._output import checked_output, heading, need_matplotlib, page, picture, preformatted, table, written
from ._target import check_two_classes, column_target, make_target

PICTURES = (".png", ".svg", ".pdf")
ENDINGS = (*PICTURES, ".csv", ".html")
# The losses compared by default.
FOR_CLASSES = ("squared_error", "log_loss")
# Both in any unit of the target; the delta of "huber" is in units of it.
FOR_NUMBERS = ("squared_error", "absolute_error")


def add_parser(commands):
    """The command's options."""
    parser = commands.add_parser("effects", help="show what penalties do to the coefficients under different losses")
    add_data_options(parser, default="breast_cancer")
    parser.add_argument(
        "--losses",
        nargs="+",
        metavar="LOSS",
        help="by name; by default squared_error, and log_loss for classes, absolute_error for numbers",
    )
    parser.add_argument("--penalties", nargs="+", metavar="PENALTY", default=["l1", "l2", "elasticnet"], help="by name")
    parser.add_argument("--strengths", type=int, metavar="N", default=31, help="how many, from 1 to 0.001 of alpha_max")
    parser.add_argument("--cv", type=int, metavar="K", help="also cross-validate, with K folds")
    parser.add_argument("--kind", choices=("paths", "curves"), default="paths", help="what a picture shows")
    parser.add_argument("--save", nargs="+", metavar="PATH", default=[], help=f"write files: {', '.join(ENDINGS)}")
    parser.set_defaults(run=run)


def add_data_options(parser, default=None):
    """The options of commands that read data."""
    what = "a .csv or .parquet file, or a data set of scikit-learn such as breast_cancer or diabetes"
    if default is None:
        parser.add_argument("data", metavar="DATA", help=what)
    else:
        parser.add_argument("data", metavar="DATA", nargs="?", default=default, help=f"{what} (default: {default})")
    parser.add_argument("--target", metavar="COL", help="the column to explain")
    parser.add_argument("--class", dest="one_class", metavar="NAME", help="take this class of the target against the rest")
    parser.add_argument("--drop", nargs="+", metavar="COL", default=[], help="columns to leave out")
    parser.add_argument("--keep", nargs="+", metavar="COL", default=[], help="columns to use though they look like identifiers")
    parser.add_argument("--missing", nargs="+", metavar="TEXT", default=[], help="texts that mean a missing value, such as ?")
    parser.add_argument("--encoding", default="utf-8", help="of a text file (default: utf-8)")


def load(arguments, losses, *, coded):
    """The target, the columns (a data frame, or a matrix with names), and what there is to say about them."""
    if is_bundled(arguments.data):
        if arguments.target or arguments.drop:
            raise CommandError(f"{arguments.data} is bundled and has its own target: leave out --target and --drop.")
        bundled = load_bundled(arguments.data)
        target = make_target(arguments.data, bundled.y, losses, arguments.one_class, coded=coded)
        return target, bundled.X, bundled.names, []
    frame = read_table(arguments.data, encoding=arguments.encoding, missing=arguments.missing)
    for option in ("drop", "keep"):
        for column in getattr(arguments, option):
            check_column(arguments.data, column, list(frame.columns), f"--{option}")
    if arguments.target in arguments.drop:
        raise CommandError(f"--drop names the target {arguments.target!r}; leave it out there.")
    kept = frame.drop(columns=arguments.drop)
    target, frame, n_without = column_target(arguments.data, kept, arguments.target, losses, arguments.one_class, coded=coded)
    notes = [f"Left out {n_without} rows without a target."] if n_without else []
    return target, frame, None, notes


def folds(k, target, option="--cv"):
    """Shuffled folds, the same in each run, stratified by class; None without k."""
    import numpy as np
    from sklearn.model_selection import KFold, StratifiedKFold

    if k is None:
        return None
    if target.classes is None:
        most, rarest = len(target.values) // 2, ""
    else:
        counts = np.unique(target.values, return_counts=True)[1]
        most, rarest = int(counts.min()), f" (class {target.classes[counts.argmin()].item()!r} has {counts.min()} rows)"
    if not 2 <= k <= most:
        valid = f"valid are 2 to {most}" if most >= 2 else "more rows are needed"
        raise CommandError(f"{option} {k}: {valid} for {target.name}{rarest}.")
    splitter = KFold if target.classes is None else StratifiedKFold
    return splitter(k, shuffle=True, random_state=0)


def run(arguments):
    """Compute, tell, and write what was asked for."""
    from ..inspection import regularization_effects
    from ..losses import get_loss

    outputs = [checked_output(path, "--save", ENDINGS) for path in arguments.save]
    if any(place.suffix.lower() != ".csv" for place in outputs):
        need_matplotlib("--save")
    penalties = [None if name.lower() == "none" else name for name in arguments.penalties]
    for loss in arguments.losses or ():
        get_loss(loss)
    target, X, names, notes = load(arguments, arguments.losses, coded=True)
    check_two_classes(target)
    losses = arguments.losses or (FOR_NUMBERS if target.classes is None else FOR_CLASSES)
    if names is None:
        columns = accepted_columns(arguments.data, X, arguments.keep)
        notes += described(X, columns)
        encoder = make_encoder(columns)
        X = encoder.fit_transform(X)
        names = encoder.get_feature_names_out().tolist()
    try:
        effects = regularization_effects(
            X, target.values, losses, penalties, arguments.strengths, folds(arguments.cv, target), feature_names=names
        )
    except (TypeError, ValueError) as error:
        raise CommandError(f"{target.name}: {error}") from None
    notes = [f"{target.described()}.", *notes]
    print("\n".join(notes))
    print(effects.summary())
    for place in outputs:
        written(place, lambda place: _write(place, effects, arguments, notes))


def _write(place, effects, arguments, notes):
    ending = place.suffix.lower()
    if ending in PICTURES:
        effects.plot(kind=arguments.kind).figure_.savefig(place, dpi=150)
    elif ending == ".csv":
        rows = effects.records()
        with place.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
    else:
        place.write_text(_page(effects, arguments, notes), encoding="utf-8")


def _page(effects, arguments, notes) -> str:
    rows = effects.records()
    title = f"What penalties do to the coefficients: {arguments.data}"
    paths, curves = (effects.plot(kind=kind).figure_ for kind in ("paths", "curves"))
    return page(
        title,
        preformatted("\n".join([*notes, effects.summary()])),
        heading("Coefficients"),
        picture(paths, "coefficients against strength, by loss and penalty"),
        heading("Zeros, norms and loss explained"),
        picture(curves, "exact zeros, norms and loss explained against strength, by penalty"),
        heading("All strengths"),
        table(rows[0], [row.values() for row in rows]),
    )
