"""Accounts that orders of more than one customer name: listed, and settled by people."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Self, TypeAlias

from fastapi import Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.customer import store
from services.customer.api.examples import customers as examples
from services.customer.api.views.base import ACCOUNTS_PATH, CUSTOMERS_PATH, BaseView
from services.customer.domain.parties.contested_account import (
    AccountUse,
    ContestedAccount,
    ContestState,
    settle_account,
)
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    href_of,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.list_window import key_attributes
from shared.security.caller import Caller

CONTESTED_ACCOUNTS_PATH = "/ops/v1/contested-accounts"
MAX_USES_SHOWN = 20
"""So many customers and clients are shown of an account."""

Viewer: TypeAlias = Annotated[Caller, allow("viewer:read")]
Operator: TypeAlias = Annotated[Caller, allow("ops:fallout")]

router = Router(tags=["accounts"])


class SettlementSchema(BaseModel):
    """Why an account that more than one customer has needs nothing further."""

    model_config = ConfigDict(
        extra="forbid",
        use_attribute_docstrings=True,
        json_schema_extra={"examples": [examples.SETTLEMENT]},
    )

    note: Annotated[str, Field(min_length=1, max_length=500)]
    """What was found: whose the account is, or why all have it rightly. Without personal data."""


class AccountUseView(BaseView):
    """A customer whose orders name the account, and the client that sent them."""

    id: str
    """The customer."""

    view: str
    client: str
    since: datetime
    """When the first of these orders was told."""


class ContestedAccountView(BaseView):
    """An account that orders of more than one customer name."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CONTESTED_ACCOUNT]})

    id: str
    href: str
    since: datetime
    """When the order of a second customer named it."""

    named_by: tuple[AccountUseView, ...]
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
    def of(cls, account: ContestedAccount, uses: Sequence[AccountUse]) -> Self:
        """Show an account; of `namings` one more than is shown tells that there are more."""
        return cls(
            id=account.account_id,
            href=href_of(ACCOUNTS_PATH, account.account_id),
            since=account.since,
            named_by=tuple(map(account_use_view, uses[:MAX_USES_SHOWN])),
            is_cut_short=len(uses) > MAX_USES_SHOWN,
            state=account.state,
            settled_at=account.settled_at,
            settled_by=account.settled_by,
            note=account.note,
        )


def account_use_view(use: AccountUse) -> AccountUseView:
    """Show who names an account."""
    return AccountUseView(
        id=use.party_id,
        view=f"{href_of(CUSTOMERS_PATH, use.party_id)}/view",
        client=use.client,
        since=use.told_at,
    )


def show_contested_accounts(
    session: ReadSessionDep, tenant: str, accounts: Sequence[ContestedAccount]
) -> list[ContestedAccountView]:
    """Show accounts of a tenant with the customers and clients that name them."""
    ids = [each.account_id for each in accounts]
    uses = store.contested_accounts.find_uses(session, tenant, ids, MAX_USES_SHOWN + 1)
    return [ContestedAccountView.of(each, uses[each.account_id]) for each in accounts]


@router.get(CONTESTED_ACCOUNTS_PATH, response_model=list[ContestedAccountView])
def list_contested(
    *,
    caller: Viewer,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    state: Annotated[ContestState | None, Query(description="Left out for both.")] = None,
) -> Response:
    """List the accounts that orders of more than one customer name, by their ids."""
    found = store.contested_accounts.find_page(session, caller.tenant, page.window, state=state)
    accounts = paginate(response, page, found, keys=key_attributes("account_id"))
    return list_response(
        show_contested_accounts(session, caller.tenant, accounts), response=response
    )


@router.post(
    f"{CONTESTED_ACCOUNTS_PATH}/{{account_id}}/settle", response_model=ContestedAccountView
)
async def settle_contested(
    account_id: str,
    settlement: SettlementSchema,
    caller: Operator,
    cause: CausationDep,
    batcher: CommandBatcherDep,
) -> Response:
    """Note that a person has seen to an account; again to correct the note.

    It changes nothing of the account. The order of a further customer that names it opens it again.
    """
    asked = partial(settle_and_audit, caller.person, account_id, settlement.note)
    return view_response(await batcher.execute(cause, asked))


def settle_and_audit(
    person: str, account_id: str, note: str, work: UnitOfWork
) -> ContestedAccountView:
    """Settle an account, and audit who did it and why."""
    account = store.contested_accounts.get_for_update(work.session, work.tenant, account_id)
    customers = store.contested_accounts.count_customers(work.session, [account])[account.key]
    settled = settle_account(account, customers, person, note, work.now)
    store.contested_accounts.put(work.session, [settled])
    work.audit("account.settle", account_id, reason=note)
    return show_contested_accounts(work.session, work.tenant, [settled])[0]
