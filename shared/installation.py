"""Which installation a database and the topics belong to.

Two installations on one broker under one topic prefix would join each other's consumer
groups and read each other's messages. So the topics are claimed by the first, and a
process of another neither joins a group nor publishes. Two without a name could not be told
apart, so a process without one does not start.
"""

import asyncio
import time
from collections.abc import Iterable

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.db import Base, Sessions
from shared.errors import StartError, UnavailableError
from shared.settings import Settings
from shared.troubles import Kind, Trouble

log = structlog.get_logger()

REMEDY = "set another KAITONG_TOPIC_PREFIX, or another KAITONG_KAFKA, and start again"


UNNAMED = (
    "KAITONG_INSTALLATION is not set: give a name that no other installation has, the same for all "
    "services of this one; ./kaitong up makes one"
)


class UnnamedError(StartError):
    """The installation has no name, so its topics cannot be told from another's."""

    def __init__(self) -> None:
        super().__init__(UNNAMED)


class InstallationRow(Base):
    """The installation that this database belongs to: one row."""

    __tablename__ = "installation"

    is_only: Mapped[bool] = mapped_column(primary_key=True)
    name: Mapped[str]
    """As KAITONG_INSTALLATION said it first; it goes where the database goes."""


def settle(session: Session, said: str) -> str:
    """Return the installation of this database; the first one that is said stays."""
    session.execute(
        insert(InstallationRow).values(is_only=True, name=said).on_conflict_do_nothing()
    )
    return session.scalars(select(InstallationRow.name)).one()


class Claim:
    """Sees that the topics are this installation's, each time that a process turns to them.

    Raises:
        UnnamedError: the settings say no name.
    """

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        if not settings.installation:
            raise UnnamedError
        self._settings = settings
        self._sessions = sessions
        self._foreign = ""
        self._foreign_since = 0.0

    async def check(self) -> None:
        """Claim the topics if they are free.

        Raises:
            UnavailableError: if they are another installation's, or the broker is out.
        """
        owner, own = await asyncio.to_thread(self._ask)
        if owner == own:
            self._foreign = ""
            return
        message = self._refusal(owner, own)
        if not self._foreign:
            self._foreign_since = time.monotonic()
            log.error("topics.foreign", trouble=f"{message} — {REMEDY}")
        self._foreign = message
        raise UnavailableError(message)

    def _ask(self) -> tuple[str, str]:
        # kafka-python costs a third of a second to import.
        from shared import admin  # noqa: PLC0415

        with self._sessions.begin() as session:
            own = settle(session, self._settings.installation)
        return admin.claimant(self._settings, own), own

    def _refusal(self, owner: str, own: str) -> str:
        prefix = self._settings.topic_prefix
        return f"the topics under prefix '{prefix}' are {owner}'s, and this database is {own}'s"

    def troubles(self) -> Iterable[Trouble]:
        """Yield the trouble that the topics are another installation's."""
        if self._foreign:
            yield Trouble(
                kind=Kind.FOREIGN_TOPICS,
                oldest_age_s=time.monotonic() - self._foreign_since,
                says=f"{self._foreign}; nothing is read or published",
                remedy=REMEDY,
            )
