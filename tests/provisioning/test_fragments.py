"""Fragments: steps and needs that blueprints share stand in them as if written there."""

import json
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from services.provisioning.domain.blueprint.expansion import expand
from services.provisioning.domain.blueprint.reading import read_blueprints, read_publication
from services.provisioning.domain.blueprint.validation import Capabilities
from services.provisioning.store.blueprints import read_shipped_files
from services.provisioning.store.elements import OPERATIONS
from tests.callers import AsRole
from tests.provisioning.test_planned_blueprints import PUBLISH

ASSIGN = {"name": "assign", "kind": "assign"}
BAR: dict[str, Any] = {
    "name": "bar",
    "version": 1,
    "parameters": ["element", "thing"],
    "needs": [{"kind": "pair"}],
    "steps": [
        {
            "name": "bar-{thing}",
            "kind": "activate",
            "element": "{element}",
            "operation": "bar-{thing}",
            "undo": "bar-{thing}",
            "parameters": [{"name": "bar", "value": "$characteristic.bar"}],
        },
        {
            "name": "test",
            "kind": "test",
            "after": ["bar-{thing}"],
            "element": "{element}",
            "operation": "test-{thing}",
        },
    ],
}
INCLUDE: dict[str, Any] = {
    "include": "bar/1",
    "after": ["assign"],
    "values": {"element": "camera-cloud", "thing": "camera"},
}
BLUEPRINT: dict[str, Any] = {
    "specification": "cable",
    "business_action": "suspend",
    "version": 1,
    "needs": [{"kind": "leg"}, {"include": "bar/1", "values": INCLUDE["values"]}],
    "steps": [ASSIGN, INCLUDE],
}
EXPANDED: list[dict[str, Any]] = [
    ASSIGN,
    {
        "name": "bar-camera",
        "kind": "activate",
        "after": ["assign"],
        "element": "camera-cloud",
        "operation": "bar-camera",
        "undo": "bar-camera",
        "parameters": [{"name": "bar", "value": "$characteristic.bar"}],
    },
    {
        "name": "test",
        "kind": "test",
        "after": ["bar-camera"],
        "element": "camera-cloud",
        "operation": "test-camera",
    },
]
RESUME = BLUEPRINT | {"business_action": "resume"}


def written_out(**changes: Any) -> dict[str, Any]:
    """Return the blueprint with its fragment written out."""
    return BLUEPRINT | {"needs": [{"kind": "leg"}, {"kind": "pair"}], "steps": EXPANDED} | changes


class Publisher:
    """Publishes blueprints with fragments, or plans to."""

    def __init__(self, client: AsyncClient, as_role: AsRole) -> None:
        self._client, self._headers = client, as_role("network")

    async def publish(self, *blueprints: Any, fragments: Any = (BAR,), path: str = PUBLISH) -> Any:
        """Send a publication."""
        body = {"fragments": list(fragments), "blueprints": list(blueprints)}
        return await self._client.post(path, json=body, headers=self._headers)

    async def plan(self, *blueprints: Any, fragments: Any = (BAR,)) -> Any:
        """Ask what a publication would change."""
        return await self.publish(*blueprints, fragments=fragments, path=f"{PUBLISH}/plan")

    async def send(self, body: Any) -> Any:
        """Send any body."""
        return await self._client.post(PUBLISH, json=body, headers=self._headers)

    async def faults(self, *blueprints: Any, fragments: Any = (BAR,)) -> dict[str, tuple[str, str]]:
        """Return code and message of each fault by its place."""
        answer = await self.publish(*blueprints, fragments=fragments)
        assert answer.status_code == 400, answer.text
        errors = answer.json()["errors"]
        assert all(each["remedy"] for each in errors)
        return {each["field"]: (each["code"], each["message"]) for each in errors}


@pytest.fixture
def publisher(client: AsyncClient, as_role: AsRole) -> Publisher:
    """Publishes blueprints with fragments."""
    return Publisher(client, as_role)


async def test_a_fragment_stands_in_a_blueprint_as_if_written_there(publisher: Publisher) -> None:
    included = await publisher.publish(BLUEPRINT)
    again = await publisher.send([written_out()])

    assert (included.status_code, again.status_code) == (201, 201), included.text + again.text
    (stored,) = (each["blueprint"] for each in included.json())
    assert [each["kind"] for each in stored["needs"]] == ["leg", "pair"]
    for step, expected in zip(stored["steps"], EXPANDED, strict=True):
        assert step | expected == step
    assert stored == again.json()[0]["blueprint"]


async def test_a_plan_says_which_blueprints_a_changed_fragment_changes(
    publisher: Publisher,
) -> None:
    await publisher.publish(BLUEPRINT, RESUME)
    second = BAR | {"version": 2, "steps": [BAR["steps"][0] | {"tries": 9}, BAR["steps"][1]]}
    newer = [
        each
        | {
            "version": 2,
            "needs": [{"kind": "leg"}, INCLUDE | {"include": "bar/2", "after": []}],
            "steps": [ASSIGN, INCLUDE | {"include": "bar/2"}],
        }
        for each in (BLUEPRINT, RESUME)
    ]

    planned = (await publisher.plan(*newer, written_out(), fragments=[second])).json()

    assert [(each["entry"], each["state"], each["fragments"]) for each in planned] == [
        ("blueprint/cable/suspend/2", "changed", ["bar/2"]),
        ("blueprint/cable/resume/2", "changed", ["bar/2"]),
        ("blueprint/cable/suspend/1", "unchanged", []),
    ]
    assert [each["field"] for each in planned[0]["differences"]] == [
        "/version",
        "/steps/bar-camera/tries",
    ]


async def test_a_fragment_that_changes_published_versions_is_refused_with_all_of_them(
    publisher: Publisher,
) -> None:
    await publisher.publish(BLUEPRINT, RESUME)
    other = BAR | {"steps": [BAR["steps"][0] | {"tries": 9}, BAR["steps"][1]]}

    for answer in (
        await publisher.publish(BLUEPRINT, RESUME, fragments=[other]),
        await publisher.plan(BLUEPRINT, RESUME, fragments=[other]),
    ):
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (409, "version-taken")
        assert "cable/suspend version 1, cable/resume version 1" in problem["detail"]
        assert problem["remedy"] == "publish them as cable/suspend 2, cable/resume 2"


async def test_a_fault_in_a_fragment_is_named_once_where_it_is_written(
    publisher: Publisher,
) -> None:
    no_undo = BAR | {"steps": [BAR["steps"][0] | {"undo": ""}, BAR["steps"][1]]}
    unconnected = BLUEPRINT | {"version": 0, "steps": [ASSIGN, INCLUDE | {"after": ["later"]}]}

    found = await publisher.faults(unconnected, RESUME, fragments=[no_undo])

    assert {place: code for place, (code, _) in found.items()} == {
        "/blueprints/0/version": "out-of-range",
        "/blueprints/0/steps/1/after": "unknown-step",
        "/fragments/0/steps/0/undo": "undo-missing",
    }
    assert found["/fragments/0/steps/0/undo"][1].endswith("in cable/suspend, cable/resume")


INCLUDE_FAULTS = [
    ({"steps": [ASSIGN, INCLUDE | {"include": "bar/2"}]}, "/steps/1/include", "fragment-unknown"),
    ({"steps": [ASSIGN, INCLUDE | {"values": {}}]}, "/steps/1/values", "missing"),
    (
        {"steps": [ASSIGN, INCLUDE | {"values": INCLUDE["values"] | {"colour": "red"}}]},
        "/steps/1/values",
        "parameter-unknown",
    ),
    ({"steps": [ASSIGN, INCLUDE | {"include": "line/1"}]}, "/steps/1/include", "nothing-to-do"),
    ({"needs": [INCLUDE]}, "/needs/0/after", "not-allowed"),
]


@pytest.mark.parametrize(("change", "place", "code"), INCLUDE_FAULTS)
async def test_an_include_that_cannot_be_expanded_is_named(
    publisher: Publisher, change: dict[str, Any], place: str, code: str
) -> None:
    line = {"name": "line", "version": 1, "needs": [{"kind": "leg"}]}

    found = await publisher.faults(BLUEPRINT | change, fragments=[BAR, line])

    assert found[f"/blueprints/0{place}"][0] == code


FRAGMENT_FAULTS = [
    ([BAR | {"name": "Bar"}], "/fragments/0/name", "bad-name"),
    ([BAR | {"version": 0}], "/fragments/0/version", "out-of-range"),
    ([{"name": "bar", "version": 1}], "/fragments/0", "nothing-to-do"),
    ([BAR | {"parameters": ["element"]}], "/fragments/0/parameters", "parameter-unknown"),
    ([BAR | {"needs": [{"kind": "{a-b}"}]}], "/fragments/0/parameters", "parameter-unknown"),
    ([BAR | {"parameters": ["a b"]}], "/fragments/0/parameters/0", "bad-name"),
    ([BAR, BAR], "/fragments/1/name", "sent-twice"),
]


@pytest.mark.parametrize(("fragments", "place", "code"), FRAGMENT_FAULTS)
async def test_a_fragment_that_cannot_be_included_is_named(
    publisher: Publisher, fragments: list[Any], place: str, code: str
) -> None:
    found = await publisher.faults(BLUEPRINT, fragments=fragments)

    assert found[place][0] == code


async def test_a_short_publication_cannot_expand_to_a_long_one(publisher: Publisher) -> None:
    line = {"name": "line", "version": 1, "needs": [{"kind": "leg"}] * 50}
    long = BLUEPRINT | {"needs": [{"include": "line/1"}] * 50, "steps": [ASSIGN, *[INCLUDE] * 49]}

    found = await publisher.faults(*[long] * 20, fragments=[BAR, line])

    assert found["/blueprints/19/needs"][0] == "out-of-range"
    assert found["/blueprints/19/steps"][0] == "out-of-range"


async def test_a_text_that_its_values_make_too_long_is_named(publisher: Publisher) -> None:
    titled = BAR["steps"][0] | {"title": "{thing}{thing}"}
    long = INCLUDE | {"values": INCLUDE["values"] | {"thing": "c" * 35 + "-" * 35}}

    found = await publisher.faults(
        BLUEPRINT | {"steps": [ASSIGN, long]},
        fragments=[BAR | {"steps": [titled, BAR["steps"][1]]}],
    )

    assert found["/fragments/0/steps/0"][0] == "too-long"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"blueprints": [BLUEPRINT | {"colour": "red"}]}, "/blueprints/0/colour"),
        ([BLUEPRINT | {"colour": "red"}], "/0/colour"),
        ([BLUEPRINT | {"steps": [ASSIGN, INCLUDE | {"tries": 3}]}], "/0/steps/1/tries"),
        ([BLUEPRINT | {"steps": [ASSIGN | {"tries": "x"}]}], "/0/steps/0/tries"),
        (
            {"fragments": [BAR | {"steps": [{"name": "a"}]}], "blueprints": []},
            "/fragments/0/steps/0/kind",
        ),
        ("bar", ""),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused_at_its_place(
    publisher: Publisher, body: Any, place: str
) -> None:
    answer = await publisher.send(body)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == place


def test_the_fragment_that_the_documentation_shows_is_right() -> None:
    shown = json.loads(Path("docs/blueprints.md").read_text().split("```json\n")[2].split("```")[0])
    blueprints, fragments = (
        json.dumps(shown[name]).encode() for name in ("blueprints", "fragments")
    )

    (blueprint,) = read_blueprints(blueprints, fragments, Capabilities(OPERATIONS))

    assert [each.operation for each in blueprint.steps] == ["", "bar-account"]


def test_every_shipped_fragment_is_shared_by_at_least_three_blueprints() -> None:
    publication = read_publication(*read_shipped_files())
    expanded = expand(publication)

    for fragment in publication.fragments:
        including = [each for each in expanded if fragment.display_name in each.fragments]
        assert len(including) >= 3, fragment.display_name
