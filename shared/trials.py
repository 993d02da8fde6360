"""Trials: finding the record that ends the process.

A worker that starts after an abnormal exit does not trust the first records it
gets. It takes them one by one and notes each before it touches it; one that has
ended the process `MOST_DEATHS` times is parked.
"""

from pathlib import Path

from sqlalchemy import BigInteger, case, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import Base
from shared.inbox_rows import Record

MOST_DEATHS = 5


class TrialRow(Base):
    """The record that is being tried in one partition."""

    __tablename__ = "trials"

    source: Mapped[str] = mapped_column(primary_key=True)
    offset: Mapped[int] = mapped_column(BigInteger)
    deaths: Mapped[int]
    """How often the process has ended while it was handled, if it ends now too."""


def begin(session: Session, record: Record) -> int:
    """Note that a record is about to be tried; return how often it was before.

    The first death happened before anybody noted anything, so it is counted here.
    """
    fresh = insert(TrialRow).values(source=record.source, offset=record.offset, deaths=1)
    again = case((TrialRow.offset == record.offset, TrialRow.deaths + 1), else_=1)
    statement = fresh.on_conflict_do_update(
        index_elements=["source"], set_={"offset": record.offset, "deaths": again}
    ).returning(TrialRow.deaths)
    return session.scalars(statement).one()


def survive(session: Session) -> None:
    """Note that the records in question are past."""
    session.execute(delete(TrialRow))


class Lifeline:
    """A mark in the state folder that is there while the process lives.

    Found at the start, it tells that the process before this one did not end as
    it should.
    """

    def __init__(self, folder: Path) -> None:
        self._mark = folder / "alive"

    def take(self) -> bool:
        """Set the mark; tell whether the one before was left behind."""
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        was_left = self._mark.exists()
        self._mark.touch()
        return was_left

    def let_go(self) -> None:
        """Take the mark away: this is an orderly end."""
        self._mark.unlink(missing_ok=True)
