"""Approvals: a sensitive action needs a second person, never the requester."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from shared.access import approvals
from shared.access.approvals import (
    APPROVAL_LIFETIME,
    Approval,
    ApprovalRow,
    ApprovalState,
    PersonRequiredError,
    SamePersonError,
    SensitiveAction,
)
from shared.contracts import Causation
from shared.errors import ConflictError, NotFoundError
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence import audit_log
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from shared.security.roles import ROLES, RoleLimits
from tests.conftest import NOON
from tests.kernel import TENANT

ACTION = SensitiveAction("things.withdraw", "leg/NJ-XW-SP001", {"values": ["1", "2"]}, "flooded")
OTHER_CONTENT = replace(ACTION, content={"values": ["1", "2", "3"]})
NETWORK = ROLES["network"]


def a_person(name: str, tenant: str = TENANT, limits: RoleLimits = NETWORK.limits) -> Caller:
    return Caller("back-office", tenant, "network", NETWORK.scopes, name, limits)


LI, WANG = a_person("li-na"), a_person("wang-fang")


def request(
    sessions: Sessions,
    caller: Caller = LI,
    action: SensitiveAction = ACTION,
    now: datetime = NOON,
) -> Approval | None:
    """Return the approval that a caller must wait for, or None if the action is allowed now."""
    with begin_transaction(sessions, now, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(cause_of(caller))
        return approvals.request_approval_if_needed(work, caller, action)


def decide(
    sessions: Sessions, caller: Caller, id_: UUID, state: ApprovalState = ApprovalState.APPROVED
) -> Approval:
    """Decide a request for approval."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(cause_of(caller))
        return approvals.decide(work, caller, id_, state, "seen")


def cause_of(caller: Caller) -> Causation:
    return Causation(
        uuid4(), uuid4(), caller.tenant, "", "", caller.person, caller.client, caller.role
    )


def must_wait(approval: Approval | None) -> Approval:
    assert approval is not None
    assert approval.state is ApprovalState.WAITING
    return approval


def test_what_a_role_may_do_alone_is_done_at_once(sessions: Sessions) -> None:
    assert request(sessions, a_person("li-na", limits=RoleLimits())) is None


def test_what_another_has_approved_is_done_once(sessions: Sessions) -> None:
    waiting = must_wait(request(sessions))
    assert must_wait(request(sessions)) == waiting

    decide(sessions, WANG, waiting.id)

    assert request(sessions) is None
    assert must_wait(request(sessions)).id != waiting.id


def test_the_requester_cannot_approve_the_request(sessions: Sessions) -> None:
    waiting = must_wait(request(sessions))

    with pytest.raises(SamePersonError):
        decide(sessions, LI, waiting.id)
    with pytest.raises(SamePersonError):
        decide(sessions, replace(LI, client="another-client"), waiting.id)

    must_wait(request(sessions))


@pytest.mark.parametrize("sub", ["", "back-office"])
def test_a_client_without_a_person_approves_nothing(sessions: Sessions, sub: str) -> None:
    waiting = must_wait(request(sessions))
    without_person = replace(LI, sub=sub)

    for state in (ApprovalState.APPROVED, ApprovalState.REFUSED):
        with pytest.raises(PersonRequiredError) as refused:
            decide(sessions, without_person, waiting.id, state)
        assert (refused.value.status, refused.value.code) == (403, "person-needed")
        assert "sub" in refused.value.remedy

    must_wait(request(sessions))


@pytest.mark.parametrize("sub", ["", "back-office"])
def test_a_client_without_a_person_cannot_request_an_approval(sessions: Sessions, sub: str) -> None:
    with pytest.raises(PersonRequiredError):
        request(sessions, replace(LI, sub=sub))


def test_a_request_of_a_client_without_a_person_is_not_approved_by_its_persons(
    sessions: Sessions,
) -> None:
    waiting = must_wait(request(sessions))
    with sessions.begin() as session:
        session.execute(update(ApprovalRow).values(asked_by=LI.client))

    with pytest.raises(SamePersonError):
        decide(sessions, WANG, waiting.id)
    decide(sessions, replace(WANG, client="the-auditors"), waiting.id)


def test_an_approval_is_valid_for_its_content_and_its_requester_only(sessions: Sessions) -> None:
    decide(sessions, WANG, must_wait(request(sessions)).id)

    must_wait(request(sessions, action=OTHER_CONTENT))
    must_wait(request(sessions, WANG))
    assert request(sessions) is None


def test_what_is_refused_is_not_done_and_can_be_asked_for_again(sessions: Sessions) -> None:
    first = must_wait(request(sessions))
    decide(sessions, WANG, first.id, ApprovalState.REFUSED)

    second = must_wait(request(sessions))

    assert second.id != first.id
    with pytest.raises(ConflictError, match="refused"):
        decide(sessions, WANG, first.id)


def test_an_approval_that_is_not_used_in_time_is_asked_for_again(sessions: Sessions) -> None:
    first = must_wait(request(sessions))
    decide(sessions, WANG, first.id)

    late = NOON + APPROVAL_LIFETIME + timedelta(seconds=1)

    assert must_wait(request(sessions, now=late)).id != first.id


def test_a_person_cannot_decide_for_another_tenant(sessions: Sessions) -> None:
    waiting = must_wait(request(sessions))

    with pytest.raises(NotFoundError):
        decide(sessions, a_person("wang-fang", tenant="zhejiang"), waiting.id)


def test_the_requester_and_the_decider_are_in_the_audit_log(sessions: Sessions) -> None:
    decide(sessions, WANG, must_wait(request(sessions)).id)

    with sessions() as session:
        entries = [entry for _, entry in audit_log.read_entries(session, TENANT, after=0, limit=10)]
    assert [(each.actor, each.action, each.subject) for each in entries] == [
        ("li-na", "things.withdraw.ask", ACTION.subject),
        ("wang-fang", "things.withdraw.approved", ACTION.subject),
    ]


def test_a_request_is_visible_to_its_requester_and_to_those_who_see_all_of_the_tenant(
    sessions: Sessions,
) -> None:
    waiting = must_wait(request(sessions))
    auditor, other_tenant = ROLES["auditor"], a_person("li-na", tenant="zhejiang")
    sees_all = replace(WANG, role="auditor", scopes=auditor.scopes)
    unnamed = replace(LI, client="li-na", sub="")

    callers = (LI, sees_all, WANG, unnamed, other_tenant, replace(sees_all, tenant="zhejiang"))
    visible = [approvals.may_see(caller, waiting) for caller in callers]

    assert visible == [True, True, False, False, False, False]
