"""An element adapter: the man-machine language (MML) of older exchanges, lines over TCP."""

from tests.additions.edits import Addition, InsertAfter, InsertBefore, NewFile, Replace

SETTINGS = '''\
class MmlElementSettings(EnvironmentSettings):
    """The address of network elements that use MML, and what they are called with."""

    host: str = Field(
        "",
        validation_alias="KAITONG_MML_HOST",
        description="the host of network elements that use MML; without it their calls fail",
    )
    port: int = Field(
        7776,
        ge=1,
        le=65535,
        validation_alias="KAITONG_MML_PORT",
        description="the TCP port of these elements",
    )
    secret: Annotated[str, matching(r"[\\x21-\\x7e]+", "printable ASCII without spaces")] = Field(
        "",
        validation_alias="KAITONG_MML_SECRET",
        description="a secret that every connection begins with",
        repr=False,
    )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read the settings.

        Raises:
            SettingsError: one line for each fault, with its setting and its remedy.
        """
        return cls.read(environment)


'''
ADAPTER = '''\
"""The adapter of MML elements: lines over TCP, repeatable, without queries or TLS.

    LOGIN secret                        OK | ERR code detail
    SET operation-id kind subject       OK | NO code detail | ERR code detail

`SET` leaves the element in a state, so a repeated one changes nothing. `NO` is a refusal; `ERR`
means that nothing was done. A connection serves one call.
"""

import asyncio
from typing import ClassVar, Literal

from services.provisioning.settings import MmlElementSettings
from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    ElementTimeoutError,
    OutboundCall,
)

MAX_LINE_BYTES = 1024
DONE = CallOutcome(CallResult.DONE)
NO_CONNECTION = (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError)


class MmlAdapter:
    """Calls elements in MML, each call on a connection of its own."""

    repeatable: ClassVar[Literal[True]] = True

    def __init__(self, settings: MmlElementSettings) -> None:
        self._settings = settings

    async def perform(self, call: OutboundCall) -> CallOutcome:
        """Perform the operation; a repeated one changes nothing.

        Raises:
            ElementTimeoutError: if it is unknown whether it was done.
        """
        if not self._settings.host:
            return CallOutcome(CallResult.FAILED, "no-address", "KAITONG_MML_HOST is not set")
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
        except NO_CONNECTION as error:
            if is_sent:
                raise ElementTimeoutError(type(error).__name__) from None
            return CallOutcome(CallResult.FAILED, "unreachable", type(error).__name__)

    async def close(self) -> None:
        """Close nothing: each call closes its connection."""


async def ask(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: str) -> CallOutcome:
    """Send a line, and return what the answer means."""
    writer.write(f"{line}\\n".encode())
    await writer.drain()
    answer = (await reader.readuntil(b"\\n")).decode(errors="replace").rstrip("\\n")
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
'''
CASE = """\
def mml_adapter(port: int, secret: str) -> Adapter:
    given = {
        "KAITONG_MML_HOST": "127.0.0.1",
        "KAITONG_MML_PORT": str(port),
        "KAITONG_MML_SECRET": secret,
    }
    return MmlAdapter(MmlElementSettings.from_environment(given))


"""
COMPOSE = """\
  KAITONG_MML_HOST: ${KAITONG_MML_HOST:-}
  KAITONG_MML_PORT: ${KAITONG_MML_PORT:-7776}
  KAITONG_MML_SECRET: ${KAITONG_MML_SECRET:-}
"""
ENVIRONMENT = """
# Network elements that use MML: their host, their port, and the secret that they are called with.
#KAITONG_MML_HOST=
#KAITONG_MML_PORT=7776
#KAITONG_MML_SECRET=
"""
TESTS = "tests/provisioning/adapters"

MML = Addition(
    name="element adapter mml",
    section="An element adapter",
    placeholders={"PROTOCOL": "mml"},
    edits=(
        InsertBefore(
            "services/provisioning/settings.py", "SETTINGS = (HttpElementSettings,)", SETTINGS
        ),
        Replace(
            "services/provisioning/settings.py",
            "SETTINGS = (HttpElementSettings,)",
            "SETTINGS = (HttpElementSettings, MmlElementSettings)",
        ),
        NewFile("services/provisioning/adapters/mml.py", ADAPTER),
        InsertAfter(
            "services/provisioning/adapters/registry.py",
            "from services.provisioning.adapters.http import HttpAdapter",
            "from services.provisioning.adapters.mml import MmlAdapter",
        ),
        Replace(
            "services/provisioning/adapters/registry.py",
            "settings import HttpElementSettings",
            "settings import HttpElementSettings, MmlElementSettings",
        ),
        InsertAfter(
            "services/provisioning/adapters/registry.py",
            '    "http": lambda:',
            '    "mml": lambda: MmlAdapter(MmlElementSettings.from_environment()),',
        ),
        InsertBefore(
            "services/provisioning/data/elements.json",
            '"name": "olt"',
            '    {"name": "switch", "elements": "*PSTN*", "protocol": "mml", "concurrency": 4},',
        ),
        InsertAfter(
            "tests/provisioning/adapters/conftest.py",
            "from services.provisioning.adapters.http import HttpAdapter",
            "from services.provisioning.adapters.mml import MmlAdapter",
        ),
        Replace(
            "tests/provisioning/adapters/conftest.py",
            "settings import HttpElementSettings",
            "settings import HttpElementSettings, MmlElementSettings",
        ),
        InsertBefore("tests/provisioning/adapters/conftest.py", "CASES = (\n", CASE),
        InsertAfter(
            "tests/provisioning/adapters/conftest.py",
            '    ProtocolCase("line", LineServer, line_adapter),',
            '    ProtocolCase("mml", LineServer, mml_adapter),',
        ),
        InsertAfter("docker-compose.yml", "  KAITONG_ELEMENTS_CA:", COMPOSE),
        InsertAfter(".env.example", "#KAITONG_ELEMENTS_CA=", ENVIRONMENT),
    ),
    not_needed={
        "shared/calls/adapter.py": "the methods of an adapter are read there",
        "tests/provisioning/adapters/line.py": "its scripted element speaks these lines already",
        "services/elements": "the simulator stands for no element of this protocol",
    },
    heavy={"tests/provisioning/test_settings.py": "it starts whole processes"},
    incomplete={
        "services/provisioning/adapters/registry.py": f"{TESTS}/test_registry.py"
        "::test_every_shipped_type_and_any_other_element_has_an_adapter",
        "docker-compose.yml": "tests/deploy/test_compose.py"
        "::test_every_setting_of_an_adapter_can_be_set",
    },
)
