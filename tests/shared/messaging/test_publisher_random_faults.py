"""The publisher under random faults, repeatable by their seed."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from shared.contracts import ReleaseRequested
from shared.messaging import producer_port
from shared.messaging import publisher as publisher_module
from shared.messaging.commit_context import CommitContext
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import Publisher
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import commit_messages_in, count_of, database_outage, until
from tests.shared.fake_producer import FakeProducer, FakeTopic, running_publishers

SOON = timedelta(milliseconds=100)


@pytest.fixture(autouse=True)
def short_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of a second instead of seconds."""
    monkeypatch.setattr(publisher_module, "CONFIRM_INTERVAL", SOON / 5)
    monkeypatch.setattr(publisher_module, "BROKER_PAUSES", (SOON, SOON))
    monkeypatch.setattr(publisher_module, "HAND_OVER_TIMEOUT", SOON)
    monkeypatch.setattr(publisher_module, "STALE_AFTER", 2 * SOON)
    monkeypatch.setattr(producer_port, "CONFIRM_TIMEOUT", SOON)


class FaultyPublishers:
    """Two processes that publish about three orders, with faulty producers to one topic."""

    def __init__(self, sessions: Sessions, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  reproducible, no secret
        self.topic = FakeTopic()
        self.producers = [FakeProducer(self.topic) for _ in range(2)]
        self.publishers = [Publisher(Writer(sessions), producer) for producer in self.producers]
        self.counts = {uuid4(): 0 for _ in range(3)}
        self._sessions = sessions

    async def publish(self) -> None:
        """Publish a message; now and then lose the answer to the commit."""
        order_id = self.random.choice(list(self.counts))
        loses_answer = self.random.random() < 0.15
        self.counts[order_id] += 1

        def transact(commit_context: CommitContext) -> None:
            commit_messages_in(self._sessions, commit_context, ReleaseRequested(order_id=order_id))
            if loses_answer:
                commit_context.results.clear()
                raise database_outage()

        try:
            await self.random.choice(self.publishers).writer.commit(transact)
        except OperationalError:
            assert loses_answer

    def disturb(self) -> None:
        """Disturb or restore a producer or the broker."""
        producer = self.random.choice(self.producers)
        match self.random.randrange(7):
            case 0:
                producer.paused = not producer.paused
            case 1:
                producer.fail()
            case 2:
                producer.deliver(self.random.randrange(3))
            case 3:
                producer.deliver_after_close()
            case 4:
                self.topic.is_out = not self.topic.is_out
            case _:
                pass

    def restore(self) -> None:
        """Restore the broker and the producers, and deliver all queued records."""
        self.topic.is_out = False
        for producer in self.producers:
            producer.paused = False
            producer.deliver()
            producer.deliver_after_close()


@pytest.mark.parametrize("seed", range(8))
async def test_under_random_faults_nothing_is_lost_and_every_key_keeps_its_order(
    sessions: Sessions, seed: int
) -> None:
    system = FaultyPublishers(sessions, seed)
    with running_publishers(*system.publishers):
        for _ in range(60):
            system.disturb()
            await system.publish()
            await asyncio.sleep(system.random.choice([0, 0, 0, 0.03]))
        system.restore()
        await until(lambda: count_of(sessions, PendingRow) == 0)
        system.restore()

    expected = {key: list(range(1, count + 1)) for key, count in system.counts.items() if count}
    assert system.topic.sequences_by_key() == expected
