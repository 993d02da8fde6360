"""The relay under whatever may happen, chosen by chance and repeatable by its seed."""

import asyncio
from datetime import timedelta
from random import Random
from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from shared.contracts import ReleaseRequested
from shared.messaging import publisher as relay_module
from shared.messaging import publisher_port
from shared.messaging.after_commit import Dispatch
from shared.messaging.outbox import UnsentRow
from shared.messaging.publisher import Relay
from shared.persistence.database import Sessions
from tests.kernel import count_of, passing_trouble, tell_in, until
from tests.shared.line import Line, Topic, running

SOON = timedelta(milliseconds=100)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for tenths of a second where one waits for seconds."""
    monkeypatch.setattr(relay_module, "TICK", SOON / 5)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(relay_module, "HAND_OVER", SOON)
    monkeypatch.setattr(relay_module, "LEFT_BEHIND", 2 * SOON)
    monkeypatch.setattr(publisher_port, "ANSWER", SOON)


class World:
    """Two processes tell about three orders, over bad lines to one topic."""

    def __init__(self, sessions: Sessions, seed: int) -> None:
        self.chance = Random(seed)  # noqa: S311  reproducible, no secret
        self.topic = Topic()
        self.lines = [Line(self.topic) for _ in range(2)]
        self.relays = [Relay(sessions, line) for line in self.lines]
        self.told = {uuid4(): 0 for _ in range(3)}
        self._sessions = sessions

    async def tell(self) -> None:
        """Tell something; now and then lose the answer to the commit."""
        order_id = self.chance.choice(list(self.told))
        loses = self.chance.random() < 0.15
        self.told[order_id] += 1

        def transact(dispatch: Dispatch) -> None:
            tell_in(self._sessions, dispatch, ReleaseRequested(order_id=order_id))
            if loses:
                dispatch.told.clear()
                raise passing_trouble()

        try:
            await self.chance.choice(self.relays).commit(transact)
        except OperationalError:
            assert loses

    def disturb(self) -> None:
        """Do something bad, or good, to a line or to the broker."""
        line = self.chance.choice(self.lines)
        match self.chance.randrange(7):
            case 0:
                line.clogged = not line.clogged
            case 1:
                line.fail()
            case 2:
                line.deliver(self.chance.randrange(3))
            case 3:
                line.haunt()
            case 4:
                self.topic.is_out = not self.topic.is_out
            case _:
                pass

    def heal(self) -> None:
        """Let everything through."""
        self.topic.is_out = False
        for line in self.lines:
            line.clogged = False
            line.deliver()
            line.haunt()


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_fails_nothing_is_lost_and_every_key_keeps_its_order(
    sessions: Sessions, seed: int
) -> None:
    world = World(sessions, seed)
    with running(*world.relays):
        for _ in range(60):
            world.disturb()
            await world.tell()
            await asyncio.sleep(world.chance.choice([0, 0, 0, 0.03]))
        world.heal()
        await until(lambda: count_of(sessions, UnsentRow) == 0)
        world.heal()

    told = {key: list(range(1, count + 1)) for key, count in world.told.items() if count}
    assert world.topic.once() == told
