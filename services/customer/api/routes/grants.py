"""Sharing customers between clients of the API."""

from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.customer.api.examples import customers as examples
from services.customer.domain.parties.grant_change import (
    GrantChange,
    access_changed_message,
    check_grant_change,
)
from shared.access import grants
from shared.access.access_rule import AccessLevel
from shared.access.approvals import Approval, check_approval
from shared.access.grants import REVOKED, Grant
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.input.ids import Id
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

GRANTS_PATH = "/ops/v1/grants"

Granter: TypeAlias = Annotated[Caller, allow("access:grant")]
Reader: TypeAlias = Annotated[Caller, allow("access:grant", "audit:read")]
ClientName: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")
]

KNOWN_ID_FORM = {"x-form": "known-id"}
"""The id of something that is there already, perhaps since before ids had one form."""

router = Router(tags=["grants"])


class RevocationSchema(BaseModel):
    """Which grant is meant, and why it changes."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [examples.REVOCATION]},
    )

    owner: ClientName
    """The client that brought the customers."""

    grantee: ClientName
    """The client that they are shared with."""

    customer_id: Annotated[str, Field(max_length=200, json_schema_extra=KNOWN_ID_FORM)] = ""
    """Left out for all customers of the owner, those that come later too."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]

    def grant_change(self, level: str = REVOKED) -> GrantChange:
        """Return what is asked for, as the domain knows it."""
        return check_grant_change(
            GrantChange(self.owner, self.grantee, self.customer_id, level, self.reason)
        )


class GrantSchema(RevocationSchema):
    """What is to be shared."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRANT_REQUEST]})

    customer_id: Id = ""
    """Left out for all customers of the owner, those that come later too."""

    level: AccessLevel = AccessLevel.SEE


class GrantView(BaseModel):
    """What one client shares with another."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [examples.GRANT]},
    )

    owner: str
    grantee: str
    customer_id: str
    """Empty for all customers of the owner."""

    level: str
    """`see`, `change`, or empty where nothing is shared any more."""

    changed_at: datetime
    changed_by: str
    """The person."""

    reason: str

    @classmethod
    def of(cls, grant: Grant) -> Self:
        """Show a grant."""
        return cls(
            owner=grant.owner,
            grantee=grant.grantee,
            customer_id=grant.customer_id,
            level=grant.level,
            changed_at=grant.changed_at,
            changed_by=grant.changed_by,
            reason=grant.reason,
        )


@router.get(GRANTS_PATH, response_model=list[GrantView])
def list_grants(
    caller: Reader, session: ReadSessionDep, page: PageDep, response: Response
) -> Response:
    """List what clients share with each other."""
    found = grants.find_grants(session, caller.tenant, page.window)
    shown = [
        GrantView.of(each)
        for each in paginate(response, page, found, keys=key_attributes(*grants.KEYS))
    ]
    return list_response(shown, response=response)


@router.post(
    GRANTS_PATH,
    response_model=GrantView,
    status_code=201,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def share(
    asked: GrantSchema, caller: Granter, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Share one customer, or all, of a client with another; again to change the level."""
    done = await batcher.execute(
        cause, partial(change_grant, asked.grant_change(asked.level), caller)
    )
    if isinstance(done, Approval):
        return approval_pending_response(done)
    return view_response(GrantView.of(done), response=Response(status_code=201))


@router.post(f"{GRANTS_PATH}/revoke", response_model=GrantView)
async def revoke(
    named: RevocationSchema, caller: Granter, cause: CausationDep, batcher: CommandBatcherDep
) -> Response:
    """Share it no more. What was never shared may be revoked as well."""
    done = await batcher.execute(cause, partial(change_grant, named.grant_change(), caller))
    assert isinstance(done, Grant)
    return view_response(GrantView.of(done))


def change_grant(change: GrantChange, caller: Caller, work: UnitOfWork) -> Grant | Approval:
    """Change a grant, tell the other services, and audit who did it and why."""
    if change.dangerous_action and (
        approval := check_approval(work, caller, change.dangerous_action)
    ):
        return approval
    named = (work.tenant, change.grantee, change.owner, change.customer_id)
    grant = Grant(*named, change.level, work.now, caller.person, change.reason)
    grants.upsert_grant(work.session, grant)
    work.publish(access_changed_message(change, work.tenant))
    work.audit(change.action, change.subject, reason=change.reason)
    return grant
