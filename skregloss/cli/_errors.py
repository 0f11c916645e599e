"""What the user can mend."""

from __future__ import annotations

import argparse


class CommandError(Exception):
    """What the user can mend, in one line."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        raise CommandError(f"{message} (see {self.prog} --help)")


def one_line(message) -> str:
    """The message without line breaks."""
    return " ".join(str(message).split())
