"""A second person for what is dangerous: never the one who asked."""

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
from shared.messaging.after_commit import AfterCommit
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence import audit_log
from shared.persistence.database import Sessions
from shared.security.caller import Caller
from shared.security.roles import ROLES, RoleLimits
from tests.conftest import NOON
from tests.kernel import TENANT

ASKED = SensitiveAction("things.withdraw", "leg/NJ-XW-SP001", {"values": ["1", "2"]}, "flooded")
OTHERWISE = replace(ASKED, content={"values": ["1", "2", "3"]})
NETWORK = ROLES["network"]


def a_person(name: str, tenant: str = TENANT, limits: RoleLimits = NETWORK.limits) -> Caller:
    return Caller("back-office", tenant, "network", NETWORK.scopes, name, limits)


LI, WANG = a_person("li-na"), a_person("wang-fang")


def ask(
    sessions: Sessions, who: Caller = LI, what: SensitiveAction = ASKED, now: datetime = NOON
) -> Approval | None:
    """Ask whether something may be done now."""
    with begin_transaction(sessions, now, AfterCommit(uuid4())) as transaction:
        return approvals.check_approval(transaction.unit_of_work(cause_of(who)), who, what)


def decide(
    sessions: Sessions, who: Caller, id_: UUID, state: ApprovalState = ApprovalState.APPROVED
) -> Approval:
    """Decide about what was asked for."""
    with begin_transaction(sessions, NOON, AfterCommit(uuid4())) as transaction:
        return approvals.decide(transaction.unit_of_work(cause_of(who)), who, id_, state, "seen")


def cause_of(who: Caller) -> Causation:
    return Causation(uuid4(), uuid4(), who.tenant, "", "", who.person, who.client, who.role)


def must_wait(approval: Approval | None) -> Approval:
    assert approval is not None
    assert approval.state is ApprovalState.WAITING
    return approval


def test_what_a_role_may_do_alone_is_done_at_once(sessions: Sessions) -> None:
    assert ask(sessions, a_person("li-na", limits=RoleLimits())) is None


def test_what_another_has_approved_is_done_once(sessions: Sessions) -> None:
    waiting = must_wait(ask(sessions))
    assert must_wait(ask(sessions)) == waiting

    decide(sessions, WANG, waiting.id)

    assert ask(sessions) is None
    assert must_wait(ask(sessions)).id != waiting.id


def test_who_asked_for_it_cannot_approve_it(sessions: Sessions) -> None:
    waiting = must_wait(ask(sessions))

    with pytest.raises(SamePersonError):
        decide(sessions, LI, waiting.id)
    with pytest.raises(SamePersonError):
        decide(sessions, replace(LI, client="another-client"), waiting.id)

    must_wait(ask(sessions))


@pytest.mark.parametrize("sub", ["", "back-office"])
def test_a_client_without_a_person_approves_nothing(sessions: Sessions, sub: str) -> None:
    waiting = must_wait(ask(sessions))
    bare = replace(LI, sub=sub)

    for state in (ApprovalState.APPROVED, ApprovalState.REFUSED):
        with pytest.raises(PersonRequiredError) as refused:
            decide(sessions, bare, waiting.id, state)
        assert (refused.value.status, refused.value.code) == (403, "person-needed")
        assert "sub" in refused.value.remedy

    must_wait(ask(sessions))


@pytest.mark.parametrize("sub", ["", "back-office"])
def test_a_client_without_a_person_asks_for_nothing_that_two_must_want(
    sessions: Sessions, sub: str
) -> None:
    with pytest.raises(PersonRequiredError):
        ask(sessions, replace(LI, sub=sub))


def test_what_a_client_asked_for_without_a_person_none_of_its_persons_approves(
    sessions: Sessions,
) -> None:
    waiting = must_wait(ask(sessions))
    with sessions.begin() as session:
        session.execute(update(ApprovalRow).values(asked_by=LI.client))

    with pytest.raises(SamePersonError):
        decide(sessions, WANG, waiting.id)
    decide(sessions, replace(WANG, client="the-auditors"), waiting.id)


def test_an_approval_holds_for_what_was_asked_for_and_for_who_asked(sessions: Sessions) -> None:
    decide(sessions, WANG, must_wait(ask(sessions)).id)

    must_wait(ask(sessions, what=OTHERWISE))
    must_wait(ask(sessions, WANG))
    assert ask(sessions) is None


def test_what_is_refused_is_not_done_and_can_be_asked_for_again(sessions: Sessions) -> None:
    first = must_wait(ask(sessions))
    decide(sessions, WANG, first.id, ApprovalState.REFUSED)

    second = must_wait(ask(sessions))

    assert second.id != first.id
    with pytest.raises(ConflictError, match="refused"):
        decide(sessions, WANG, first.id)


def test_an_approval_that_is_not_used_in_time_is_asked_for_again(sessions: Sessions) -> None:
    first = must_wait(ask(sessions))
    decide(sessions, WANG, first.id)

    late = NOON + APPROVAL_LIFETIME + timedelta(seconds=1)

    assert must_wait(ask(sessions, now=late)).id != first.id


def test_nobody_decides_for_another_tenant(sessions: Sessions) -> None:
    waiting = must_wait(ask(sessions))

    with pytest.raises(NotFoundError):
        decide(sessions, a_person("wang-fang", tenant="zhejiang"), waiting.id)


def test_who_asked_and_who_decided_are_in_the_audit(sessions: Sessions) -> None:
    decide(sessions, WANG, must_wait(ask(sessions)).id)

    with sessions() as session:
        entries = [entry for _, entry in audit_log.read_entries(session, TENANT, after=0, limit=10)]
    assert [(each.actor, each.action, each.subject) for each in entries] == [
        ("li-na", "things.withdraw.ask", ASKED.subject),
        ("wang-fang", "things.withdraw.approved", ASKED.subject),
    ]


def test_a_request_is_there_for_who_asked_and_for_those_who_see_all_of_their_tenant(
    sessions: Sessions,
) -> None:
    waiting = must_wait(ask(sessions))
    auditor, elsewhere = ROLES["auditor"], a_person("li-na", tenant="zhejiang")
    sees_all = replace(WANG, role="auditor", scopes=auditor.scopes)
    unnamed = replace(LI, client="li-na", sub="")

    callers = (LI, sees_all, WANG, unnamed, elsewhere, replace(sees_all, tenant="zhejiang"))
    seen = [approvals.may_see(who, waiting) for who in callers]

    assert seen == [True, True, False, False, False, False]
