"""A second protocol, for tests alone: lines over TCP, repeatable, without queries or TLS.

    LOGIN secret                        OK | ERR code detail
    SET operation-id kind subject       OK | NO code detail | ERR code detail

`SET` leaves the element in a state, so a repeated one changes nothing. `NO` is a refusal; `ERR`
means that nothing was done. A connection serves one call.
"""

import asyncio
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    OutboundCall,
    UnknownOutcomeError,
)
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

MAX_LINE_BYTES = 1024
DONE = CallOutcome(CallResult.DONE)


@dataclass(frozen=True, slots=True)
class LineSettings:
    """The address of the elements, and the secret."""

    host: str
    port: int
    secret: str = field(repr=False)


class LineAdapter:
    """Calls elements by lines over TCP."""

    repeatable: ClassVar[Literal[True]] = True

    def __init__(self, settings: LineSettings) -> None:
        self._settings = settings

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Perform the operation; a repeated one changes nothing.

        Raises:
            UnknownOutcomeError: if it is unknown whether it was done.
        """
        is_sent = False
        try:
            async with asyncio.timeout(call.timeout.total_seconds()):
                reader, writer = await asyncio.open_connection(
                    self._settings.host, self._settings.port, limit=MAX_LINE_BYTES
                )
                try:
                    outcome = await ask(reader, writer, f"LOGIN {self._settings.secret}")
                    if outcome != DONE:
                        return outcome._replace(result=CallResult.FAILED)
                    is_sent = True
                    line = f"SET {call.operation_id} {call.kind} {call.subject}"
                    return await ask(reader, writer, line)
                finally:
                    writer.transport.abort()  # whatever still comes belongs to no other call
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            if is_sent:
                raise UnknownOutcomeError(type(error).__name__) from None
            return CallOutcome(CallResult.FAILED, "unreachable", type(error).__name__)

    async def close(self) -> None:
        """Close nothing: each call closes its connection."""


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> CallOutcome:
    """Send a line, and return what the answer means."""
    writer.write(f"{line}\n".encode())
    await writer.drain()
    answer = (await reader.readuntil(b"\n")).decode(errors="replace").rstrip("\n")
    word, _, reason = answer.partition(" ")
    code, _, detail = reason.partition(" ")
    match word:
        case "OK":
            return DONE
        case "NO":
            return CallOutcome(CallResult.REFUSED, code, detail)
        case "ERR":
            return CallOutcome(CallResult.FAILED, code, detail)
        case _:
            return UNKNOWN_OUTCOME


class LineServer(ScriptedServer):
    """Answers lines."""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read lines and answer them, until the connection ends."""
        while line := (await reader.readuntil(b"\n")).decode().split():
            if line[0] == "LOGIN":
                self.secrets.add(line[1])
                writer.write(b"OK\n" if line[1] == SECRET else b"ERR wrong-secret no entry\n")
                continue
            behaviour = self.next_behaviour()
            operation = ReceivedOperation(*line[1:])
            self.received.append(operation)
            if behaviour not in NOT_DONE:
                self.carry_out(operation)
            match behaviour:
                case Behaviour.IGNORE | Behaviour.LOSE_ANSWER:
                    return
                case Behaviour.HANG:
                    await hang_until_closed(reader)
                    return
                case Behaviour.ANSWER_WITHOUT_END:
                    await self.answer_without_end(writer)
                    return
                case Behaviour.ANSWER_LATE:
                    await asyncio.sleep(LATE_S)
                case _:
                    pass
            writer.write(f"{answer_for(behaviour)}\n".encode())
            await writer.drain()


def answer_for(behaviour: Behaviour) -> str:
    """Return the line that answers an operation."""
    match behaviour:
        case Behaviour.REFUSE:
            return f"NO {' '.join(REFUSAL)}"
        case Behaviour.FAIL:
            return f"ERR {' '.join(FAILURE)}"
        case Behaviour.ANSWER_MALFORMED:
            return "what?"
        case _:
            return "OK"
