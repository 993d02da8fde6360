"""What the API's description shows is what the service answers."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.resources.api.examples import bodies
from services.resources.api.routes import pool_items, reservations
from services.resources.api.views import base
from services.resources.api.views.base import BaseView
from tests.callers import AsRole


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (base.NumberView, bodies.NUMBER),
        (base.NumberDetail, bodies.NUMBER_DETAIL),
        (base.HoldingsView, bodies.HOLDINGS),
        (base.PoolView, bodies.POOL),
        (base.PoolDetail, bodies.POOL_DETAIL),
        (base.AddressView, bodies.ADDRESS),
        (base.ImportView, bodies.IMPORTED),
        (pool_items.PoolItemView, bodies.LEG),
        (pool_items.PoolItemDetail, bodies.LEG_DETAIL),
        (pool_items.ChangeCountView, bodies.CHANGED),
        (reservations.ReservationView, bodies.RESERVATION),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseView], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(exclude_none=True, mode="json") == example


async def test_the_examples_of_imports_are_taken_and_make_what_is_shown(
    client: AsyncClient, as_role: AsRole
) -> None:
    described = (await client.get("/openapi.json")).json()
    for kind in ("exchanges", "segments", "splitters", "addresses", "pairs"):
        path = f"/ops/v1/import/{kind}"
        operation = described["paths"][path]["post"]
        body = operation["requestBody"]["content"]["application/json"]["example"]
        shown = operation["responses"]["200"]["content"]["application/json"]["example"]

        answer = await client.post(path, json=body, headers=as_role("ops"))

        assert (kind, answer.status_code, answer.json()) == (kind, 200, shown)

    leg, pool, number, address = [
        (await client.get(f"/ops/v1/{path}", headers=as_role("viewer"))).json()
        for path in (
            "pools/leg/NJ-XW-SP001/things/NJ-XW-SP001/003",
            "pools/leg/NJ-XW-SP001",
            f"numbers/{bodies.NUMBER['number']}",
            f"addresses/{bodies.ADDRESS['id']}",
        )
    ]
    assert differences(leg, bodies.LEG) == {"state", "order_id", "service_id"}
    assert differences(pool, bodies.POOL) == {"free"}
    assert differences(number, bodies.NUMBER) == {"state", "until"}
    assert differences(address, bodies.ADDRESS) == set()


def differences(answer: dict[str, Any], example: dict[str, Any]) -> set[str]:
    """Return which attributes of an example would be answered otherwise."""
    return {name for name, value in example.items() if answer.get(name) != value}
