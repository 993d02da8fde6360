"""The view shows the states that an order had, in their sequence, and ends as the order did.

The order service's handlers publish them; the customer service consumes them with the messages of
the other services: shuffled, repeated, and a part at a time.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.customer import store
from services.customer.commands.customers import require_customer
from services.customer.domain.unified_view.view import OrderFacts
from services.customer.handlers import SUBSCRIPTIONS
from services.order.domain.fulfilment.progress import FulfilmentMessage, Progress
from services.order.handlers import SUBSCRIPTIONS as ORDER_SUBSCRIPTIONS
from services.order.store import orders
from shared.access.access_rule import tenant_wide_scope
from shared.contracts import Causation, OrderState, RefusalCode, encode
from shared.kafka.record_types import ConsumedRecord
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.conftest import NOON, delete_all_rows
from tests.kernel import (
    TENANT,
    consume_records,
    dead_letter_rows,
    envelopes,
    history,
    record_of,
)
from tests.order.builders import (
    PARTY,
    accepted,
    resources_assigned,
    resources_refused,
    service_completed,
    service_failed,
    service_held,
    service_resumed,
)

ORDER = accepted()
UNSERVED = RefusalCode.UNSERVED
HELD_TWICE = (
    service_held(step="1/install"),
    service_held(step="1/test"),
    service_resumed(step="1/install"),
    service_held(step="1/activate"),
    service_resumed(step="1/activate"),
)
LIVES: tuple[tuple[Sequence[FulfilmentMessage], Sequence[FulfilmentMessage]], ...] = (
    ((), ()),
    ((resources_assigned(),), ()),
    ((resources_assigned(),), HELD_TWICE[:1]),
    ((resources_assigned(),), HELD_TWICE),
    ((resources_assigned(),), (*HELD_TWICE, service_completed(ORDER))),
    ((resources_assigned(),), (*HELD_TWICE[:2], service_failed())),
    ((resources_refused(),), (service_failed(),)),
    ((resources_refused(code=UNSERVED),), (service_failed(code=UNSERVED),)),
)
"""The messages of resources and of provisioning about one order, so far."""


@st.composite
def lives(draw: st.DrawFn) -> list[ConsumedRecord]:
    """Draw the records of two services, interleaved as the order service consumes them."""
    one, other = draw(st.sampled_from(LIVES))
    turns = draw(st.permutations([True] * len(one) + [False] * len(other)))
    sources = {True: iter(one), False: iter(other)}
    return [
        record_of(next(sources[turn]), Causation(UUID(int=n + 1), ORDER.order.id, TENANT))
        for n, turn in enumerate(turns)
    ]


def live(sessions: Sessions, records: Sequence[ConsumedRecord]) -> list[ConsumedRecord]:
    """Accept an order, consume these records; return what the order service has published."""
    delete_all_rows(sessions)
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        orders.add(transaction.session, ORDER.order, ORDER.progress)
        work = transaction.unit_of_work(Causation(ORDER.order.id, ORDER.order.id, TENANT))
        work.publish(ORDER.message)
    for each in records:
        consume_records(sessions, ORDER_SUBSCRIPTIONS, [each])
    assert dead_letter_rows(sessions) == []
    return [
        ConsumedRecord("order/0", n, each.subject.bytes, encode(each), each.type)
        for n, each in enumerate(envelopes(sessions), start=1)
    ]


def states_of(sessions: Sessions) -> list[str]:
    """Return every state that the order had, in their sequence."""
    return [ORDER.progress.state, *(to for kind, _, _, to in history(sessions) if kind == "order")]


def progress_of(sessions: Sessions) -> Progress:
    with sessions() as session:
        found = orders.find_accessible(session, tenant_wide_scope(TENANT), ORDER.order.id)
    assert found
    return found[1]


def shown(sessions: Sessions) -> OrderFacts | None:
    """Return the order in the view, once its acceptance has arrived."""
    data_scope = tenant_wide_scope(TENANT)
    with sessions() as session:
        party = store.find_party(session, data_scope, PARTY)
        if not party:
            return None
        facts = store.get_customer_facts(session, data_scope, require_customer(party, PARTY), 10)
    (order,) = facts.orders
    return order


def arrive(sessions: Sessions, batches: Sequence[Sequence[ConsumedRecord]]) -> Iterator[OrderFacts]:
    """Consume these batches; yield the order as the view shows it after each."""
    delete_all_rows(sessions)
    for batch in batches:
        consume_records(sessions, SUBSCRIPTIONS, batch)
        if order := shown(sessions):
            yield order


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(lives(), st.data())
def test_the_view_shows_the_states_of_the_order_in_their_sequence_and_ends_as_it_did(
    databases: dict[str, Sessions], records: list[ConsumedRecord], data: st.DataObject
) -> None:
    published = live(databases["order"], records)
    repeated = data.draw(st.lists(st.sampled_from(published), max_size=3))
    arriving = data.draw(st.permutations([*published, *records, *repeated]))
    cuts = data.draw(st.lists(st.integers(0, len(arriving)), max_size=6))
    ends = pairwise([0, *sorted(cuts), len(arriving)])

    seen = list(arrive(databases["customer"], [arriving[start:end] for start, end in ends]))

    states, position = states_of(databases["order"]), 0
    for each in seen:
        assert each.state in states[position:]
        position = states.index(each.state, position)
    progress = progress_of(databases["order"])
    assert seen[-1].state is progress.state
    if hold := seen[-1].hold:
        assert (hold.code, hold.reason) == (progress.code, progress.reason)
        assert hold.changed_at == progress.changed_at
    assert dead_letter_rows(databases["customer"]) == []


@pytest.mark.parametrize("records", [(), HELD_TWICE[:1]])
def test_resources_that_are_held_do_not_say_that_the_order_is_in_progress(
    databases: dict[str, Sessions], records: tuple[FulfilmentMessage, ...]
) -> None:
    own = [record_of(each) for each in records]
    published = live(databases["order"], own)
    ahead = record_of(resources_assigned())

    (order,) = arrive(databases["customer"], [[*published, ahead]])

    expected = OrderState.HELD if records else OrderState.ACKNOWLEDGED
    assert order.state is expected
