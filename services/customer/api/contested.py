"""Accounts that orders of more than one customer name: listed, and settled by people."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.customer import store
from services.customer.api import examples
from services.customer.api.shapes import ACCOUNTS, CUSTOMERS, Shape
from services.customer.domain.contested import ContestedAccount, ContestState, Naming, settle
from shared.http import Page, RequestCause, Router, ToDesk, ToRead, link, paged, show, show_all
from shared.http.authorization import allow
from shared.messaging.unit_of_work import Work
from shared.persistence.list_window import by
from shared.security.caller import Caller

CONTESTED = "/ops/v1/contested-accounts"
MOST_NAMED = 20
"""So many customers and clients are shown of an account."""

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read")]
Operator: TypeAlias = Annotated[Caller, allow("ops:fallout")]

router = Router(tags=["accounts"])


class Settlement(BaseModel):
    """Why an account that more than one customer has needs nothing further."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [examples.SETTLEMENT]},
    )

    note: Annotated[str, Field(min_length=1, max_length=500)]
    """What was found: whose the account is, or why all have it rightly. Without personal data."""


class NamedBy(Shape):
    """A customer whose orders name the account, and the client that sent them."""

    id: str
    """The customer."""

    view: str
    client: str
    since: datetime
    """When the first of these orders was told."""


class ContestedAccountView(Shape):
    """An account that orders of more than one customer name."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONTESTED_ACCOUNT]})

    id: str
    href: str
    since: datetime
    """When the order of a second customer named it."""

    named_by: tuple[NamedBy, ...]
    """By customer and client, the first 20."""

    is_cut_short: bool
    """There are more than are shown in `namedBy`."""

    state: ContestState
    """`open` until a person has settled it, and again once a further customer's order names it."""

    settled_at: datetime | None = None
    """When it was settled last."""

    settled_by: str
    """The person; empty if it was never settled."""

    note: str

    @classmethod
    def of(cls, account: ContestedAccount, namings: Sequence[Naming]) -> Self:
        """Show an account; of `namings` one more than is shown tells that there are more."""
        return cls(
            id=account.account_id,
            href=link(ACCOUNTS, account.account_id),
            since=account.since,
            named_by=tuple(map(named_by, namings[:MOST_NAMED])),
            is_cut_short=len(namings) > MOST_NAMED,
            state=account.state,
            settled_at=account.settled_at,
            settled_by=account.settled_by,
            note=account.note,
        )


def named_by(naming: Naming) -> NamedBy:
    """Show who names an account."""
    return NamedBy(
        id=naming.party_id,
        view=f"{link(CUSTOMERS, naming.party_id)}/view",
        client=naming.client,
        since=naming.told_at,
    )


def shown(
    session: ToRead, tenant: str, accounts: Sequence[ContestedAccount]
) -> list[ContestedAccountView]:
    """Show accounts of a tenant with the customers and clients that name them."""
    ids = [each.account_id for each in accounts]
    namings = store.contested.namings(session, tenant, ids, MOST_NAMED + 1)
    return [ContestedAccountView.of(each, namings[each.account_id]) for each in accounts]


@router.get(CONTESTED, response_model=list[ContestedAccountView])
def list_contested(
    *,
    caller: Viewer,
    session: ToRead,
    page: Page,
    response: Response,
    state: Annotated[ContestState | None, Query(description="Left out for both.")] = None,
) -> Response:
    """List the accounts that orders of more than one customer name, by their ids."""
    found = store.contested.listed(session, caller.tenant, page.rows, state=state)
    accounts = paged(response, page, found, keys=by("account_id"))
    return show_all(shown(session, caller.tenant, accounts), response=response)


@router.post(f"{CONTESTED}/{{account_id}}/settle", response_model=ContestedAccountView)
async def settle_contested(
    account_id: str, settlement: Settlement, caller: Operator, cause: RequestCause, desk: ToDesk
) -> Response:
    """Note that a person has seen to an account; again to correct the note.

    It changes nothing of the account. The order of a further customer that names it opens it again.
    """
    asked = partial(settle_by, caller.person, account_id, settlement.note)
    return show(await desk.serve(cause, asked))


def settle_by(person: str, account_id: str, note: str, work: Work) -> ContestedAccountView:
    """Settle an account, and audit who did it and why."""
    account = store.contested.get(work.session, work.tenant, account_id)
    customers = store.contested.count_customers(work.session, [account])[account.key]
    settled = settle(account, customers, person, note, work.now)
    store.contested.put(work.session, [settled])
    work.audit("account.settle", account_id, reason=note)
    return shown(work.session, work.tenant, [settled])[0]
