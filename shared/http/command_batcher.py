"""The desk: requests that wait together are served in one transaction.

A commit costs the same for one request as for a hundred. The desk takes what
has come in while it was busy, never waits for more, and answers after the commit.
"""

import asyncio
from asyncio import Future
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, TypeVar

from sqlalchemy.orm import Session

from shared.contracts import Cause, Message
from shared.errors import ConflictError, DomainError, NotFoundError, UnavailableError
from shared.messaging.after_commit import Dispatch
from shared.messaging.outbox import Draft
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import (
    PASSING,
    StubbornCollisionError,
    Transaction,
    Work,
    begin,
    divide,
    stubbornly,
)
from shared.observability import metrics
from shared.pacing import breath
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import Trust
from shared.recovery.troubles import must_be_read

T = TypeVar("T")
Needs: TypeAlias = Callable[[Session, Sequence[Any]], None]

MOST = 200
TIMEOUT_S = 10.0
"""So long a request waits for its turn and its commit, before it is told to come again."""

UNPROVEN = (
    "the database is out, or it may have been restored and is compared with what was told; "
    "GET /ops/v1/recoveries says how far a recovery is"
)

BUSY = "the service is busy or its database is out; ask again, with the same keys"

NOT_TOLD = (
    "Kafka is out, and the database may have been restored: what others would hear of this could "
    "contradict what they were told before; ask again when Kafka is back"
)


@dataclass(frozen=True, slots=True)
class Errand:
    """What one request wants done, and where its answer is waited for."""

    cause: Cause
    do: Callable[[Work], Any]
    needs: Needs | None
    about: Any
    answer: "Future[Any]"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one errand: an answer, or the reason why there is none."""

    errand: Errand
    answer: Any = None
    error: Exception | None = None

    def tell(self) -> None:
        """Hand it to whoever waits, if somebody still does."""
        if self.errand.answer.done():
            return
        if self.error:
            self.errand.answer.set_exception(self.error)
        else:
            self.errand.answer.set_result(self.answer)


class Desk:
    """Serves the requests of one service."""

    def __init__(
        self, sessions: Sessions, relay: Relay, withdraws: tuple[type[Message], ...] = ()
    ) -> None:
        """Take what may be told before the database is proven: a recovery can withdraw it."""
        self._sessions = sessions
        self._relay = relay
        self._withdraws = withdraws
        self._waiting: asyncio.Queue[Errand] = asyncio.Queue()

    async def serve(
        self,
        cause: Cause,
        do: Callable[[Work], T],
        *,
        needs: Needs | None = None,
        about: Any = None,  # noqa: ANN401  whatever `needs` reads by
    ) -> T:
        """Do `do` in a transaction; return its answer once that is committed.

        Args:
            cause: the request.
            do: reads, decides and writes; may be done again from the start.
            needs: reads for all requests at once what `do` will ask for.
            about: what this request's part of `needs` is.

        Raises:
            DomainError: if `do` refuses.
            UnavailableError: if the database is out, or too much waits.
        """
        loop = asyncio.get_running_loop()
        answer: Future[T] = loop.create_future()
        self._waiting.put_nowait(Errand(cause, do, needs, about, answer))
        too_late = loop.call_later(TIMEOUT_S, self._turn_away, answer)
        try:
            return await answer
        finally:
            too_late.cancel()

    def _turn_away(self, answer: "Future[Any]") -> None:
        """Answer a request that has waited for too long: it is to be sent again."""
        if not answer.done():
            reason = BUSY if self._relay.certainty.may_serve else UNPROVEN
            answer.set_exception(UnavailableError(reason))

    async def admit(self) -> None:
        """Wait for a moment until the database is known to have all that it has told.

        Raises:
            UnavailableError: if that takes longer, as when the database was restored.
        """
        certainty = self._relay.certainty
        if certainty.may_serve:
            return
        try:
            async with asyncio.timeout(certainty.patience_s):
                await certainty.serving()
        except TimeoutError as error:
            raise UnavailableError(UNPROVEN) from error

    async def run(self) -> None:
        """Serve those who wait, for ever."""
        while True:
            errands = [await self._waiting.get()]
            while len(errands) < MOST and not self._waiting.empty():
                errands.append(self._waiting.get_nowait())
            if waited_for := [each for each in errands if not each.answer.done()]:
                metrics.batch_size("desk").observe(len(waited_for))
                async with breath(len(waited_for)):
                    with metrics.batch_seconds("desk").time():
                        await self._serve(waited_for)

    async def _serve(self, errands: Sequence[Errand]) -> None:
        outcomes: list[Outcome] = []
        await self._relay.certainty.serving()
        errands = [each for each in errands if not each.answer.done()]  # others have given up
        try:
            transact = partial(self._transact, errands, outcomes)
            await self._relay.commit(transact, Trust.SERVED)
        except PASSING as trouble:
            error = UnavailableError("the database is out; ask again, with the same keys")
            error.__cause__ = trouble
            served = {id(outcome.errand) for outcome in outcomes}
            waiting = [errand for errand in errands if id(errand) not in served]
            outcomes += [Outcome(errand, error=error) for errand in waiting]
        for outcome in outcomes:
            outcome.tell()

    def _transact(
        self, errands: Sequence[Errand], outcomes: list[Outcome], dispatch: Dispatch
    ) -> None:
        """Serve these, and add what is final to the outcomes, whatever becomes of the rest."""
        serve = partial(self._serve_all, datetime.now(UTC), dispatch)

        def together(several: Sequence[Errand]) -> None:
            outcomes.extend(stubbornly(serve, several))

        def alone(errand: Errand, error: Exception) -> None:
            outcomes.append(refuse(errand, error))

        divide(errands, together, alone, (Exception,))

    def _serve_all(
        self, now: datetime, dispatch: Dispatch, errands: Sequence[Errand]
    ) -> list[Outcome]:
        with begin(self._sessions, now, dispatch) as transaction:
            preload(transaction.session, errands)
            outcomes = [serve_one(each, transaction) for each in errands]
            if not dispatch.is_proven:
                self._may_be_told(transaction.drafts)
            return outcomes

    def _may_be_told(self, drafts: Iterable[Draft]) -> None:
        """Check that a recovery could withdraw all that is to be told.

        Raises:
            UnavailableError: if not: others could hear two things of one time.
        """
        if any(not isinstance(each.message, self._withdraws) for each in drafts):
            raise UnavailableError(NOT_TOLD)


def preload(session: Session, errands: Sequence[Errand]) -> None:
    """Read what all these requests will ask for."""
    asked: dict[Needs, list[Any]] = {}
    for errand in errands:
        if errand.needs:
            asked.setdefault(errand.needs, []).append(errand.about)
    for needs, about in asked.items():
        needs(session, about)


def serve_one(errand: Errand, transaction: Transaction) -> Outcome:
    """Serve one of several requests.

    Raises:
        DomainError: if it was refused after it had changed something, so that all
            must be done again without it.
        UnavailableError: if it was refused for something that a restored database may lack still.
    """
    before = transaction.extent
    try:
        return Outcome(errand, errand.do(transaction.work(errand.cause)))
    except DomainError as refusal:
        if isinstance(refusal, (NotFoundError, ConflictError)):
            must_be_read(transaction.session)
        if transaction.extent != before:
            raise
        return Outcome(errand, error=refusal)


def refuse(errand: Errand, error: Exception) -> Outcome:
    """Keep the reason for the one who asked."""
    if isinstance(error, StubbornCollisionError):
        error = UnavailableError("others are writing the same thing; ask again in a moment")
    return Outcome(errand, error=error)
