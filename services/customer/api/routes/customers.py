"""Finding customers, seeing all that is known of one, and forgetting who one was."""

from functools import partial
from typing import Annotated

from fastapi import Query, Response

from services.customer import store
from services.customer.api.access import VIEWER_SCOPE, Reader, may_search_tenant
from services.customer.api.views import customer
from services.customer.api.views.base import (
    CUSTOMERS_PATH,
    CustomerSummaryView,
    CustomerView,
    ErasedView,
    ErasureSchema,
)
from services.customer.domain.parties.party import MAX_KEY_LENGTH, Party, erase_party, person_marks
from services.customer.domain.unified_view.view import build_unified_view
from shared.access.access_rule import data_scope_of
from shared.access.approvals import Approval, SensitiveAction, check_approval
from shared.access.grants import with_grants_checked
from shared.config.settings import Settings
from shared.contracts import PartyErased, party_key
from shared.errors import Fault, InvalidError, UnavailableError
from shared.http import (
    CausationDep,
    CommandBatcherDep,
    PageDep,
    ReadSessionDep,
    Router,
    SettingsDep,
    list_response,
    paginate,
    view_response,
)
from shared.http.authorization import MissingScopeError, allow
from shared.input.numbers import IS_DIGITS
from shared.input.phones import phone_key
from shared.input.text_comparison import comparable
from shared.messaging.unit_of_work import UnitOfWork
from shared.operations.audit_and_approvals import ApprovalView, approval_pending_response
from shared.persistence.history import PARTY_KIND
from shared.persistence.list_window import Window, key_attributes
from shared.security.caller import Caller

MAX_LIST_LENGTH = 100
MAX_EARLIER_IDS = 10

Eraser = Annotated[Caller, allow("customer:erase")]
ERASE_ACTION = "customer.erase"
SearchText = Annotated[str, Query(min_length=1, max_length=MAX_KEY_LENGTH)]

router = Router(tags=["customers"])


@router.get(CUSTOMERS_PATH, response_model=list[CustomerSummaryView])
def find_customers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ReadSessionDep,
    page: PageDep,
    response: Response,
    phone: SearchText | None = None,
    name: SearchText | None = None,
) -> Response:
    """Return the customers with a phone number, however it is written, or a name that begins so."""
    found = search_parties(session, caller, phone, name, page.window)
    keys = key_attributes("party_id") if name is None else name_sort_key
    shown = [
        customer.show_customer_summary(each) for each in paginate(response, page, found, keys=keys)
    ]
    return list_response(shown, response=response)


def name_sort_key(party: Party) -> tuple[str, str]:
    """Return by what a list of names is in order."""
    return comparable(party.name)[:MAX_KEY_LENGTH], party.party_id


def search_parties(
    session: ReadSessionDep, caller: Caller, phone: str | None, name: str | None, rows: Window
) -> list[Party]:
    """Return the parties that were searched for.

    Raises:
        InvalidError: if not exactly one thing is searched by.
        MissingScopeError: if a CRM searches by name: a number it was told, a name it could guess.
    """
    if (phone is None) == (name is None):
        reason = "customers are searched by a phone number or by a name"
        raise InvalidError([Fault("phone", "one-of", reason, "give one of phone and name")])
    if phone is not None:
        key = required_key("phone", phone_key(phone))
        return store.find_by_phone(session, data_scope_of(caller), key, rows)
    if not may_search_tenant(caller):
        raise MissingScopeError([VIEWER_SCOPE])
    return store.find_by_name(
        session, caller.tenant, required_key("name", comparable(name or "")), rows
    )


def required_key(parameter: str, key: str) -> str:
    """Return what is looked for, in the form in which it is compared.

    Raises:
        InvalidError: nothing is left in it: all customers would begin so.
    """
    if not key:
        reason, remedy = "says nothing that can be looked for", "give a letter or a digit at least"
        raise InvalidError([Fault(parameter, "nothing-sought", reason, remedy)])
    return key


@router.get(f"{CUSTOMERS_PATH}/{{party_id}}/view", response_model=CustomerView)
def read_view(
    party_id: str,
    caller: Reader,
    session: ReadSessionDep,
    settings: SettingsDep,
    limit: Annotated[
        int, Query(ge=1, le=MAX_LIST_LENGTH, description="The longest a list gets."), IS_DIGITS
    ] = MAX_LIST_LENGTH,
) -> Response:
    """Return all that is known of one customer, each list up to `limit`."""
    data_scope = with_grants_checked(session, data_scope_of(caller))
    party = store.get_party(session, data_scope, party_id)
    known = store.get_customer_facts(
        session, data_scope, party, min(limit, caller.limits.page_size)
    )
    before: tuple[str, ...] = ()
    if settings.person_key and caller.may(VIEWER_SCOPE):
        before = find_earlier_ids(session, party, settings.person_key.encode())
    return view_response(customer.show_customer_view(build_unified_view(known), before))


def find_earlier_ids(session: ReadSessionDep, party: Party, key: bytes) -> tuple[str, ...]:
    """Return the ids of erased customers who are the same person."""
    marks = person_marks(party, key)
    return tuple(store.find_erased_by_mark(session, party, marks, MAX_EARLIER_IDS)) if marks else ()


@router.post(
    f"{CUSTOMERS_PATH}/{{party_id}}/erase",
    response_model=ErasedView,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def erase_customer(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: str,
    erasure: ErasureSchema,
    caller: Eraser,
    cause: CausationDep,
    batcher: CommandBatcherDep,
    settings: SettingsDep,
) -> Response:
    """Blank all that tells who a customer is, in all services; orders and products stay.

    The other services follow within moments. What orders accepted later carry is kept again.
    """
    key = person_key(settings)
    asked = SensitiveAction(ERASE_ACTION, party_id, {}, erasure.reason)
    done = await batcher.execute(cause, partial(erase_if_approved, asked, caller, key))
    return (
        approval_pending_response(done)
        if isinstance(done, Approval)
        else view_response(customer.show_erased(done))
    )


def person_key(settings: Settings) -> bytes:
    """Return the key that erased persons are marked with.

    Raises:
        UnavailableError: if there is none.
    """
    if not settings.person_key:
        msg = "there is no key to mark erased persons with: set KAITONG_PERSON_KEY and start again"
        raise UnavailableError(msg)
    return settings.person_key.encode()


def erase_if_approved(
    asked: SensitiveAction, caller: Caller, key: bytes, work: UnitOfWork
) -> Party | Approval:
    """Erase a party, or return the approval that it waits for."""
    party_id = asked.subject
    store.get_party_for_update(work.session, work.tenant, party_id)
    if approval := check_approval(work, caller, asked):
        return approval
    return erase_and_publish(party_id, caller.client, asked.reason, key, work)


def erase_and_publish(
    party_id: str, client: str, reason: str, key: bytes, work: UnitOfWork
) -> Party:
    """Erase one party's personal data, note who did it and why, and have all others do it."""
    party = store.get_party_for_update(work.session, work.tenant, party_id)
    gone = erase_party(party, work.now, work.cause.id, key)
    if gone is not party:
        store.erase_party(work.session, gone)
        work.record_change(PARTY_KIND, party_id, "known", "erased", part=client, reason=reason)
        work.audit(ERASE_ACTION, party_id, reason=reason)
        key_of_party = party_key(work.tenant, party_id)
        told = PartyErased(
            party_key=key_of_party,
            party_id=party_id,
            until=gone.told_at,
            person_mark=gone.person_mark,
        )
        work.publish(told)
    return gone
