"""A load generator that needs little CPU: raw sockets, one request at a time on each."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

CREATED = 201
CONNECTIONS = 192
"""Concurrent requests to the API: enough that the API is always busy."""


class OrderRequest(NamedTuple):
    """One order to post."""

    key: str
    """Its Idempotency-Key."""

    body: bytes


@dataclass(frozen=True, slots=True)
class Target:
    """The endpoint that orders are posted to, and the token."""

    port: int
    path: str
    token: str
    host: str = "127.0.0.1"

    def request(self, post: OrderRequest) -> bytes:
        """Return the bytes of the HTTP request."""
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: {self.host}\r\n"
            f"Content-Type: application/json\r\nAuthorization: Bearer {self.token}\r\n"
            f"Idempotency-Key: {post.key}\r\nContent-Length: {len(post.body)}\r\n\r\n"
        )
        return head.encode() + post.body


@dataclass(slots=True)
class LoadClient:
    """A client that posts orders over persistent connections."""

    target: Target
    posted_at: dict[str, float] = field(default_factory=dict)
    """When each order was first posted (Unix time), by its key."""

    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def post_until_accepted(self, post: OrderRequest) -> None:
        """Post one order until it is accepted; reconnect if a connection is lost."""
        self.posted_at.setdefault(post.key, time.time())
        while True:
            try:
                streams = self._idle.pop() if self._idle else await self._connect()
                status = await self._exchange(*streams, self.target.request(post))
            except (OSError, EOFError):
                await asyncio.sleep(0.2)
                continue
            self._idle.append(streams)
            if status == CREATED:
                return
            await asyncio.sleep(0.2)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(self.target.host, self.target.port)

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
    ) -> int:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        status = int(head[9:12])
        if status != CREATED and status < 500:  # noqa: PLR2004  5xx is retried
            msg = f"the order was refused: {status} {body.decode()}"
            raise ValueError(msg)
        return status

    def close(self) -> None:
        """Close the connections."""
        for _, writer in self._idle:
            writer.close()


async def post_closed_loop(
    target: Target, posts: Sequence[OrderRequest], connections: int = CONNECTIONS
) -> LoadClient:
    """Post as fast as the service answers, over `connections` connections."""
    client, waiting = LoadClient(target), iter(posts)

    async def post_in_turn() -> None:
        for post in waiting:
            await client.post_until_accepted(post)

    await asyncio.gather(*(post_in_turn() for _ in range(connections)))
    client.close()
    return client


async def post_at_rate(
    target: Target,
    posts: Iterable[OrderRequest],
    per_second: float,
    tick: Callable[[], None] = lambda: None,
) -> LoadClient:
    """Post at an even rate, without waiting for earlier responses."""
    client, start = LoadClient(target), time.monotonic()
    tasks = []
    for number, post in enumerate(posts):
        await asyncio.sleep(max(0.0, start + number / per_second - time.monotonic()))
        tasks.append(asyncio.ensure_future(client.post_until_accepted(post)))
        tick()
    await asyncio.gather(*tasks)
    client.close()
    return client
