"""Parties (TMF632 v4) and their accounts (TMF666 v4), to read."""

from typing import Annotated

from fastapi import Query, Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api import showing
from services.customer.api.access import AccountReader, Reader
from services.customer.api.shapes import ACCOUNTS, PARTIES, Individual, Organization, PartyAccount
from services.customer.domain.party import is_as_told
from shared.access.rule import reach_of
from shared.http import Fields, Page, Router, ToRead, paged, refusals, show, show_all
from shared.input.ids import IdSought
from shared.security.caller import Caller

router = Router(tags=["parties"])


@router.get(f"{PARTIES}/individual/{{party_id}}", response_model=Individual | Organization)
def read_individual(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a customer as what it is: `@type` and `href` say which.

    A reference may be older than what is known of the customer, so an organization is
    answered as one here, too.
    """
    return answer(party_id, caller, session, fields)


@router.get(f"{PARTIES}/organization/{{party_id}}", response_model=Individual | Organization)
def read_organization(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a customer as what it is: `@type` and `href` say which.

    A reference may be older than what is known of the customer, so a person is answered as
    one here, too.
    """
    return answer(party_id, caller, session, fields)


def answer(party_id: str, caller: Caller, session: Session, fields: frozenset[str]) -> Response:
    """Answer with a customer.

    Raises:
        NotFoundError: none of this id is within the caller's reach.
    """
    reach = reach_of(caller)
    party = store.party(session, reach, party_id)
    in_full = is_as_told(party, store.own_identity_number(session, reach, party_id))
    view = showing.organization if party.is_organization else showing.individual
    return show(view(party, in_full=in_full), fields)


@router.get(ACCOUNTS, response_model=list[PartyAccount], responses=refusals(404))
def list_accounts(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: Annotated[IdSought, Query(alias="relatedParty.id")],
    caller: AccountReader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
) -> Response:
    """Return the accounts of one customer; one that two customers have names both."""
    reach = reach_of(caller)
    store.party(session, reach, party_id)
    accounts = store.accounts_of(session, reach, party_id, page.rows)
    found = paged(response, page, accounts, keys=lambda account_id: (account_id,))
    owners = store.owners_of(session, reach, found)
    shown = [showing.party_account(each, owners[each]) for each in found]
    return show_all(shown, fields, response)


@router.get(f"{ACCOUNTS}/{{account_id}}", response_model=PartyAccount)
def read_account(
    account_id: str, caller: AccountReader, session: ToRead, fields: Fields
) -> Response:
    """Return one account; one that two customers have names both."""
    owners = store.owners_of(session, reach_of(caller), [account_id])
    if account_id not in owners:
        raise store.unknown_account(account_id)
    return show(showing.party_account(account_id, owners[account_id]), fields)
