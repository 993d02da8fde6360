"""Group commit: commands that wait together are executed in one transaction.

A commit costs the same for one command as for a hundred. The batcher takes the commands
that arrived while it was busy, never waits for more, and answers after the commit.
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
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import MessageDraft
from shared.messaging.unit_of_work import (
    TRANSIENT,
    PersistentConflictError,
    Transaction,
    UnitOfWork,
    begin_transaction,
    bisect_batch,
    retry_on_conflict,
)
from shared.messaging.writer import Writer
from shared.observability import metrics
from shared.pacing import pause_after_batch
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery.troubles import check_not_recovering

T = TypeVar("T")
PreloadFunction: TypeAlias = Callable[[Session, Sequence[Any]], None]

MAX_BATCH_SIZE = 200
TIMEOUT_S = 10.0
"""How long a request waits for its turn and its commit before it is answered with 503."""

DATABASE_UNPROVEN_DETAIL = (
    "the database is out, or it may have been restored and is compared with the published "
    "messages; GET /ops/v1/recoveries shows the progress of a recovery"
)

BUSY_DETAIL = "the service is busy or its database is out; retry with the same keys"

NOT_PUBLISHABLE_DETAIL = (
    "Kafka is out, and the database may have been restored: the messages of this request could "
    "contradict messages published before; retry when Kafka is back"
)


@dataclass(frozen=True, slots=True)
class Command:
    """One request's change, and the future that its caller awaits."""

    cause: Causation
    do: Callable[[UnitOfWork], Any]
    preload: PreloadFunction | None
    preload_key: Any
    future: "Future[Any]"


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of one command: a value or an error."""

    command: Command
    value: Any = None
    error: Exception | None = None

    def resolve(self) -> None:
        """Set it on the command's future, unless the caller has given up."""
        if self.command.future.done():
            return
        if self.error:
            self.command.future.set_exception(self.error)
        else:
            self.command.future.set_result(self.value)


class CommandBatcher:
    """Executes the commands of one service in group commits."""

    def __init__(
        self, sessions: Sessions, writer: Writer, withdrawable: tuple[type[Message], ...] = ()
    ) -> None:
        """Create a batcher.

        Args:
            sessions: of the service's database.
            writer: commits the transactions.
            withdrawable: messages that may be published before the database is proven, as a
                recovery can withdraw them.
        """
        self._sessions = sessions
        self._writer = writer
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
        """Run `do` in a transaction; return its result after the commit.

        Args:
            cause: the request.
            do: reads, decides and writes; may be run again from the start.
            preload: reads the rows that `do` needs, for all commands of a batch at once.
            preload_key: this command's key for `preload`.

        Raises:
            DomainError: if `do` refuses.
            UnavailableError: if the database is out, or too many commands wait.
        """
        loop = asyncio.get_running_loop()
        future: Future[T] = loop.create_future()
        self._waiting.put_nowait(Command(cause, do, preload, preload_key, future))
        timeout = loop.call_later(TIMEOUT_S, self._on_timeout, future)
        try:
            return await future
        finally:
            timeout.cancel()

    def _on_timeout(self, future: "Future[Any]") -> None:
        """Fail a command that has waited for too long: its caller retries."""
        if not future.done():
            detail = BUSY_DETAIL if self._writer.certainty.may_serve else DATABASE_UNPROVEN_DETAIL
            future.set_exception(UnavailableError(detail))

    async def wait_until_may_serve(self) -> None:
        """Wait for a short time until requests may be served (see `DatabaseCertainty`).

        Raises:
            UnavailableError: if that takes longer, as when the database was restored.
        """
        certainty = self._writer.certainty
        if certainty.may_serve:
            return
        try:
            async with asyncio.timeout(certainty.remaining_wait_s):
                await certainty.wait_until_serving()
        except TimeoutError as error:
            raise UnavailableError(DATABASE_UNPROVEN_DETAIL) from error

    async def run(self) -> None:
        """Execute commands, in an endless loop."""
        while True:
            commands = [await self._waiting.get()]
            while len(commands) < MAX_BATCH_SIZE and not self._waiting.empty():
                commands.append(self._waiting.get_nowait())
            if pending := [each for each in commands if not each.future.done()]:
                metrics.batch_size("command_batcher").observe(len(pending))
                async with pause_after_batch(len(pending)):
                    with metrics.batch_seconds("command_batcher").time():
                        await self._execute(pending)

    async def _execute(self, commands: Sequence[Command]) -> None:
        results: list[CommandResult] = []
        await self._writer.certainty.wait_until_serving()
        commands = [each for each in commands if not each.future.done()]  # the others timed out
        try:
            transact = partial(self._transact, commands, results)
            await self._writer.commit(transact, RequiredCertainty.SERVED)
        except TRANSIENT as cause:
            error = UnavailableError("the database is out; retry with the same keys")
            error.__cause__ = cause
            finished = {id(result.command) for result in results}
            unfinished = [command for command in commands if id(command) not in finished]
            results += [CommandResult(command, error=error) for command in unfinished]
        for result in results:
            result.resolve()

    def _transact(
        self,
        commands: Sequence[Command],
        results: list[CommandResult],
        commit_context: CommitContext,
    ) -> None:
        """Execute commands; add each final result to `results`, even if a later command fails."""
        execute = partial(self._execute_all, datetime.now(UTC), commit_context)

        def execute_batch(batch: Sequence[Command]) -> None:
            results.extend(retry_on_conflict(execute, batch))

        def fail_command(command: Command, error: Exception) -> None:
            results.append(failed_result(command, error))

        bisect_batch(commands, execute_batch, fail_command, (Exception,))

    def _execute_all(
        self, now: datetime, commit_context: CommitContext, commands: Sequence[Command]
    ) -> list[CommandResult]:
        with begin_transaction(self._sessions, now, commit_context) as transaction:
            preload_rows(transaction.session, commands)
            results = [execute_in_batch(each, transaction) for each in commands]
            if not commit_context.is_proven:
                self._check_withdrawable(transaction.drafts)
            return results

    def _check_withdrawable(self, drafts: Iterable[MessageDraft]) -> None:
        """Check that a recovery could withdraw every message of a transaction.

        Raises:
            UnavailableError: if not: consumers could receive contradictory messages.
        """
        if any(not isinstance(each.message, self._withdrawable) for each in drafts):
            raise UnavailableError(NOT_PUBLISHABLE_DETAIL)


def preload_rows(session: Session, commands: Sequence[Command]) -> None:
    """Read the rows that all these commands need."""
    keys_of: dict[PreloadFunction, list[Any]] = {}
    for command in commands:
        if command.preload:
            keys_of.setdefault(command.preload, []).append(command.preload_key)
    for preload, preload_keys in keys_of.items():
        preload(session, preload_keys)


def execute_in_batch(command: Command, transaction: Transaction) -> CommandResult:
    """Execute one command of a batch.

    Raises:
        DomainError: if it was refused after it had changed something, so that the batch
            must be executed again without it.
        UnavailableError: if it was refused for data that a restored database may still lack.
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
    """Return the failure of one command, for its caller."""
    if isinstance(error, PersistentConflictError):
        error = UnavailableError("others are writing the same data; retry in a moment")
    return CommandResult(command, error=error)
