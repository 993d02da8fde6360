"""The crash guard: finds the record that ends the process (poison-record detection).

A process writes the records that it is about to handle to a journal file of its own, and
clears it afterwards. Records that the next process finds there were in flight when the
process died. It handles them one by one, and counts each in the database before it
handles it; a record that has ended the process `MAX_CRASHES` times is parked.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count, groupby
from pathlib import Path

import structlog
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.dispatcher import Dispatcher
from shared.messaging.failures import CrashingRecordError
from shared.messaging.unit_of_work import TRANSIENT
from shared.persistence.database import Base, Sessions

log = structlog.get_logger()

MAX_CRASHES = 5


class SuspectRow(Base):
    """A record that may have ended the process."""

    __tablename__ = "trials"

    identity: Mapped[str] = mapped_column(primary_key=True)
    deaths: Mapped[int]
    """How often the process ended while handling it, if it ends now too."""


def count_crash(session: Session, record: ConsumedRecord) -> int:
    """Count a record that is about to be handled; return how often it ended the process.

    The first crash happened before the record was counted, so it is included.
    """
    fresh = insert(SuspectRow).values(identity=record.identity, deaths=1)
    again = fresh.on_conflict_do_update(
        index_elements=["identity"], set_={"deaths": SuspectRow.deaths + 1}
    )
    return session.scalars(again.returning(SuspectRow.deaths)).one()


def clear_suspect(session: Session, record: ConsumedRecord) -> None:
    """Delete the crash count of a record that was handled or parked."""
    session.execute(delete(SuspectRow).where(SuspectRow.identity == record.identity))


class InFlightJournal:
    """A file that shows, after an abnormal end, which records were being handled.

    It survives the process, not the machine: after a power cut no record is suspect.
    While its disk is full nothing is written, and a record that ends the process is not
    detected: that is better than to handle nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1
        self._is_writable = True

    def acquire(self) -> frozenset[str]:
        """Lock the first file that no running process holds; return the records left in it."""
        try:
            return self._acquire()
        except OSError as error:
            self._log_failure(error)
            return frozenset()

    def _acquire(self) -> frozenset[str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        for number in count():
            self._file = os.open(self._folder / f"handling.{number}", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(self._file)
            else:
                break
        return self._read()

    def _read(self) -> frozenset[str]:
        with os.fdopen(os.dup(self._file)) as file:
            line = file.readline()
        try:
            return frozenset(json.loads(line or "[]"))
        except ValueError:
            return frozenset()  # cut off while it was written, before anything was handled

    def mark_in_flight(self, records: Sequence[ConsumedRecord]) -> None:
        """Write the records that are about to be handled."""
        self._write([record.identity for record in records])

    def clear(self) -> None:
        """Write that no record is being handled."""
        self._write([])

    def _write(self, identities: Sequence[str]) -> None:
        if self._file < 0:
            return
        try:
            os.pwrite(self._file, json.dumps(identities).encode() + b"\n", 0)
        except OSError as error:
            self._log_failure(error)
        else:
            self._is_writable = True

    def _log_failure(self, error: OSError) -> None:
        """Log that the journal cannot be written, once per outage."""
        if self._is_writable:
            log.warning("in_flight_journal.unwritable", folder=str(self._folder), reason=str(error))
        self._is_writable = False

    def close(self) -> None:
        """Empty and close the file: the process ends in order."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


class CrashGuard:
    """Hands records to a dispatcher, one by one where one of them may have ended the process."""

    def __init__(self, sessions: Sessions, journal: InFlightJournal) -> None:
        self._sessions = sessions
        self._journal = journal
        self._suspects = set(journal.acquire())
        self._crash_counts: dict[str, int] = {}

    def handle_batch(
        self,
        dispatcher: Dispatcher,
        records: Sequence[ConsumedRecord],
        commit_context: CommitContext,
    ) -> None:
        """Handle a batch, in the writing thread."""
        for is_suspect, group in groupby(records, self._is_suspect):
            if is_suspect:
                for record in group:
                    self._handle_suspect(dispatcher, record, commit_context)
            else:
                with self._in_flight(run := list(group)):
                    dispatcher.handle_batch_now(run, commit_context)

    def _is_suspect(self, record: ConsumedRecord) -> bool:
        return bool(self._suspects) and record.identity in self._suspects

    def _handle_suspect(
        self, dispatcher: Dispatcher, record: ConsumedRecord, commit_context: CommitContext
    ) -> None:
        """Count and handle one record; park it if it has ended the process too often."""
        crashes = self._count_crash(record)
        with self._in_flight([record]):
            if crashes < MAX_CRASHES:
                dispatcher.handle_batch_now([record], commit_context)
            else:
                log.error("record.ends_process", record=record.identity, crashes=crashes)
                error = CrashingRecordError(f"the process ended {crashes} times while handling it")
                dispatcher.add_dead_letter_now(record, error, commit_context)
        with self._sessions.begin() as session:
            clear_suspect(session, record)
        self._suspects.discard(record.identity)

    def _count_crash(self, record: ConsumedRecord) -> int:
        """Count a record once per process: a retry after a database error is not counted again."""
        if record.identity not in self._crash_counts:
            with self._sessions.begin() as session:
                self._crash_counts[record.identity] = count_crash(session, record)
        return self._crash_counts[record.identity]

    @contextmanager
    def _in_flight(self, records: Sequence[ConsumedRecord]) -> Iterator[None]:
        """Keep records in the journal; also after an unexpected error, which ends the process."""
        self._journal.mark_in_flight(records)
        try:
            yield
        except TRANSIENT:
            self._journal.clear()
            raise
        self._journal.clear()
