"""R's ncvreg."""

from ._rscript import RSolver


class Adapter(RSolver):
    package = "ncvreg"
    cases = frozenset({("squared_error", "mcp")})
    sparse = False
