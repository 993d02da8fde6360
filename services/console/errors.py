"""How the command line ends, and says why."""

from collections.abc import Mapping, Sequence
from typing import Any

EXIT_CODES_HELP = (
    "0 it worked; 1 the answer is no (not found, refused, failed, an invariant broken); "
    "2 the command was not understood; 69 something it needs is not there; 130 interrupted."
)
"""Of the exit codes."""

FAILURE = 1
USAGE = 2
UNAVAILABLE = 69
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot do what it was asked: why, and the remedy."""

    def __init__(self, why: str, code: int = FAILURE, *, remedy: str = "") -> None:
        super().__init__(with_remedy(why, remedy))
        self.code = code

    @property
    def lines(self) -> Sequence[str]:
        """What a person is told, a line for each fault."""
        return [str(self)]

    @property
    def problem(self) -> Mapping[str, Any]:
        """The reason as a document, for programs."""
        return {"detail": str(self)}


def with_remedy(why: str, remedy: str) -> str:
    """Return a fault and what to do about it, in one line."""
    return f"{why} — {remedy}" if remedy else why
