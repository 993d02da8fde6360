"""The writer: every transaction of a process commits in one thread, one after another.

What a transaction publishes is handed to the publisher before the next transaction begins, so
records of one key leave in the order of their commits.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar
from uuid import UUID, uuid4

from shared.messaging.commit_context import CommitContext, CommitResult, DeferredWriter, do_nothing
from shared.persistence.connection_losses import loss_count
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import DatabaseCertainty, RequiredCertainty

T = TypeVar("T")


async def leave_in_outbox(_: Sequence[CommitResult]) -> None:
    """Leave the records in the outbox table: no publisher is attached."""


class Writer:
    """Commits the transactions of a process."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._thread = ThreadPoolExecutor(1, "writer")
        self._busy_since: float | None = None
        self.lock = asyncio.Lock()
        """Held during a commit and what follows it."""

        self.publisher_id = uuid4()
        self.certainty = DatabaseCertainty(partial(loss_count, sessions))
        """Whether the database has all that the topics show it had."""

        self.taken_over: set[UUID] = set()
        """Messages published before the database was restored: they are not published again."""

        self.deferred_writers: dict[type, DeferredWriter] = {}
        """Functions that write a kind of row in this process, instead of its own `write`."""

        self.failed_commits = 0
        """Commits that failed: their records may be in the table all the same."""

        self.publish: Callable[[Sequence[CommitResult]], Awaitable[None]] = leave_in_outbox
        self.on_dead_letter: Callable[[], None] = do_nothing

    @property
    def busy_s(self) -> float:
        """How long the transaction at hand has taken, in seconds; 0 while there is none."""
        return 0.0 if self._busy_since is None else time.monotonic() - self._busy_since

    async def commit(
        self,
        transact: Callable[[CommitContext], T],
        required: RequiredCertainty = RequiredCertainty.PROVEN,
    ) -> T:
        """Run `transact`, which commits, in the writing thread; then publish its records.

        What was committed before `transact` failed is published as well.

        Raises:
            DatabaseUnprovenError: if the database was lost since the caller waited for the proof.
        """
        async with self.lock:
            recheck = self.certainty.require_and_return_recheck(required)
            commit_context = CommitContext(
                *(self.publisher_id, self.deferred_writers, [], self.taken_over, recheck),
                is_proven=self.certainty.is_proven,
            )
            self._busy_since = time.monotonic()
            try:
                return await self._in_thread(partial(transact, commit_context))
            except BaseException:
                self.failed_commits += 1
                self.renew_publisher_id()
                raise
            finally:
                self._busy_since = None
                await self._run_callbacks_and_publish(commit_context.results)

    async def run_in_transaction(self, question: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        """Run `question(session, *arguments)` in the writing thread, in a transaction of its own.

        The caller holds the lock where no commit may come in between.
        """
        return await self._in_thread(partial(self._run, question, *arguments))

    def renew_publisher_id(self) -> None:
        """Take another id: the table may hold records under the old one that are not in memory.

        A commit whose answer was lost has written such records. What follows under their keys
        finds them in the table, under another publisher's id, and waits.
        """
        self.publisher_id = uuid4()

    async def _run_callbacks_and_publish(self, results: Sequence[CommitResult]) -> None:
        for callback in [callback for part in results for callback in part.callbacks]:
            callback()
        if any(part.has_dead_letters for part in results):
            self.on_dead_letter()
        await self.publish(results)

    def _run(self, question: Callable[..., T], *arguments: Any) -> T:  # noqa: ANN401
        with self._sessions.begin() as session:
            return question(session, *arguments)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
