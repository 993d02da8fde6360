"""The audit log: actions of persons, append-only, each entry chained to the one before it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.contracts import Causation
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence import audit_log
from shared.persistence.audit_log import AuditEntry
from shared.persistence.database import Sessions
from tests.conftest import NOON
from tests.kernel import TENANT

WHO = ("li-na", "back-office", "supervisor")


def act(sessions: Sessions, *subjects: str, tenant: str = TENANT) -> None:
    """Audit an action on each subject, in one transaction."""
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        work = transaction.unit_of_work(Causation(uuid4(), uuid4(), tenant, "", "", *WHO))
        for subject in subjects:
            work.audit("things.withdraw", subject, reason="flooded", things=3)


SWAPPED = """UPDATE audit a SET subject = b.subject, hash = b.hash FROM audit b
    WHERE a.position IN (1, 2) AND b.position = 3 - a.position"""


def an_entry(subject: str) -> AuditEntry:
    """Return an entry as a unit of work writes it."""
    return AuditEntry(NOON, TENANT, *WHO, "things.withdraw", subject, 1, "flooded", uuid4())


def execute_without_triggers(sessions: Sessions, statement: str) -> None:
    """Change the audit log without its triggers."""
    with sessions.begin() as session:
        session.execute(text("SET LOCAL session_replication_role = replica"))
        session.execute(text(statement))


def test_an_entry_says_who_did_what_to_what_when_and_why(sessions: Sessions) -> None:
    act(sessions, "leg/1")

    with sessions() as session:
        ((position, entry),) = audit_log.read_entries(session, TENANT, after=0, limit=10)
    assert position == 1
    assert (entry.actor, entry.client, entry.role) == WHO
    assert (entry.action, entry.subject, entry.things) == ("things.withdraw", "leg/1", 3)
    assert (entry.at, entry.reason) == (NOON, "flooded")


def test_entries_are_found_by_tenant_subject_and_person(sessions: Sessions) -> None:
    act(sessions, "leg/1", "leg/2")
    act(sessions, "leg/1", tenant="zhejiang")

    with sessions() as session:
        read = [
            audit_log.read_entries(session, TENANT, after=0, limit=10),
            audit_log.read_entries(session, TENANT, after=1, limit=10),
            audit_log.read_entries(session, TENANT, after=0, limit=10, subject="leg/1"),
            audit_log.read_entries(session, TENANT, after=0, limit=10, actor="wang"),
        ]
    assert [len(each) for each in read] == [2, 1, 1, 0]


@pytest.mark.parametrize("statement", ["UPDATE audit SET reason = ''", "DELETE FROM audit"])
def test_no_entry_is_ever_rewritten_or_removed(sessions: Sessions, statement: str) -> None:
    act(sessions, "leg/1")

    with sessions() as session, pytest.raises(DBAPIError, match="only ever added to"):
        session.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("SELECT 1", None),
        ("UPDATE audit SET actor = 'nobody' WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 2", 2),
        ("DELETE FROM audit WHERE position = 1", 1),
        ("UPDATE audit SET position = 9 WHERE position = 3", 3),
        (
            SWAPPED,
            1,
        ),
    ],
)
def test_a_change_that_bypasses_the_triggers_breaks_the_chain(
    sessions: Sessions, statement: str, broken_at: int | None
) -> None:
    act(sessions, "leg/1", "leg/2")
    act(sessions, "leg/3")

    execute_without_triggers(sessions, statement)

    with sessions() as session:
        assert audit_log.first_broken_position(session) == broken_at


def test_transactions_at_the_same_time_make_one_chain(sessions: Sessions) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: act(sessions, f"leg/{n}", f"vlan/{n}"), range(16)))

    with sessions() as session:
        positions = [at for at, _ in audit_log.read_entries(session, TENANT, after=0, limit=100)]
        assert positions == list(range(1, 33))
        assert audit_log.first_broken_position(session) is None


def test_what_is_rolled_back_leaves_no_entry(sessions: Sessions) -> None:
    with sessions() as session:
        audit_log.append(session, [an_entry("leg/1")])
        session.rollback()

    with sessions() as session:
        assert audit_log.read_entries(session, TENANT, after=0, limit=10) == []
