"""The archive by month: partitions made ahead, cold months moved to files.

The outbox is the owner's archive of all messages ever published; the history grows
beside it. Both are kept without limit unless the settings say otherwise. A month is
dropped only after its file is written, read back and compared.

A service may have more tables partitioned by month: their rows follow from published messages, so
a month of them leaves with that of the outbox, and without a file.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, TypeAlias

import structlog
from sqlalchemy import Connection, text

from shared.config.kafka import RETENTION
from shared.persistence.database import DISABLE_TIMEOUTS, Sessions

log = structlog.get_logger()

MONTHLY_TABLES = {"outbox": "told_at", "history": "at"}
"""The tables whose months are moved to files, and the column by which they are partitioned."""

MONTHS_AHEAD = 3
"""Months made in advance, the current one included."""

CHUNK_ROWS = 1000

RowKey: TypeAlias = tuple[datetime, int]
"""What identifies a row in its table: when it was written, and its position."""

NO_ROW: RowKey = (datetime.min.replace(tzinfo=UTC), -1)
"""The key of a line that is no row."""

LOCK_PARTITIONS = text("SELECT pg_advisory_xact_lock(hashtext('kaitong.partitions'))")
TABLES_BY_RANGE = text(
    "SELECT relname FROM pg_partitioned_table JOIN pg_class ON oid = partrelid"
    " WHERE partstrat = 'r' AND pg_table_is_visible(oid) ORDER BY relname"
)
"""No table is partitioned by a range of anything but time."""

TRY_LOCK_ARCHIVE = text("SELECT pg_try_advisory_xact_lock(hashtext('kaitong.archive'))")
SHORT_LOCK_TIMEOUT = text("SET LOCAL lock_timeout = '2s'")
"""Dropping a month waits for all readers; later readers wait for it, and must not wait long."""


class IncompleteFileError(Exception):
    """A file does not have the rows that the database has."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month, in UTC."""

    year: int
    number: int

    @classmethod
    def of(cls, instant: datetime) -> "Month":
        """Return the month that an instant falls in."""
        utc = instant.astimezone(UTC)
        return cls(utc.year, utc.month)

    def plus(self, months: int) -> "Month":
        """Return the month so many later (or earlier, if negative)."""
        index = self.year * 12 + self.number - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def start(self) -> datetime:
        """The instant it begins."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    def __str__(self) -> str:
        return f"{self.year:04}_{self.number:02}"


def make_partitions(connection: Connection, now: datetime) -> None:
    """Make the missing partitions of this month and the next ones.

    In a new database also that of the previous month: another machine's clock may be behind.
    """
    connection.execute(LOCK_PARTITIONS)
    for table in tables_by_month(connection):
        first = 0 if months_of(connection, table) else -1
        for month in (Month.of(now).plus(ahead) for ahead in range(first, MONTHS_AHEAD)):
            connection.execute(
                text(
                    f"CREATE TABLE IF NOT EXISTS {table}_{month} PARTITION OF {table}"
                    f" FOR VALUES FROM ('{month.start.isoformat()}')"
                    f" TO ('{month.plus(1).start.isoformat()}')"
                )
            )


def tables_by_month(connection: Connection) -> list[str]:
    """Return the tables of a database that are partitioned by month."""
    return list(connection.scalars(TABLES_BY_RANGE))


def months_of(connection: Connection, table: str) -> list[Month]:
    """Return the months that a table holds in the database, oldest first."""
    names = connection.scalars(
        text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = (:t)::regclass"),
        {"t": table},
    )
    return sorted(_month_in(name) for name in names)


def _month_in(partition: str) -> Month:
    year, month = partition.split("_")[-2:]
    return Month(int(year), int(month))


def cold_months(connection: Connection, table: str, now: datetime, keep_months: int) -> list[Month]:
    """Return the months older than the last `keep_months` that will not be published again."""
    oldest_pending = connection.scalar(text("SELECT min(told_at) FROM unsent")) or now
    oldest_needed = Month.of(min(oldest_pending, now - RETENTION))
    warm = min(Month.of(now).plus(1 - keep_months), oldest_needed)
    return [month for month in months_of(connection, table) if month < warm]


def export_month(connection: Connection, table: str, month: Month, folder: Path) -> Path:
    """Write a month of a table to a file, one JSON object a line; return the file.

    The file is written atomically. An existing one stays as it is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{table}_{month}.jsonl.gz"
    if path.exists():
        return path
    write_atomically(path, _lines(connection, table, month))
    return path


def write_atomically(path: Path, lines: Iterable[str]) -> None:
    """Write a file, or replace an existing one, atomically."""
    part = path.with_suffix(".part")
    with part.open("wb") as raw:
        with gzip.open(raw, "wt", encoding="utf-8") as file:
            file.writelines(lines)
        raw.flush()
        os.fsync(raw.fileno())
    part.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that the names in it survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(connection: Connection, table: str, month: Month) -> Iterator[str]:
    rows = text(f"SELECT * FROM {table}_{month} ORDER BY position")  # noqa: S608  our own names
    for row in connection.execute(rows.execution_options(yield_per=CHUNK_ROWS)).mappings():
        yield json.dumps({name: _json_value(value) for name, value in row.items()}) + "\n"


def _json_value(value: Any) -> Any:  # noqa: ANN401  whatever a column holds
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode()
    return value if isinstance(value, int | str | None) else str(value)


def drop_month(connection: Connection, table: str, month: Month, file: Path) -> int:
    """Drop a month from the database, if its file has every row; return how many there were.

    Raises:
        IncompleteFileError: if the file has other rows, or fewer, or more; nothing is dropped.
    """
    rows = 0
    for stored, written in zip_longest(_keys(connection, table, month), _keys_in(file, table)):
        rows += 1
        if stored != written:
            msg = f"{file} and the database differ in row {rows}; the month stays: check the file"
            raise IncompleteFileError(msg)
    connection.execute(text(f"DROP TABLE {table}_{month}"))
    return rows


def _keys(connection: Connection, table: str, month: Month) -> Iterator[RowKey]:
    """Yield the keys of a month's rows, as the database has them."""
    keys = f"SELECT {MONTHLY_TABLES[table]}, position FROM {table}_{month} ORDER BY position"  # noqa: S608
    rows = connection.execute(text(keys).execution_options(yield_per=CHUNK_ROWS))
    yield from ((row[0], row[1]) for row in rows)


def _keys_in(file: Path, table: str) -> Iterator[RowKey]:
    """Yield the keys of the rows in a file."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            try:
                row = json.loads(line)
                yield datetime.fromisoformat(row[MONTHLY_TABLES[table]]), row["position"]
            except (ValueError, KeyError, TypeError):
                yield NO_ROW


def maintain_archive(
    sessions: Sessions, now: datetime, keep_months: int, folder: Path | None
) -> list[Path]:
    """Make the partitions ahead; move cold months to files if the settings say so.

    Args:
        sessions: the service's database.
        now: the time.
        keep_months: how many months stay in the database; 0 for all.
        folder: where the files go; each service has one of its own.

    Returns:
        The files of the months that have left the database.
    """
    with sessions.begin() as session:
        make_partitions(session.connection(), now)
    if not keep_months or folder is None:
        return []
    files = [
        file
        for table in MONTHLY_TABLES
        for file in _archive_cold_months(sessions, table, now, keep_months, folder)
    ]
    with sessions.begin() as session:
        drop_derived_months(session.connection())
    return files


def _archive_cold_months(
    sessions: Sessions, table: str, now: datetime, keep_months: int, folder: Path
) -> Iterator[Path]:
    with sessions.begin() as session:
        months = cold_months(session.connection(), table, now, keep_months)
    for month in months:
        with sessions.begin() as session:
            if file := archive_month(session.connection(), table, month, folder):
                yield file


def archive_month(connection: Connection, table: str, month: Month, folder: Path) -> Path | None:
    """Export a month and drop it; return its file, or None if it stays."""
    connection.execute(SHORT_LOCK_TIMEOUT)
    if not connection.scalar(TRY_LOCK_ARCHIVE) or month not in months_of(connection, table):
        return None  # another process archives it, or has done so
    connection.execute(DISABLE_TIMEOUTS)
    file = export_month(connection, table, month, folder)
    try:
        rows = drop_month(connection, table, month, file)
    except (IncompleteFileError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        log.error("archive.file_differs", table=table, month=str(month), why=str(error))  # noqa: TRY400
        return None
    log.info("archive.exported", table=table, month=str(month), rows=rows)
    return file


def drop_derived_months(connection: Connection) -> None:
    """Drop the months of derived tables whose messages have left the database."""
    connection.execute(SHORT_LOCK_TIMEOUT)
    first_kept = months_of(connection, "outbox")[0]
    for table in tables_by_month(connection):
        if table not in MONTHLY_TABLES:
            for month in months_of(connection, table):
                if month < first_kept:
                    connection.execute(text(f"DROP TABLE IF EXISTS {table}_{month}"))
