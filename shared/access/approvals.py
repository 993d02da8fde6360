"""A second person for what is dangerous: who asked cannot approve.

An action for which the caller's role needs a second person (roles.py) is not done when
it is asked for: it is written down, and answered with 202. When another person has
approved it, the first one sends the same request again, and it is done, once. A request
that says something else needs another approval.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec
from sqlalchemy import Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from shared.access.access_rule import NotVisibleError
from shared.errors import ConflictError, ForbiddenError, NotFoundError
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.bulk import table_of
from shared.persistence.database import Base, Instant, enum_text
from shared.persistence.list_window import Window, select_page
from shared.persistence.repository import Repository
from shared.security.caller import Caller

APPROVAL_LIFETIME = timedelta(hours=24)
"""So long an approval can be given, and then used."""


class ApprovalState(StrEnum):
    """Where a request for approval stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


ALL_APPROVALS_SCOPES = ("ops:approve", "audit:read")
"""The scopes whose holders see all requests of their tenant."""

OWN_APPROVALS_SCOPES = ("customer:erase", "access:grant", "ops:import", "network:write")
"""The scopes whose holders may need a second person, and so see what they have asked for."""

OPEN_STATES = frozenset({ApprovalState.WAITING, ApprovalState.APPROVED})


class ApprovalRow(Base):
    """One request for approval."""

    __tablename__ = "approvals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    fingerprint: Mapped[bytes]
    """Of what is asked for: the approval holds for exactly that."""

    asked_by: Mapped[str]
    reason: Mapped[str]
    asked_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[ApprovalState] = mapped_column(enum_text(ApprovalState))
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_approvals_waiting", "tenant", "state", "id"),
        Index(
            *("uq_approvals_open", "tenant", "action", "asked_by", "fingerprint"),
            unique=True,
            postgresql_where=state.in_(sorted(OPEN_STATES)),
        ),
    )


@dataclass(frozen=True, slots=True)
class Approval:
    """One request for approval."""

    id: UUID
    tenant: str
    action: str
    subject: str
    fingerprint: bytes
    asked_by: str
    """The person."""

    reason: str
    asked_at: datetime
    until: datetime
    state: ApprovalState
    decided_by: str = ""
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SensitiveAction:
    """Something for which a second person may be needed."""

    action: str
    """One of roles.NEEDS_APPROVAL."""

    subject: str
    """By an id that tells nothing of a person."""

    content: object
    """All that decides what would be done, as JSON can say it."""

    reason: str = ""

    @property
    def fingerprint(self) -> bytes:
        """What two requests share exactly if they would do the same."""
        said = msgspec.json.encode([self.subject, self.content], order="sorted")
        return hashlib.blake2b(said, digest_size=16).digest()


class SamePersonError(ForbiddenError):
    """Who asked for an approval would give it."""

    code = "second-person-needed"

    def __init__(self) -> None:
        super().__init__(
            "who asked for it cannot approve it",
            remedy="have another person, who may approve, decide about it",
        )


class PersonRequiredError(ForbiddenError):
    """Two persons are needed, and the token names none: anybody may stand behind a client."""

    code = "person-needed"

    def __init__(self) -> None:
        super().__init__(
            "this takes two persons, and the token names a client alone",
            remedy="use a token whose sub names who acts, a person or a program, not its client",
        )


def with_decision(approval: Approval, state: ApprovalState, who: Caller, now: datetime) -> Approval:
    """Return a request for approval about which somebody has decided.

    Raises:
        UnnamedError: if it is not known which person decides.
        SamePersonError: if who decides has asked for it, or may have: its client did, unnamed.
        ConflictError: if it is decided already, or has expired.
    """
    if not who.is_named:
        raise PersonRequiredError
    if approval.asked_by in {who.person, who.client}:
        raise SamePersonError
    if approval.state is not ApprovalState.WAITING or approval.until < now:
        is_late = approval.state in OPEN_STATES and approval.until < now
        now_is = ApprovalState.EXPIRED if is_late else approval.state
        msg = f"approval {approval.id} is {now_is}"
        raise ConflictError(msg, remedy="have it asked for again")
    return replace(
        approval, state=state, decided_by=who.person, decided_at=now, until=now + APPROVAL_LIFETIME
    )


APPROVALS = Repository(ApprovalRow, Approval)
TABLE = table_of(ApprovalRow)
COLUMNS = [TABLE.c[name] for name in Approval.__dataclass_fields__]


def check_approval(work: UnitOfWork, caller: Caller, asked: SensitiveAction) -> Approval | None:
    """Tell whether something may be done now: None if so, else the approval that it waits for.

    Raises:
        UnnamedError: if a second person is needed, and the caller's token names no first.
    """
    if asked.action not in caller.limits.needs_second_approval:
        return None
    if not caller.is_named:
        raise PersonRequiredError
    known = _find_open(work.session, caller, asked)
    if known and known.until < work.now:
        APPROVALS.put(work.session, replace(known, state=ApprovalState.EXPIRED))
        APPROVALS.write(work.session)
        known = None
    if known is None:
        known = _new_approval(work, caller, asked)
        APPROVALS.add(work.session, known)
        work.audit(f"{asked.action}.ask", asked.subject, reason=asked.reason)
    if known.state is ApprovalState.APPROVED:
        APPROVALS.put(work.session, replace(known, state=ApprovalState.USED))
        return None
    return known


def decide(
    work: UnitOfWork, caller: Caller, id_: UUID, state: ApprovalState, reason: str
) -> Approval:
    """Write down what a second person decides.

    Raises:
        NotFoundError: if there is no such request in the caller's tenant.
        UnnamedError: if the caller's token names no person.
        SamePersonError: if the caller has asked for it.
        ConflictError: if it is decided already, or has expired.
    """
    approval = APPROVALS.find_for_update(work.session, id_)
    if approval is None or approval.tenant != caller.tenant:
        msg = f"there is no approval {id_}"
        raise NotFoundError(msg)
    after = with_decision(approval, state, caller, work.now)
    APPROVALS.put(work.session, after)
    work.audit(f"{approval.action}.{state}", approval.subject, reason=reason)
    return after


def get_approval(session: Session, caller: Caller, id_: UUID) -> Approval:
    """Return a request for approval: to those who see all of their tenant's, and who asked for it.

    Raises:
        HiddenError: if there is none of that id, or it is another's.
    """
    row = session.execute(select(*COLUMNS).where(TABLE.c.id == id_)).one_or_none()
    approval = Approval(*row) if row else None
    if approval is None or not may_see(caller, approval):
        raise NotVisibleError(kind="approval", id_=id_)
    return approval


def may_see(caller: Caller, approval: Approval) -> bool:
    """Tell whether a request for approval is there for a caller."""
    has_asked = caller.is_named and caller.person == approval.asked_by
    return approval.tenant == caller.tenant and (has_asked or caller.may(*ALL_APPROVALS_SCOPES))


def find_approvals(
    session: Session, tenant: str, state: ApprovalState, rows: Window
) -> Sequence[Approval]:
    """Return a tenant's requests for approval in a state, oldest first."""
    these = select(*COLUMNS).where(TABLE.c.tenant == tenant, TABLE.c.state == state)
    found = session.execute(select_page(these, [TABLE.c.id], rows))
    return [Approval(*row) for row in found]


def _find_open(session: Session, caller: Caller, asked: SensitiveAction) -> Approval | None:
    mine = select(TABLE.c.id).where(
        TABLE.c.tenant == caller.tenant,
        TABLE.c.action == asked.action,
        TABLE.c.asked_by == caller.person,
        TABLE.c.fingerprint == asked.fingerprint,
        TABLE.c.state.in_(sorted(OPEN_STATES)),
    )
    id_ = session.scalar(mine)
    return APPROVALS.find_for_update(session, id_) if id_ else None


def _new_approval(work: UnitOfWork, caller: Caller, asked: SensitiveAction) -> Approval:
    return Approval(
        id=work.cause.id,
        tenant=caller.tenant,
        action=asked.action,
        subject=asked.subject,
        fingerprint=asked.fingerprint,
        asked_by=caller.person,
        reason=asked.reason,
        asked_at=work.now,
        until=work.now + APPROVAL_LIFETIME,
        state=ApprovalState.WAITING,
    )
