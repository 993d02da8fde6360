"""The simulator's settings, read from the environment.

Not with pydantic-settings, as in `shared/config`: loading pydantic would add two thirds to the CPU
of the simulator's start, for three variables of which one is parsed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PORTS = range(1, 65_536)


class SettingsError(Exception):
    """The simulator cannot start. The text names the setting and the reason."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The address and the journal folder of one installation."""

    http_host: str
    http_port: int
    state: Path | None
    """The journal's folder; None: nothing is kept across a restart."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read KAITONG_HTTP_HOST, KAITONG_HTTP_PORT and KAITONG_STATE.

        Raises:
            SettingsError: the port is not valid.
        """
        port = environment.get("KAITONG_HTTP_PORT") or "8000"
        if not re.fullmatch(r"[0-9]{1,18}", port) or int(port) not in PORTS:
            message = f"KAITONG_HTTP_PORT is {port!r}: give a whole number from 1 to 65535"
            raise SettingsError(message)
        state = environment.get("KAITONG_STATE")
        return cls(
            http_host=environment.get("KAITONG_HTTP_HOST") or "127.0.0.1",
            http_port=int(port),
            state=Path(state) if state else None,
        )
