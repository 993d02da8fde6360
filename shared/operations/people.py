"""What persons did, and what waits for a second one: endpoints that every service has."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Self
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.access import approvals
from shared.access.approvals import Approval, ApprovalState
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, refusals
from shared.http.authorization import allow
from shared.http.positions import After, Few
from shared.messaging.unit_of_work import Work
from shared.operations.views import like
from shared.persistence import audit_log
from shared.persistence.audit_log import Entry
from shared.persistence.list_window import by
from shared.security.caller import Caller

Auditor = Annotated[Caller, allow("audit:read")]
Approver = Annotated[Caller, allow("ops:approve")]
Reader = Annotated[Caller, allow(*approvals.SEE_ALL)]
Asker = Annotated[Caller, allow(*approvals.SEE_ALL, *approvals.ASK)]

router = Router(prefix="/ops/v1", tags=["operations"])


class EntryView(BaseModel):
    """One thing that a person did."""

    model_config = like(
        position=7,
        at="2026-01-31T12:00:02Z",
        actor="li-na",
        client="back-office",
        role="supervisor",
        action="access.grant",
        subject="crm-a/C-320100-0001/crm-b",
        things=1,
        reason="the shop was sold",
        cause="0199a0c2-2222-7333-8444-123456789012",
    )

    position: int
    """Counts the entries of this service from 1, without a hole."""

    at: datetime
    actor: str
    client: str
    role: str
    action: str
    subject: str
    things: int
    """How many things it was done to."""

    reason: str
    cause: UUID
    """The request."""

    @classmethod
    def of(cls, position: int, entry: Entry) -> Self:
        """Show an entry."""
        return cls(
            position=position,
            at=entry.at,
            actor=entry.actor,
            client=entry.client,
            role=entry.role,
            action=entry.action,
            subject=entry.subject,
            things=entry.things,
            reason=entry.reason,
            cause=entry.cause,
        )


class ChainView(BaseModel):
    """Whether the audit is whole."""

    model_config = like(broken_at=17)

    broken_at: int | None = None
    """The position of the first entry that does not follow on the one before it."""


class ApprovalView(BaseModel):
    """Something that waits for a second person, or has."""

    model_config = like(
        id="0199a0c2-2222-7333-8444-123456789012",
        action="things.withdraw",
        subject="leg/NJ-XW-SP001",
        asked_by="li-na",
        reason="the splitter is under water",
        asked_at="2026-01-31T12:00:02Z",
        until="2026-02-01T12:00:02Z",
        state="waiting",
        decided_by="",
    )

    id: UUID
    action: str
    subject: str
    asked_by: str
    """The person, who cannot approve it."""

    reason: str
    asked_at: datetime
    until: datetime
    """Until when it can be approved; once it is, until when it can be used."""

    state: ApprovalState
    decided_by: str
    decided_at: datetime | None = None

    @classmethod
    def of(cls, approval: Approval) -> Self:
        """Show a request for approval."""
        return cls(
            id=approval.id,
            action=approval.action,
            subject=approval.subject,
            asked_by=approval.asked_by,
            reason=approval.reason,
            asked_at=approval.asked_at,
            until=approval.until,
            state=approval.state,
            decided_by=approval.decided_by,
            decided_at=approval.decided_at,
        )


class Verdict(BaseModel):
    """Why somebody decides so."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [{"reason": "seen on site"}]},
    )

    reason: Annotated[str, Field(max_length=500)] = ""


SAYS_NOTHING = Verdict()
Said = Annotated[Verdict, Body()]


def waiting_for(approval: Approval) -> Response:
    """Return the answer to what is not done before a second person has approved it."""
    body = ApprovalView.of(approval).model_dump_json().encode()
    place = {"Location": f"/ops/v1/approvals/{approval.id}"}
    return Response(body, 202, place, media_type="application/json")


@router.get("/audit")
def read_audit(  # noqa: PLR0913, PLR0917  each is a part of the request
    caller: Auditor,
    session: ToRead,
    after: After = 0,
    limit: Few = 20,
    subject: Annotated[str, Query(max_length=500)] = "",
    actor: Annotated[str, Query(max_length=100)] = "",
) -> list[EntryView]:
    """List what persons did in this service, oldest first."""
    most = min(limit, caller.limits.page_size)
    found = audit_log.read(
        session, caller.tenant, after=after, limit=most, subject=subject, actor=actor
    )
    return [EntryView.of(*each) for each in found]


@router.get("/audit/chain")
def check_chain(_: Auditor, session: ToRead) -> ChainView:
    """Tell whether the audit is whole: every entry follows on the one before it."""
    return ChainView(broken_at=audit_log.broken_at(session))


@router.get("/approvals")
def list_approvals(
    caller: Reader,
    session: ToRead,
    page: Page,
    response: Response,
    state: ApprovalState = ApprovalState.WAITING,
) -> list[ApprovalView]:
    """List what waits for a second person, oldest first, unless another state is asked for."""
    found: Sequence[Approval] = approvals.find(session, caller.tenant, state, page.rows)
    return [ApprovalView.of(each) for each in paged(response, page, found, keys=by("id"))]


@router.get("/approvals/{id}")
def read_approval(id: UUID, caller: Asker, session: ToRead) -> ApprovalView:  # noqa: A002
    """Show where a request for approval stands, to who asked and to who sees all of them."""
    return ApprovalView.of(approvals.look(session, caller, id))


@router.post("/approvals/{id}/approve", responses=refusals(409))
async def approve(
    id: UUID,  # noqa: A002
    caller: Approver,
    cause: RequestCause,
    desk: ToDesk,
    said: Said = SAYS_NOTHING,
) -> ApprovalView:
    """Approve what another person asked for, who then sends the same request again."""
    do = partial(decide, caller, id, ApprovalState.APPROVED, said.reason)
    return await desk.serve(cause, do)


@router.post("/approvals/{id}/refuse", responses=refusals(409))
async def refuse(
    id: UUID,  # noqa: A002
    caller: Approver,
    cause: RequestCause,
    desk: ToDesk,
    said: Said = SAYS_NOTHING,
) -> ApprovalView:
    """Refuse what another person asked for."""
    do = partial(decide, caller, id, ApprovalState.REFUSED, said.reason)
    return await desk.serve(cause, do)


def decide(
    caller: Caller, id_: UUID, state: ApprovalState, reason: str, work: Work
) -> ApprovalView:
    """Write down what a second person decides."""
    return ApprovalView.of(approvals.decide(work, caller, id_, state, reason))
