"""Finding customers, seeing all that is known of one, and forgetting who one was."""

from functools import partial
from typing import Annotated

from fastapi import Query, Response

from services.customer import store
from services.customer.api import showing
from services.customer.api.access import SEES_ALL, Reader, sees_everybody
from services.customer.api.shapes import CUSTOMERS, CustomerView, Erased, Erasure, Found
from services.customer.domain.party import LONGEST, Party, erased, marks_of
from services.customer.domain.view import view_of
from shared.access.approvals import Approval, Dangerous, passes
from shared.access.grants import looked_up
from shared.access.rule import reach_of
from shared.config.settings import Settings
from shared.contracts import PartyErased, party_key
from shared.errors import Fault, InvalidError, UnavailableError
from shared.http import (
    Page,
    RequestCause,
    Router,
    ToDesk,
    ToRead,
    ToSettings,
    paged,
    show,
    show_all,
)
from shared.http.authorization import MissingScopeError, allow
from shared.input.numbers import IS_DIGITS
from shared.input.phones import phone_key
from shared.input.texts import comparable
from shared.messaging.unit_of_work import Work
from shared.operations.people import ApprovalView, waiting_for
from shared.persistence.history import PARTY
from shared.persistence.list_window import Window, by
from shared.security.caller import Caller

MOST = 100
KNOWN_BEFORE = 10

Eraser = Annotated[Caller, allow("customer:erase")]
ERASE = "customer.erase"
Searched = Annotated[str, Query(min_length=1, max_length=LONGEST)]

router = Router(tags=["customers"])


@router.get(CUSTOMERS, response_model=list[Found])
def find_customers(  # noqa: PLR0913  each is a part of the request
    *,
    caller: Reader,
    session: ToRead,
    page: Page,
    response: Response,
    phone: Searched | None = None,
    name: Searched | None = None,
) -> Response:
    """Return the customers with a phone number, however it is written, or a name that begins so."""
    found = search(session, caller, phone, name, page.rows)
    keys = by("party_id") if name is None else name_and_id
    shown = [showing.found(each) for each in paged(response, page, found, keys=keys)]
    return show_all(shown, response=response)


def name_and_id(party: Party) -> tuple[str, str]:
    """Return by what a list of names is in order."""
    return comparable(party.name)[:LONGEST], party.party_id


def search(
    session: ToRead, caller: Caller, phone: str | None, name: str | None, rows: Window
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
        key = searchable("phone", phone_key(phone))
        return store.by_phone(session, reach_of(caller), key, rows)
    if not sees_everybody(caller):
        raise MissingScopeError([SEES_ALL])
    return store.by_name(session, caller.tenant, searchable("name", comparable(name or "")), rows)


def searchable(parameter: str, key: str) -> str:
    """Return what is looked for, in the form in which it is compared.

    Raises:
        InvalidError: nothing is left in it: all customers would begin so.
    """
    if not key:
        reason, remedy = "says nothing that can be looked for", "give a letter or a digit at least"
        raise InvalidError([Fault(parameter, "nothing-sought", reason, remedy)])
    return key


@router.get(f"{CUSTOMERS}/{{party_id}}/view", response_model=CustomerView)
def read_view(
    party_id: str,
    caller: Reader,
    session: ToRead,
    settings: ToSettings,
    limit: Annotated[
        int, Query(ge=1, le=MOST, description="The longest a list gets."), IS_DIGITS
    ] = MOST,
) -> Response:
    """Return all that is known of one customer, each list up to `limit`."""
    reach = looked_up(session, reach_of(caller))
    party = store.party(session, reach, party_id)
    known = store.known(session, reach, party, min(limit, caller.limits.page_size))
    before: tuple[str, ...] = ()
    if settings.person_key and caller.may(SEES_ALL):
        before = known_before(session, party, settings.person_key.encode())
    return show(showing.customer_view(view_of(known), before))


def known_before(session: ToRead, party: Party, key: bytes) -> tuple[str, ...]:
    """Return the ids of erased customers who are the same person."""
    marks = marks_of(party, key)
    return tuple(store.recognised(session, party, marks, KNOWN_BEFORE)) if marks else ()


@router.post(
    f"{CUSTOMERS}/{{party_id}}/erase",
    response_model=Erased,
    responses={202: {"model": ApprovalView, "description": "A second person must approve it."}},
)
async def erase_customer(  # noqa: PLR0913  each is a part of the request
    *,
    party_id: str,
    erasure: Erasure,
    caller: Eraser,
    cause: RequestCause,
    desk: ToDesk,
    settings: ToSettings,
) -> Response:
    """Blank all that tells who a customer is, in all services; orders and products stay.

    The other services follow within moments. What orders accepted later carry is kept again.
    """
    key = key_for(settings)
    asked = Dangerous(ERASE, party_id, {}, erasure.reason)
    done = await desk.serve(cause, partial(erase_if_approved, asked, caller, key))
    return waiting_for(done) if isinstance(done, Approval) else show(showing.gone(done))


def key_for(settings: Settings) -> bytes:
    """Return the key that erased persons are marked with.

    Raises:
        UnavailableError: if there is none.
    """
    if not settings.person_key:
        msg = "there is no key to mark erased persons with: set KAITONG_PERSON_KEY and start again"
        raise UnavailableError(msg)
    return settings.person_key.encode()


def erase_if_approved(asked: Dangerous, caller: Caller, key: bytes, work: Work) -> Party | Approval:
    """Erase a party, or return the approval that it waits for."""
    party_id = asked.subject
    store.get_party(work.session, work.tenant, party_id)
    if approval := passes(work, caller, asked):
        return approval
    return erase(party_id, caller.client, asked.reason, key, work)


def erase(party_id: str, client: str, reason: str, key: bytes, work: Work) -> Party:
    """Erase one party's personal data, note who did it and why, and have all others do it."""
    party = store.get_party(work.session, work.tenant, party_id)
    gone = erased(party, work.now, work.cause.id, key)
    if gone is not party:
        store.erase(work.session, gone)
        work.note(PARTY, party_id, "known", "erased", part=client, reason=reason)
        work.audit(ERASE, party_id, reason=reason)
        key_of_party = party_key(work.tenant, party_id)
        told = PartyErased(
            party_key=key_of_party,
            party_id=party_id,
            until=gone.told_at,
            person_mark=gone.person_mark,
        )
        work.emit(told)
    return gone
