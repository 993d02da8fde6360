"""Consumer lag of a service, in messages and exact seconds, read from any process."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.config.settings import Settings
from shared.errors import UnavailableError
from shared.kafka.lag import LagReader
from tests.kernel import until
from tests.shared.consuming import (
    RecordingHandler,
    accepted_records,
    committed_offsets,
    consuming_topic,
    produce,
    set_group_offsets,
)
from tests.shared.order_log import ORDER, OTHER

pytestmark = pytest.mark.usefixtures("topics")


@asynccontextmanager
async def reader_of(settings: Settings) -> AsyncIterator[LagReader]:
    """A reader of the lag on the topics of order and resources."""
    reader = LagReader(settings, ("order", "resources"))
    yield reader
    await reader.close()


async def test_a_quiet_topic_reads_zero_seconds(settings: Settings) -> None:
    handler = RecordingHandler()
    async with consuming_topic(settings, handler), reader_of(settings) as reader:
        await produce(settings, accepted_records([ORDER, OTHER]))
        await until(lambda: len(handler.records) == 2)
        await until(lambda: sum(committed_offsets(settings).values()) == 2)

        lag = await reader.read()

    assert (lag.records, lag.oldest_s) == (0, 0.0)
    assert lag.by_topic.keys() == {"order"}


async def test_lag_is_the_age_of_the_oldest_message_that_is_not_read(settings: Settings) -> None:
    async with reader_of(settings) as reader:
        began = time.time()
        await produce(settings, accepted_records([ORDER, OTHER]))
        produced = time.time()
        await asyncio.sleep(1.5)
        await produce(settings, accepted_records([ORDER]))

        before = time.time()
        lag = await reader.read()

    assert lag.records == 3
    assert before - produced <= lag.oldest_s + 0.01 <= time.time() - began + 0.02


async def test_what_the_group_has_read_is_no_lag(settings: Settings) -> None:
    await produce(settings, accepted_records([ORDER] * 5))
    async with reader_of(settings) as reader:
        (source,) = (await reader.read()).by_partition
        set_group_offsets(settings, {source: 3})

        lag = await reader.read()

    assert lag.by_partition[source].count == 2


async def test_a_broker_that_is_out_is_reported_in_time_and_found_again(settings: Settings) -> None:
    unreachable = settings.model_copy(update={"kafka": "127.0.0.1:1"})
    async with reader_of(unreachable) as reader:
        with pytest.raises(UnavailableError, match="cannot be reached"):
            await reader.read()
        reader._settings = settings  # noqa: SLF001  as if the broker were back

        assert (await reader.read()).records == 0


async def test_a_broker_that_does_not_answer_is_reported_in_time(settings: Settings) -> None:
    async def never_answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)
        writer.close()

    server = await asyncio.start_server(never_answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with reader_of(settings.model_copy(update={"kafka": f"127.0.0.1:{port}"})) as reader:
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await reader.read()
        took = time.monotonic() - began
    server.close()

    assert took < 4
