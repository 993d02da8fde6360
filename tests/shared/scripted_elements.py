"""Network elements that answer by a script, and a runner that calls them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid4

from sqlalchemy import select

from shared.calls.adapter import Adapter
from shared.calls.call_store import CallRequest, OutboundCallRow, request_call
from shared.calls.element_limits import ElementLimits, LimitConfiguration
from shared.calls.lease import LeasedCall
from shared.calls.outbound_call import CallOutcome, CallResult, OutboundCall, OutboundCallEnded
from shared.calls.runner import CallRunner
from shared.contracts import Causation
from shared.messaging.commit_context import CommitContext
from shared.messaging.crash_guard import CrashGuard, InFlightJournal
from shared.messaging.dispatcher import Subscriptions, index_subscriptions, on
from shared.messaging.unit_of_work import begin_transaction
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, until
from tests.shared.order_log import ORDER, log_message

CALL_ID = UUID("0197f000-0000-7000-8000-00000000000a")
OPERATION_ID = UUID("0197f000-0000-7000-8000-00000000000b")
SUBSCRIPTIONS = index_subscriptions(on(OutboundCallEnded, log_message))
DONE = CallOutcome(CallResult.DONE)


def an_outbound_call(**changes: Any) -> OutboundCall:
    """Return a call with defaults."""
    defaults: dict[str, Any] = {
        "id": CALL_ID,
        "operation_id": OPERATION_ID,
        "order_id": ORDER,
        "tenant": TENANT,
        "element": "olt",
        "kind": "add-profile",
        "subject": "service",
        "timeout": timedelta(seconds=5),
    }
    return OutboundCall(**defaults | changes)


def another_outbound_call(**changes: Any) -> OutboundCall:
    """Return a call of another order for another operation."""
    return an_outbound_call(id=uuid4(), operation_id=uuid4(), order_id=uuid4(), **changes)


def request_calls(
    sessions: Sessions,
    *calls: OutboundCall,
    now: datetime = NOON,
    commit_context: CommitContext | None = None,
) -> None:
    """Commit a transaction that requests these calls."""
    with begin_transaction(sessions, now, commit_context or CommitContext(uuid4())) as transaction:
        for call in calls:
            request_call(transaction.unit_of_work(Causation(uuid4(), call.order_id, TENANT)), call)


ScriptedAnswer = CallOutcome | Exception | None


@dataclass
class ScriptedElement:
    """An element with a script: its answers to calls and to status queries, in order.

    After the last one, every answer is DONE. An exception is raised; `HANG` never ends.
    """

    repeatable: ClassVar[Literal[False]] = False
    calls: list[ScriptedAnswer] = field(default_factory=list)
    answers: list[ScriptedAnswer] = field(default_factory=list)
    received: list[tuple[str, UUID]] = field(default_factory=list)
    duration_s: float = 0
    concurrent: Counter[str] = field(default_factory=Counter)
    max_concurrent: Counter[str] = field(default_factory=Counter)
    started_at: list[float] = field(default_factory=list)

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Answer a call as the script says."""
        self.received.append(("call", call.operation_id))
        self.started_at.append(asyncio.get_running_loop().time())
        self.concurrent[call.element] += 1
        self.max_concurrent[call.element] = max(
            self.max_concurrent[call.element], self.concurrent[call.element]
        )
        try:
            await asyncio.sleep(self.duration_s)
            return await self._follow(self.calls) or DONE
        finally:
            self.concurrent[call.element] -= 1

    async def close(self) -> None:
        """Close nothing."""

    async def query_outcome(self, call: OutboundCall) -> CallOutcome | None:
        """Answer a status query as the script says."""
        self.received.append(("query", call.operation_id))
        return await self._follow(self.answers)

    async def _follow(self, script: list[ScriptedAnswer]) -> CallOutcome | None:
        step = script.pop(0) if script else DONE
        if step is HANG:
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def verbs(self) -> list[str]:
        """What it received, in order: "call" or "query"."""
        return [verb for verb, _ in self.received]


@dataclass
class RepeatableElement:
    """An element whose operations are repeatable, and cannot be queried."""

    repeatable: ClassVar[Literal[True]] = True
    calls: list[ScriptedAnswer] = field(default_factory=list)
    received: list[UUID] = field(default_factory=list)

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Answer a call as the script says."""
        self.received.append(call.operation_id)
        return await ScriptedElement(self.calls).perform(call)

    async def close(self) -> None:
        """Close nothing."""


HANG = TimeoutError("it does not answer")

MakeRunner = Callable[..., CallRunner]


def runner_of(
    sessions: Sessions,
    folder: Path,
    element: Adapter,
    limits: Mapping[str, ElementLimits] | None = None,
    subscriptions: Subscriptions = SUBSCRIPTIONS,
) -> CallRunner:
    """Return the runner of one process."""
    crash_guard = CrashGuard(sessions, InFlightJournal(folder))
    dependencies = sessions, (writer := Writer(sessions)), subscriptions, crash_guard
    runner = CallRunner(
        *dependencies, lambda _: element, lambda _: LimitConfiguration(limits or {})
    )
    writer.deferred_writers[CallRequest] = runner.enqueue
    return runner


@asynccontextmanager
async def running(*runners: CallRunner) -> AsyncIterator[None]:
    """Run runners until the block ends."""
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def rows(sessions: Sessions) -> Sequence[OutboundCallRow]:
    """Return all calls."""
    with sessions() as session:
        return session.scalars(select(OutboundCallRow).order_by(OutboundCallRow.rank)).all()


def enqueue_calls(
    sessions: Sessions, runner: CallRunner, *calls: OutboundCall, now: datetime | None = None
) -> Sequence[LeasedCall]:
    """Commit a transaction of the runner's own process; return what it leased."""
    commit_context = CommitContext(uuid4(), runner.writer.deferred_writers)
    with begin_transaction(sessions, now or datetime.now(UTC), commit_context) as transaction:
        for call in calls:
            request_call(transaction.unit_of_work(Causation(uuid4(), call.order_id, TENANT)), call)
    (callback,) = commit_context.results[0].callbacks
    assert isinstance(callback, partial)
    leased_calls: Sequence[LeasedCall] = callback.args[0]
    return leased_calls


def count_of_leased(sessions: Sessions) -> int:
    """Return how many calls are leased."""
    return sum(row.lease_until is not None for row in rows(sessions))


def results(sessions: Sessions) -> list[CallResult | None]:
    """Return the result of each call; None for those that have not ended."""
    return [row.result if row.ended_at else None for row in rows(sessions)]


def all_have_ended(sessions: Sessions) -> Callable[[], bool]:
    """Return a condition: every call has ended."""
    return lambda: None not in results(sessions)


async def run_all(sessions: Sessions, folder: Path, element: Adapter) -> None:
    """Run a runner until every call has ended."""
    async with running(runner_of(sessions, folder, element)):
        await until(all_have_ended(sessions))
