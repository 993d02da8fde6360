"""`kaitong up` and `kaitong down`."""

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from deploy.local import detached
from deploy.local.errors import StartError
from deploy.local.existing_engines import KAFKA, database_setting_name, fetch_engines
from deploy.local.home import home
from deploy.local.process_environment import secrets_needed_elsewhere
from deploy.local.stack_record import SERVICES, StackRecord
from services.console.client import connect, demo_home, ensure_keys_folder
from services.console.errors import UNAVAILABLE, CommandError
from services.console.output import print_line, print_row, spinner
from shared.security.development_keys import TENANT

HOLDINGS = "/ops/v1/holdings"
"""The path at which each service lists the kinds of data it stores, of all tenants."""


def up() -> None:
    """Start everything in the background, and print its addresses.

    Raises:
        CommandError: it cannot start; the text says why.
    """
    ensure_keys_folder(home())
    try:
        fetch_engines(SERVICES)
        with spinner("starting Kafka, PostgreSQL and the services"):
            found = detached.up(home())
    except StartError as error:
        raise CommandError(str(error), UNAVAILABLE) from error
    print_addresses(found)
    print_line(describe_stored_data(found))
    print_line("Next: `kaitong status`; `kaitong demo --keep` shows a whole province instead.")


def print_addresses(found: StackRecord) -> None:
    """Print the addresses of the services and of Kafka."""
    for name, url in found.urls.items():
        print_row((name, url), (14,))
    print_row(("kafka", found.kafka), (14,))


def describe_stored_data(found: StackRecord) -> str:
    """Return in one line what data each service stores from before."""
    client = connect("viewer", found)
    try:
        held = {each: client.get(each, HOLDINGS)["holds"] for each in SERVICES}
    except CommandError as error:
        return f"What data it stores is not known: {error}"
    finally:
        client.http.close()
    if any(held.values()):
        each = (f"{service}: {', '.join(kinds)}" for service, kinds in held.items() if kinds)
        return f"It holds data from before ({'; '.join(each).replace('_', ' ')})."
    empty = f"It is empty (tenant {TENANT})"
    return f"{empty}: import exchanges, numbers and plant (POST /ops/v1/import/...)."


def down(*, purge: bool) -> None:
    """Stop what runs; with `purge` delete its data. A demonstration's data is always deleted."""
    existing = detached.existing_engine_addresses(home())
    with spinner("stopping the services, then Kafka and PostgreSQL"):
        was_running = detached.down(home(), delete_state=purge)
        demo_was_running = detached.down(demo_home(), delete_state=True)
    shutil.rmtree(demo_home(), ignore_errors=True)
    if demo_was_running:
        print_line("the demonstration is over, and its data is deleted")
    if was_running or not demo_was_running:
        first = "stopped" if was_running else "nothing was running"
        print_line(f"{first}; {describe_deleted(existing) if purge else 'all data is kept'}")
    for line in describe_kept(home(), existing) if purge else ():
        print_line(line)


def describe_deleted(existing: Mapping[str, str]) -> str:
    """Return what a purge deletes if these settings name existing engines."""
    if not existing:
        return "all data is deleted"
    return f"deleted: all databases, topics, keys, tokens and logs in {home()}"


def describe_kept(folder: Path, existing: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each thing that a purge does not delete, and the remedy."""
    for setting, address in existing.items():
        what = "all topics at" if setting == KAFKA else "the database"
        yield f"kept: {what} {address} ({setting})"
    for file in secrets_needed_elsewhere(folder, existing):
        yield f"kept: {file}, with which these databases recognise persons whose data was erased"
    if existing:
        yield describe_next_start(existing)


def describe_next_start(existing: Mapping[str, str]) -> str:
    """Return what the next `up` finds, and the remedy."""
    if KAFKA in existing and not existing.keys() >= set(map(database_setting_name, SERVICES)):
        return (
            "databases were deleted, so the next `kaitong up` cannot use these topics — "
            "set another KAITONG_TOPIC_PREFIX, or delete them if no other installation uses them"
        )
    return (
        "`kaitong up` continues with what is kept — for an empty start drop those databases and "
        "delete those topics if no other installation uses them, or name others"
    )
