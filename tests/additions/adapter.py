"""An element adapter: the man-machine language (MML) of older exchanges, lines over TCP."""

from deploy.local.home import CHECKOUT
from tests.additions.edits import Addition, insert_after, insert_before, new_file, replace

SETTINGS = '''\
class MmlElementSettings(EnvironmentSettings):
    """The address of network elements that use MML, and what they are called with."""

    host: str = Field(
        "127.0.0.1",
        validation_alias="KAITONG_MML_HOST",
        description="the host of network elements that use MML",
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


'''
IMPORTS = '''\
"""The adapter of MML elements."""

import asyncio
from typing import ClassVar, Literal

from services.provisioning.settings import MmlElementSettings
from shared.calls.outbound_call import (
    UNKNOWN_OUTCOME,
    CallOutcome,
    CallResult,
    OutboundCall,
    UnknownOutcomeError,
)

MAX_LINE_BYTES = 1024
DONE = CallOutcome(CallResult.DONE)


'''


def adapter() -> str:
    """Return the module of the adapter: that of the tests' own line protocol, by other names."""
    text = (CHECKOUT / "tests/provisioning/adapters/line.py").read_text()
    code = text[text.index("class LineAdapter:") : text.index("class LineServer(")].rstrip()
    return IMPORTS + code.replace("Line", "Mml").replace("MmlSettings", "MmlElementSettings")


CASE = """\
def mml_adapter(port: int, secret: str) -> Adapter:
    given = {
        "KAITONG_MML_HOST": "127.0.0.1",
        "KAITONG_MML_PORT": str(port),
        "KAITONG_MML_SECRET": secret,
    }
    return MmlAdapter(MmlElementSettings.read(given))


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
        insert_before(
            "services/provisioning/settings.py", "SETTINGS = (HttpElementSettings,)", SETTINGS
        ),
        replace(
            "services/provisioning/settings.py",
            "SETTINGS = (HttpElementSettings,)",
            "SETTINGS = (HttpElementSettings, MmlElementSettings)",
        ),
        new_file("services/provisioning/adapters/mml.py", adapter()),
        insert_after(
            "services/provisioning/adapters/registry.py",
            "from services.provisioning.adapters.http import HttpAdapter",
            "from services.provisioning.adapters.mml import MmlAdapter",
        ),
        replace(
            "services/provisioning/adapters/registry.py",
            "settings import HttpElementSettings",
            "settings import HttpElementSettings, MmlElementSettings",
        ),
        insert_after(
            "services/provisioning/adapters/registry.py",
            '    "http": lambda:',
            '    "mml": lambda: MmlAdapter(MmlElementSettings.read()),',
        ),
        insert_before(
            "services/provisioning/data/elements.json",
            '"name": "olt"',
            '    {"name": "switch", "elements": "*PSTN*", "protocol": "mml", "concurrency": 4,'
            ' "operations": ["add-*", "remove-*"]},',
        ),
        insert_after(
            "tests/provisioning/adapters/conftest.py",
            "from services.provisioning.adapters.http import HttpAdapter",
            "from services.provisioning.adapters.mml import MmlAdapter",
        ),
        replace(
            "tests/provisioning/adapters/conftest.py",
            "settings import HttpElementSettings",
            "settings import HttpElementSettings, MmlElementSettings",
        ),
        insert_before("tests/provisioning/adapters/conftest.py", "CASES = (\n", CASE),
        insert_after(
            "tests/provisioning/adapters/conftest.py",
            '    ProtocolCase("line", LineServer, line_adapter),',
            '    ProtocolCase("mml", LineServer, mml_adapter),',
        ),
        insert_after("docker-compose.yml", "  KAITONG_ELEMENTS_CA:", COMPOSE),
        insert_after(".env.example", "#KAITONG_ELEMENTS_CA=", ENVIRONMENT),
    ),
    not_needed={
        "shared/calls/adapter.py": "the methods of an adapter are read there",
        "tests/provisioning/adapters/line.py": "its scripted element speaks these lines already",
        "services/elements": "the simulator stands for no element of this protocol",
    },
    incomplete={
        "services/provisioning/adapters/registry.py": f"{TESTS}/test_registry.py"
        "::test_every_shipped_type_and_any_other_element_has_an_adapter",
        "docker-compose.yml": "tests/deploy/test_compose.py"
        "::test_every_setting_of_an_adapter_can_be_set",
    },
)
