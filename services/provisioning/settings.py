"""Settings of provisioning's adapters, read from the environment beside those of every process.

docs/settings-provisioning.md is generated:
`python -m services.provisioning.settings > docs/settings-provisioning.md`.
"""

import ssl
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from shared.config.environment import EnvironmentSettings, settings_page
from shared.config.parsers import WebUrl, matching, parse_file


def parse_ca_file_path(text: str) -> Path:
    """Parse the path of a file with CA certificates."""
    path = parse_file(text)
    try:
        ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        message = "has no CA certificate: give a file of certificates in PEM"
        raise ValueError(message) from None
    except OSError as error:
        message = f"cannot be read ({error.strerror}): give a file that this process may read"
        raise ValueError(message) from None
    return path


class HttpElementSettings(EnvironmentSettings):
    """The address of network elements that use HTTP, and what they are called with."""

    url: WebUrl = Field(
        "",
        validation_alias="KAITONG_ELEMENTS_URL",
        description="the base URL of network elements that use HTTP; without it their calls fail",
        repr=False,  # it may hold a password
    )
    ca: Annotated[Path | None, BeforeValidator(parse_ca_file_path)] = Field(
        None,
        validation_alias="KAITONG_ELEMENTS_CA",
        description="a file with the CA certificates that the certificate of an https:// URL is "
        "checked against; without it the system's are used",
    )
    token: Annotated[
        str, matching(r"[\x21-\x7e]+", "made of printable ASCII characters without spaces")
    ] = Field(
        "",
        validation_alias="KAITONG_ELEMENTS_TOKEN",
        description="a secret that is sent with every call, as `Authorization: Bearer TOKEN`",
        repr=False,
    )

    def contradictions(self) -> Iterator[str]:
        """Yield contradictions between settings that are each valid."""
        if self.token and "@" in urlsplit(self.url).netloc:
            yield (
                "KAITONG_ELEMENTS_TOKEN is set, and KAITONG_ELEMENTS_URL holds a user: give one "
                "of them"
            )


SETTINGS = (HttpElementSettings,)
"""The settings of all protocols."""

HEADING = "Settings of provisioning"
READERS = (
    "The processes of provisioning read these from their environment, beside",
    "[those of every process](settings.md): how network elements are called, protocol by protocol.",
)

if __name__ == "__main__":
    sys.stdout.write(settings_page(*SETTINGS, heading=HEADING, readers=READERS))
