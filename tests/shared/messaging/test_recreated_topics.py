"""Topics that were made anew are read from their beginnings, whatever the stored offsets are."""

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient
from sqlalchemy import text

from shared.config.settings import Settings
from shared.kafka import admin
from shared.kafka.record_types import ConsumedRecord
from shared.messaging import inbox, pending_outbox
from shared.messaging.commit_context import CommitContext
from shared.messaging.recreated_topics import save_ids_and_reset_recreated
from shared.persistence.database import Sessions
from tests.kernel import commit_messages_in
from tests.shared.order_log import accepted

OLD = {"order": UUID(int=1), "resources": UUID(int=2)}
ANEW = OLD | {"order": UUID(int=3)}


def save_far_offsets(sessions: Sessions) -> None:
    """Save offsets: both topics are read, and `order` is published, up to 80."""
    with sessions.begin() as session:
        records = [ConsumedRecord(f"{topic}/3", 80, b"", b"") for topic in OLD]
        inbox.save_offsets(session, records)
        pending_outbox.save_published_offsets(session, {"order/3": 80})


def offsets(sessions: Sessions) -> dict[str, int]:
    with sessions() as session:
        return inbox.next_offsets(session)


def pending_count(sessions: Sessions) -> int:
    with sessions() as session:
        return int(session.scalars(text("SELECT count(*) FROM unsent")).one())


def test_a_topic_that_was_made_anew_is_read_from_its_beginning_and_no_other(
    sessions: Sessions,
) -> None:
    assert save_ids_and_reset_recreated(sessions, OLD, {}) == []
    save_far_offsets(sessions)

    assert save_ids_and_reset_recreated(sessions, ANEW, OLD) == ["order"]

    assert offsets(sessions) == {"order/3": 0, "resources/3": 81}


def test_records_of_a_topic_that_was_made_anew_are_sent_again(sessions: Sessions) -> None:
    save_ids_and_reset_recreated(sessions, OLD, {})
    commit_messages_in(sessions, CommitContext(uuid4()), accepted(), now=datetime.now(UTC))
    with sessions.begin() as session:
        session.execute(text("DELETE FROM unsent"))
        pending_outbox.save_published_offsets(session, {"order/3": 80})

    save_ids_and_reset_recreated(sessions, ANEW, OLD)

    assert pending_count(sessions) == 1
    with sessions() as session:
        assert pending_outbox.published_offsets(session) == {}


def test_a_process_that_notices_after_another_begins_anew_all_the_same(
    sessions: Sessions,
) -> None:
    save_ids_and_reset_recreated(sessions, OLD, {})
    save_ids_and_reset_recreated(sessions, ANEW, OLD)
    save_far_offsets(sessions)  # the other process saved its offsets in the old topic

    assert save_ids_and_reset_recreated(sessions, ANEW, OLD) == ["order"]

    assert offsets(sessions)["order/3"] == 0


def test_while_no_topic_was_made_anew_every_offset_stays(sessions: Sessions) -> None:
    save_ids_and_reset_recreated(sessions, OLD, {})
    save_far_offsets(sessions)

    assert (
        save_ids_and_reset_recreated(sessions, OLD, OLD)
        == save_ids_and_reset_recreated(sessions, {}, OLD)
        == []
    )

    assert set(offsets(sessions).values()) == {81}


@pytest.mark.usefixtures("topics")
def test_a_topic_that_is_deleted_and_made_again_has_another_id(settings: Settings) -> None:
    before = admin.topic_ids(settings, ["order", "none"])

    with closing(admin.admin_client(settings)) as client:
        client.delete_topics([settings.topic_prefix + "order"])
    while "order" in admin.topic_ids(settings, ["order"]):
        pass
    admin.create_topics(settings)

    after = admin.topic_ids(settings, ["order", "none"])
    assert before.keys() == after.keys() == {"order"}
    assert before != after


def test_a_topic_that_is_deleted_during_the_query_has_no_id(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaAdminClient, "list_topics", lambda _: [settings.topic_prefix + "gone"])

    assert admin.topic_ids(settings, ["gone"]) == {}
