"""The publisher under whatever may happen, chosen by chance and repeatable by its seed."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from shared.contracts import ReleaseRequested
from shared.messaging import publisher as relay_module
from shared.messaging import publisher_port
from shared.messaging.after_commit import AfterCommit
from shared.messaging.outbox import PendingRow
from shared.messaging.publisher import Publisher
from shared.persistence.database import Sessions
from tests.kernel import commit_messages_in, count_of, database_outage, until
from tests.shared.fake_producer import FakeProducer, FakeTopic, running_publishers

SOON = timedelta(milliseconds=100)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of a second where one waits for seconds."""
    monkeypatch.setattr(relay_module, "CONFIRM_INTERVAL", SOON / 5)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE_S", 0.1)
    monkeypatch.setattr(relay_module, "HAND_OVER_TIMEOUT", SOON)
    monkeypatch.setattr(relay_module, "STALE_AFTER", 2 * SOON)
    monkeypatch.setattr(publisher_port, "CONFIRM_TIMEOUT", SOON)


class World:
    """Two processes tell about three orders, over bad lines to one topic."""

    def __init__(self, sessions: Sessions, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311  reproducible, no secret
        self.topic = FakeTopic()
        self.lines = [FakeProducer(self.topic) for _ in range(2)]
        self.relays = [Publisher(sessions, line) for line in self.lines]
        self.told = {uuid4(): 0 for _ in range(3)}
        self._sessions = sessions

    async def tell(self) -> None:
        """Tell something; now and then lose the answer to the commit."""
        order_id = self.chance.choice(list(self.told))
        loses = self.chance.random() < 0.15
        self.told[order_id] += 1

        def transact(after_commit: AfterCommit) -> None:
            commit_messages_in(self._sessions, after_commit, ReleaseRequested(order_id=order_id))
            if loses:
                after_commit.results.clear()
                raise database_outage()

        try:
            await self.chance.choice(self.relays).commit(transact)
        except OperationalError:
            assert loses

    def disturb(self) -> None:
        """Do something bad, or good, to a line or to the broker."""
        line = self.chance.choice(self.lines)
        match self.chance.randrange(7):
            case 0:
                line.paused = not line.paused
            case 1:
                line.fail()
            case 2:
                line.deliver(self.chance.randrange(3))
            case 3:
                line.deliver_after_close()
            case 4:
                self.topic.is_out = not self.topic.is_out
            case _:
                pass

    def heal(self) -> None:
        """Let everything through."""
        self.topic.is_out = False
        for line in self.lines:
            line.paused = False
            line.deliver()
            line.deliver_after_close()


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_fails_nothing_is_lost_and_every_key_keeps_its_order(
    sessions: Sessions, seed: int
) -> None:
    world = World(sessions, seed)
    with running_publishers(*world.relays):
        for _ in range(60):
            world.disturb()
            await world.tell()
            await asyncio.sleep(world.chance.choice([0, 0, 0, 0.03]))
        world.heal()
        await until(lambda: count_of(sessions, PendingRow) == 0)
        world.heal()

    told = {key: list(range(1, count + 1)) for key, count in world.told.items() if count}
    assert world.topic.sequences_by_key() == told
