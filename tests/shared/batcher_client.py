"""The customers' side of a desk."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from shared.contracts import Causation, Message, ReleaseRequested
from shared.http.command_batcher import CommandBatcher
from shared.messaging.publisher import Publisher
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.database import Sessions
from tests.kernel import TENANT, FakeBroker, until
from tests.shared.order_log import accepted, log_message


@asynccontextmanager
async def running_batcher(
    sessions: Sessions, publisher: Publisher | None = None, *withdrawable: type[Message]
) -> AsyncIterator[CommandBatcher]:
    """A desk that serves; such messages it tells also before the database is proven."""
    batcher = CommandBatcher(sessions, publisher or Publisher(sessions, FakeBroker()), withdrawable)
    serving = asyncio.create_task(batcher.run())
    yield batcher
    serving.cancel()


async def submit_together(
    batcher: CommandBatcher, *errands: Callable[[UnitOfWork], object]
) -> list[object]:
    """Have several requests wait for one turn; return their answers, or why there is none."""
    hold, go = asyncio.Event(), batcher._publisher.writer_lock  # noqa: SLF001  the turn of somebody else
    async with go:
        held = asyncio.create_task(submit(batcher, lambda _: hold.set()))
        await until(batcher._waiting.empty)  # noqa: SLF001
        await asyncio.sleep(0)
        asked = [asyncio.create_task(submit(batcher, do)) for do in errands]
        await asyncio.sleep(0)
    await held
    return await asyncio.gather(*asked, return_exceptions=True)


async def submit(batcher: CommandBatcher, do: Callable[[UnitOfWork], object]) -> object:
    return await batcher.execute(Causation(uuid4(), uuid4(), TENANT), do)


def logging_command(order_id: UUID) -> Callable[[UnitOfWork], object]:
    """Return a request that writes a line, and answers with the order's id."""

    def do(work: UnitOfWork) -> UUID:
        log_message(accepted(order_id), work)
        work.publish(ReleaseRequested(order_id=order_id))
        return order_id

    return do
