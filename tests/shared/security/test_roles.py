"""Roles are data: the default roles, their scopes and limits, and the format of their file."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from shared.security.caller import Caller
from shared.security.roles import NEEDS_APPROVAL, ROLES, SCOPES, RolesError, read_roles
from tests.shared.http.small_api import an_api, api_client, bearer, settings_for

TWELVE = {
    *("crm", "billing", "crew", "operator", "supervisor", "network"),
    *("product", "agent", "analyst", "auditor", "viewer", "admin"),
}


def a_file(folder: Path, **roles: Any) -> Path:
    path = folder / "roles.json"
    path.write_text(json.dumps(roles))
    return path


def limited(**limits: Any) -> dict[str, Any]:
    return {"scopes": [], "limits": limits}


def test_there_are_twelve_roles_and_the_one_of_older_tokens() -> None:
    assert ROLES.keys() == TWELVE | {"ops"}


def test_every_scope_is_some_roles() -> None:
    others = [role.scopes for name, role in ROLES.items() if name != "admin"]

    assert ROLES["admin"].scopes == SCOPES.keys()
    assert SCOPES.keys() - frozenset[str]().union(*others) == {"admin"}


def test_every_action_that_needs_approval_is_asked_of_some_role() -> None:
    needed = [role.limits.needs_second_approval for role in ROLES.values()]

    assert frozenset[str]().union(*needed) == NEEDS_APPROVAL


def test_roles_are_read_from_another_file(tmp_path: Path) -> None:
    limits = {"requests_per_second": 5, "page_size": 10, "needs_second_approval": []}
    path = a_file(tmp_path, shop={"scopes": ["crm:order.read"], "limits": limits})

    roles = read_roles(path)

    assert roles.keys() == {"shop"}
    assert roles["shop"].scopes == {"crm:order.read"}
    assert roles["shop"].limits.page_size == 10


@pytest.mark.parametrize(
    ("role", "fault"),
    [
        (
            {"scopes": ["crm:order.steal"]},
            "/shop/scopes: names unknown scopes: crm:order.steal: use those of docs/access.md",
        ),
        ({}, "/shop/scopes: is missing: give it"),
        ([], "/shop: is no object: give an object"),
        ({"scopes": "admin"}, r"/shop/scopes: is no list: give a list: \[\.\.\.\]"),
        ({"scopes": {"admin": 1}}, "/shop/scopes: is no list: give a list"),
        (limited(page_size=0), "/shop/limits/page_size: is too small: give 1 or more"),
        (limited(page_size="100"), "/shop/limits/page_size: is no whole number: give a whole"),
        (limited(page_size=True), "/shop/limits/page_size: is no whole number: give a whole"),
        (limited(import_rows=1.5), "/shop/limits/import_rows: is no whole number: give a whole"),
        (
            limited(requests_per_second="many"),
            "/shop/limits/requests_per_second: is no whole number: give a whole number",
        ),
        (
            limited(needs_second_approval=["x"]),
            "/shop/limits/needs_second_approval: names unknown actions: x: use some of access",
        ),
        (limited(speed=1), "/shop/limits/speed: is not known here: leave it out"),
    ],
)
def test_a_file_of_roles_with_a_fault_is_refused_by_a_line_that_names_it(
    tmp_path: Path, role: Any, fault: str
) -> None:
    path = a_file(tmp_path, shop=role)

    with pytest.raises(RolesError) as caught:
        read_roles(path)

    assert re.match(f"KAITONG_ROLES: {path}: {fault}", str(caught.value))


def test_every_fault_of_a_file_of_roles_has_its_line(tmp_path: Path) -> None:
    path = a_file(tmp_path, shop={"scopes": ["steal"]}, crm=limited(page_size="100", speed=1))

    with pytest.raises(RolesError) as caught:
        read_roles(path)

    assert len(str(caught.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('{"crm": {"scopes": ["admin"]}, "crm": {"scopes": []}}', "crm: an object has this key"),
        ('{"crm": {"scopes": [], "scopes": ["admin"]}}', "scopes: an object has this key"),
        ('{"crm": {"scopes": []}', "it is no JSON: .* at line 1, column 23: correct it"),
        ("[]", "is no object: give an object"),
    ],
)
def test_a_file_of_roles_that_could_mean_two_things_or_is_no_json_is_refused(
    tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "roles.json"
    path.write_text(text)

    with pytest.raises(RolesError) as caught:
        read_roles(path)

    assert re.match(f"KAITONG_ROLES: {path}: {fault}", str(caught.value))


def test_a_file_of_roles_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RolesError, match=r"KAITONG_ROLES: .*cannot be read"):
        read_roles(tmp_path / "none.json")


def test_a_caller_without_a_person_is_one_with_its_client() -> None:
    assert Caller("crm", "jiangsu", "crm", frozenset()).person == "crm"


async def test_a_role_that_shows_fewer_rows_gets_smaller_pages(tmp_path: Path) -> None:
    path = a_file(tmp_path, crm={"scopes": ["crm:order.read"], "limits": {"page_size": 2}})
    settings = settings_for(tmp_path, KAITONG_ROLES=str(path))

    async with api_client(an_api(settings), bearer(settings)) as client:
        answer = await client.get("/things", params={"limit": 20})

    assert (answer.status_code, len(answer.json())) == (206, 2)


async def test_a_role_with_a_lower_rate_limit_is_answered_429(tmp_path: Path) -> None:
    slow = {"scopes": ["crm:order.read"], "limits": {"requests_per_second": 1}}
    path = a_file(tmp_path, crm=slow, viewer={"scopes": ["viewer:read"]})
    settings = settings_for(tmp_path, KAITONG_ROLES=str(path))

    async with api_client(an_api(settings), bearer(settings)) as client:
        answers = [await client.get("/caller") for _ in range(20)]
        viewer = bearer(settings, "viewer")
        others = [await client.get("/caller", headers=viewer) for _ in range(20)]

    assert 429 in {each.status_code for each in answers}
    assert {each.status_code for each in others} == {200}
