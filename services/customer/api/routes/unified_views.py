"""The unified view: all that is known of one customer."""

from fastapi import Response
from sqlalchemy.orm import Session

from services.customer import store
from services.customer.api.routes.parties import CustomerReader
from services.customer.api.schemas.unified_views import MAX_LIST_LENGTH, ListLimit
from services.customer.api.views.unified_views import CustomerView
from services.customer.commands.customers import require_customer
from services.customer.domain.parties.party import Party, person_marks
from services.customer.domain.unified_view.view import build_unified_view
from shared.access.access_rule import data_scope_of
from shared.access.grants import with_has_grants_loaded
from shared.http import ReadSessionDep, Router, SettingsDep, view_response
from shared.http.collection_paths import CUSTOMERS_PATH

MAX_EARLIER_IDS = 10

router = Router(tags=["customers"])


@router.get(f"{CUSTOMERS_PATH}/{{party_id}}/view", response_model=CustomerView)
def read_view(
    party_id: str,
    caller: CustomerReader,
    session: ReadSessionDep,
    settings: SettingsDep,
    limit: ListLimit = MAX_LIST_LENGTH,
) -> Response:
    """Return the unified view of one customer, each list up to `limit`."""
    data_scope = with_has_grants_loaded(session, data_scope_of(caller))
    party = require_customer(store.find_party(session, data_scope, party_id), party_id)
    facts = store.get_customer_facts(
        session, data_scope, party, min(limit, caller.limits.page_size)
    )
    earlier_ids: tuple[str, ...] = ()
    if settings.person_key and caller.may("viewer:read"):
        earlier_ids = find_earlier_ids(session, party, settings.person_key.encode())
    return view_response(CustomerView.of(build_unified_view(facts), earlier_ids))


def find_earlier_ids(session: Session, party: Party, person_key: bytes) -> tuple[str, ...]:
    """Return the ids of erased customers who are the same person."""
    marks = person_marks(party, person_key)
    return tuple(store.find_erased_by_mark(session, party, marks, MAX_EARLIER_IDS)) if marks else ()
