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

from shared.contracts import Causation, Message
from shared.errors import ConflictError, DomainError, NotFoundError, UnavailableError
from shared.messaging.after_commit import AfterCommit
from shared.messaging.outbox import MessageDraft
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import (
    TRANSIENT,
    PersistentConflictError,
    Transaction,
    UnitOfWork,
    begin_transaction,
    bisect_batch,
    retry_on_conflict,
)
from shared.observability import metrics
from shared.pacing import yield_to_others
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery.troubles import check_not_recovering

T = TypeVar("T")
PreloadFunction: TypeAlias = Callable[[Session, Sequence[Any]], None]

MAX_BATCH_SIZE = 200
TIMEOUT_S = 10.0
"""So long a request waits for its turn and its commit, before it is told to come again."""

DATABASE_UNPROVEN_DETAIL = (
    "the database is out, or it may have been restored and is compared with what was told; "
    "GET /ops/v1/recoveries says how far a recovery is"
)

BUSY = "the service is busy or its database is out; ask again, with the same keys"

NOT_PUBLISHABLE_DETAIL = (
    "Kafka is out, and the database may have been restored: what others would hear of this could "
    "contradict what they were told before; ask again when Kafka is back"
)


@dataclass(frozen=True, slots=True)
class Command:
    """What one request wants done, and where its answer is waited for."""

    cause: Causation
    do: Callable[[UnitOfWork], Any]
    preload: PreloadFunction | None
    preload_key: Any
    future: "Future[Any]"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What came of one errand: an answer, or the reason why there is none."""

    command: Command
    value: Any = None
    error: Exception | None = None

    def resolve(self) -> None:
        """Hand it to whoever waits, if somebody still does."""
        if self.command.future.done():
            return
        if self.error:
            self.command.future.set_exception(self.error)
        else:
            self.command.future.set_result(self.value)


class CommandBatcher:
    """Serves the requests of one service."""

    def __init__(
        self, sessions: Sessions, publisher: Publisher, withdrawable: tuple[type[Message], ...] = ()
    ) -> None:
        """Take what may be told before the database is proven: a recovery can withdraw it."""
        self._sessions = sessions
        self._publisher = publisher
        self._withdrawable = withdrawable
        self._waiting: asyncio.Queue[Command] = asyncio.Queue()

    async def execute(
        self,
        cause: Causation,
        do: Callable[[UnitOfWork], T],
        *,
        preload: PreloadFunction | None = None,
        preload_key: Any = None,  # noqa: ANN401  what `preload` reads by
    ) -> T:
        """Do `do` in a transaction; return its answer once that is committed.

        Args:
            cause: the request.
            do: reads, decides and writes; may be done again from the start.
            preload: reads for all requests at once what `do` will ask for.
            preload_key: this request's part of `preload`.

        Raises:
            DomainError: if `do` refuses.
            UnavailableError: if the database is out, or too much waits.
        """
        loop = asyncio.get_running_loop()
        future: Future[T] = loop.create_future()
        self._waiting.put_nowait(Command(cause, do, preload, preload_key, future))
        too_late = loop.call_later(TIMEOUT_S, self._turn_away, future)
        try:
            return await future
        finally:
            too_late.cancel()

    def _turn_away(self, future: "Future[Any]") -> None:
        """Answer a request that has waited for too long: it is to be sent again."""
        if not future.done():
            reason = BUSY if self._publisher.certainty.may_serve else DATABASE_UNPROVEN_DETAIL
            future.set_exception(UnavailableError(reason))

    async def wait_until_proven(self) -> None:
        """Wait for a moment until the database is known to have all that it has told.

        Raises:
            UnavailableError: if that takes longer, as when the database was restored.
        """
        certainty = self._publisher.certainty
        if certainty.may_serve:
            return
        try:
            async with asyncio.timeout(certainty.remaining_wait_s):
                await certainty.wait_until_serving()
        except TimeoutError as error:
            raise UnavailableError(DATABASE_UNPROVEN_DETAIL) from error

    async def run(self) -> None:
        """Serve those who wait, for ever."""
        while True:
            commands = [await self._waiting.get()]
            while len(commands) < MAX_BATCH_SIZE and not self._waiting.empty():
                commands.append(self._waiting.get_nowait())
            if waited_for := [each for each in commands if not each.future.done()]:
                metrics.batch_size("command_batcher").observe(len(waited_for))
                async with yield_to_others(len(waited_for)):
                    with metrics.batch_seconds("command_batcher").time():
                        await self._execute(waited_for)

    async def _execute(self, commands: Sequence[Command]) -> None:
        results: list[CommandResult] = []
        await self._publisher.certainty.wait_until_serving()
        commands = [each for each in commands if not each.future.done()]  # others have given up
        try:
            transact = partial(self._transact, commands, results)
            await self._publisher.commit(transact, RequiredCertainty.SERVED)
        except TRANSIENT as trouble:
            error = UnavailableError("the database is out; ask again, with the same keys")
            error.__cause__ = trouble
            served = {id(result.command) for result in results}
            waiting = [command for command in commands if id(command) not in served]
            results += [CommandResult(command, error=error) for command in waiting]
        for result in results:
            result.resolve()

    def _transact(
        self, commands: Sequence[Command], results: list[CommandResult], after_commit: AfterCommit
    ) -> None:
        """Serve these, and add what is final to the outcomes, whatever becomes of the rest."""
        serve = partial(self._execute_all, datetime.now(UTC), after_commit)

        def together(several: Sequence[Command]) -> None:
            results.extend(retry_on_conflict(serve, several))

        def alone(command: Command, error: Exception) -> None:
            results.append(failed_result(command, error))

        bisect_batch(commands, together, alone, (Exception,))

    def _execute_all(
        self, now: datetime, after_commit: AfterCommit, commands: Sequence[Command]
    ) -> list[CommandResult]:
        with begin_transaction(self._sessions, now, after_commit) as transaction:
            preload_commands(transaction.session, commands)
            results = [execute_one(each, transaction) for each in commands]
            if not after_commit.is_proven:
                self._check_withdrawable(transaction.drafts)
            return results

    def _check_withdrawable(self, drafts: Iterable[MessageDraft]) -> None:
        """Check that a recovery could withdraw all that is to be told.

        Raises:
            UnavailableError: if not: others could hear two things of one time.
        """
        if any(not isinstance(each.message, self._withdrawable) for each in drafts):
            raise UnavailableError(NOT_PUBLISHABLE_DETAIL)


def preload_commands(session: Session, commands: Sequence[Command]) -> None:
    """Read what all these requests will ask for."""
    asked: dict[PreloadFunction, list[Any]] = {}
    for command in commands:
        if command.preload:
            asked.setdefault(command.preload, []).append(command.preload_key)
    for preload, preload_key in asked.items():
        preload(session, preload_key)


def execute_one(command: Command, transaction: Transaction) -> CommandResult:
    """Serve one of several requests.

    Raises:
        DomainError: if it was refused after it had changed something, so that all
            must be done again without it.
        UnavailableError: if it was refused for something that a restored database may lack still.
    """
    before = transaction.change_count
    try:
        return CommandResult(command, command.do(transaction.unit_of_work(command.cause)))
    except DomainError as refusal:
        if isinstance(refusal, (NotFoundError, ConflictError)):
            check_not_recovering(transaction.session)
        if transaction.change_count != before:
            raise
        return CommandResult(command, error=refusal)


def failed_result(command: Command, error: Exception) -> CommandResult:
    """Keep the reason for the one who asked."""
    if isinstance(error, PersistentConflictError):
        error = UnavailableError("others are writing the same thing; ask again in a moment")
    return CommandResult(command, error=error)
