"""Whether the database is known to have all that the topics show it had.

When a connection is lost, another database may be in the place of the one that was known: one
that was restored, or a replica that lagged. While that is in doubt nothing is published,
consumed, set off or called. Requests are served once it is proven, or once it is known that
nothing can prove it now, because the broker is out.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import partial

from shared.errors import DatabaseUnprovenError

REQUEST_WAIT_S = 2.0
"""Seconds that requests wait for the proof. Later ones are refused at once until it is there."""


UNPROVEN_MESSAGE = "a connection was lost: the database has to be compared with the topics first"


class RequiredCertainty(Enum):
    """What must be known of the database before something is written to it."""

    PROVEN = auto()
    """It has all that the topics show it had."""

    SERVED = auto()
    """Or the broker is out, so that nothing can prove it: for requests."""

    NONE = auto()
    """Nothing: for the recovery itself."""


Recheck = Callable[[], None]
"""Raises DatabaseUnprovenError, in any thread, if the database was lost since the check."""


def recheck_nothing() -> None:
    """Do nothing: where there is no broker to compare with, and for the recovery itself."""


def no_losses() -> int:
    """Return that no connection was ever lost."""
    return 0


@dataclass(slots=True)
class DatabaseCertainty:
    """What one process knows of its database. It is certain until it is told to doubt."""

    read_loss_count: Callable[[], int] = no_losses
    """Returns how many connections were lost so far, by any thread."""

    on_unproven: Callable[[], None] | None = None
    """Called when a proof is wanted; None where there is nothing to compare with: no doubt then."""

    _known_losses: int = 0
    _proven: asyncio.Event = field(default_factory=asyncio.Event)
    _may_serve: asyncio.Event = field(default_factory=asyncio.Event)
    _waits_since: float = 0.0
    """On the monotonic clock; of use only while requests wait."""

    _has_served: bool = False

    def __post_init__(self) -> None:
        self._known_losses = self.read_loss_count()
        self.mark_proven()

    def start_unproven(self) -> None:
        """Begin without a proof, as a process does that starts: no request was served yet."""
        self.mark_unproven()
        self._has_served = False

    @property
    def is_proven(self) -> bool:
        """Whether nothing was lost since database and topics were compared."""
        self._check_losses()
        return self._proven.is_set()

    @property
    def may_serve(self) -> bool:
        """Whether requests may be served now."""
        self._check_losses()
        return self._may_serve.is_set()

    @property
    def remaining_wait_s(self) -> float:
        """How long a request may wait for the proof, in seconds; 0 once it has taken too long."""
        return max(0.0, REQUEST_WAIT_S - self.waited_s)

    @property
    def waited_s(self) -> float:
        """How long requests have waited for the proof, in seconds; of use only while they wait."""
        return time.monotonic() - self._waits_since

    @property
    def is_ready(self) -> bool:
        """Whether requests are served, or wait for a moment only."""
        return self.may_serve or (self._has_served and self.remaining_wait_s > 0)

    def mark_proven(self) -> None:
        """Note that the database has all that the topics show it had."""
        self._proven.set()
        self._serve()

    def mark_unproven(self) -> None:
        """Note that another database may be in the place of the one that was known."""
        self._proven.clear()
        self._suspend_serving()

    def request_proof(self) -> None:
        """Ask for a proof: the database has forgotten what this process knows."""
        if self.on_unproven:
            self.mark_unproven()
            self.on_unproven()

    def mark_unprovable(self) -> None:
        """Note that the broker is out: requests are served, all else waits."""
        self._serve()

    def mark_provable(self) -> None:
        """Note that the broker is there: requests wait for the proof."""
        if not self._proven.is_set():
            self._suspend_serving()

    async def wait_until_proven(self) -> None:
        """Wait until the database is proven."""
        self._check_losses()
        await self._proven.wait()

    async def wait_until_serving(self) -> None:
        """Wait until requests may be served."""
        self._check_losses()
        await self._may_serve.wait()

    def check(self, required: RequiredCertainty) -> Recheck:
        """Check that the database may be written to; return the check to repeat before a commit.

        It is called when a turn of the writing thread begins: the database may have been lost
        since the caller waited for the proof, in the turn before. The transaction may then begin
        on a connection that leads to another database already, so it is repeated before a commit.

        Raises:
            DatabaseUnprovenError: if it may not; wait again.
        """
        if required is RequiredCertainty.NONE or not self.on_unproven:
            return recheck_nothing
        self._check_losses()
        trusted = self._proven if required is RequiredCertainty.PROVEN else self._may_serve
        if not trusted.is_set():
            raise DatabaseUnprovenError(UNPROVEN_MESSAGE)
        return partial(self._require_no_new_loss, self._known_losses)

    def _require_no_new_loss(self, seen: int) -> None:
        if self.read_loss_count() != seen:
            raise DatabaseUnprovenError(UNPROVEN_MESSAGE)

    def _serve(self) -> None:
        self._may_serve.set()
        self._has_served = True

    def _suspend_serving(self) -> None:
        if self._may_serve.is_set():
            self._may_serve.clear()
            self._waits_since = time.monotonic()

    def _check_losses(self) -> None:
        if self.on_unproven and (lost := self.read_loss_count()) != self._known_losses:
            self._known_losses = lost
            self.mark_unproven()
            self.on_unproven()
