"""The customers' side of a desk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from shared.contracts import Cause, Message, ReleaseRequested
from shared.http.command_batcher import Desk
from shared.messaging.publisher import Relay
from shared.messaging.unit_of_work import Work
from shared.persistence.database import Sessions
from tests.kernel import TENANT, Broker, until
from tests.shared.ledger import accepted, write


@asynccontextmanager
async def open_desk(
    sessions: Sessions, relay: Relay | None = None, *withdraws: type[Message]
) -> AsyncIterator[Desk]:
    """A desk that serves; such messages it tells also before the database is proven."""
    desk = Desk(sessions, relay or Relay(sessions, Broker()), withdraws)
    serving = asyncio.create_task(desk.run())
    yield desk
    serving.cancel()


async def together(desk: Desk, *errands: Callable[[Work], object]) -> list[object]:
    """Have several requests wait for one turn; return their answers, or why there is none."""
    hold, go = asyncio.Event(), desk._relay.turn  # noqa: SLF001  the turn of somebody else
    async with go:
        held = asyncio.create_task(serve(desk, lambda _: hold.set()))
        await until(desk._waiting.empty)  # noqa: SLF001
        await asyncio.sleep(0)
        asked = [asyncio.create_task(serve(desk, do)) for do in errands]
        await asyncio.sleep(0)
    await held
    return await asyncio.gather(*asked, return_exceptions=True)


async def serve(desk: Desk, do: Callable[[Work], object]) -> object:
    return await desk.serve(Cause(uuid4(), uuid4(), TENANT), do)


def note(order_id: UUID) -> Callable[[Work], object]:
    """Return a request that writes a line, and answers with the order's id."""

    def do(work: Work) -> UUID:
        write(accepted(order_id), work)
        work.emit(ReleaseRequested(order_id=order_id))
        return order_id

    return do
