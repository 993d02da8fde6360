"""Parties (TMF632 v4) and their accounts (TMF666 v4), to read."""

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api.access import AccountReader, Reader
from services.customer.api.views import customer
from services.customer.api.views.base import (
    ACCOUNTS_PATH,
    PARTIES_PATH,
    IndividualView,
    OrganizationView,
    PartyAccountView,
)
from services.customer.domain.parties.party import is_same_identity_number
from shared.access.access_rule import data_scope_of
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
from shared.input.ids import RequiredId
from shared.security.caller import Caller

router = Router(tags=["parties"])


@router.get(
    f"{PARTIES_PATH}/individual/{{party_id}}", response_model=IndividualView | OrganizationView
)
def read_individual(
    party_id: str, caller: Reader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return a customer as what it is: `@type` and `href` say which.

    A reference may be older than what is known of the customer, so an organization is
    answered as one here, too.
    """
    return party_response(party_id, caller, session, fields)


@router.get(
    f"{PARTIES_PATH}/organization/{{party_id}}", response_model=IndividualView | OrganizationView
)
def read_organization(
    party_id: str, caller: Reader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return a customer as what it is: `@type` and `href` say which.

    A reference may be older than what is known of the customer, so a person is answered as
    one here, too.
    """
    return party_response(party_id, caller, session, fields)


def party_response(
    party_id: str, caller: Caller, session: Session, fields: frozenset[str]
) -> Response:
    """Answer with a customer.

    Raises:
        NotFoundError: none of this id is within the caller's reach.
    """
    data_scope = data_scope_of(caller)
    party = store.get_party(session, data_scope, party_id)
    unmasked = is_same_identity_number(
        party, store.own_identity_number(session, data_scope, party_id)
    )
    view = customer.show_organization if party.is_organization else customer.show_individual
    return view_response(view(party, unmasked=unmasked), fields)


@router.get(ACCOUNTS_PATH, response_model=list[PartyAccountView], responses=error_responses(404))
def list_accounts(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: Annotated[RequiredId, Query(alias="relatedParty.id")],
    caller: AccountReader,
    session: ReadSessionDep,
    page: PageDep,
    fields: FieldsDep,
    response: Response,
) -> Response:
    """Return the accounts of one customer; one that two customers have names both."""
    data_scope = data_scope_of(caller)
    store.get_party(session, data_scope, party_id)
    accounts = store.find_account_ids(session, data_scope, party_id, page.window)
    found = paginate(response, page, accounts, keys=lambda account_id: (account_id,))
    owners = store.find_account_owners(session, data_scope, found)
    shown = [customer.show_party_account(each, owners[each]) for each in found]
    return list_response(shown, fields, response)


@router.get(f"{ACCOUNTS_PATH}/{{account_id}}", response_model=PartyAccountView)
def read_account(
    account_id: str, caller: AccountReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return one account; one that two customers have names both."""
    owners = store.find_account_owners(session, data_scope_of(caller), [account_id])
    if account_id not in owners:
        raise store.account_not_found(account_id)
    return view_response(customer.show_party_account(account_id, owners[account_id]), fields)
