"""How the command line ends, and says why."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console

MEANING = (
    "0 it worked; 1 the answer is no (not found, refused, failed, an invariant broken); "
    "2 the command was not understood; 69 something it needs is not there; 130 interrupted."
)
"""Of the exit codes."""

NO = 1
UNAVAILABLE = 69
INTERRUPTED = 130

stderr = Console(stderr=True, highlight=False, soft_wrap=True)
stdout = Console(highlight=False)


class CommandError(Exception):
    """A command cannot do what it was asked: why, and the remedy."""

    def __init__(self, why: str, code: int = NO) -> None:
        super().__init__(why)
        self.code = code

    @property
    def problem(self) -> Mapping[str, Any]:
        """The reason as a document, for programs."""
        return {"detail": str(self)}
