"""Blank erased parties in archived files: `python -m shared.privacy.archive_scrubbing order`.

An erasure covers all data in a service's database. This tool covers the months that were
moved to files before it; the operator runs it as often as its own rules require. Every file
with personal data of an erased party is replaced by a rewritten one.
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
from shared.privacy.erasure import blanked_body, names_party_before_erasure, personal_types

FILE_PATTERN = "outbox_*.jsonl.gz"
"""Only outbox records contain personal data: the history names no person."""


def scrub_folder(folder: Path, erased: ErasedParties) -> Iterator[tuple[Path, int]]:
    """Blank erased parties in all files of a folder; yield each file and its blanked messages."""
    for file in sorted(folder.glob(FILE_PATTERN)):
        yield file, scrub_file(file, erased)


def scrub_file(file: Path, erased: ErasedParties) -> int:
    """Blank erased parties in one file; return the number of blanked messages.

    The file is replaced atomically, and is not touched where there is nothing to blank.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        count = sum(new != line for line, new in original_and_scrubbed_lines(lines, erased))
    if count:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            write_atomically(file, (new for _, new in original_and_scrubbed_lines(lines, erased)))
    return count


def original_and_scrubbed_lines(
    lines: Iterable[str], erased: ErasedParties
) -> Iterator[tuple[str, str]]:
    """Yield each line before and after blanking: equal, where there is nothing to blank."""
    personal = set(personal_types())
    for line in lines:
        row = json.loads(line)
        body = row["body"].encode()
        if (
            row["type"] in personal
            and names_party_before_erasure(body, erased)
            and (new := blanked_body(body))
        ):
            yield line, json.dumps(row | {"body": new.decode()}) + "\n"
        else:
            yield line, line


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Lock a folder; wait while another process scrubs it: both would write the same file."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def scrub_archive(settings: Settings) -> str:
    """Blank erased parties in the archived files of a service; return a summary."""
    if settings.service_archive_folder is None:
        return "KAITONG_ARCHIVE_FOLDER is not set: there are no archived files"
    with folder_lock(settings.service_archive_folder):
        engine = make_plain_engine(settings.database_url)
        with Session(engine) as session:
            erased = erased_parties.all_erased_parties(session)
        engine.dispose()
        counts = [count for _, count in scrub_folder(settings.service_archive_folder, erased)]
    return f"{sum(counts)} messages were blanked; {len(counts)} files were read"


def main(services: Sequence[str]) -> None:
    """Scrub the archived files of these services, one after the other."""
    for service in services:
        try:
            settings = Settings.from_environment(service)
        except StartError as error:
            sys.exit(f"{service}: {error}")
        try:
            summary = scrub_archive(settings)
        except OperationalError as error:
            sys.exit(f"{service}: {describe_unreachable(service, settings.database_url, error)}")
        except (OSError, EOFError, zlib.error, ValueError) as error:
            sys.exit(f"{service}: a file cannot be read or written: {error}; it is unchanged")
        sys.stdout.write(f"{service}: {summary}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
