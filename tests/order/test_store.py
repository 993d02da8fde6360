"""Guarantees of the order service's store: batching, locking, and the shipped catalogue."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from services.order.commands.catalogue import load_shipped_catalogue
from services.order.domain.acceptance.submission import Submission, SubmissionKeys
from services.order.domain.catalogue.publication import Publication, publish
from services.order.handlers import SUBSCRIPTIONS
from services.order.store import catalogue, orders, products, submissions
from shared.access.access_rule import tenant_wide_scope
from shared.errors import StartError
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from shared.persistence.versioned_documents import SHARED_TENANT
from tests.conftest import NOON
from tests.kernel import TENANT, consume
from tests.order.builders import (
    SHIPPED_ENTRIES,
    a_body,
    a_disconnection,
    accepted,
    service_completed,
)
from tests.order.waiting import a_transaction_waits

SENT = Submission(UUID(int=1), TENANT, "crm", "key-1", "CRM-1", UUID(int=1), b"", b"")
FTTH = SHIPPED_ENTRIES.offerings[0]


@contextmanager
def counted(sessions: Sessions) -> Iterator[list[str]]:
    """Record every statement that is sent to the database."""
    engine, statements = sessions.kw["bind"], list[str]()

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine, "before_cursor_execute", note)


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "it did not become true"
        time.sleep(0.01)


def test_a_submission_is_found_before_it_is_written(sessions: Sessions) -> None:
    with sessions() as session:
        submissions.preload(session, [SubmissionKeys(TENANT, "crm", "key-1", "CRM-1")])
        submissions.add(session, SENT)

        assert submissions.find(session, SubmissionKeys(TENANT, "crm", "key-1", None)) == (
            SENT,
            None,
        )
        assert submissions.find(session, SubmissionKeys(TENANT, "crm", None, "CRM-1")) == (
            None,
            SENT,
        )
        assert submissions.find(session, SubmissionKeys(TENANT, "crm", "key-1", "CRM-2")) == (
            SENT,
            None,
        )


def test_the_submissions_of_a_batch_are_read_with_one_select(sessions: Sessions) -> None:
    keys = [SubmissionKeys(TENANT, "crm", f"key-{n}", f"CRM-{n}") for n in range(50)]

    with sessions() as session, counted(sessions) as statements:
        submissions.preload(session, keys)
        assert [submissions.find(session, names) for names in keys] == [(None, None)] * 50

    assert len(statements) == 1


def add_products(sessions: Sessions, count: int) -> list[UUID]:
    """Complete orders; return the ids of their products."""
    added = [accepted(n=n) for n in range(1, count + 1)]
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        for each in added:
            orders.add(transaction.session, each.order, each.progress)
    consume(sessions, SUBSCRIPTIONS, *(service_completed(each) for each in added))
    return [each.order.items[0].ordered.product_id for each in added]


def test_a_batch_of_completions_costs_a_handful_of_statements(sessions: Sessions) -> None:
    with counted(sessions) as statements:
        add_products(sessions, 40)

    assert len(statements) < 20


def test_a_batch_of_disconnections_costs_a_handful_of_statements(sessions: Sessions) -> None:
    ids = add_products(sessions, 40)
    with sessions() as session:
        scope = tenant_wide_scope(TENANT)
        found = [products.find_accessible(session, scope, id_) for id_ in ids]
    added = [each for each in found if each]
    assert len(added) == len(ids)
    gone = [
        accepted(a_body(a_disconnection(each.id)), 100 + n, products=(each,))
        for n, each in enumerate(added)
    ]
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        for each in gone:
            orders.add(transaction.session, each.order, each.progress)
        products.preload_with_related(transaction.session, ids)
        products.put_all(
            transaction.session,
            changed=[one for each in gone for one in each.locked_products],
        )

    with counted(sessions) as statements:
        consume(sessions, SUBSCRIPTIONS, *(service_completed(each) for each in gone))

    assert len(statements) < 20


def test_a_second_publication_sees_the_first(stocked: Sessions) -> None:
    second = replace(FTTH, version=FTTH.version + 1)
    seen: list[int] = []

    def publish_again() -> None:
        with stocked.begin() as session:
            _, own = catalogue.get_for_update(session, SHARED_TENANT)
            seen.extend(each.version for each in own.offerings if each.id == FTTH.id)

    with stocked.begin() as first:
        shared, own = catalogue.get_for_update(first, SHARED_TENANT)
        thread = threading.Thread(target=publish_again)
        thread.start()
        until(lambda: a_transaction_waits(stocked) or not thread.is_alive())
        publication = Publication(offerings=(second,))
        catalogue.put(first, SHARED_TENANT, publish(shared, own, publication))
    thread.join(10)

    assert seen == [FTTH.version, second.version]


def test_a_start_with_a_catalogue_that_contradicts_what_is_there_says_which_and_why(
    sessions: Sessions,
) -> None:
    with sessions.begin() as session:
        catalogue.get_for_update(session, SHARED_TENANT)
        catalogue.put(session, SHARED_TENANT, [replace(FTTH, name="Another")])

    with sessions.begin() as session, pytest.raises(StartError) as caught:
        load_shipped_catalogue(session)

    assert "catalogue.json/offerings/0: " in str(caught.value)
