"""Rename the installation of databases: `python -m shared.runtime.rename_installation order`.

The new name is the value of KAITONG_INSTALLATION. Topics keep their owner: a copy needs a
prefix or a broker of its own.
"""

import sys
from collections.abc import Sequence

from sqlalchemy.exc import OperationalError, ProgrammingError

from shared.config.settings import Settings
from shared.errors import StartError
from shared.exit import refuse_to_start
from shared.kafka.installation import UnnamedInstallationError, rename_installation
from shared.persistence.connection_errors import first_line
from shared.persistence.database import make_sessions
from shared.recovery import database_identity


def set_installation_name(service: str) -> str:
    """Give one service's database the name in the settings; return a line with both names.

    Raises:
        StartError: the settings are wrong, or have no name.
    """
    settings = Settings.from_environment(service)
    if not settings.installation:
        raise UnnamedInstallationError
    with make_sessions(settings.database_url).begin() as session:
        before = rename_installation(session, settings.installation)
        database_identity.accept_current_identity(session)
    return f"{service}: the database is {settings.installation}'s; it was {before}'s"


def main(services: Sequence[str]) -> None:
    """Rename the databases of these services, in turn."""
    for service in services:
        try:
            sys.stdout.write(f"{set_installation_name(service)}\n")
        except StartError as error:
            refuse_to_start(f"{service}: {error}")
        except (OperationalError, ProgrammingError) as error:
            remedy = "check that it runs and is migrated, then rename again"
            sys.exit(f"{service}: the database is not renamed: {first_line(error)} — {remedy}")


if __name__ == "__main__":
    main(sys.argv[1:])
