"""The recovery of a database that was set back, with a real broker."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import TypeVar
from uuid import UUID, uuid4

import pytest

from shared.config.settings import Settings
from shared.contracts import OrderAccepted, ServiceCompleted
from shared.errors import TooEarlyError
from shared.kafka import admin, topic_reader
from shared.kafka.producer import Producer
from shared.kafka.records import ConsumedRecord
from shared.messaging.after_commit import AfterCommit
from shared.messaging.automatic_redelivery import AutomaticRedelivery
from shared.messaging.dispatcher import Dispatcher, Subscriptions, on, subscribe
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery import pending_messages
from shared.recovery.loss_detection import ServiceTopics
from shared.recovery.pending_messages import PendingMessages
from shared.recovery.recovery import Recovery, ReplayHandlers
from shared.recovery.takeover import Takeover
from tests.kernel import dead_letter_rows
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, completed, log_message, logged_types

T = TypeVar("T")

BATCH = 5
"""Records in a batch, so that a few orders make many."""

FEW, MANY = 20, 60


@dataclass
class Drawing:
    """A service like provisioning: what it has told waits for what orders were accepted with."""

    before: dict[UUID, UUID] = field(default_factory=dict)
    """By order, the one that brought what it takes away: that has to be complete first."""

    drawn: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)
    tries: int = 0
    """How often it was tried to take over what it has told."""

    largest_turn: int = 0
    _in_turn: int = 0

    def draw(self, message: OrderAccepted, _: UnitOfWork) -> None:
        """Hear of an order."""
        if self.before.get(message.order_id) not in {None, *self.ended}:
            msg = "what it takes away is not there yet"
            raise TooEarlyError(msg)
        self.drawn.add(message.order_id)

    def end(self, message: ServiceCompleted, _: UnitOfWork) -> None:
        """Take over that an order is complete."""
        self.tries += 1
        self._in_turn += 1
        self.largest_turn = max(self.largest_turn, self._in_turn)
        if message.order_id not in self.drawn:
            msg = "it has no plan yet"
            raise TooEarlyError(msg)
        self.ended.add(message.order_id)

    def begin_turn(self) -> None:
        """Count anew what one turn of the writing thread tries."""
        self._in_turn = 0

    @property
    def subscriptions(self) -> Subscriptions:
        """What it hears."""
        return subscribe(on(OrderAccepted, self.draw))

    @property
    def takeover(self) -> Takeover:
        """What it takes over."""
        return Takeover(subscribe(on(ServiceCompleted, self.end)))


class Hasty(Drawing):
    """Writes first, and looks then whether it is too early."""

    def end(self, message: ServiceCompleted, work: UnitOfWork) -> None:
        """Take over that an order is complete."""
        log_message(message, work)
        super().end(message, work)


class Counted(Publisher):
    """A publisher that says when a turn of its writing thread begins."""

    def __init__(self, sessions: Sessions, settings: Settings, drawing: Drawing) -> None:
        super().__init__(sessions, Producer(settings))
        self._drawing = drawing

    async def commit(
        self,
        transact: Callable[[AfterCommit], T],
        required: RequiredCertainty = RequiredCertainty.PROVEN,
    ) -> T:
        """Run a turn."""
        self._drawing.begin_turn()
        return await super().commit(transact, required)


async def recovered(
    settings: Settings,
    sessions: Sessions,
    count: int,
    *,
    in_chain: bool = False,
    kind: type[Drawing] = Drawing,
) -> Drawing:
    """Recover a service that has lost all that it told of so many orders.

    In a chain, each takes away what the one before has brought.
    """
    orders = await told(settings, count)
    drawing = kind(dict(pairwise(reversed(orders))) if in_chain else {})
    publisher = Counted(sessions, settings, drawing)
    service_topics = ServiceTopics("provisioning", ("order",), frozenset({OrderAccepted.type}))
    recovery = Recovery(settings, sessions, publisher, service_topics, drawing.takeover)
    dispatcher = Dispatcher(sessions, drawing.subscriptions)

    async def handle(records: Sequence[ConsumedRecord]) -> None:
        await publisher.commit(partial(dispatcher.handle_batch_now, records))

    redelivery = AutomaticRedelivery(sessions, publisher, drawing.subscriptions)
    begun = asyncio.create_task(recovery.run(ReplayHandlers(handle, redelivery.redeliver_once)))
    async with asyncio.timeout(60):
        await recovery.is_done.wait()
    begun.cancel()
    assert len(drawing.drawn) == count
    return drawing


async def told(settings: Settings, count: int) -> list[UUID]:
    """Have so many orders be accepted, and told to be complete."""
    admin.create_topics(settings)
    orders = [uuid4() for _ in range(count)]
    await produce(settings, seal_records([accepted(each) for each in orders]))
    await produce(settings, seal_records([completed(each) for each in orders]))
    return orders


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches and turns be small, so that a few orders make many."""
    monkeypatch.setattr(topic_reader, "FETCH_RECORDS", BATCH)
    monkeypatch.setattr(pending_messages, "KEYS_PER_TRANSACTION", BATCH)


TRIES = 5
"""Of one message: when it is read, after all were read, with its cause, and twice in between."""


async def test_what_waits_for_its_cause_is_tried_a_few_times_however_much_waits(
    settings: Settings, sessions: Sessions
) -> None:
    drawing = await recovered(settings, sessions, MANY)

    assert drawing.tries <= TRIES * MANY


async def test_orders_that_take_away_what_others_have_brought_are_taken_over_after_them(
    settings: Settings, sessions: Sessions
) -> None:
    drawing = await recovered(settings, sessions, FEW, in_chain=True)

    assert len(drawing.ended) == FEW
    assert all(row.released_at for row in dead_letter_rows(sessions))


async def test_what_was_written_before_it_was_found_to_be_too_early_is_written_once(
    settings: Settings, sessions: Sessions
) -> None:
    drawing = await recovered(settings, sessions, FEW, kind=Hasty)

    written = [logged_types(sessions, each) for each in drawing.ended]
    assert written == [["provisioning.service_completed"]] * FEW


async def test_no_turn_of_a_recovery_takes_over_more_than_a_few_orders(
    settings: Settings, sessions: Sessions
) -> None:
    drawing = await recovered(settings, sessions, FEW)

    assert drawing.largest_turn <= BATCH


async def test_trying_all_that_waits_after_each_batch_is_found_to_be_too_much(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        PendingMessages,
        PendingMessages.retry_after.__name__,
        lambda self, _: self.retry_all(),
    )

    drawing = await recovered(settings, sessions, MANY)

    assert drawing.tries > TRIES * MANY
