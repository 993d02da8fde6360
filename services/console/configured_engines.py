"""Refuses to run a command that needs engines of its own while settings name existing ones."""

from deploy.local.existing_engines import configured_engine_addresses
from deploy.local.stack_record import SERVICES
from services.console.errors import USAGE, CommandError


def refuse_configured_engines() -> None:
    """Refuse to run if a setting names existing engines: test orders would be written to them.

    Raises:
        CommandError: one does; the text says which.
    """
    if settings := configured_engine_addresses(SERVICES):
        msg = f"{', '.join(settings)}: this command runs on engines of its own only"
        raise CommandError(msg, USAGE, remedy="unset these settings, then try again")
