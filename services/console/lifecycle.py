"""`up` and `down`."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local import detached
from deploy.local.errors import StartError
from deploy.local.existing_engines import KAFKA, fetch_engines, setting_of
from deploy.local.home import home
from deploy.local.process_environment import secrets_needed_elsewhere
from deploy.local.stack import SERVICES
from deploy.local.stack_record import StackRecord
from services.console.client import connect, demo_home, make_keys
from services.console.errors import UNAVAILABLE, CommandError
from services.console.output import print_line, print_row, spinner
from shared.security.development_keys import TENANT

HOLDINGS = "/ops/v1/holdings"
"""Where each service tells what it holds, of all tenants."""


def up() -> None:
    """Start everything in the background, and say where it is.

    Raises:
        CommandError: if it cannot start, and why.
    """
    make_keys(home())
    try:
        fetch_engines(SERVICES)
        with spinner("starting Kafka, PostgreSQL and the services"):
            found = detached.up(home())
    except StartError as error:
        raise CommandError(str(error), UNAVAILABLE) from error
    print_addresses(found)
    print_line(describe_holdings(found))
    print_line("Next: `kaitong status`; `kaitong demo --keep` shows a whole province instead.")


def print_addresses(found: StackRecord) -> None:
    """Print where everything is reached."""
    for name, url in found.urls.items():
        print_row((name, url), (14,))
    print_row(("kafka", found.kafka), (14,))


def describe_holdings(found: StackRecord) -> str:
    """Ask each service what it has from before, and return it in one line."""
    client = connect("viewer", found)
    try:
        held = {each: client.get(each, HOLDINGS)["holds"] for each in SERVICES}
    except CommandError as error:
        return f"What it holds is not known: {error}"
    finally:
        client.http.close()
    if any(held.values()):
        each = (f"{of}: {', '.join(kinds)}" for of, kinds in held.items() if kinds)
        return f"It holds data from before ({'; '.join(each).replace('_', ' ')})."
    empty = f"It is empty (tenant {TENANT})"
    return f"{empty}: import exchanges, numbers and plant (POST /ops/v1/import/...)."


def down(*, purge: bool) -> None:
    """Stop what runs; delete its data if that is wanted. Of a demonstration nothing is kept."""
    existing = detached.existing_engines(home())
    with spinner("stopping the services, then Kafka and PostgreSQL"):
        was_running = detached.down(home(), delete_state=purge)
        was_shown = detached.down(demo_home(), delete_state=True)
    shutil.rmtree(demo_home(), ignore_errors=True)
    if was_shown:
        print_line("the demonstration is over, and its data is deleted")
    if was_running or not was_shown:
        first = "stopped" if was_running else "nothing was running"
        print_line(f"{first}; {describe_deleted(existing) if purge else 'all data is kept'}")
    for line in describe_kept(home(), existing) if purge else ():
        print_line(line)


def describe_deleted(existing: Mapping[str, str]) -> str:
    """Say what a purge deletes where these settings name engines elsewhere."""
    if not existing:
        return "all data is deleted"
    return f"deleted: all that lies in {home()} of databases, topics, keys, tokens and logs"


def describe_kept(place: Path, existing: Mapping[str, str]) -> Iterator[str]:
    """Yield what a purge does not delete, a line for each, and what to do about it."""
    for setting, address in existing.items():
        what = "all topics at" if setting == KAFKA else "the database"
        yield f"kept: {what} {address} ({setting})"
    for file in secrets_needed_elsewhere(place, existing):
        yield f"kept: {file}, by which these databases recognise persons whose data was erased"
    if existing:
        yield describe_next_start(existing)


def describe_next_start(existing: Mapping[str, str]) -> str:
    """Say what the next `up` finds, and what to do about it."""
    if KAFKA in existing and not existing.keys() >= set(map(setting_of, SERVICES)):
        return (
            "databases were deleted, so these topics are of no use to the next `kaitong up` — "
            "set another KAITONG_TOPIC_PREFIX, or delete them if no other installation uses them"
        )
    return (
        "`kaitong up` goes on with what is kept — for an empty start drop those databases and "
        "delete those topics if no other installation uses them, or name others"
    )
