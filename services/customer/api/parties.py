"""Parties (TMF632 v4) and their accounts (TMF666 v4), to read."""

from typing import Annotated

from fastapi import Query, Response

from services.customer import store
from services.customer.api import showing
from services.customer.api.access import AccountReader, Reader
from services.customer.api.shapes import ACCOUNTS, PARTIES, Individual, Organization, PartyAccount
from services.customer.domain.party import Party, is_as_told
from shared.access import reach_of
from shared.errors import NotFoundError
from shared.http import Fields, Page, Router, ToRead, paged, refusals, show, show_all
from shared.input.ids import IdSought

router = Router(tags=["parties"])


@router.get(f"{PARTIES}/individual/{{party_id}}", response_model=Individual)
def read_individual(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a customer who is a person."""
    reach = reach_of(caller)
    party = store.party(session, reach, party_id)
    must_be(party, organization=False)
    in_full = is_as_told(party, store.own_identity_number(session, reach, party_id))
    return show(showing.individual(party, in_full=in_full), fields)


@router.get(f"{PARTIES}/organization/{{party_id}}", response_model=Organization)
def read_organization(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a business or key-account customer."""
    reach = reach_of(caller)
    party = store.party(session, reach, party_id)
    must_be(party, organization=True)
    in_full = is_as_told(party, store.own_identity_number(session, reach, party_id))
    return show(showing.organization(party, in_full=in_full), fields)


def must_be(party: Party, *, organization: bool) -> None:
    """See that a party is of the kind that was asked for.

    Raises:
        NotFoundError: if it is of the other.
    """
    if party.is_organization != organization:
        kind = "an organization" if party.is_organization else "a person"
        msg = f"customer {party.party_id} is {kind}"
        raise NotFoundError(msg, remedy=f"ask for {showing.party_link(party)}")


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
