"""The search for customers."""

from fastapi import Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api.routes.parties import CustomerReader
from services.customer.api.schemas.customers import SearchText, require_key, require_one
from services.customer.api.views.customers import CustomerSummaryView
from services.customer.domain.parties.party import MAX_KEY_LENGTH, Party
from shared.access.access_rule import TENANT_READ_SCOPES, data_scope_of
from shared.http import PageDep, ReadSessionDep, Router, list_response, paginate
from shared.http.authorization import MissingScopeError
from shared.http.collection_paths import CUSTOMERS_PATH
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable
from shared.persistence.pagination import Window, attributes_getter
from shared.security.caller import Caller

router = Router(tags=["customers"])


@router.get(CUSTOMERS_PATH, response_model=list[CustomerSummaryView])
def find_customers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: CustomerReader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    phone: SearchText | None = None,
    name: SearchText | None = None,
) -> Response:
    """Return the customers with a phone number, in any spelling, or with a beginning of a name."""
    found = search_parties(session, caller, phone, name, page.window)
    keys = attributes_getter("party_id") if name is None else name_sort_key
    shown = [CustomerSummaryView.of(each) for each in paginate(response, page, found, keys=keys)]
    return list_response(shown, response=response)


def name_sort_key(party: Party) -> tuple[str, str]:
    """Return the sort key of a list by name."""
    return comparable(party.name)[:MAX_KEY_LENGTH], party.party_id


def search_parties(
    session: Session, caller: Caller, phone: str | None, name: str | None, window: Window
) -> list[Party]:
    """Return the parties with a phone number or with a beginning of a name.

    Raises:
        InvalidError: if not exactly one of both is given.
        MissingScopeError: if a CRM searches by name, which it could guess, unlike a number.
    """
    require_one(phone, name)
    if phone is not None:
        key = require_key("phone", phone_key(phone))
        return store.find_by_phone(session, data_scope_of(caller), key, window)
    if not caller.may(*TENANT_READ_SCOPES):
        raise MissingScopeError(["viewer:read"])
    key = require_key("name", comparable(name or ""))
    return store.find_by_name(session, caller.tenant, key, window)
