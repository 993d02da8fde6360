"""Reading the plant: pools, holdings and addresses."""

from uuid import uuid4

import pytest
from httpx import AsyncClient

from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_splitter,
    an_assignment_request,
    completed,
    e164,
    handle,
    import_plant,
    order_id,
    service_id,
)


async def test_pools_show_their_capacity_and_what_is_free(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions, splitters=[a_splitter(faulty_legs=1)])
    handle(sessions, an_assignment_request(1, NUMBER, PAIR, *FIBRE))

    answer = await client.get("/ops/v1/pools", headers=as_role("viewer"))

    pools = {each["kind"]: each for each in answer.json()}
    assert {kind: (each["capacity"], each["free"]) for kind, each in pools.items()} == {
        "number": (10, 9),
        "pair": (4, 3),
        "leg": (4, 2),
        "vlan": (4, 3),
        "loid": (4, 3),
    }
    assert {each["exchange"] for each in pools.values()} == {"X"}


async def test_pools_are_listed_by_kind_and_exchange_a_page_at_a_time(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)

    async def names(**query: str | int) -> tuple[int, list[str]]:
        answer = await client.get("/ops/v1/pools", params=query, headers=as_role("viewer"))
        return answer.status_code, [each["kind"] for each in answer.json()]

    assert await names(kind="pair") == (200, ["pair"])
    assert await names(exchange="x") == (200, ["leg", "loid", "number", "pair", "vlan"])
    assert await names(limit=2) == (206, ["leg", "loid"])
    assert await names(limit=2, offset=4) == (200, ["vlan"])


@pytest.mark.parametrize("path", ["pools", "pools?kind=pair", "addresses", "addresses?text=玄武"])
async def test_an_exchange_that_is_not_known_is_named(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, path: str
) -> None:
    import_plant(sessions)

    query = f"/ops/v1/{path}{'&' if '?' in path else '?'}exchange=nonsense"
    answer = await client.get(query, headers=as_role("viewer"))

    assert answer.status_code == 400
    (fault,) = answer.json()["errors"]
    assert (fault["field"], fault["code"]) == ("exchange", "unknown-exchange")
    assert "GET /ops/v1/pools" in fault["remedy"]


@pytest.mark.parametrize(
    "path", ["pools?offset=50", "pools?kind=pair&offset=1", "addresses?text=鼓楼"]
)
async def test_a_list_of_a_known_exchange_that_is_empty_is_no_fault(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, path: str
) -> None:
    import_plant(sessions)

    answer = await client.get(f"/ops/v1/{path}&exchange=x", headers=as_role("viewer"))

    assert (answer.status_code, answer.json()) == (200, [])


@pytest.mark.parametrize("kind", ["number", "pair"])
async def test_the_states_of_a_pool_add_up_to_its_capacity(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, kind: str
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR), an_assignment_request(2, NUMBER, PAIR))
    handle(sessions, completed(1))

    pool = (await client.get(f"/ops/v1/pools/{kind}/X", headers=as_role("viewer"))).json()

    assert sum(pool["states"].values()) == pool["capacity"]
    assert (pool["states"]["in_use"], pool["states"]["reserved"]) == (1, 1)


@pytest.mark.parametrize(("path", "status"), [("pair/Y", 404), ("satellite/X", 400)])
async def test_a_pool_that_is_not_there_is_404_and_a_kind_that_is_none_400(
    client: AsyncClient, as_role: AsRole, path: str, status: int
) -> None:
    answer = await client.get(f"/ops/v1/pools/{path}", headers=as_role("viewer"))

    assert answer.status_code == status


@pytest.mark.parametrize("by", ["order", "service"])
async def test_holdings_are_seen_by_order_and_by_service(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, by: str
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, FIBRE[0]), an_assignment_request(2))
    holder = order_id(1) if by == "order" else service_id(1)

    seen = (await client.get(f"/ops/v1/holdings/{holder}", headers=as_role("viewer"))).json()

    assert {each["value"] for each in seen["held"]} == {e164(0), "S/001"}
    leg = next(each for each in seen["held"] if each["kind"] == "leg")
    assert (leg["element"], leg["pool"], leg["state"]) == ("X-OLT1", "S", "reserved")
    assert leg["attributes"] == {
        "splitter": "S",
        "leg": 1,
        "pon_port": "0/1/3",
        "exchange": "X",
    }


async def test_a_holder_of_nothing_has_an_empty_list(client: AsyncClient, as_role: AsRole) -> None:
    answer = await client.get(f"/ops/v1/holdings/{uuid4()}", headers=as_role("viewer"))

    assert (answer.status_code, answer.json()["held"]) == (200, [])


async def test_another_tenant_s_holdings_are_not_seen(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))
    path = f"/ops/v1/holdings/{order_id(1)}"

    answer = await client.get(path, headers=as_role("viewer", tenant="other"))

    assert answer.json()["held"] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("人民路fibre", ["fibre"]),
        ("人民路 FIBRE 号", ["fibre"]),
        ("玄武", ["copper", "fibre"]),
        ("鼓楼", []),
        ("路人", []),
        ("%%", []),
    ],
)
async def test_addresses_are_found_by_any_part_of_their_text(
    client: AsyncClient, as_role: AsRole, sessions: Sessions, text: str, found: list[str]
) -> None:
    import_plant(sessions)

    answer = await client.get("/ops/v1/addresses", params={"text": text}, headers=as_role("crm"))

    assert [each["id"] for each in answer.json()] == found


async def test_one_character_is_too_short_for_an_address_search(
    client: AsyncClient, as_role: AsRole
) -> None:
    answer = await client.get("/ops/v1/addresses", params={"text": "路"}, headers=as_role("crm"))

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "text"


async def test_an_address_shows_what_serves_it(
    client: AsyncClient, as_role: AsRole, sessions: Sessions
) -> None:
    import_plant(sessions)

    fibre = (await client.get("/ops/v1/addresses/fibre", headers=as_role("crm"))).json()
    copper = (await client.get("/ops/v1/addresses/copper", headers=as_role("crm"))).json()
    nowhere = await client.get("/ops/v1/addresses/nowhere", headers=as_role("crm"))

    assert (fibre["splitter"], fibre["exchange"], fibre["local_network"]) == ("S", "X", "025")
    assert "splitter" not in copper
    assert nowhere.status_code == 404


async def test_the_description_of_the_api_is_complete(client: AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()

    bodies = {
        path: operation["post"]["requestBody"]["content"]
        for path, operation in described["paths"].items()
        if path.startswith("/ops/v1/import/")
    }
    assert bodies.keys() >= {
        f"/ops/v1/import/{each}"
        for each in ("exchanges", "segments", "splitters", "addresses", "pairs")
    }
    assert all(each["application/json"]["example"] for each in bodies.values())
    assert all(
        {"application/json", "application/x-ndjson"} <= set(content) for content in bodies.values()
    )
