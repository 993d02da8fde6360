"""Approval of sensitive actions by a second person: the requester cannot approve.

An action for which the caller's role needs a second person (roles.py) is not executed on
the first request: an approval is stored, and the request is answered with 202. After another
person has approved, the requester sends the same request again, and it is executed, once.
A request with other content needs another approval.
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
from shared.persistence.pagination import Window, select_page
from shared.persistence.repository import Repository
from shared.security.caller import Caller

APPROVAL_LIFETIME = timedelta(hours=24)
"""How long an approval can be given, and after that used."""


class ApprovalState(StrEnum):
    """State of a request for approval."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"
    USED = "used"
    EXPIRED = "expired"


ALL_APPROVALS_SCOPES = ("ops:approve", "audit:read")
"""Holders of these scopes see all requests of their tenant."""

OWN_APPROVALS_SCOPES = (
    "customer:erase",
    "access:grant",
    "ops:import",
    "network:write",
    "product:write",
)
"""Holders of these scopes may need a second person, and see their own requests."""

OPEN_STATES = frozenset({ApprovalState.WAITING, ApprovalState.APPROVED})


class ApprovalRow(Base):
    """One request for approval."""

    __tablename__ = "approvals"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    tenant: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    fingerprint: Mapped[bytes]
    """Of the requested action: the approval is valid for exactly that."""

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
    """An action for which a second person may be needed."""

    action: str
    """One of roles.NEEDS_APPROVAL."""

    subject: str
    """An id that reveals nothing about a person."""

    content: object
    """Everything that determines the action's effect, as JSON-compatible values."""

    reason: str = ""

    @property
    def fingerprint(self) -> bytes:
        """A hash that is equal for two requests exactly if they have the same effect."""
        encoded = msgspec.json.encode([self.subject, self.content], order="sorted")
        return hashlib.blake2b(encoded, digest_size=16).digest()


class SamePersonError(ForbiddenError):
    """The requester of an approval tries to decide about it."""

    code = "second-person-needed"

    def __init__(self) -> None:
        super().__init__(
            "the person who requested it cannot approve it",
            remedy="have another person with the right to approve decide about it",
        )


class PersonRequiredError(ForbiddenError):
    """Two persons are needed, and the token names a client only, which many persons may use."""

    code = "person-needed"

    def __init__(self) -> None:
        super().__init__(
            "this needs two persons, and the token names a client only",
            remedy="use a token whose sub names the acting person or program, not its client",
        )


def with_decision(
    approval: Approval, state: ApprovalState, caller: Caller, now: datetime
) -> Approval:
    """Return a request for approval with a caller's decision.

    Raises:
        PersonRequiredError: if the caller's token names no person.
        SamePersonError: if the caller requested it, or its client did without naming a person.
        ConflictError: if it is decided already, or has expired.
    """
    if not caller.names_person:
        raise PersonRequiredError
    if approval.asked_by in {caller.person, caller.client}:
        raise SamePersonError
    if approval.state is not ApprovalState.WAITING or approval.until < now:
        has_expired = approval.state in OPEN_STATES and approval.until < now
        current = ApprovalState.EXPIRED if has_expired else approval.state
        msg = f"approval {approval.id} is {current}"
        raise ConflictError(msg, remedy="have it requested again")
    until = now + APPROVAL_LIFETIME
    return replace(approval, state=state, decided_by=caller.person, decided_at=now, until=until)


APPROVALS = Repository(ApprovalRow, Approval)
TABLE = table_of(ApprovalRow)
COLUMNS = [TABLE.c[name] for name in Approval.__dataclass_fields__]


def request_approval_if_needed(
    work: UnitOfWork, caller: Caller, request: SensitiveAction
) -> Approval | None:
    """Return None if the action may be executed now, else the approval that it waits for.

    Raises:
        PersonRequiredError: if a second person is needed, and the caller's token names no first.
    """
    if request.action not in caller.limits.needs_second_approval:
        return None
    if not caller.names_person:
        raise PersonRequiredError
    approval = _find_open(work.session, caller, request)
    if approval and approval.until < work.now:
        APPROVALS.put(work.session, replace(approval, state=ApprovalState.EXPIRED))
        APPROVALS.write(work.session)
        approval = None
    if approval is None:
        approval = _new_approval(work, caller, request)
        APPROVALS.add(work.session, approval)
        work.audit(f"{request.action}.ask", request.subject, reason=request.reason)
    if approval.state is ApprovalState.APPROVED:
        APPROVALS.put(work.session, replace(approval, state=ApprovalState.USED))
        return None
    return approval


def decide(
    work: UnitOfWork, caller: Caller, id_: UUID, state: ApprovalState, reason: str
) -> Approval:
    """Store the decision of a second person.

    Raises:
        NotFoundError: if there is no such request in the caller's tenant.
        PersonRequiredError: if the caller's token names no person.
        SamePersonError: if the caller has requested it.
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
    """Return a request for approval that the caller may see (`may_see`).

    Raises:
        NotVisibleError: if there is none of that id, or the caller may not see it.
    """
    row = session.execute(select(*COLUMNS).where(TABLE.c.id == id_)).one_or_none()
    approval = Approval(*row) if row else None
    if approval is None or not may_see(caller, approval):
        raise NotVisibleError(kind="approval", id_=id_)
    return approval


def may_see(caller: Caller, approval: Approval) -> bool:
    """Tell whether a caller requested it, or may see all of its tenant's requests."""
    is_own = caller.names_person and caller.person == approval.asked_by
    return approval.tenant == caller.tenant and (is_own or caller.may(*ALL_APPROVALS_SCOPES))


def find_approvals(
    session: Session, tenant: str, state: ApprovalState, window: Window
) -> Sequence[Approval]:
    """Return a tenant's requests for approval in a state, oldest first."""
    query = select(*COLUMNS).where(TABLE.c.tenant == tenant, TABLE.c.state == state)
    found = session.execute(select_page(query, [TABLE.c.id], window))
    return [Approval(*row) for row in found]


def _find_open(session: Session, caller: Caller, request: SensitiveAction) -> Approval | None:
    query = select(TABLE.c.id).where(
        TABLE.c.tenant == caller.tenant,
        TABLE.c.action == request.action,
        TABLE.c.asked_by == caller.person,
        TABLE.c.fingerprint == request.fingerprint,
        TABLE.c.state.in_(sorted(OPEN_STATES)),
    )
    id_ = session.scalar(query)
    return APPROVALS.find_for_update(session, id_) if id_ else None


def _new_approval(work: UnitOfWork, caller: Caller, request: SensitiveAction) -> Approval:
    return Approval(
        id=work.cause.id,
        tenant=caller.tenant,
        action=request.action,
        subject=request.subject,
        fingerprint=request.fingerprint,
        asked_by=caller.person,
        reason=request.reason,
        asked_at=work.now,
        until=work.now + APPROVAL_LIFETIME,
        state=ApprovalState.WAITING,
    )
