"""R's grpreg."""

from ._rscript import RSolver


class Adapter(RSolver):
    package = "grpreg"
    cases = frozenset({("squared_error", "group")})
    sparse = False
