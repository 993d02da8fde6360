"""The examples in the API's description are the service's answers."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.resources.api.examples.addresses import ADDRESS
from services.resources.api.examples.holdings import HOLDINGS
from services.resources.api.examples.imports import IMPORTED
from services.resources.api.examples.kinds import KIND, PUBLISHED
from services.resources.api.examples.numbers import NUMBER, NUMBER_DETAIL
from services.resources.api.examples.pool_items import CHANGED, LEG, LEG_DETAIL
from services.resources.api.examples.pools import POOL, POOL_DETAIL
from services.resources.api.examples.reservations import RESERVATION
from services.resources.api.views.addresses import AddressView
from services.resources.api.views.holdings import HoldingsView
from services.resources.api.views.imports import ImportView
from services.resources.api.views.numbers import NumberDetail, NumberView
from services.resources.api.views.pool_items import ChangeCountView, PoolItemDetail, PoolItemView
from services.resources.api.views.pools import PoolDetail, PoolView
from services.resources.api.views.reservations import ReservationView
from shared.http.views import BaseView
from tests.callers import AsRole


@pytest.mark.parametrize(
    ("shape", "example"),
    [
        (NumberView, NUMBER),
        (NumberDetail, NUMBER_DETAIL),
        (HoldingsView, HOLDINGS),
        (PoolView, POOL),
        (PoolDetail, POOL_DETAIL),
        (AddressView, ADDRESS),
        (ImportView, IMPORTED),
        (PoolItemView, LEG),
        (PoolItemDetail, LEG_DETAIL),
        (ChangeCountView, CHANGED),
        (ReservationView, RESERVATION),
    ],
)
def test_an_example_is_what_would_be_answered(shape: type[BaseView], example: object) -> None:
    shown = shape.model_validate(example)

    assert shown.model_dump(exclude_none=True, mode="json") == example


async def test_the_examples_of_imports_are_accepted_and_create_what_is_shown(
    client: AsyncClient, as_role: AsRole
) -> None:
    described = (await client.get("/openapi.json")).json()
    published = await client.post("/ops/v1/pool-kinds", json=[KIND], headers=as_role("ops"))
    assert differences(published.json()[0], PUBLISHED) == {"published_at", "published_by"}
    for kind in ("exchanges", "segments", "splitters", "addresses", "pairs", "items", "blocks"):
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
            f"numbers/{NUMBER['number']}",
            f"addresses/{ADDRESS['id']}",
        )
    ]
    assert differences(leg, LEG) == {"state", "order_id", "service_id"}
    assert differences(pool, POOL) == {"free"}
    assert differences(number, NUMBER) == {"state", "until"}
    assert differences(address, ADDRESS) == set()


def differences(answer: dict[str, Any], example: dict[str, Any]) -> set[str]:
    """Return the attributes of an example that differ from the answer."""
    return {name for name, value in example.items() if answer.get(name) != value}
