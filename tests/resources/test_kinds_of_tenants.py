"""Kinds of resources belong to the tenant that publishes them, and never change."""

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.resources.commands.kinds import publish_kinds
from services.resources.domain.pool.kinds import PoolKind
from services.resources.handlers import SUBSCRIPTIONS
from services.resources.store.kinds import read_published
from services.resources.tables import PoolItemRow
from shared.contracts import Action, Message, Need
from shared.errors import ConflictError
from shared.persistence.database import Sessions
from tests.kernel import TENANT, cause_of, consume_records, dead_letter_rows, record_of
from tests.resources.builders import (
    a_release_request,
    an_assignment_request,
    answers_to,
    assigned_values,
    completed,
    import_plant,
    order_id,
)
from tests.resources.concurrency import TIMEOUT_S, in_own_thread, waits_for_lock
from tests.resources.new_kinds import IPTV_PORT, import_blocks_of, publish, unit_of_work_in

OTHER_TENANT = "zhejiang"
PORT = Need(kind=IPTV_PORT.name)
OTHER_RULES = msgspec.structs.replace(IPTV_PORT, quarantine_days=0)


@pytest.fixture
def plants(sessions: Sessions) -> Sessions:
    """A database with the small plant of two tenants."""
    for tenant in (TENANT, OTHER_TENANT):
        import_plant(sessions, tenant=tenant)
    return sessions


def handle_of_both(sessions: Sessions, ours: Message, theirs: Message) -> None:
    """Handle a message of either tenant, both in one batch."""
    records = [
        record_of(ours, cause_of(ours, TENANT)),
        record_of(theirs, cause_of(theirs, OTHER_TENANT)),
    ]
    consume_records(sessions, SUBSCRIPTIONS, records)


def states_by_tenant(sessions: Sessions, kind: PoolKind) -> dict[str, str]:
    """Return the state of the one item of a kind that each tenant has."""
    query = select(PoolItemRow.tenant, PoolItemRow.state).where(PoolItemRow.kind == kind.name)
    with sessions() as session:
        return {tenant: str(state) for tenant, state in session.execute(query)}


def publish_in(session: Session, kind: PoolKind) -> None:
    """Publish a kind in a transaction that the test ends."""
    publish_kinds([kind], "li-na", unit_of_work_in(session))


def test_an_order_for_a_kind_that_another_tenant_has_published_is_parked(
    plants: Sessions,
) -> None:
    publish(plants, IPTV_PORT)
    import_blocks_of(plants, IPTV_PORT, "X", 2)

    handle_of_both(plants, an_assignment_request(1, PORT), an_assignment_request(2, PORT))

    (answer,) = answers_to(plants, 1)
    assert assigned_values(answer) == ["X/0000001"]
    assert answers_to(plants, 2) == []
    assert [row.key for row in dead_letter_rows(plants)] == [order_id(2).bytes]


def test_the_quarantine_of_a_kind_is_that_of_the_tenant_s_own_rules(plants: Sessions) -> None:
    publish(plants, IPTV_PORT)
    publish(plants, OTHER_RULES, tenant=OTHER_TENANT)
    for tenant in (TENANT, OTHER_TENANT):
        import_blocks_of(plants, IPTV_PORT, "X", 1, tenant=tenant)

    handle_of_both(plants, an_assignment_request(1, PORT), an_assignment_request(3, PORT))
    handle_of_both(plants, completed(1), completed(3))
    handle_of_both(plants, a_release_request(2, of=1), a_release_request(4, of=3))
    handle_of_both(plants, completed(2, Action.DELETE, of=1), completed(4, Action.DELETE, of=3))

    assert states_by_tenant(plants, IPTV_PORT) == {TENANT: "quarantined", OTHER_TENANT: "free"}


def test_of_two_publications_of_a_name_with_other_rules_at_a_time_one_is_refused(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        publish_in(session, IPTV_PORT)
        waiting = in_own_thread(sessions, lambda session: publish_in(session, OTHER_RULES))
        assert waits_for_lock(sessions, waiting)

    with pytest.raises(ConflictError, match="already published with other rules"):
        waiting.result(TIMEOUT_S)
    with sessions() as session:
        assert [each.kind for each in read_published(session, TENANT)] == [IPTV_PORT]


def test_a_publication_that_is_undone_is_no_obstacle_to_another_at_the_same_time(
    sessions: Sessions,
) -> None:
    with sessions() as session:
        publish_in(session, IPTV_PORT)
        waiting = in_own_thread(sessions, lambda session: publish_in(session, OTHER_RULES))
        assert waits_for_lock(sessions, waiting)
        session.rollback()

    waiting.result(TIMEOUT_S)
    with sessions() as session:
        assert [each.kind for each in read_published(session, TENANT)] == [OTHER_RULES]
