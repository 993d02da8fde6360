"""An element with the HTTP protocol of `services/provisioning/adapters/http.py`, by a script."""

import asyncio
from typing import Any

import msgspec

from tests.provisioning.adapters.scripted_server import (
    FAILURE,
    LATE_S,
    NOT_DONE,
    REFUSAL,
    SECRET,
    Behaviour,
    ReceivedOperation,
    ScriptedServer,
    hang_until_closed,
)

ENDLESS = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"


class HttpServer(ScriptedServer):
    """Answers PUT and GET of operations, on kept-alive connections."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, dict[str, Any]] = {}
        """By operation id; an operation has its first outcome for ever."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests and answer them, until the connection ends."""
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, path, _ = head[0].split(" ")
            headers = {name.lower(): value for name, _, value in (e.partition(": ") for e in head)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            self.secrets.add(headers.get("authorization", "").removeprefix("Bearer "))
            if headers.get("authorization") != f"Bearer {SECRET}":
                await write_response(writer, 401, {"code": "unauthorized"})
                continue
            behaviour = self.next_behaviour()
            status, answer = self.answer_to(method, path.rpartition("/")[2], body, behaviour)
            match behaviour:
                case Behaviour.IGNORE | Behaviour.LOSE_ANSWER:
                    return
                case Behaviour.HANG:
                    await hang_until_closed(reader)
                    return
                case Behaviour.ANSWER_MALFORMED:
                    writer.write(b"what?\r\n\r\n")
                    await writer.drain()
                    return
                case Behaviour.ANSWER_WITHOUT_END:
                    writer.write(ENDLESS)
                    await self.answer_without_end(writer)
                    return
                case Behaviour.ANSWER_LATE:
                    await asyncio.sleep(LATE_S)
                case _:
                    pass
            await write_response(writer, status, answer)

    def answer_to(
        self, method: str, operation_id: str, body: bytes, behaviour: Behaviour
    ) -> tuple[int, dict[str, Any]]:
        """Carry out a request, and return the status and body of its answer."""
        if method == "GET":
            known = self.outcomes.get(operation_id)
            return (200, known) if known else (404, {"code": "unknown-operation"})
        content = msgspec.json.decode(body)
        operation = ReceivedOperation(operation_id, content["kind"], content["subject"])
        self.received.append(operation)
        if behaviour is Behaviour.FAIL:
            return 503, dict(zip(("code", "detail"), FAILURE, strict=True))
        if behaviour is Behaviour.REFUSE:
            refusal = dict(zip(("code", "detail"), REFUSAL, strict=True))
            self.outcomes[operation_id] = {"outcome": "refused", "refusal": refusal}
            return 409, {"outcome": "refused", **refusal}
        if behaviour not in NOT_DONE and operation_id not in self.outcomes:
            self.carry_out(operation)
            self.outcomes[operation_id] = {"outcome": "done"}
        return 200, self.outcomes.get(operation_id, {})


async def write_response(writer: asyncio.StreamWriter, status: int, answer: dict[str, Any]) -> None:
    """Write a response with a JSON body."""
    body = msgspec.json.encode(answer)
    writer.write(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body)
    await writer.drain()
