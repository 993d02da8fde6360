"""The simulator's journal: a file with a line for each outcome, written before the answer is sent.

A line is written with one system call, so a killed process loses nothing that it answered. A
power failure may lose lines; a test simulator does not need more.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol, Self, TypeAlias

import msgspec
from msgspec import Raw, Struct

from services.elements.domain import Operation, OperationOutcome, Refusal, find_operation_kind
from services.elements.faults import AnyFault

FILE = "elements.journal"


class JournalError(Exception):
    """The journal cannot be used. The text gives the reason and the remedy."""


class OutcomeEntry(Struct, frozen=True, tag="answer"):
    """An element answered an operation."""

    element: str
    id: str
    kind: str
    subject: str
    parameters: Raw
    refusal: Refusal | None = None

    @classmethod
    def of(cls, element: str, outcome: OperationOutcome) -> Self:
        """Return the entry of an outcome."""
        operation = outcome.operation
        return cls(
            element,
            operation.id,
            operation.kind,
            operation.subject,
            Raw(operation.parameters),
            outcome.refusal,
        )

    def outcome(self) -> OperationOutcome:
        """Return the outcome in the entry."""
        parameters = bytes(self.parameters).decode()
        return OperationOutcome(
            Operation(self.id, self.kind, self.subject, parameters), self.refusal
        )


class FaultsEntry(Struct, frozen=True, tag="faults"):
    """All faults of an element were replaced by these."""

    element: str
    faults: tuple[AnyFault, ...]


Entry: TypeAlias = OutcomeEntry | FaultsEntry

_encode = msgspec.json.Encoder().encode
_decode: Callable[[bytes], Entry] = msgspec.json.Decoder(Entry).decode


class Journal(Protocol):
    """A store for entries."""

    def append(self, entry: Entry) -> None:
        """Store an entry.

        Raises:
            JournalError: it was not stored.
        """


class NullJournal:
    """A journal for a simulator that keeps nothing across a restart."""

    def append(self, entry: Entry) -> None:
        """Store nothing."""


class FileJournal:
    """A journal in a folder; one process at a time may use it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            message = f"{self._path} cannot be opened ({error.strerror}): check KAITONG_STATE"
            raise JournalError(message) from error
        self._lock()
        self._size = 0

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            message = f"{self._path} is in use: stop the other simulator, or change KAITONG_STATE"
            raise JournalError(message) from error

    def entries(self) -> Iterator[Entry]:
        """Yield the entries in order; an incomplete last line, left by a kill, is removed.

        Raises:
            JournalError: a line cannot be read.
        """
        with self._path.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if not line.endswith(b"\n"):
                    break
                yield self._entry(line, number)
                self._size += len(line)
        os.ftruncate(self._file, self._size)

    def _entry(self, line: bytes, number: int) -> Entry:
        try:
            entry = _decode(line)
        except msgspec.DecodeError as error:
            raise self._unreadable(number) from error
        if isinstance(entry, OutcomeEntry) and not find_operation_kind(entry.element, entry.kind):
            raise self._unreadable(number)
        return entry

    def _unreadable(self, number: int) -> JournalError:
        return JournalError(f"{self._path}: line {number} cannot be read: fix or remove the file")

    def append(self, entry: Entry) -> None:
        """Write an entry completely or not at all.

        Raises:
            JournalError: it was not written.
        """
        line = _encode(entry) + b"\n"
        try:
            written = os.write(self._file, line)
        except OSError as error:
            message = f"the journal cannot be written: {error.strerror}"
            raise JournalError(message) from error
        if written != len(line):
            os.ftruncate(self._file, self._size)
            message = "the journal cannot be written: no space left"
            raise JournalError(message)
        self._size += len(line)

    def close(self) -> None:
        """Close the file, so that another process can use the journal."""
        os.close(self._file)
