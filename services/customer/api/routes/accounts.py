"""Accounts of customers (TMF666 v4), read only."""

from typing import Annotated, TypeAlias

from fastapi import Response

from services.customer import store
from services.customer.api.schemas.accounts import OwnerFilter
from services.customer.api.views.accounts import PartyAccountView
from services.customer.commands.customers import require_customer
from shared.access.access_rule import data_scope_of, require_found
from shared.http import (
    FieldsDep,
    PageDep,
    ReadSessionDep,
    Router,
    error_responses,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import allow
from shared.http.collection_paths import ACCOUNTS_PATH
from shared.security.caller import Caller

AccountReader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "agent:read", "billing:read", "crm:customer.read")
]

router = Router(tags=["parties"])


@router.get(ACCOUNTS_PATH, response_model=list[PartyAccountView], responses=error_responses(404))
def list_accounts(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: OwnerFilter,
    caller: AccountReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """Return the accounts of one customer; an account of two customers names both."""
    data_scope = data_scope_of(caller)
    require_customer(store.find_party(session, data_scope, party_id), party_id)
    accounts = store.find_account_ids(session, data_scope, party_id, page.window)
    found = paginate(response, page, accounts, keys=lambda account_id: (account_id,))
    owners = store.find_account_owners(session, data_scope, found)
    shown = [PartyAccountView.of(each, owners[each]) for each in found]
    return list_response(shown, fields, response)


@router.get(f"{ACCOUNTS_PATH}/{{account_id}}", response_model=PartyAccountView)
def read_account(
    account_id: str, caller: AccountReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return one account; an account of two customers names both."""
    found = store.find_account_owners(session, data_scope_of(caller), [account_id])
    message = f"no accepted order names account {account_id}"
    owners = require_found(found.get(account_id), message, remedy="check the account's id")
    return view_response(PartyAccountView.of(account_id, owners), fields)
