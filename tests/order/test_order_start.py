"""With which terms an order starts that has waited for others, on a real database."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient

from services.order.handlers import SUBSCRIPTIONS
from shared.contracts import OrderAccepted, OrderQueued
from shared.http.collection_paths import OFFERINGS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.erasure import fire_timers
from tests.kernel import consume
from tests.order.builders import a_disconnection, a_fibre, service_completed_for
from tests.order.queueing import Crm, a_change, complete, fail, terms_of
from tests.order.related_products import television
from tests.order.test_agreements import TERMS, agreed
from tests.order.test_related_products_api import keep
from tests.order.test_retired_offerings import retire


@pytest.fixture
def crm(client: AsyncClient, as_role: AsRole) -> Crm:
    return Crm(client, as_role("crm"))


@pytest.mark.parametrize(("ends", "state"), [(fail, "acknowledged"), (complete, "rejected")])
async def test_an_order_for_what_is_no_longer_sold_starts_if_its_product_is_unchanged(
    crm: Crm,
    stocked: Sessions,
    as_role: AsRole,
    ends: Callable[[Sessions, UUID], None],
    state: str,
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    second = await crm.place(a_change(fibre, "ftth-100"))
    queued = terms_of(stocked, second, OrderQueued)
    await retire(crm.client, as_role, f"{OFFERINGS_PATH}/ftth-100")

    ends(stocked, first)

    assert await crm.states(second) == [state]
    if ends is fail:
        assert terms_of(stocked, second).items == queued.items


async def test_a_base_is_not_ended_under_a_product_that_came_meanwhile(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(television())
    second = await crm.place(a_disconnection(fibre.id))

    complete(stocked, first)

    assert await crm.states(second) == ["rejected"]
    (why,) = (await crm.read(second))["productOrderErrorMessage"]
    assert "product-needed" in why["reason"]


async def test_a_day_from_which_charges_begin_may_pass_while_an_order_waits(
    crm: Crm, stocked: Sessions
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    first = await crm.place(a_change(fibre, "ftth-1000"))
    day = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()
    second = await crm.place(a_change(fibre, "ftth-100") | {"chargeStart": day})

    complete_after_a_week(stocked, first)

    assert await crm.states(second) == ["acknowledged"]
    (item,) = (await crm.read(second))["productOrderItem"]
    assert item["chargeStart"] == day


def complete_after_a_week(sessions: Sessions, order: UUID) -> None:
    """End an order, and start what waits for it alone, a week from now."""
    terms = terms_of(sessions, order)
    assert isinstance(terms, OrderAccepted)
    consume(sessions, SUBSCRIPTIONS, service_completed_for(terms))
    fire_timers(sessions, SUBSCRIPTIONS, datetime.now(UTC) + timedelta(days=7))


async def test_an_order_that_is_priced_anew_names_the_agreement_by_which_it_is(
    crm: Crm, stocked: Sessions, as_role: AsRole
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    price = {"offering": "ftth-100", "price": "ftth-100-monthly", "amount_cents": 1100}
    await agreed(crm.client, as_role, TERMS | {"prices": [price], "values": []})
    first = await crm.place(a_change(fibre, "ftth-1000"), agreement=[{"id": "HT-1"}])
    second = await crm.place(a_change(fibre, "ftth-100"))
    assert "agreement" not in await crm.read(second)

    complete(stocked, first)

    started = await crm.read(second)
    assert [each["id"] for each in started["agreement"]] == ["HT-1"]
    assert terms_of(stocked, second).monthly_cents == 1100
