"""Errors and exit codes of the command line."""

from collections.abc import Mapping, Sequence
from typing import Any

EXIT_CODES_HELP = (
    "0 success; 1 failure (not found, refused, failed, an invariant broken); "
    "2 the command was not understood; 69 something it needs is unavailable; 130 interrupted."
)
"""What the exit codes mean."""

FAILURE = 1
USAGE = 2
UNAVAILABLE = 69
INTERRUPTED = 130


class CommandError(Exception):
    """A command failed: the reason and the remedy."""

    def __init__(self, reason: str, code: int = FAILURE, *, remedy: str = "") -> None:
        super().__init__(with_remedy(reason, remedy))
        self.code = code

    @property
    def lines(self) -> Sequence[str]:
        """The error as lines for people, one for each fault."""
        return [str(self)]

    @property
    def problem(self) -> Mapping[str, Any]:
        """The reason as a problem document, for programs."""
        return {"detail": str(self)}


def with_remedy(reason: str, remedy: str) -> str:
    """Return a fault and its remedy in one line."""
    return f"{reason} — {remedy}" if remedy else reason
