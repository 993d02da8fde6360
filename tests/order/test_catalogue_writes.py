"""Entries of the catalogue are created, changed and retired as TMF620 has it."""

import asyncio
from dataclasses import replace

import pytest
from httpx import AsyncClient

from services.order import store
from services.order.api.examples.offerings import NEW_OFFERING
from shared.http.collection_paths import (
    OFFERINGS_PATH,
    PRICES_PATH,
    SPECIFICATIONS_PATH,
)
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import TENANT
from tests.order.builders import SHIPPED_ENTRIES, Json
from tests.order.catalogue_client import (
    OFFERING,
    PRICE,
    SPECIFICATION,
    Catalogue,
    cable,
    catalogue,
    order,
)
from tests.order.waiting import until_a_transaction_waits

__all__ = ["cable", "catalogue"]

TWO_HELD: Json = {"holds": [{"id": "mobile"}, {"id": "voice-basic"}]}


async def test_what_is_created_is_shown_and_sold(
    cable: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    shown = await cable.read(OFFERINGS_PATH, "cable-blue")

    assert (shown["version"], shown["lifecycleStatus"], shown["isSellable"]) == (
        *("1", "active"),
        True,
    )
    price = await cable.read(PRICES_PATH, shown["productOfferingPrice"][0]["id"])
    assert price["price"] == {"unit": "CNY", "value": 19.9}
    placed = await order(client, as_role)
    assert placed.json()["orderTotalPrice"][0]["price"]["dutyFreeAmount"]["value"] == 19.9


async def test_the_response_is_the_entry_and_its_location(catalogue: Catalogue) -> None:
    await catalogue.create(SPECIFICATIONS_PATH, SPECIFICATION)

    answer = await catalogue.create(OFFERINGS_PATH, OFFERING)

    assert answer.headers["location"] == f"{OFFERINGS_PATH}/cable-blue"
    body = answer.json()
    assert [(each["field"], each["code"]) for each in body.pop("warnings")] == [
        ("/productSpecification/id", "delivery-not-known")
    ]
    assert body == await catalogue.read(OFFERINGS_PATH, "cable-blue")


async def test_a_new_entry_is_a_draft_unless_it_says_otherwise(catalogue: Catalogue) -> None:
    await catalogue.create(SPECIFICATIONS_PATH, SPECIFICATION)
    body = {name: value for name, value in OFFERING.items() if name != "lifecycleStatus"}

    created = (await catalogue.create(OFFERINGS_PATH, body)).json()

    assert (created["lifecycleStatus"], created["isSellable"]) == ("draft", False)


@pytest.mark.parametrize(
    ("path", "ids"),
    [
        (OFFERINGS_PATH, [each.id for each in SHIPPED_ENTRIES.offerings]),
        (SPECIFICATIONS_PATH, [each.id for each in SHIPPED_ENTRIES.specifications]),
    ],
)
async def test_what_is_shown_can_be_created_under_another_id(
    catalogue: Catalogue, path: str, ids: list[str]
) -> None:
    for id_ in ids:
        shown = await catalogue.read(path, id_)
        answer = await catalogue.create(path, shown | {"id": f"{id_}-copy"})
        assert answer.status_code == 201, answer.text

        copy = await catalogue.read(path, f"{id_}-copy")

        assert without_ids(copy) == without_ids(shown)


def without_ids(shown: Json) -> Json:
    """Return a view without what follows from its id, and the references to its own prices."""
    prices = [each["name"] for each in shown.get("productOfferingPrice", ())]
    return shown | {"id": "", "href": "", "productOfferingPrice": prices}


@pytest.mark.parametrize("id_", ["voice-basic", "ftth-500-term", "cards-50", "plan-20"])
async def test_the_prices_that_are_shown_can_be_stated(catalogue: Catalogue, id_: str) -> None:
    shown = await catalogue.read(OFFERINGS_PATH, id_)
    prices = [
        await catalogue.read(PRICES_PATH, each["id"]) for each in shown["productOfferingPrice"]
    ]
    body = shown | {"id": "copy", "productOfferingPrice": prices}

    answer = await catalogue.create(OFFERINGS_PATH, body)

    assert answer.status_code == 201, answer.text
    references = answer.json()["productOfferingPrice"]
    copies = [await catalogue.read(PRICES_PATH, each["id"]) for each in references]
    different = {"id", "href", "lifecycleStatus", "version"}
    assert [without(each, different) for each in copies] == [
        without(each, different) for each in prices
    ]


def without(shown: Json, names: set[str]) -> Json:
    """Return a view without some attributes."""
    return {name: value for name, value in shown.items() if name not in names}


async def test_a_bundle_with_its_discounts_can_be_created(catalogue: Catalogue) -> None:
    discount = await catalogue.read(PRICES_PATH, "home-300:home-300-fibre")
    body = {
        "id": "home-again",
        "name": "Home again",
        "isBundle": True,
        "bundledProductOffering": [{"id": "ftth-300"}, {"id": "voice-basic"}],
        "productOfferingPrice": [discount],
    }

    created = (await catalogue.create(OFFERINGS_PATH, body)).json()

    (price,) = created["productOfferingPrice"]
    shown = await catalogue.read(PRICES_PATH, price["id"])
    assert (shown["percentage"], shown["productOffering"]["id"]) == (-20, "ftth-300")


async def test_a_repeated_request_gets_the_entry_again(cable: Catalogue) -> None:
    again = await cable.create(OFFERINGS_PATH, OFFERING)
    await cable.change(OFFERINGS_PATH, "cable-blue", {"lifecycleStatus": "retired"})
    late = await cable.create(OFFERINGS_PATH, OFFERING)

    assert [each.status_code for each in (again, late)] == [201, 201]
    assert {each.headers["idempotent-replayed"] for each in (again, late)} == {"true"}
    assert late.json()["lifecycleStatus"] == "retired"


async def test_two_different_requests_for_one_id_at_once_create_one_entry(
    catalogue: Catalogue,
) -> None:
    bodies = [SPECIFICATION | {"name": f"Cable {n}"} for n in range(5)]

    answers = await asyncio.gather(
        *(catalogue.create(SPECIFICATIONS_PATH, body) for body in bodies)
    )

    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"entry-exists"}


async def test_relations_lead_to_what_they_name(catalogue: Catalogue) -> None:
    created = (await catalogue.create(OFFERINGS_PATH, NEW_OFFERING | TWO_HELD)).json()

    (upgrade,) = created["productOfferingRelationship"]
    for reference in (*created["holds"], upgrade):
        path, id_ = reference["href"].rsplit("/", 1)
        assert (await catalogue.read(path, id_))["id"] == reference["id"]


async def test_a_draft_is_changed_in_place_and_activated(catalogue: Catalogue) -> None:
    await catalogue.create(SPECIFICATIONS_PATH, SPECIFICATION | {"lifecycleStatus": "draft"})

    renamed = await catalogue.change(SPECIFICATIONS_PATH, "cable", {"name": "Sky"})
    active = await catalogue.change(SPECIFICATIONS_PATH, "cable", {"lifecycleStatus": "active"})

    assert [
        (each.json()["version"], each.json()["name"], each.json()["lifecycleStatus"])
        for each in (renamed, active)
    ] == [("1", "Sky", "draft"), ("1", "Sky", "active")]


async def test_a_change_of_an_active_version_is_the_next_one(
    cable: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    first = await order(client, as_role)
    dearer = PRICE | {"price": {"unit": "CNY", "value": 29.9}}

    changed = await cable.change(OFFERINGS_PATH, "cable-blue", {"productOfferingPrice": [dearer]})

    assert (changed.json()["version"], changed.json()["name"]) == ("2", "Blue cable")
    assert (await cable.read(OFFERINGS_PATH, "cable-blue", "?version=1"))["version"] == "1"
    ordered = await client.get(first.headers["location"], headers=as_role("crm"))
    assert ordered.json()["orderTotalPrice"][0]["price"]["dutyFreeAmount"]["value"] == 19.9
    placed = await order(client, as_role)
    assert placed.json()["orderTotalPrice"][0]["price"]["dutyFreeAmount"]["value"] == 29.9


async def test_a_change_may_be_prepared_as_a_draft(cable: Catalogue) -> None:
    draft = {"name": "Sky", "lifecycleStatus": "draft"}

    prepared = (await cable.change(OFFERINGS_PATH, "cable-blue", draft)).json()
    shown = await cable.read(OFFERINGS_PATH, "cable-blue")
    active = {"lifecycleStatus": "active"}
    sold = (await cable.change(OFFERINGS_PATH, "cable-blue", active, "?version=2")).json()

    assert (prepared["version"], prepared["lifecycleStatus"]) == ("2", "draft")
    assert (shown["name"], shown["isSellable"]) == ("Blue cable", True)
    assert (sold["name"], sold["version"], sold["isSellable"]) == ("Sky", "2", True)


async def test_a_change_that_changes_nothing_makes_no_version(cable: Catalogue) -> None:
    shown = await cable.read(OFFERINGS_PATH, "cable-blue")
    patch = {name: shown[name] for name in ("name", "productOfferingPrice", "lifecycleStatus")}

    same = (await cable.change(OFFERINGS_PATH, "cable-blue", patch)).json()

    assert {name: same[name] for name in shown} == shown


async def test_a_tenant_changes_a_shipped_entry_for_itself_alone(
    catalogue: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    shipped = await catalogue.read(OFFERINGS_PATH, "ftth-300")

    own = (await catalogue.change(OFFERINGS_PATH, "ftth-300", {"name": "Own"})).json()

    elsewhere = Catalogue(client, as_role("product", tenant="zhejiang"))
    assert (own["version"], own["name"]) == ("2", "Own")
    assert await elsewhere.read(OFFERINGS_PATH, "ftth-300") == shipped
    earlier = await catalogue.read(OFFERINGS_PATH, "ftth-300", "?version=1")
    assert earlier == shipped | {"isSellable": False}


async def test_changes_of_one_offering_at_once_are_one_after_the_other(
    cable: Catalogue, stocked: Sessions
) -> None:
    """The second one waits for the first, and changes what that has published."""
    with stocked.begin() as session:
        _, own = store.catalogue.get_for_update(session, TENANT)
        (first,) = own.offerings
        second = asyncio.create_task(
            cable.change(OFFERINGS_PATH, "cable-blue", {"description": "Of copper"})
        )
        await until_a_transaction_waits(stocked)
        store.catalogue.put(session, TENANT, [replace(first, version=2, name="Sky")])

    changed = (await second).json()

    assert (changed["version"], changed["name"], changed["description"]) == (
        *("3", "Sky"),
        "Of copper",
    )
