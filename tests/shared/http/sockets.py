"""The small API on a real port, and clients on bare sockets."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from fastapi import FastAPI

from shared.config.settings import Settings
from shared.http import open_port, serve_http

LONGEST_WAIT = 15.0

TIMEOUT_S = 0.4
"""Instead of nine seconds, so that the tests run faster."""

LIVE = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
LAST = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@dataclass
class Server:
    """An API that listens."""

    port: int
    serving: "asyncio.Task[None]"
    stopping: asyncio.Event


@asynccontextmanager
async def listening(api: FastAPI, settings: Settings) -> AsyncIterator[Server]:
    """Serve the API on a free port while the context is open."""
    port = open_port(settings)
    stopping = asyncio.Event()
    serving = asyncio.create_task(serve_http(api, port, stopping))
    try:
        yield Server(port.getsockname()[1], serving, stopping)
    finally:
        stopping.set()
        await asyncio.wait_for(serving, LONGEST_WAIT)


@asynccontextmanager
async def connected(
    port: int,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to a port."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def exchange_bytes(port: int, *parts: bytes) -> bytes:
    """Send parts one by one; return all bytes until the other side closes."""
    async with connected(port) as (reader, writer):
        with suppress(ConnectionError):
            for part in parts:
                writer.write(part)
                await writer.drain()
        return await read_until_closed(reader)


async def read_until_closed(reader: asyncio.StreamReader) -> bytes:
    """Return all bytes until the other side closes."""
    received = bytearray()
    with suppress(ConnectionError):
        async with asyncio.timeout(LONGEST_WAIT):
            while part := await reader.read(65_536):
                received += part
    return bytes(received)


def statuses(answers: bytes) -> list[int]:
    """Return the statuses of the answers on one connection."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def post(authorization: bytes, length: str, body: bytes = b"") -> bytes:
    """Return a request that posts a thing."""
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + authorization
    return head + length.encode() + b"\r\n\r\n" + body
