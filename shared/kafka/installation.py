"""Which installation a database and the topics belong to.

Two installations on one broker under one topic prefix would join each other's consumer
groups and read each other's messages. So the first installation claims the topics, and a
process of another neither joins a group nor publishes. Two without a name could not be
distinguished, so a process without one does not start. A copy of a database keeps its
installation name: a process whose settings have another name does not use the topics.
"""

import asyncio
import time
from collections.abc import Iterable
from typing import NamedTuple

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.config.settings import Settings
from shared.errors import StartError, UnavailableError
from shared.observability.troubles import Trouble, TroubleKind
from shared.persistence.database import Base, Sessions

log = structlog.get_logger()

FOREIGN_TOPICS_REMEDY = (
    "set another KAITONG_TOPIC_PREFIX, or another KAITONG_KAFKA, and start again"
)
RENAME_REMEDY = (
    "the same installation: set KAITONG_INSTALLATION to the database's name; a copy of it: give "
    "the copy another KAITONG_TOPIC_PREFIX or KAITONG_KAFKA, and its databases their new name "
    "with python -m shared.runtime.rename_installation order provisioning resources customer"
)

UNNAMED_MESSAGE = (
    "KAITONG_INSTALLATION is not set: give a name that no other installation has, the same for all "
    "services of this one; ./kaitong up makes one"
)


class UnnamedInstallationError(StartError):
    """The installation has no name, so its topics cannot be distinguished from another's."""

    def __init__(self) -> None:
        super().__init__(UNNAMED_MESSAGE)


class InstallationRow(Base):
    """The installation that this database belongs to: one row."""

    __tablename__ = "installation"

    is_only: Mapped[bool] = mapped_column(primary_key=True)
    name: Mapped[str]
    """The first value of KAITONG_INSTALLATION; a copy of the database keeps it."""


def get_or_register_installation(session: Session, name: str) -> str:
    """Return the installation of this database: the first name that was registered."""
    session.execute(
        insert(InstallationRow).values(is_only=True, name=name).on_conflict_do_nothing()
    )
    return session.scalars(select(InstallationRow.name)).one()


def rename_installation(session: Session, name: str) -> str:
    """Rename the installation of this database, for a copy of another's; return the old name."""
    before = get_or_register_installation(session, name)
    session.execute(update(InstallationRow).values(name=name))
    return before


class OwnershipMismatch(NamedTuple):
    """Why this process does not use the topics, and what to do."""

    says: str
    remedy: str


class TopicOwnership:
    """Checks that the topics are this installation's, each time that a process connects to them.

    Raises:
        UnnamedInstallationError: the settings have no name.
    """

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        if not settings.installation:
            raise UnnamedInstallationError
        self._settings = settings
        self._sessions = sessions
        self._mismatch: OwnershipMismatch | None = None
        self._mismatch_since = 0.0

    async def check(self) -> None:
        """Claim the topics if they are free.

        Raises:
            UnavailableError: if they are another installation's, the database is not of the one
                that the settings name, or the broker is out.
        """
        mismatch = await asyncio.to_thread(self._claim_and_find_mismatch)
        if mismatch and not self._mismatch:
            self._mismatch_since = time.monotonic()
            log.error("topics.foreign", reason=f"{mismatch.says} — {mismatch.remedy}")
        self._mismatch = mismatch
        if mismatch:
            raise UnavailableError(mismatch.says)

    def _claim_and_find_mismatch(self) -> OwnershipMismatch | None:
        """Claim free topics; return why this process must not use the topics, or None."""
        # kafka-python costs a third of a second to import.
        from shared.kafka import admin  # noqa: PLC0415

        configured, prefix = self._settings.installation, self._settings.topic_prefix
        with self._sessions.begin() as session:
            own = get_or_register_installation(session, configured)
        if own != configured:
            return OwnershipMismatch(
                f"KAITONG_INSTALLATION is {configured}, and this database is {own}'s", RENAME_REMEDY
            )
        owner = admin.claim_topics_if_free(self._settings, own)
        if owner != own:
            foreign = f"the topics under prefix '{prefix}' are {owner}'s"
            return OwnershipMismatch(
                f"{foreign}, and this database is {own}'s", FOREIGN_TOPICS_REMEDY
            )
        return None

    def troubles(self) -> Iterable[Trouble]:
        """Yield a trouble if this process must not use the topics."""
        if self._mismatch:
            yield Trouble(
                kind=TroubleKind.FOREIGN_TOPICS,
                oldest_age_s=time.monotonic() - self._mismatch_since,
                says=f"{self._mismatch.says}; nothing is read or published",
                remedy=self._mismatch.remedy,
            )
