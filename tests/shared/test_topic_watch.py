"""Topics that were made anew are read from their beginnings, whatever offsets say."""

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from kafka import KafkaAdminClient
from sqlalchemy import text

from shared.config.settings import Settings
from shared.kafka import admin
from shared.kafka.records import ConsumedRecord
from shared.messaging import inbox, pending_outbox
from shared.messaging.after_commit import AfterCommit
from shared.messaging.topic_watch import save_topic_ids
from shared.persistence.database import Sessions
from tests.kernel import commit_messages_in
from tests.shared.order_log import accepted

OLD, NEW = {"order": UUID(int=1), "resources": UUID(int=2)}, UUID(int=3)
ANEW = OLD | {"order": NEW}


def read_far(sessions: Sessions) -> None:
    """Have both topics read, and `order` written, up to some place."""
    with sessions.begin() as session:
        records = [ConsumedRecord(f"{topic}/3", 80, b"", b"") for topic in OLD]
        inbox.save_offsets(session, records)
        pending_outbox.save_published_offsets(session, {"order/3": 80})


def places(sessions: Sessions) -> dict[str, int]:
    with sessions() as session:
        return inbox.next_offsets(session)


def unsent_letters(sessions: Sessions) -> int:
    with sessions() as session:
        return int(session.scalars(text("SELECT count(*) FROM unsent")).one())


def test_a_topic_that_was_made_anew_is_read_from_its_beginning_and_no_other(
    sessions: Sessions,
) -> None:
    assert save_topic_ids(sessions, OLD, {}) == []
    read_far(sessions)

    assert save_topic_ids(sessions, ANEW, OLD) == ["order"]

    assert places(sessions) == {"order/3": 0, "resources/3": 81}


def test_what_was_told_on_it_is_sent_again(sessions: Sessions) -> None:
    save_topic_ids(sessions, OLD, {})
    commit_messages_in(sessions, AfterCommit(uuid4()), accepted(), now=datetime.now(UTC))
    with sessions.begin() as session:
        session.execute(text("DELETE FROM unsent"))
        pending_outbox.save_published_offsets(session, {"order/3": 80})

    save_topic_ids(sessions, ANEW, OLD)

    assert unsent_letters(sessions) == 1
    with sessions() as session:
        assert pending_outbox.published_offsets(session) == {}


def test_a_process_that_notices_after_another_begins_anew_all_the_same(
    sessions: Sessions,
) -> None:
    save_topic_ids(sessions, OLD, {})
    save_topic_ids(sessions, ANEW, OLD)
    read_far(sessions)  # the other one wrote down how far it had read the topic before

    assert save_topic_ids(sessions, ANEW, OLD) == ["order"]

    assert places(sessions)["order/3"] == 0


def test_while_nothing_was_made_anew_every_place_stays(sessions: Sessions) -> None:
    save_topic_ids(sessions, OLD, {})
    read_far(sessions)

    assert save_topic_ids(sessions, OLD, OLD) == save_topic_ids(sessions, {}, OLD) == []

    assert set(places(sessions).values()) == {81}


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


def test_a_topic_that_is_deleted_while_it_is_looked_at_has_no_id(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(KafkaAdminClient, "list_topics", lambda _: [settings.topic_prefix + "gone"])

    assert admin.topic_ids(settings, ["gone"]) == {}
