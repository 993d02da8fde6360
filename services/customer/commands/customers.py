"""Erase the personal data of a customer, after a second person's approval where one is needed."""

from services.customer import store
from services.customer.domain.parties.party import Party, erase_party
from shared.access.access_rule import require_found
from shared.access.approvals import Approval, SensitiveAction, request_approval_if_needed
from shared.contracts import PartyErased, party_key
from shared.messaging.unit_of_work import UnitOfWork
from shared.persistence.history import PARTY_KIND
from shared.security.caller import Caller

ERASE_ACTION = "customer.erase"


def require_customer(found: Party | None, party_id: str) -> Party:
    """Return a customer that a query of the store has found.

    Raises:
        NotFoundError: if there is none.
    """
    remedy = "check the id; a customer is known from the first accepted order on"
    return require_found(found, f"no order of customer {party_id} was accepted here", remedy=remedy)


def erase_if_approved(
    action: SensitiveAction, caller: Caller, person_key: bytes, work: UnitOfWork
) -> Party | Approval:
    """Erase a party, or return the approval that it waits for.

    Raises:
        NotFoundError: if there is no such party.
    """
    party_id = action.subject
    require_customer(store.find_party_for_update(work.session, work.tenant, party_id), party_id)
    if approval := request_approval_if_needed(work, caller, action):
        return approval
    return erase_and_publish(party_id, caller.client, action.reason, person_key, work)


def erase_and_publish(
    party_id: str, client: str, reason: str, person_key: bytes, work: UnitOfWork
) -> Party:
    """Erase one party's personal data, audit who did it and why, and publish the erasure.

    The person is marked with `person_key` (KAITONG_PERSON_KEY), to be recognised under a new id.

    Raises:
        NotFoundError: if there is no such party.
    """
    found = store.find_party_for_update(work.session, work.tenant, party_id)
    party = require_customer(found, party_id)
    erased = erase_party(party, work.now, work.cause.id, person_key)
    if erased is not party:
        store.erase_party(work.session, erased)
        work.record_change(PARTY_KIND, party_id, "known", "erased", part=client, reason=reason)
        work.audit(ERASE_ACTION, party_id, reason=reason)
        message = PartyErased(
            party_key=party_key(work.tenant, party_id),
            party_id=party_id,
            until=erased.told_at,
            person_mark=erased.person_mark,
        )
        work.publish(message)
    return erased
