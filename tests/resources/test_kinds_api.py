"""Publishing and listing kinds of resources over HTTP."""

from typing import Any

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import func, select

from services.resources.store.kinds import SHIPPED
from services.resources.tables import PoolKindRow
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.kernel import history

KIND: dict[str, Any] = {
    "name": "camera-account",
    "description": "An account of the video cloud.",
    "served_from": "anywhere",
    "unique_within": "tenant",
    "picked_from": "pool",
    "quarantine_days": 30,
}
BARE = {"name": "vpn-circuit", "served_from": "region"}


class KindClient:
    """Publishes and lists kinds."""

    def __init__(self, client: AsyncClient, as_role: AsRole) -> None:
        self._client, self._as_role = client, as_role

    async def publish(self, *kinds: Any, **caller: str) -> Response:
        """Publish kinds."""
        headers = self._as_role("ops", **caller)
        return await self._client.post("/ops/v1/pool-kinds", json=list(kinds), headers=headers)

    async def plan(self, *kinds: Any) -> Response:
        """Ask what the publication of kinds would change."""
        path, headers = "/ops/v1/pool-kinds/plan", self._as_role("ops")
        return await self._client.post(path, json=list(kinds), headers=headers)

    async def faults(self, *kinds: Any) -> list[tuple[str, str]]:
        """Return field and code of each fault that kinds have."""
        answer = await self.publish(*kinds)
        assert answer.status_code == 400, answer.text
        return [(each["field"], each["code"]) for each in answer.json()["errors"]]

    async def own(self, **caller: str) -> list[dict[str, Any]]:
        """Return the kinds that the caller's tenant has published."""
        answer = await self.get("/ops/v1/pool-kinds", **caller)
        return [each for each in answer.json() if not each["shipped"]]

    async def get(self, path: str, **caller: str) -> Response:
        """Return an answer to a viewer."""
        return await self._client.get(path, headers=self._as_role("viewer", **caller))


@pytest.fixture
def kinds(client: AsyncClient, as_role: AsRole) -> KindClient:
    """Publishes and lists kinds."""
    return KindClient(client, as_role)


def count_published(sessions: Sessions) -> int:
    """Return how many kinds are published."""
    with sessions() as session:
        return session.scalars(select(func.count()).select_from(PoolKindRow)).one()


async def test_a_published_kind_is_listed_with_its_rules_and_who_published_it(
    kinds: KindClient,
) -> None:
    answer = await kinds.publish(KIND, BARE, person="li-na")

    assert answer.status_code == 201, answer.text
    (camera, circuit) = await kinds.own()
    assert answer.json() == [camera, circuit]
    assert KIND.items() <= camera.items()
    assert (camera["shipped"], camera["published_by"]) == (False, "li-na")
    assert camera["published_at"]
    assert (circuit["description"], circuit["unique_within"], circuit["quarantine_days"]) == (
        *("", "pool"),
        0,
    )


async def test_the_kinds_of_the_release_are_listed_with_those_of_the_tenant_by_name(
    kinds: KindClient,
) -> None:
    await kinds.publish(KIND)

    answer = await kinds.get("/ops/v1/pool-kinds")

    names = [each["name"] for each in answer.json()]
    assert names == sorted({*SHIPPED, "camera-account"})
    shipped = {each["name"] for each in answer.json() if each["shipped"]}
    assert shipped == set(SHIPPED)


async def test_paging_by_link_shows_every_kind_once_while_another_is_published(
    kinds: KindClient,
) -> None:
    await kinds.publish(KIND)
    path, seen = "/ops/v1/pool-kinds?limit=2", []
    while path:
        answer = await kinds.get(path)
        seen += [each["name"] for each in answer.json()]
        path = str(answer.links.get("next", {}).get("url", ""))
        await kinds.publish(KIND | {"name": "aaa-first"})

    assert seen == sorted({*SHIPPED, "camera-account"})


async def test_a_kind_that_is_published_again_stays_as_it_was(
    kinds: KindClient, sessions: Sessions
) -> None:
    await kinds.publish(KIND, person="li-na")
    before = await kinds.own(), history(sessions)

    again = await kinds.publish(KIND, person="wang-wei")

    assert (again.status_code, again.json()) == (201, before[0])
    assert (await kinds.own(), history(sessions)) == before


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Something else."},
        {"served_from": "region"},
        {"unique_within": "pool"},
        {"picked_from": None},
        {"quarantine_days": 31},
    ],
    ids=lambda each: next(iter(each)),
)
async def test_a_published_kind_never_changes(kinds: KindClient, change: dict[str, Any]) -> None:
    await kinds.publish(KIND)
    before = await kinds.own()

    answer = await kinds.publish(BARE, KIND | change)

    assert (answer.status_code, answer.json()["code"]) == (409, "kind-taken")
    assert await kinds.own() == before


@pytest.mark.parametrize("name", SHIPPED)
async def test_a_kind_of_the_release_is_not_published(kinds: KindClient, name: str) -> None:
    assert await kinds.faults(KIND | {"name": name}) == [("/0/name", "kind-shipped")]


@pytest.mark.parametrize(
    "name",
    [
        *("camera", "camera-", "-camera", "camera--account", "Camera-account", "camera_account"),
        *("4k-camera", "camera-帐号", "camera-account ", "", "a-" + 31 * "b"),
    ],
)
async def test_the_name_of_a_kind_is_of_small_letters_and_has_a_hyphen(
    kinds: KindClient, sessions: Sessions, name: str
) -> None:
    assert await kinds.faults(KIND | {"name": name}) == [("/0/name", "bad-name")]
    assert count_published(sessions) == 0


async def test_a_name_of_32_characters_is_accepted(kinds: KindClient) -> None:
    answer = await kinds.publish(KIND | {"name": "a-" + 30 * "b"})

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"picked_from": "region"}, ("/0/picked_from", "not-allowed")),
        ({"is_graded": True}, ("/0/is_graded", "extra-forbidden")),
        ({"comes_with_splitters": True}, ("/0/comes_with_splitters", "extra-forbidden")),
        ({"quarantine_days": -1}, ("/0/quarantine_days", "greater-than-equal")),
        ({"quarantine_days": 3651}, ("/0/quarantine_days", "less-than-equal")),
        ({"quarantine_days": "30"}, ("/0/quarantine_days", "int-type")),
        ({"served_from": "olt"}, ("/0/served_from", "enum")),
    ],
    ids=lambda each: next(iter(each)),
)
async def test_a_rule_that_no_published_kind_can_have_is_refused(
    kinds: KindClient, sessions: Sessions, change: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert await kinds.faults(KIND | change) == [fault]
    assert count_published(sessions) == 0


async def test_every_fault_of_every_kind_is_named_at_once(
    kinds: KindClient, sessions: Sessions
) -> None:
    faults = await kinds.faults(
        KIND,
        KIND | {"quarantine_days": 1},
        BARE | {"picked_from": "region"},
        BARE | {"name": "camera"},
    )

    assert faults == [
        ("/0/name", "sent-twice"),
        ("/1/name", "sent-twice"),
        ("/2/picked_from", "not-allowed"),
        ("/3/name", "bad-name"),
    ]
    assert count_published(sessions) == 0


async def test_another_tenant_does_not_see_a_published_kind(kinds: KindClient) -> None:
    await kinds.publish(KIND)

    assert await kinds.own(tenant="zhejiang") == []
    unknown = await kinds.get("/ops/v1/pools?kind=camera-account", tenant="zhejiang")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (400, "unknown-kind")


async def test_two_tenants_may_publish_a_name_each_with_its_own_rules(kinds: KindClient) -> None:
    other = KIND | {"served_from": "region", "quarantine_days": 0}

    answers = await kinds.publish(KIND), await kinds.publish(other, tenant="zhejiang")

    assert [each.status_code for each in answers] == [201, 201]
    assert (await kinds.own())[0]["served_from"] == "anywhere"
    assert (await kinds.own(tenant="zhejiang"))[0]["served_from"] == "region"


async def test_a_plan_of_a_publication_says_which_kinds_are_new_and_publishes_none(
    kinds: KindClient, sessions: Sessions
) -> None:
    await kinds.publish(KIND)

    answer = await kinds.plan(KIND, BARE)

    assert answer.status_code == 200, answer.text
    assert [(each["entry"], each["state"]) for each in answer.json()] == [
        ("pool kind/camera-account", "unchanged"),
        ("pool kind/vpn-circuit", "new"),
    ]
    assert count_published(sessions) == 1


async def test_a_plan_is_refused_where_the_publication_would_be(kinds: KindClient) -> None:
    await kinds.publish(KIND)

    taken = await kinds.plan(BARE, KIND | {"quarantine_days": 31})
    faulty = await kinds.plan(BARE | {"name": "camera"})

    assert (taken.status_code, taken.json()["code"]) == (409, "kind-taken")
    assert (faulty.status_code, faulty.json()["errors"][0]["code"]) == (400, "bad-name")
