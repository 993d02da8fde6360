"""Clients of a command batcher."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from shared.contracts import Causation, Message, ReleaseRequested
from shared.http.command_batcher import CommandBatcher
from shared.messaging.unit_of_work import UnitOfWork
from shared.messaging.writer import Writer
from shared.persistence.database import Sessions
from tests.kernel import TENANT, until
from tests.shared.order_log import accepted, log_message


@asynccontextmanager
async def running_batcher(
    sessions: Sessions, writer: Writer | None = None, *withdrawable: type[Message]
) -> AsyncIterator[CommandBatcher]:
    """Run a batcher; it publishes `withdrawable` messages also in an unproven database."""
    batcher = CommandBatcher(sessions, writer or Writer(sessions), withdrawable)
    serving = asyncio.create_task(batcher.run())
    yield batcher
    serving.cancel()


async def submit_together(
    batcher: CommandBatcher, *commands: Callable[[UnitOfWork], object]
) -> list[object]:
    """Submit several commands for one transaction; return their answers or exceptions."""
    async with batcher._writer.lock:  # noqa: SLF001  held as by another transaction
        first = asyncio.create_task(submit(batcher, lambda _: None))
        await until(batcher._waiting.empty)  # noqa: SLF001
        await asyncio.sleep(0)
        submitted = [asyncio.create_task(submit(batcher, do)) for do in commands]
        await asyncio.sleep(0)
    await first
    return await asyncio.gather(*submitted, return_exceptions=True)


async def submit(batcher: CommandBatcher, do: Callable[[UnitOfWork], object]) -> object:
    return await batcher.execute(Causation(uuid4(), uuid4(), TENANT), do)


def logging_command(order_id: UUID) -> Callable[[UnitOfWork], object]:
    """Return a command that logs and publishes a message; its answer is the order's id."""

    def do(work: UnitOfWork) -> UUID:
        log_message(accepted(order_id), work)
        work.publish(ReleaseRequested(order_id=order_id))
        return order_id

    return do
