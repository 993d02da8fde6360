"""Change agreements with customers, with the approval of a second person."""

import msgspec

from services.order import store
from services.order.domain.catalogue.agreements import (
    Agreement,
    AgreementTerms,
    agreement_faults,
)
from shared.access.approvals import Approval, SensitiveAction, request_approval_if_needed
from shared.errors import InvalidError
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller

CHANGE_ACTION = "agreement.change"
"""One of roles.NEEDS_APPROVAL."""


def change_if_approved(
    id_: str, terms: AgreementTerms, reason: str, caller: Caller, work: UnitOfWork
) -> Agreement | Approval:
    """Write an agreement; return it, or the approval that is pending.

    Raises:
        InvalidError: if it contradicts itself or the catalogue; every fault is named.
    """
    catalogue = store.catalogue.get(work.session, caller.tenant)
    if faults := tuple(agreement_faults(terms, catalogue)):
        raise InvalidError(faults)
    action = SensitiveAction(CHANGE_ACTION, id_, msgspec.to_builtins(terms), reason)
    if approval := request_approval_if_needed(work, caller, action):
        return approval
    before = store.agreements.find(work.session, caller.tenant, id_)
    agreement = Agreement(id_, work.now, caller.person, terms)
    store.agreements.put(work.session, caller.tenant, agreement)
    work.audit(CHANGE_ACTION, id_, reason=reason)
    work.record_change("agreement", id_, "agreed" if before else "", "agreed", reason=reason)
    return agreement
