"""Endpoints of every service: the audit, and approvals by a second person."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Self
from uuid import UUID

from fastapi import Body, Query, Response
from pydantic import ConfigDict, Field

from shared.access import approvals
from shared.access.approvals import Approval, ApprovalState
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    paginate,
)
from shared.http.authorization import allow
from shared.http.collection_paths import OPS_PATH
from shared.http.position_paging import AfterPosition, PositionLimit
from shared.http.schemas import BaseSchema
from shared.http.views import BaseView
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations.views import view_config
from shared.persistence import audit_log
from shared.persistence.audit_log import AuditEntry
from shared.persistence.pagination import attributes_getter
from shared.security.caller import Caller

Auditor = Annotated[Caller, allow("audit:read")]
Approver = Annotated[Caller, allow("ops:approve")]
AllApprovalsReader = Annotated[Caller, allow(*approvals.ALL_APPROVALS_SCOPES)]
ApprovalReader = Annotated[
    Caller, allow(*approvals.ALL_APPROVALS_SCOPES, *approvals.OWN_APPROVALS_SCOPES)
]

router = Router(prefix=OPS_PATH, tags=["operations"])


class AuditEntryView(BaseView):
    """One action of a person."""

    model_config = view_config(
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
    """The number of the entry in this service, from 1, without gaps."""

    at: datetime
    actor: str
    client: str
    role: str
    action: str
    subject: str
    things: int
    """How many objects the action changed."""

    reason: str
    cause: UUID
    """The id of the request."""

    @classmethod
    def of(cls, position: int, entry: AuditEntry) -> Self:
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


class AuditChainView(BaseView):
    """Whether the chain of audit entries is intact."""

    model_config = view_config(broken_at=17)

    broken_at: int | None = None
    """The position of the first entry that does not continue the chain; null if all do."""


class ApprovalView(BaseView):
    """A request for approval by a second person, open or decided."""

    model_config = view_config(
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
    """The person who requested it, and cannot approve it."""

    reason: str
    asked_at: datetime
    until: datetime
    """Until when it can be approved; after the approval, until when that can be used."""

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


class ReasonSchema(BaseSchema):
    """The reason of a decision."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "seen on site"}]})

    reason: Annotated[str, Field(max_length=500)] = ""


NO_REASON = ReasonSchema()
OptionalReason = Annotated[ReasonSchema, Body()]


def approval_pending_response(approval: Approval) -> Response:
    """Return the 202 for an action that first needs the approval of a second person."""
    body = ApprovalView.of(approval).model_dump_json().encode()
    headers = {"Location": f"{OPS_PATH}/approvals/{approval.id}"}
    return Response(body, 202, headers, media_type="application/json")


@router.get("/audit")
def read_audit(  # noqa: PLR0913, PLR0917  each is a parameter of the request
    caller: Auditor,
    session: ReadSessionDep,
    after: AfterPosition = 0,
    limit: PositionLimit = 20,
    subject: Annotated[str, Query(max_length=500)] = "",
    actor: Annotated[str, Query(max_length=100)] = "",
) -> list[AuditEntryView]:
    """List the actions of persons in this service, oldest first."""
    page_size = min(limit, caller.limits.page_size)
    found = audit_log.read_entries(
        session, caller.tenant, after=after, limit=page_size, subject=subject, actor=actor
    )
    return [AuditEntryView.of(*each) for each in found]


@router.get("/audit/chain")
def check_chain(_: Auditor, session: ReadSessionDep) -> AuditChainView:
    """Check the audit: every entry's hash covers the entry and the hash before it."""
    return AuditChainView(broken_at=audit_log.first_broken_position(session))


@router.get("/approvals")
def list_approvals(
    caller: AllApprovalsReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: ApprovalState = ApprovalState.WAITING,
) -> list[ApprovalView]:
    """List the requests for approval in a state, by default the waiting ones, oldest first."""
    found: Sequence[Approval] = approvals.find_approvals(session, caller.tenant, state, page.window)
    return [
        ApprovalView.of(each)
        for each in paginate(response, page, found, keys=attributes_getter("id"))
    ]


@router.get("/approvals/{id}")
def read_approval(id: UUID, caller: ApprovalReader, session: ReadSessionDep) -> ApprovalView:  # noqa: A002
    """Show a request for approval, to its requester and to callers that may read all of them."""
    return ApprovalView.of(approvals.get_approval(session, caller, id))


@router.post("/approvals/{id}/approve", responses=error_responses(409))
async def approve(
    id: UUID,  # noqa: A002
    caller: Approver,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    decision: OptionalReason = NO_REASON,
) -> ApprovalView:
    """Approve a request of another person, who then sends the same request again."""
    do = partial(record_decision, caller, id, ApprovalState.APPROVED, decision.reason)
    return await batcher.execute(cause, do)


@router.post("/approvals/{id}/refuse", responses=error_responses(409))
async def refuse(
    id: UUID,  # noqa: A002
    caller: Approver,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    decision: OptionalReason = NO_REASON,
) -> ApprovalView:
    """Refuse a request of another person."""
    do = partial(record_decision, caller, id, ApprovalState.REFUSED, decision.reason)
    return await batcher.execute(cause, do)


def record_decision(
    caller: Caller, id_: UUID, state: ApprovalState, reason: str, work: UnitOfWork
) -> ApprovalView:
    """Store the decision of a second person."""
    return ApprovalView.of(approvals.decide(work, caller, id_, state, reason))
