"""Orders find the base products and the dependents that the database has, whoever ordered them."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from operator import attrgetter

import pytest
from httpx import AsyncClient

from services.order.domain.fulfilment.product import Product
from services.order.store import products
from shared.http.collection_paths import ORDERS_PATH
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.order.builders import a_body, a_disconnection, a_fibre, a_place
from tests.order.related_products import a_television, at_address, on_product, television
from tests.order.waiting import until_a_transaction_waits

OTHER = "another-crm"
MANY = 120


def keep(sessions: Sessions, made: Iterable[Product]) -> None:
    """Store products."""
    with sessions.begin() as session:
        products.put_all(session, created=made)
        products.PRODUCTS.write(session)


async def test_a_base_is_found_among_many_by_its_address(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    fibres = [at_address(a_fibre(n), f"addr-{n}") for n in range(1, MANY + 1)]
    keep(stocked, fibres)
    last = max(fibres, key=attrgetter("id"))  # the database reads them by their ids
    item = television() | {"product": {"place": [a_place(id=last.content.address_id)]}}

    answer = await client.post(ORDERS_PATH, json=a_body(item), headers=as_role("crm"))

    assert answer.status_code == 201
    with stocked() as session:
        base = products.PRODUCTS.find(session, last.id)
    assert base
    assert str(base.open_order_id) == answer.json()["id"]


async def test_a_base_stays_while_another_client_has_a_product_on_it(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre, replace(a_television(fibre), client=OTHER)])

    answer = await client.post(
        ORDERS_PATH, json=a_body(a_disconnection(fibre.id)), headers=as_role("crm")
    )

    assert [each["code"] for each in answer.json()["errors"]] == ["product-needed"]


async def test_a_product_of_another_client_is_not_revealed_by_what_relies_on_it(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre, a_television(fibre)])

    answer = await client.post(
        ORDERS_PATH, json=a_body(a_disconnection(fibre.id)), headers=as_role("crm", OTHER)
    )

    assert [each["code"] for each in answer.json()["errors"]] == ["product-unknown"]


async def test_a_product_that_came_to_rely_on_a_base_meanwhile_counts(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    """The order reads the dependents, waits for the base, and finds one more."""
    fibre = a_fibre()
    keep(stocked, [fibre])
    with stocked.begin() as session:
        products.preload(session, [fibre.id])
        disconnection = asyncio.create_task(
            client.post(ORDERS_PATH, json=a_body(a_disconnection(fibre.id)), headers=as_role("crm"))
        )
        await until_a_transaction_waits(stocked)
        products.put_all(session, created=[a_television(fibre)])
        products.PRODUCTS.write(session)

    answer = await disconnection

    assert [each["code"] for each in answer.json()["errors"]] == ["product-needed"]


@pytest.mark.parametrize("names_base", [False, True])
async def test_of_two_orders_on_one_base_the_second_waits_for_the_first(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, *, names_base: bool
) -> None:
    fibre = a_fibre()
    keep(stocked, [fibre])
    body = a_body(television(**(on_product(fibre.id) if names_base else {})))

    answers = await asyncio.gather(
        *(client.post(ORDERS_PATH, json=body, headers=as_role("crm")) for _ in range(2))
    )

    assert sorted(each.status_code for each in answers) == [201, 409]
