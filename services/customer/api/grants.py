"""Sharing customers between clients of the API."""

from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.customer.api import examples
from services.customer.domain.sharing import Sharing, check, told_of
from shared.access import grants
from shared.access.approvals import Approval, passes
from shared.access.grants import REVOKED, Grant
from shared.access.rule import Level
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, paged, show, show_all
from shared.http.authorization import allow
from shared.input.ids import Id
from shared.messaging.unit_of_work import Work
from shared.operations.people import ApprovalView, waiting_for
from shared.persistence.list_window import by
from shared.security.caller import Caller

GRANTS = "/ops/v1/grants"

Granter: TypeAlias = Annotated[Caller, allow("access:grant")]
Reader: TypeAlias = Annotated[Caller, allow("access:grant", "audit:read")]
Client: TypeAlias = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]

IS_KNOWN = {"x-form": "known-id"}
"""The id of something that is there already, perhaps since before ids had one form."""

router = Router(tags=["grants"])


class Named(BaseModel):
    """Which grant is meant, and why it changes."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [examples.REVOCATION]},
    )

    owner: Client
    """The client that brought the customers."""

    grantee: Client
    """The client that they are shared with."""

    customer_id: Annotated[str, Field(max_length=200, json_schema_extra=IS_KNOWN)] = ""
    """Left out for all customers of the owner, those that come later too."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]

    def sharing(self, level: str = REVOKED) -> Sharing:
        """Return what is asked for, as the domain knows it."""
        return check(Sharing(self.owner, self.grantee, self.customer_id, level, self.reason))


class Asked(Named):
    """What is to be shared."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.GRANT_ASKED]})

    customer_id: Id = ""
    """Left out for all customers of the owner, those that come later too."""

    level: Level = Level.SEE


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


@router.get(GRANTS, response_model=list[GrantView])
def list_grants(caller: Reader, session: ToRead, page: Page, response: Response) -> Response:
    """List what clients share with each other."""
    found = grants.find(session, caller.tenant, page.rows)
    shown = [GrantView.of(each) for each in paged(response, page, found, keys=by(*grants.KEYS))]
    return show_all(shown, response=response)


@router.post(
    GRANTS,
    response_model=GrantView,
    status_code=201,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def share(asked: Asked, caller: Granter, cause: RequestCause, desk: ToDesk) -> Response:
    """Share one customer, or all, of a client with another; again to change the level."""
    done = await desk.serve(cause, partial(change, asked.sharing(asked.level), caller))
    if isinstance(done, Approval):
        return waiting_for(done)
    return show(GrantView.of(done), response=Response(status_code=201))


@router.post(f"{GRANTS}/revoke", response_model=GrantView)
async def revoke(named: Named, caller: Granter, cause: RequestCause, desk: ToDesk) -> Response:
    """Share it no more. What was never shared may be revoked as well."""
    done = await desk.serve(cause, partial(change, named.sharing(), caller))
    assert isinstance(done, Grant)
    return show(GrantView.of(done))


def change(sharing: Sharing, caller: Caller, work: Work) -> Grant | Approval:
    """Change a grant, tell the other services, and audit who did it and why."""
    if sharing.danger and (approval := passes(work, caller, sharing.danger)):
        return approval
    named = (work.tenant, sharing.grantee, sharing.owner, sharing.customer_id)
    grant = Grant(*named, sharing.level, work.now, caller.person, sharing.reason)
    grants.keep(work.session, grant)
    work.emit(told_of(sharing, work.tenant))
    work.audit(sharing.action, sharing.subject, reason=sharing.reason)
    return grant
