"""The recovery of a database that was restored to an earlier state, with a real broker."""

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
from shared.errors import EarlyMessageError
from shared.kafka import admin, topic_reader
from shared.kafka.producer import Producer
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.automatic_redelivery import AutomaticRedelivery
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher, Subscriptions, index_subscriptions, on
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from shared.persistence.database_certainty import RequiredCertainty
from shared.recovery import unapplied_messages
from shared.recovery.loss_detection import ServiceTopics
from shared.recovery.recovery import Recovery, ReplayHandlers
from shared.recovery.takeover import Takeover
from shared.recovery.unapplied_messages import UnappliedMessages
from tests.kernel import dead_letter_rows
from tests.shared.consuming import produce, seal_records
from tests.shared.order_log import accepted, completed, log_message, logged_types

T = TypeVar("T")

BATCH = 5
"""Records in a batch, so that a few orders make many batches."""

FEW, MANY = 20, 60


@dataclass
class FakeProvisioning:
    """A service like provisioning: the end of an order needs the order's plan."""

    needs: dict[UUID, UUID] = field(default_factory=dict)
    """By order, the order that made its service and must be complete first."""

    planned: set[UUID] = field(default_factory=set)
    ended: set[UUID] = field(default_factory=set)
    tries: int = 0
    """The number of tries to take over an end."""

    max_per_transaction: int = 0
    _in_transaction: int = 0

    def plan(self, message: OrderAccepted, _: UnitOfWork) -> None:
        """Plan an accepted order."""
        if self.needs.get(message.order_id) not in {None, *self.ended}:
            msg = "the service that it ends is not there yet"
            raise EarlyMessageError(msg)
        self.planned.add(message.order_id)

    def end(self, message: ServiceCompleted, _: UnitOfWork) -> None:
        """Take over that an order is complete."""
        self.tries += 1
        self._in_transaction += 1
        self.max_per_transaction = max(self.max_per_transaction, self._in_transaction)
        if message.order_id not in self.planned:
            msg = "it has no plan yet"
            raise EarlyMessageError(msg)
        self.ended.add(message.order_id)

    def begin_transaction(self) -> None:
        """Restart the count of tries in one transaction."""
        self._in_transaction = 0

    @property
    def subscriptions(self) -> Subscriptions:
        """The messages that it consumes."""
        return index_subscriptions(on(OrderAccepted, self.plan))

    @property
    def takeover(self) -> Takeover:
        """The published messages that it takes over."""
        return Takeover(index_subscriptions(on(ServiceCompleted, self.end)))


class WritingFirst(FakeProvisioning):
    """A service that writes before it checks whether the message is early."""

    def end(self, message: ServiceCompleted, work: UnitOfWork) -> None:
        """Take over that an order is complete."""
        log_message(message, work)
        super().end(message, work)


class CountingWriter(Writer):
    """A writer that reports the begin of each transaction."""

    def __init__(self, sessions: Sessions, service: FakeProvisioning) -> None:
        super().__init__(sessions)
        self._service = service

    async def commit(
        self,
        transact: Callable[[CommitContext], T],
        required: RequiredCertainty = RequiredCertainty.PROVEN,
    ) -> T:
        """Run a transaction."""
        self._service.begin_transaction()
        return await super().commit(transact, required)


async def recovered(
    settings: Settings,
    sessions: Sessions,
    count: int,
    *,
    in_chain: bool = False,
    kind: type[FakeProvisioning] = FakeProvisioning,
) -> FakeProvisioning:
    """Recover a service that has lost all that it published about so many orders.

    In a chain, each order ends the service that the one before made.
    """
    orders = await publish_orders(settings, count)
    service = kind(dict(pairwise(reversed(orders))) if in_chain else {})
    writer = CountingWriter(sessions, service)
    publisher = Publisher(writer, Producer(settings))
    service_topics = ServiceTopics("provisioning", ("order",), frozenset({OrderAccepted.type}))
    recovery = Recovery(settings, sessions, publisher, service_topics, service.takeover)
    dispatcher = Dispatcher(sessions, service.subscriptions)

    async def handle(records: Sequence[ConsumedRecord]) -> None:
        await writer.commit(partial(dispatcher.handle_batch_now, records))

    redelivery = AutomaticRedelivery(sessions, writer, service.subscriptions)
    running = asyncio.create_task(recovery.run(ReplayHandlers(handle, redelivery.redeliver_once)))
    async with asyncio.timeout(60):
        await recovery.is_done.wait()
    running.cancel()
    assert len(service.planned) == count
    return service


async def publish_orders(settings: Settings, count: int) -> list[UUID]:
    """Publish so many orders as accepted, and then as completed."""
    admin.create_topics(settings)
    orders = [uuid4() for _ in range(count)]
    await produce(settings, seal_records([accepted(each) for each in orders]))
    await produce(settings, seal_records([completed(each) for each in orders]))
    return orders


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use small batches and transactions, so that a few orders make many of them."""
    monkeypatch.setattr(topic_reader, "FETCH_RECORDS", BATCH)
    monkeypatch.setattr(unapplied_messages, "KEYS_PER_TRANSACTION", BATCH)


TRIES = 5
"""Tries of one message: when read, after all were read, with its cause, and twice in between."""


async def test_a_message_that_waits_for_its_cause_is_tried_a_few_times_however_many_wait(
    settings: Settings, sessions: Sessions
) -> None:
    service = await recovered(settings, sessions, MANY)

    assert service.tries <= TRIES * MANY


async def test_orders_that_end_what_other_orders_made_are_taken_over_after_them(
    settings: Settings, sessions: Sessions
) -> None:
    service = await recovered(settings, sessions, FEW, in_chain=True)

    assert len(service.ended) == FEW
    assert all(row.released_at for row in dead_letter_rows(sessions))


async def test_what_was_written_before_it_was_found_to_be_too_early_is_written_once(
    settings: Settings, sessions: Sessions
) -> None:
    service = await recovered(settings, sessions, FEW, kind=WritingFirst)

    written = [logged_types(sessions, each) for each in service.ended]
    assert written == [["provisioning.service_completed"]] * FEW


async def test_no_transaction_of_a_recovery_takes_over_more_than_a_few_orders(
    settings: Settings, sessions: Sessions
) -> None:
    service = await recovered(settings, sessions, FEW)

    assert service.max_per_transaction <= BATCH


async def test_retrying_all_that_waits_after_each_batch_exceeds_the_bound(
    settings: Settings, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        UnappliedMessages,
        UnappliedMessages.retry_unblocked_by.__name__,
        lambda self, _: self.retry_all(),
    )

    service = await recovered(settings, sessions, MANY)

    assert service.tries > TRIES * MANY
