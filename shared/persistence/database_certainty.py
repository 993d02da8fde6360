"""Whether the database is proven: it has all that the topics show it had.

After a lost connection, another database may have replaced the known one: a restored one, or a
replica that lagged. While the database is unproven nothing is published or consumed, no timer
fires, and no call is made. Requests are served once it is proven, or once it is known that
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
"""Seconds that requests wait for the proof. Later ones are refused at once until it is given."""


UNPROVEN_MESSAGE = "a connection was lost: the database has to be compared with the topics first"


class RequiredCertainty(Enum):
    """The certainty that a write to the database requires."""

    PROVEN = auto()
    """It has all that the topics show it had."""

    SERVED = auto()
    """Proven, or not provable because the broker is out: for requests."""

    NONE = auto()
    """Nothing: for the recovery itself."""


Recheck = Callable[[], None]
"""Raises DatabaseUnprovenError, in any thread, if the database was lost since the check."""


def recheck_nothing() -> None:
    """Do nothing: where there is no broker to compare with, and for the recovery itself."""


def no_losses() -> int:
    """Return 0: no connection was ever lost."""
    return 0


@dataclass(slots=True)
class DatabaseCertainty:
    """Whether one process's database is proven. It is until a loss is noticed."""

    read_loss_count: Callable[[], int] = no_losses
    """Returns how many connections were lost so far, by any thread."""

    on_unproven: Callable[[], None] | None = None
    """Called when a proof is needed; None where nothing can be compared: always proven then."""

    _known_losses: int = 0
    _proven: asyncio.Event = field(default_factory=asyncio.Event)
    _may_serve: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting_since: float = 0.0
    """On the monotonic clock; valid only while requests wait."""

    _has_served: bool = False

    def __post_init__(self) -> None:
        self._known_losses = self.read_loss_count()
        self.mark_proven()

    def start_unproven(self) -> None:
        """Begin without a proof, at the start of a process: no request was served yet."""
        self.mark_unproven()
        self._has_served = False

    @property
    def is_proven(self) -> bool:
        """Whether nothing was lost since database and topics were compared."""
        self._mark_unproven_after_loss()
        return self._proven.is_set()

    @property
    def may_serve(self) -> bool:
        """Whether requests may be served now."""
        self._mark_unproven_after_loss()
        return self._may_serve.is_set()

    @property
    def remaining_wait_s(self) -> float:
        """How long a request may wait for the proof, in seconds; 0 once it has taken too long."""
        return max(0.0, REQUEST_WAIT_S - self.waited_s)

    @property
    def waited_s(self) -> float:
        """How long requests have waited for the proof, in seconds; valid only while they wait."""
        return time.monotonic() - self._waiting_since

    @property
    def is_ready(self) -> bool:
        """Whether requests are served, or wait for a moment only."""
        return self.may_serve or (self._has_served and self.remaining_wait_s > 0)

    def mark_proven(self) -> None:
        """Note that the database has all that the topics show it had."""
        self._proven.set()
        self._allow_serving()

    def mark_unproven(self) -> None:
        """Note that another database may have replaced the known one."""
        self._proven.clear()
        self._suspend_serving()

    def request_proof(self) -> None:
        """Request a proof: the database lacks something that this process committed."""
        if self.on_unproven:
            self.mark_unproven()
            self.on_unproven()

    def serve_without_proof(self) -> None:
        """Note that the broker is out: requests are served, all else waits."""
        self._allow_serving()

    def suspend_serving_unless_proven(self) -> None:
        """Note that the broker is reachable: requests wait for the proof."""
        if not self._proven.is_set():
            self._suspend_serving()

    async def wait_until_proven(self) -> None:
        """Wait until the database is proven."""
        self._mark_unproven_after_loss()
        await self._proven.wait()

    async def wait_until_serving(self) -> None:
        """Wait until requests may be served."""
        self._mark_unproven_after_loss()
        await self._may_serve.wait()

    def require_and_return_recheck(self, required: RequiredCertainty) -> Recheck:
        """Check that the database may be written to; return the check to repeat before a commit.

        Called when a turn of the writing thread begins: the database may have been lost since
        the caller waited for the proof, in the turn before. Repeated before the commit: the
        transaction may have begun on a connection to another database.

        Raises:
            DatabaseUnprovenError: if it may not be written to; wait again.
        """
        if required is RequiredCertainty.NONE or not self.on_unproven:
            return recheck_nothing
        self._mark_unproven_after_loss()
        event = self._proven if required is RequiredCertainty.PROVEN else self._may_serve
        if not event.is_set():
            raise DatabaseUnprovenError(UNPROVEN_MESSAGE)
        return partial(self._require_no_new_loss, self._known_losses)

    def _require_no_new_loss(self, known_losses: int) -> None:
        if self.read_loss_count() != known_losses:
            raise DatabaseUnprovenError(UNPROVEN_MESSAGE)

    def _allow_serving(self) -> None:
        self._may_serve.set()
        self._has_served = True

    def _suspend_serving(self) -> None:
        if self._may_serve.is_set():
            self._may_serve.clear()
            self._waiting_since = time.monotonic()

    def _mark_unproven_after_loss(self) -> None:
        if self.on_unproven and (losses := self.read_loss_count()) != self._known_losses:
            self._known_losses = losses
            self.mark_unproven()
            self.on_unproven()
