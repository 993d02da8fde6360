"""Trials: finding the record that ends the process.

A process notes in a file of its own what it is about to handle, and wipes the note
when it has. What the one after it finds there was being handled when the one before
died. Those records it takes one by one, each noted in the database before it is
touched; one that has ended the process `MOST_DEATHS` times is parked.
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

from shared.kafka.records import Record
from shared.messaging.after_commit import Dispatch
from shared.messaging.dispatcher import Receiver
from shared.messaging.failures import DeadlyError
from shared.messaging.unit_of_work import PASSING
from shared.persistence.database import Base, Sessions

log = structlog.get_logger()

MOST_DEATHS = 5


class TrialRow(Base):
    """A record that is being tried."""

    __tablename__ = "trials"

    identity: Mapped[str] = mapped_column(primary_key=True)
    deaths: Mapped[int]
    """How often the process has ended while it was handled, if it ends now too."""


def begin(session: Session, record: Record) -> int:
    """Note that a record is about to be tried; return how often the process ended over it.

    The first death happened before anybody noted anything, so it is counted here.
    """
    fresh = insert(TrialRow).values(identity=record.identity, deaths=1)
    again = fresh.on_conflict_do_update(
        index_elements=["identity"], set_={"deaths": TrialRow.deaths + 1}
    )
    return session.scalars(again.returning(TrialRow.deaths)).one()


def survive(session: Session, record: Record) -> None:
    """Note that a record is past."""
    session.execute(delete(TrialRow).where(TrialRow.identity == record.identity))


class Lifeline:
    """A file that tells, after an abnormal end, what was being handled.

    It survives the process, not the machine: after a power cut no record is to blame.
    While its disk is full nothing is noted, and a record that ends the process is not
    found out: that is better than to handle nothing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = -1
        self._is_writable = True

    def take(self) -> frozenset[str]:
        """Take the first line that no living process holds; return what was left on it."""
        try:
            return self._take()
        except OSError as error:
            self._note_failure(error)
            return frozenset()

    def _take(self) -> frozenset[str]:
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

    def hold(self, records: Sequence[Record]) -> None:
        """Note that these are about to be handled."""
        self._write([record.identity for record in records])

    def rest(self) -> None:
        """Note that nothing is being handled."""
        self._write([])

    def _write(self, identities: Sequence[str]) -> None:
        if self._file < 0:
            return
        try:
            os.pwrite(self._file, json.dumps(identities).encode() + b"\n", 0)
        except OSError as error:
            self._note_failure(error)
        else:
            self._is_writable = True

    def _note_failure(self, error: OSError) -> None:
        """Say that nothing can be noted, once for each time that this begins."""
        if self._is_writable:
            log.warning("lifeline.unwritable", folder=str(self._folder), trouble=str(error))
        self._is_writable = False

    def let_go(self) -> None:
        """Leave nothing behind: this is an orderly end."""
        if self._file >= 0:
            os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = -1


class Caution:
    """Hands records to a receiver, one by one where one of them may have ended the process."""

    def __init__(self, sessions: Sessions, lifeline: Lifeline) -> None:
        self._sessions = sessions
        self._lifeline = lifeline
        self._suspects = set(lifeline.take())
        self._deaths: dict[str, int] = {}

    def receive(self, receiver: Receiver, records: Sequence[Record], dispatch: Dispatch) -> None:
        """Have a batch handled, in the writing thread."""
        for is_suspect, some in groupby(records, self._is_suspect):
            if is_suspect:
                for record in some:
                    self._try(receiver, record, dispatch)
            else:
                with self._holding(run := list(some)):
                    receiver.receive_now(run, dispatch)

    def _is_suspect(self, record: Record) -> bool:
        return bool(self._suspects) and record.identity in self._suspects

    def _try(self, receiver: Receiver, record: Record, dispatch: Dispatch) -> None:
        """Handle one record, having noted it; park it if it has ended the process too often."""
        deaths = self._begin(record)
        with self._holding([record]):
            if deaths < MOST_DEATHS:
                receiver.receive_now([record], dispatch)
            else:
                log.error("record.deadly", record=record.identity, deaths=deaths)
                error = DeadlyError(f"the process ended {deaths} times while handling it")
                receiver.set_aside_now(record, error, dispatch)
        with self._sessions.begin() as session:
            survive(session, record)
        self._suspects.discard(record.identity)

    def _begin(self, record: Record) -> int:
        """Count a trial, once in a process: waiting for the database is no other trial."""
        if record.identity not in self._deaths:
            with self._sessions.begin() as session:
                self._deaths[record.identity] = begin(session, record)
        return self._deaths[record.identity]

    @contextmanager
    def _holding(self, records: Sequence[Record]) -> Iterator[None]:
        """Note what is being handled; an unexpected error leaves the note, for it ends us."""
        self._lifeline.hold(records)
        try:
            yield
        except PASSING:
            self._lifeline.rest()
            raise
        self._lifeline.rest()
