"""Orders that wait for the open orders of their products (`afterOpenOrder`), on a real database."""

import pytest
from httpx import AsyncClient

from services.order.domain.fulfilment.product import ProductStatus
from shared.contracts import (
    OrderQueued,
    OrderState,
    OrderStateChanged,
)
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import published
from tests.order.builders import (
    a_disconnection,
    a_fibre,
    a_product,
)
from tests.order.queueing import (
    ELSEWHERE,
    Crm,
    a_change,
    complete,
    fail,
    rows_of_queue,
    stored,
    terms_of,
)
from tests.order.related_products import ended_or_moved, on_product, television
from tests.order.test_related_products_api import keep


@pytest.fixture
def crm(client: AsyncClient, as_role: AsRole) -> Crm:
    return Crm(client, as_role("crm"))


async def test_an_order_waits_for_the_one_before_and_starts_by_itself(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    refused = await crm.post(a_disconnection(fibre.id), waits=False)
    assert (refused.status_code, "afterOpenOrder" in refused.json()["remedy"]) == (409, True)

    second = await crm.place(a_disconnection(fibre.id))

    shown = await crm.read(second)
    assert {shown["state"], *(each["state"] for each in shown["productOrderItem"])} == {"pending"}
    (relationship,) = shown["orderRelationship"]
    assert (relationship["id"], relationship["relationshipType"]) == (str(first), "waitsFor")
    assert [each["code"] for each in shown["productOrderErrorMessage"]] == ["product-busy"]
    assert stored(stocked, fibre).busy_with == first
    complete(stocked, first)
    assert await crm.states(first, second) == ["completed", "acknowledged"]
    assert terms_of(stocked, second).items[0].follows == first
    ending = stored(stocked, fibre)
    assert (ending.status, ending.busy_with) == (ProductStatus.PENDING_TERMINATE, second)
    assert rows_of_queue(stocked) == (0, 0)
    complete(stocked, second)
    assert await crm.states(second) == ["completed"]
    assert "productOrderErrorMessage" not in await crm.read(second)


async def test_of_a_queue_each_starts_in_its_turn_and_what_has_become_impossible_is_rejected(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    second = await crm.place(a_disconnection(fibre.id))
    third = await crm.place(a_change(fibre, "ftth-100"))
    fourth = await crm.place(a_change(fibre, "ftth-100"))
    waits_for = [(await crm.read(each))["orderRelationship"] for each in (second, third, fourth)]
    assert [each["id"] for (each,) in waits_for] == [str(first), str(second), str(third)]

    fail(stocked, first)
    assert await crm.states(first, second, third) == ["failed", "acknowledged", "pending"]
    complete(stocked, second)

    assert await crm.states(third, fourth) == ["rejected", "rejected"]
    (why,) = (await crm.read(third))["productOrderErrorMessage"]
    assert why["code"] == "no-longer-possible"
    assert "/productOrderItem/0/product/id" in why["reason"]
    assert "product-terminated" in why["reason"]
    rejected = [
        each
        for each in published(stocked)
        if isinstance(each, OrderStateChanged) and each.state is OrderState.REJECTED
    ]
    assert [(each.order_id, each.reason) for each in rejected] == [
        (third, why["reason"]),
        (fourth, why["reason"]),
    ]
    assert stored(stocked, fibre).busy_with is None
    assert rows_of_queue(stocked) == (0, 0)


async def test_an_order_whose_products_are_as_they_were_starts_as_it_was_accepted(
    crm: Crm, stocked: Sessions
) -> None:
    telephone = a_product()
    keep(stocked, [telephone])
    first = await crm.place(a_change(telephone, callerId=True))
    second = await crm.place(a_change(telephone, forwardTo=ELSEWHERE))
    queued = terms_of(stocked, second, OrderQueued)

    fail(stocked, first)

    accepted = terms_of(stocked, second)
    assert (accepted.items, accepted.monthly_cents) == (queued.items, queued.monthly_cents)


async def test_an_order_whose_product_has_changed_is_priced_anew(
    crm: Crm, stocked: Sessions
) -> None:
    telephone = a_product()
    keep(stocked, [telephone])
    first = await crm.place(a_change(telephone, callerId=True))
    second = await crm.place(a_change(telephone, forwardTo=ELSEWHERE))
    queued = terms_of(stocked, second, OrderQueued)

    complete(stocked, first)

    accepted = terms_of(stocked, second)
    values = {each.name: each.value for each in accepted.items[0].characteristics}
    assert (values["callerId"], values["forwardTo"]) == (True, ELSEWHERE)
    assert accepted.monthly_cents > queued.monthly_cents
    assert accepted.customer == queued.customer
    total = (await crm.read(second))["orderTotalPrice"]
    assert accepted.monthly_cents in {
        round(100 * each["price"]["dutyFreeAmount"]["value"]) for each in total
    }


async def test_orders_over_crossing_products_start_in_the_sequence_of_their_acceptance(
    crm: Crm, stocked: Sessions
) -> None:
    one, other = a_fibre(1), a_product(2)
    keep(stocked, [one, other])
    first = await crm.place(a_change(one, "ftth-1000"))
    second = await crm.place(a_change(other, callerId=True))
    third = await crm.place(
        a_change(one, "ftth-100"), a_change(other, id_="2", forwardTo=ELSEWHERE)
    )
    fourth = await crm.place(
        a_change(other, forwardTo="+862580009999"), a_change(one, "ftth-200", id_="2")
    )

    complete(stocked, second)
    assert await crm.states(third, fourth) == ["pending", "pending"]
    overtaking = await crm.post(a_disconnection(other.id), waits=False)
    assert (overtaking.status_code, str(third) in overtaking.json()["remedy"]) == (409, True)
    complete(stocked, first)
    assert await crm.states(third, fourth) == ["acknowledged", "pending"]
    complete(stocked, third)
    assert await crm.states(fourth) == ["acknowledged"]
    complete(stocked, fourth)

    assert await crm.states(fourth) == ["completed"]
    assert [stored(stocked, each).busy_with for each in (one, other)] == [None, None]


async def test_a_free_product_of_an_order_that_waits_for_another_one_is_locked_at_once(
    crm: Crm, stocked: Sessions
) -> None:
    busy, free = a_fibre(1), a_product(2)
    keep(stocked, [busy, free])
    first = await crm.place(a_change(busy, "ftth-1000"))

    second = await crm.place(a_disconnection(busy.id), a_disconnection(free.id, "2"))

    assert stored(stocked, free).busy_with == second
    third = await crm.place(a_change(free, callerId=True))
    fail(stocked, first)
    assert await crm.states(second, third) == ["acknowledged", "pending"]


@pytest.mark.parametrize("value", ["yes", 1])
async def test_whether_an_order_waits_is_said_by_true_or_false(crm: Crm, value: object) -> None:
    answer = await crm.post(waits=False, afterOpenOrder=value)

    assert [each["field"] for each in answer.json()["errors"]] == ["/afterOpenOrder"]


async def test_an_order_that_is_faulty_now_is_refused_and_does_not_wait(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    await crm.place(a_change(fibre, "ftth-1000"))

    answer = await crm.post(a_change(fibre, "no-such-thing"))

    assert [each["code"] for each in answer.json()["errors"]] == ["offering-unknown"]
    assert rows_of_queue(stocked) == (0, 0)


async def test_a_new_product_waits_for_its_base_and_is_delivered_where_that_is_then(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(ended_or_moved("move", fibre, "1", "addr-2"))
    second = await crm.place(television())

    assert await crm.states(second) == ["pending"]
    complete(stocked, first)

    assert await crm.states(second) == ["acknowledged"]
    (item,) = terms_of(stocked, second).items
    assert (item.base_product_id, item.address_id) == (fibre.id, "addr-2")
    assert stored(stocked, fibre).busy_with == second
    complete(stocked, second)
    assert stored(stocked, fibre).busy_with is None


async def test_a_new_product_whose_base_has_ended_meanwhile_is_rejected(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(ended_or_moved("move", fibre, "1", "addr-2"))
    second = await crm.place(a_disconnection(fibre.id))
    third = await crm.place(television(**on_product(fibre.id)))

    complete(stocked, first)
    complete(stocked, second)

    assert await crm.states(third) == ["rejected"]
    assert rows_of_queue(stocked) == (0, 0)
