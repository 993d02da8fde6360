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
from shared.persistence.archive import write_whole
from shared.persistence.connection_errors import in_one_line
from shared.persistence.database import make_plain_engine
from shared.privacy import erased_parties
from shared.privacy.erased_parties import Forgotten
from shared.privacy.erasure import blanked, is_told_of, personal_types

FILES = "outbox_*.jsonl.gz"
"""Letters alone tell of persons: the history names nobody."""


def forget_in(folder: Path, whom: Forgotten) -> Iterator[tuple[Path, int]]:
    """Blank everybody who was erased in all files of a folder; yield how many letters in each."""
    for file in sorted(folder.glob(FILES)):
        yield file, forget_in_file(file, whom)


def forget_in_file(file: Path, whom: Forgotten) -> int:
    """Blank everybody who was erased in one file; return in how many letters.

    The file is whole at every moment, and is not touched where there is nothing to blank.
    """
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        count = sum(new != line for line, new in blanked_lines(lines, whom))
    if count:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            write_whole(file, (new for _, new in blanked_lines(lines, whom)))
    return count


def blanked_lines(lines: Iterable[str], whom: Forgotten) -> Iterator[tuple[str, str]]:
    """Yield each line as it is and as it shall be: the same, where there is nothing to blank."""
    personal = set(personal_types())
    for line in lines:
        row = json.loads(line)
        body = row["body"].encode()
        if row["type"] in personal and is_told_of(body, whom) and (new := blanked(body)):
            yield line, json.dumps(row | {"body": new.decode()}) + "\n"
        else:
            yield line, line


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait until nobody else goes through a folder: two would write one file at once."""
    place = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX)
        yield
    finally:
        os.close(place)


def forget(settings: Settings) -> str:
    """Blank everybody who was erased in the files of a service; return what was done."""
    if settings.archive_place is None:
        return "KAITONG_ARCHIVE_FOLDER is not set: nothing was ever moved to files"
    with alone_in(settings.archive_place):
        engine = make_plain_engine(settings.database_url)
        with Session(engine) as session:
            whom = erased_parties.everybody(session)
        engine.dispose()
        counts = [count for _, count in forget_in(settings.archive_place, whom)]
    return f"{sum(counts)} letters were blanked; {len(counts)} files were read"


def main(services: Sequence[str]) -> None:
    """Go through the files of these services, in turn."""
    for service in services:
        try:
            settings = Settings.from_environment(service)
        except StartError as error:
            sys.exit(f"{service}: {error}")
        try:
            done = forget(settings)
        except OperationalError as error:
            sys.exit(f"{service}: {in_one_line(service, settings.database_url, error)}")
        except (OSError, EOFError, zlib.error, ValueError) as error:
            sys.exit(f"{service}: a file cannot be read or written: {error}; it stays as it was")
        sys.stdout.write(f"{service}: {done}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
