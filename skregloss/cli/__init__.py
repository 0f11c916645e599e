"""The command `skregloss`: what penalties do under different losses, fits of files, and compiling kernels ahead."""

from __future__ import annotations

import os
import sys
import warnings

from .. import __version__
from . import effects, fit, warmup
from ._errors import CommandError, Parser, one_line

__all__ = ["CommandError", "main"]

ERROR = 2


def main(argv: list[str] | None = None) -> int:
    """Run the command; the exit code, 2 after an error."""
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _WarningLines().show
            arguments = _parser().parse_args(argv)
            arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        print(f"skregloss: {one_line(error) or type(error).__name__}", file=sys.stderr)
        return ERROR
    return 0


def _parser():
    parser = Parser(prog="skregloss", description="Any penalty on any loss, with a certificate of optimality on every fit.")
    parser.add_argument("--version", action="version", version=f"skregloss {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in (effects, fit, warmup):
        command.add_parser(commands)
    return parser


class _WarningLines:
    """Warnings as lines on standard error, each once."""

    def __init__(self):
        self._shown = set()

    def show(self, message, category, filename, lineno, file=None, line=None):
        text = one_line(message)
        if text not in self._shown:
            print(f"skregloss: warning: {text}", file=sys.stderr)
        self._shown.add(text)
