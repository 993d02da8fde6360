"""Network elements that do as they are told, and a runner that calls them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.calls.call_store import AttemptRow, CallRequest, request
from shared.calls.element_limits import Limit, Limits
from shared.calls.lease import Claim
from shared.calls.outbound_call import Attempt, AttemptAnswered, Outcome, Result
from shared.calls.runner import Runner
from shared.contracts import Cause
from shared.messaging.after_commit import Callback, Dispatch, do_nothing
from shared.messaging.crash_guard import Caution, Lifeline
from shared.messaging.dispatcher import Subscriptions, on, subscribe
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import begin
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT, Broker, until
from tests.shared.ledger import ORDER, write

ATTEMPT = UUID("0197f000-0000-7000-8000-00000000000a")
OPERATION = UUID("0197f000-0000-7000-8000-00000000000b")
SUBSCRIPTIONS = subscribe(on(AttemptAnswered, write))
DONE = Outcome(Result.DONE)


def an_attempt(**changes: Any) -> Attempt:
    """Return an attempt that shows only what matters."""
    usual: dict[str, Any] = {
        "id": ATTEMPT,
        "operation_id": OPERATION,
        "order_id": ORDER,
        "tenant": TENANT,
        "element": "olt",
        "kind": "add-profile",
        "subject": "service",
        "timeout": timedelta(seconds=5),
    }
    return Attempt(**usual | changes)


def another_attempt(**changes: Any) -> Attempt:
    """Return an attempt of another order at another operation."""
    return an_attempt(id=uuid4(), operation_id=uuid4(), order_id=uuid4(), **changes)


def want(
    sessions: Sessions,
    *attempts: Attempt,
    now: datetime = NOON,
    dispatch: Dispatch | None = None,
) -> None:
    """Commit a transaction that wants something of an element."""
    with begin(sessions, now, dispatch or Dispatch(uuid4())) as transaction:
        for attempt in attempts:
            request(transaction.work(Cause(uuid4(), attempt.order_id, TENANT)), attempt)


Step = Outcome | Exception | None


@dataclass
class Element:
    """An element with a script: what it answers to calls and to questions, one after the other.

    When the script is over everything is done. An exception is raised; `hang` never ends.
    """

    calls: list[Step] = field(default_factory=list)
    answers: list[Step] = field(default_factory=list)
    heard: list[tuple[str, UUID]] = field(default_factory=list)
    takes: float = 0
    now: Counter[str] = field(default_factory=Counter)
    most: Counter[str] = field(default_factory=Counter)
    begun_at: list[float] = field(default_factory=list)

    async def perform(self, attempt: Attempt) -> Outcome:
        """Do as the script says."""
        self.heard.append(("call", attempt.operation_id))
        self.begun_at.append(asyncio.get_running_loop().time())
        self.now[attempt.element] += 1
        self.most[attempt.element] = max(self.most[attempt.element], self.now[attempt.element])
        try:
            await asyncio.sleep(self.takes)
            return await self._follow(self.calls) or DONE
        finally:
            self.now[attempt.element] -= 1

    async def ask(self, attempt: Attempt) -> Outcome | None:
        """Answer as the script says."""
        self.heard.append(("question", attempt.operation_id))
        return await self._follow(self.answers)

    async def _follow(self, script: list[Step]) -> Outcome | None:
        step = script.pop(0) if script else DONE
        if step is HANG:
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def verbs(self) -> list[str]:
        """What was asked of it, in its order."""
        return [verb for verb, _ in self.heard]


HANG = TimeoutError("it does not answer")

MakeRunner = Callable[..., Runner]


def runner_of(
    sessions: Sessions,
    folder: Path,
    element: Element,
    limits: Mapping[str, Limit] | None = None,
    subscriptions: Subscriptions = SUBSCRIPTIONS,
) -> Runner:
    """Return the runner of one process."""
    caution = Caution(sessions, Lifeline(folder))
    relay = Relay(sessions, Broker())
    runner = Runner(
        sessions, relay, subscriptions, caution, element, lambda _: Limits(limits or {})
    )
    relay.writers[CallRequest] = runner.enqueue
    return runner


@asynccontextmanager
async def running(*runners: Runner) -> AsyncIterator[None]:
    """Keep runners running."""
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def rows(sessions: Sessions) -> Sequence[AttemptRow]:
    """Return all attempts."""
    with sessions() as session:
        return session.scalars(select(AttemptRow).order_by(AttemptRow.rank)).all()


def wish(
    sessions: Sessions, runner: Runner, *attempts: Attempt, now: datetime | None = None
) -> Sequence[Claim]:
    """Commit a transaction of the runner's own process; return what it leased."""
    claims: list[Claim] = []

    def enqueue(session: Session, several: Sequence[CallRequest], now: datetime) -> Callback:
        claims.extend(runner._leases.enqueue(session, several, now))  # noqa: SLF001
        return do_nothing

    dispatch = Dispatch(uuid4(), {CallRequest: enqueue})
    with begin(sessions, now or datetime.now(UTC), dispatch) as transaction:
        for attempt in attempts:
            request(transaction.work(Cause(uuid4(), attempt.order_id, TENANT)), attempt)
    return claims


def leased(sessions: Sessions) -> int:
    """Return how many attempts are leased."""
    return sum(row.lease_until is not None for row in rows(sessions))


def results(sessions: Sessions) -> list[Result | None]:
    """Return what became of each attempt; None for those that are not over."""
    return [row.result if row.ended_at else None for row in rows(sessions)]


def are_over(sessions: Sessions) -> Callable[[], bool]:
    """Return a condition: every attempt has ended."""
    return lambda: None not in results(sessions)


async def run_all(sessions: Sessions, folder: Path, element: Element) -> None:
    """Let a runner bring every attempt to its end."""
    async with running(runner_of(sessions, folder, element)):
        await until(are_over(sessions))
