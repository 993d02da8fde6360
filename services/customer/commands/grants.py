"""Change the grants between clients of the API."""

from services.customer.domain.parties.grant_change import AccessGrantChange, access_changed_message
from shared.access import grants
from shared.access.approvals import Approval, request_approval_if_needed
from shared.access.grants import Grant
from shared.messaging.unit_of_work import UnitOfWork
from shared.security.caller import Caller


def change_grant(change: AccessGrantChange, caller: Caller, work: UnitOfWork) -> Grant | Approval:
    """Change a grant, publish it to the other services, and audit who did it and why."""
    if change.sensitive_action and (
        approval := request_approval_if_needed(work, caller, change.sensitive_action)
    ):
        return approval
    key = (work.tenant, change.grantee, change.owner, change.customer_id)
    grant = Grant(*key, change.level, work.now, caller.person, change.reason)
    grants.upsert_grant(work.session, grant)
    work.publish(access_changed_message(change, work.tenant))
    work.audit(change.action, change.subject, reason=change.reason)
    return grant
