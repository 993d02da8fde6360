"""Versions of an entry of the catalogue are retired by TMF620, all at once or alone."""

from httpx import AsyncClient

from shared.http.collection_paths import OFFERINGS_PATH
from tests.callers import AsRole
from tests.order.catalogue_client import OFFERING, Catalogue, cable, catalogue, faults_in, order

__all__ = ["cable", "catalogue"]


async def test_a_retired_offering_is_sold_in_no_version(
    cable: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    await cable.change(OFFERINGS_PATH, "cable-blue", {"name": "Sky"})

    retired = await cable.change(OFFERINGS_PATH, "cable-blue", {"lifecycleStatus": "retired"})

    assert (retired.json()["version"], retired.json()["isSellable"]) == ("2", False)
    earlier = await cable.read(OFFERINGS_PATH, "cable-blue", "?version=1")
    assert earlier["lifecycleStatus"] == "retired"
    refused = await order(client, as_role)
    assert refused.json()["errors"][0]["code"] == "offering-not-sold"


async def test_one_version_can_be_retired_alone(cable: Catalogue) -> None:
    await cable.change(OFFERINGS_PATH, "cable-blue", {"name": "Sky"})
    retired = {"lifecycleStatus": "retired"}

    await cable.change(OFFERINGS_PATH, "cable-blue", retired, "?version=2")

    shown = await cable.read(OFFERINGS_PATH, "cable-blue")
    assert (shown["version"], shown["isSellable"]) == ("1", True)


async def test_an_offering_is_retired_with_its_successor(
    cable: Catalogue, client: AsyncClient, as_role: AsRole
) -> None:
    await cable.create(OFFERINGS_PATH, OFFERING | {"id": "cable-red"})
    patch = {
        "lifecycleStatus": "retired",
        "productOfferingRelationship": [{"id": "cable-red", "relationshipType": "upgradesTo"}],
    }

    await cable.change(OFFERINGS_PATH, "cable-blue", patch)

    (fault,) = (await order(client, as_role)).json()["errors"]
    assert (fault["code"], fault["remedy"]) == (
        *("offering-not-sold",),
        "order its successor: cable-red",
    )


async def test_a_retired_version_does_not_come_back(cable: Catalogue) -> None:
    await cable.change(OFFERINGS_PATH, "cable-blue", {"lifecycleStatus": "retired"})

    answer = await cable.change(OFFERINGS_PATH, "cable-blue", {"lifecycleStatus": "active"})

    assert faults_in(answer) == {("/lifecycleStatus", "state-backwards")}
