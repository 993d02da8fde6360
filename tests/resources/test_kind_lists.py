"""The lists of kinds are published: after a new kind, and at a start where one is pending."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete

from services.resources.commands.kind_lists import publish_pending_lists
from services.resources.domain.pool.kinds import PoolKind
from services.resources.store import kinds
from services.resources.tables import PoolKindRow
from shared.contracts import PoolKindsPublished, ServedFrom
from shared.persistence.database import Sessions
from tests.kernel import TENANT, published
from tests.resources.new_kinds import SIM, publish

BOX = PoolKind(name="tv-box", served_from=ServedFrom.ANYWHERE)


def start(sessions: Sessions) -> None:
    """Publish pending lists, as a start of the service does."""
    with sessions.begin() as session:
        publish_pending_lists(session)


def lists_of(sessions: Sessions, tenant: str) -> Sequence[tuple[str, ...]]:
    """Return the published lists of a tenant, or of the release."""
    messages = [each for each in published(sessions) if isinstance(each, PoolKindsPublished)]
    return [each.kinds for each in messages if each.owner_tenant == tenant]


def test_a_start_publishes_the_kinds_of_the_release_only_once(sessions: Sessions) -> None:
    start(sessions)
    start(sessions)

    assert lists_of(sessions, "") == [tuple(sorted(kinds.SHIPPED))]


def test_a_publication_is_followed_by_the_list_of_all_kinds_of_its_tenant(
    sessions: Sessions,
) -> None:
    for each in (SIM, BOX, BOX):
        publish(sessions, each)
    start(sessions)

    assert lists_of(sessions, TENANT) == [(SIM.name,), tuple(sorted((SIM.name, BOX.name)))]


def test_a_start_publishes_what_an_earlier_version_did_not(sessions: Sessions) -> None:
    with sessions.begin() as session:
        kinds.add(session, TENANT, [BOX], "anna", datetime(2026, 1, 1, tzinfo=UTC))

    start(sessions)
    start(sessions)

    assert lists_of(sessions, TENANT) == [(BOX.name,)]


def test_a_list_that_was_published_before_is_published_again_if_another_followed(
    sessions: Sessions,
) -> None:
    publish(sessions, BOX)
    publish(sessions, SIM)
    with sessions.begin() as session:
        session.execute(delete(PoolKindRow).where(PoolKindRow.name == SIM.name))

    start(sessions)

    assert lists_of(sessions, TENANT)[-1] == (BOX.name,)
