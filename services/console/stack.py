"""`up` and `down`."""

import shutil

from deploy.local import detached
from deploy.local.errors import StartError
from deploy.local.existing import fetch_engines
from deploy.local.home import home
from deploy.local.record import Record
from deploy.local.stack import SERVICES
from services.console.client import demo_home, make_keys
from services.console.exits import UNAVAILABLE, CommandError
from services.console.output import row, say, waiting


def up() -> None:
    """Start everything in the background, and say where it is.

    Raises:
        CommandError: if it cannot start, and why.
    """
    make_keys(home())
    try:
        fetch_engines(SERVICES)
        with waiting("starting Kafka, PostgreSQL and the services"):
            found = detached.up(home())
    except StartError as error:
        raise CommandError(str(error), UNAVAILABLE) from error
    tell_where(found)


def tell_where(found: Record) -> None:
    """Print where everything is reached."""
    for name, url in found.urls.items():
        row((name, url), (14,))
    row(("kafka", found.kafka), (14,))
    say("It is empty: import exchanges, numbers and plant (POST /ops/v1/import/...).")
    say("Next: `kaitong status`; `kaitong demo --keep` shows a whole province instead.")


def down(*, purge: bool) -> None:
    """Stop what runs; delete its data if that is wanted. Of a demonstration nothing is kept."""
    with waiting("stopping the services, then Kafka and PostgreSQL"):
        was_running = detached.down(home(), forget=purge)
        was_shown = detached.down(demo_home(), forget=True)
    shutil.rmtree(demo_home(), ignore_errors=True)
    if was_shown:
        say("the demonstration is over, and its data is deleted")
    if was_running or not was_shown:
        first = "stopped" if was_running else "nothing was running"
        say(first + ("; all data is deleted" if purge else "; all data is kept"))
