"""Parties (TMF632 v4) and their accounts (TMF666 v4), to read."""

from typing import Annotated

from fastapi import Query, Response

from services.customer import store
from services.customer.api import showing
from services.customer.api.access import Reader, may_see, party_for
from services.customer.api.shapes import ACCOUNTS, PARTIES, Individual, Organization, PartyAccount
from services.customer.domain.party import Party
from shared.errors import NotFoundError
from shared.http import Fields, Page, Router, ToRead, paged, show, show_all

IN_FULL = "crm:customer.read"
"""The scope that sees identity numbers as they are: it is the CRM that gave them."""

router = Router(tags=["parties"])


@router.get(f"{PARTIES}/individual/{{party_id}}", response_model=Individual)
def read_individual(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a customer who is a person."""
    party = party_for(session, caller, party_id)
    must_be(party, organization=False)
    return show(showing.individual(party, in_full=caller.may(IN_FULL)), fields)


@router.get(f"{PARTIES}/organization/{{party_id}}", response_model=Organization)
def read_organization(party_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return a business or key-account customer."""
    party = party_for(session, caller, party_id)
    must_be(party, organization=True)
    return show(showing.organization(party, in_full=caller.may(IN_FULL)), fields)


def must_be(party: Party, *, organization: bool) -> None:
    """See that a party is of the kind that was asked for.

    Raises:
        NotFoundError: if it is of the other.
    """
    if party.is_organization != organization:
        kind = "an organization" if party.is_organization else "a person"
        msg = f"customer {party.party_id} is {kind}"
        raise NotFoundError(msg, remedy=f"ask for {showing.party_link(party)}")


@router.get(ACCOUNTS, response_model=list[PartyAccount])
def list_accounts(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: Annotated[str, Query(alias="relatedParty.id", min_length=1)],
    caller: Reader,
    session: ToRead,
    page: Page,
    fields: Fields,
    response: Response,
) -> Response:
    """Return the accounts of one customer."""
    party = party_for(session, caller, party_id)
    found = store.accounts_of(session, party, page.rows)
    shown = [showing.party_account(each, party) for each in paged(response, page, found)]
    return show_all(shown, fields, response)


@router.get(f"{ACCOUNTS}/{{account_id}}", response_model=PartyAccount)
def read_account(account_id: str, caller: Reader, session: ToRead, fields: Fields) -> Response:
    """Return one account."""
    account = store.account(session, caller.tenant, account_id)
    if not may_see(session, caller, account.party_id):
        raise store.unknown_account(account_id)
    party = store.party(session, caller.tenant, account.party_id)
    return show(showing.party_account(account, party), fields)
