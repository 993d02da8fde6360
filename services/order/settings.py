"""Settings of the order service alone, read from the environment beside those of every process.

docs/settings-order.md is generated: `python -m services.order.settings > docs/settings-order.md`.
"""

import sys

from pydantic import Field

from shared.config.environment import EnvironmentSettings, settings_page
from shared.config.parsers import OptionalFile


class OrderSettings(EnvironmentSettings):
    """The files of rules that replace the shipped ones."""

    real_name_rules: OptionalFile = Field(
        None,
        validation_alias="KAITONG_REAL_NAME_RULES",
        description="a file of the rules for real-name checks (JSON) that replaces the shipped "
        "one: see docs/real-name.md",
    )


SETTINGS = (OrderSettings,)

HEADING = "Settings of order"
READERS = (
    "The processes of the order service read these from their environment, beside",
    "[those of every process](settings.md).",
)

if __name__ == "__main__":
    sys.stdout.write(settings_page(*SETTINGS, heading=HEADING, readers=READERS))
