"""An order has versions: its content, under a revision number; what was stored before counts."""

from dataclasses import replace

import msgspec

from services.order.domain.fulfilment.product_locks import lock
from services.order.domain.order import OrderContent, next_version
from tests.order.builders import a_body, a_product, accepted, an_item, order_id

BEFORE = (
    b'{"customer":{"id":"C-1"},"items":[{"ordered":{"id":"1","action":"add","business_action":"new",'
    b'"offering_id":"voice-basic","offering_name":"Voice","specification":"voice",'
    b'"catalogue_version":1,"product_id":"00000000-0000-0000-0000-000000000001",'
    b'"service_id":"00000000-0000-0000-0000-000000000002"}}],"channel":"internet","priority":4}'
)
"""The content of an order as an earlier version of Kaitong stored it."""


def test_an_order_is_accepted_as_version_0_and_is_stored_as_before() -> None:
    order = accepted().order

    assert order.revision == 0
    assert b"revision" not in msgspec.json.encode(order.content)


def test_an_order_that_was_stored_before_there_were_versions_is_version_0() -> None:
    content = msgspec.json.decode(BEFORE, type=OrderContent)

    assert content.revision == 0
    assert msgspec.json.encode(content) == BEFORE


def test_other_content_is_the_next_version_of_the_same_order() -> None:
    order = accepted().order
    other = accepted(a_body(an_item("1"), an_item("2", "voice-basic"))).order.content

    second = next_version(order, other)
    third = next_version(second, order.content)

    assert [each.revision for each in (order, second, third)] == [0, 1, 2]
    assert second.id == third.id == order.id
    assert third.items == order.items
    decoded = msgspec.json.decode(msgspec.json.encode(third.content), type=OrderContent)
    assert decoded == third.content


def test_a_lock_that_an_earlier_version_stored_counts() -> None:
    locked = lock(a_product(), order_id(9), is_ended=True)

    assert replace(locked, open_order_id=None).busy_with == order_id(9)
