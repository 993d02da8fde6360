"""Blank who was erased in archived files: `python -m shared.privacy.archive_scrubbing order`.

An erasure reaches all that a service's database has. The months that were moved to
files before it are read through here, as often as the operator's own rules ask for:
every file in which something is to be blanked is written anew and put in its place.
"""

import fcntl
import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from shared.config.settings import Settings
from shared.errors import StartError
from shared.persistence.archive import write_atomically
from shared.persistence.connection_errors import describe_unreachable
from shared.persistence.database import make_plain_engine
from shared.privacy import erased_parties
from shared.privacy.erased_parties import ErasedParties
from shared.privacy.erasure import blanked_body, mentions_erased_party, personal_types

FILE_PATTERN = "outbox_*.jsonl.gz"
"""Letters alone tell of persons: the history names nobody."""


def scrub_folder(folder: Path, whom: ErasedParties) -> Iterator[tuple[Path, int]]:
    """Blank everybody who was erased in all files of a folder; yield how many letters in each."""
    for file in sorted(folder.glob(FILE_PATTERN)):
        yield file, scrub_file(file, whom)


def scrub_file(file: Path, whom: ErasedParties) -> int:
    """Blank everybody who was erased in one file; return in how many letters.

    The file is whole at every moment, and is not touched where there is nothing to blank.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        count = sum(new != line for line, new in scrubbed_lines(lines, whom))
    if count:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            write_atomically(file, (new for _, new in scrubbed_lines(lines, whom)))
    return count


def scrubbed_lines(lines: Iterable[str], whom: ErasedParties) -> Iterator[tuple[str, str]]:
    """Yield each line as it is and as it shall be: the same, where there is nothing to blank."""
    personal = set(personal_types())
    for line in lines:
        row = json.loads(line)
        body = row["body"].encode()
        if (
            row["type"] in personal
            and mentions_erased_party(body, whom)
            and (new := blanked_body(body))
        ):
            yield line, json.dumps(row | {"body": new.decode()}) + "\n"
        else:
            yield line, line


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Wait until nobody else goes through a folder: two would write one file at once."""
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def scrub_archive(settings: Settings) -> str:
    """Blank everybody who was erased in the files of a service; return what was done."""
    if settings.service_archive_folder is None:
        return "KAITONG_ARCHIVE_FOLDER is not set: nothing was ever moved to files"
    with folder_lock(settings.service_archive_folder):
        engine = make_plain_engine(settings.database_url)
        with Session(engine) as session:
            whom = erased_parties.all_erased_parties(session)
        engine.dispose()
        counts = [count for _, count in scrub_folder(settings.service_archive_folder, whom)]
    return f"{sum(counts)} letters were blanked; {len(counts)} files were read"


def main(services: Sequence[str]) -> None:
    """Go through the files of these services, in turn."""
    for service in services:
        try:
            settings = Settings.from_environment(service)
        except StartError as error:
            sys.exit(f"{service}: {error}")
        try:
            done = scrub_archive(settings)
        except OperationalError as error:
            sys.exit(f"{service}: {describe_unreachable(service, settings.database_url, error)}")
        except (OSError, EOFError, zlib.error, ValueError) as error:
            sys.exit(f"{service}: a file cannot be read or written: {error}; it stays as it was")
        sys.stdout.write(f"{service}: {done}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
