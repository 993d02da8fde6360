"""Parties (TMF632 v4), read only."""

from typing import Annotated, TypeAlias

from fastapi import Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api.views.parties import IndividualView, OrganizationView, show_party
from services.customer.commands.customers import require_customer
from services.customer.domain.parties.party import is_same_identity_number
from shared.access.access_rule import data_scope_of
from shared.http import FieldsDep, ReadSessionDep, Router, view_response
from shared.http.authorization import allow
from shared.http.collection_paths import PARTIES_PATH
from shared.security.caller import Caller

CustomerReader: TypeAlias = Annotated[
    Caller, allow("viewer:read", "agent:read", "crm:customer.read")
]
"""Staff see all customers of the tenant, a CRM its own data and what it was granted."""

router = Router(tags=["parties"])


@router.get(
    f"{PARTIES_PATH}/individual/{{party_id}}", response_model=IndividualView | OrganizationView
)
def read_individual(
    party_id: str, caller: CustomerReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return a customer, person or organization, as `@type` and `href` say.

    A reference may be older than the customer's kind, so an organization is returned as
    one here, too.
    """
    return party_response(party_id, caller, session, fields)


@router.get(
    f"{PARTIES_PATH}/organization/{{party_id}}", response_model=IndividualView | OrganizationView
)
def read_organization(
    party_id: str, caller: CustomerReader, session: ReadSessionDep, fields: FieldsDep
) -> Response:
    """Return a customer, person or organization, as `@type` and `href` say.

    A reference may be older than the customer's kind, so a person is returned as one here,
    too.
    """
    return party_response(party_id, caller, session, fields)


def party_response(
    party_id: str, caller: Caller, session: Session, fields: frozenset[str]
) -> Response:
    """Return the response with a customer.

    Raises:
        NotFoundError: if there is none of this id that the caller may see.
    """
    data_scope = data_scope_of(caller)
    party = require_customer(store.find_party(session, data_scope, party_id), party_id)
    unmasked = is_same_identity_number(
        party, store.identity_number_reported_by_client(session, data_scope, party_id)
    )
    return view_response(show_party(party, unmasked=unmasked), fields)
