"""Roles are data: which there are, what they may do, and what a file of them must say."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.caller import Caller
from shared.roles import NEEDS_APPROVAL, ROLES, SCOPES, RolesError, read_roles
from tests.shared.http.api import an_api, bearer, calling, settings_for

TWELVE = {
    *("crm", "billing", "crew", "operator", "supervisor", "network"),
    *("product", "agent", "analyst", "auditor", "viewer", "admin"),
}


def a_file(folder: Path, **roles: Any) -> Path:
    path = folder / "roles.json"
    path.write_text(json.dumps(roles))
    return path


def test_there_are_twelve_roles_and_the_one_of_yesterdays_tokens() -> None:
    assert ROLES.keys() == TWELVE | {"ops"}


def test_every_scope_is_some_roles() -> None:
    others = [role.scopes for name, role in ROLES.items() if name != "admin"]

    assert ROLES["admin"].scopes == SCOPES.keys()
    assert SCOPES.keys() - frozenset[str]().union(*others) == {"admin", "ops:replay.execute"}


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
    ("role", "place"),
    [
        ({"scopes": ["crm:order.steal"]}, "/shop/scopes: .*crm:order.steal"),
        ({}, "/shop/scopes"),
        ({"scopes": [], "limits": {"page_size": 0}}, "/shop/limits/page_size"),
        ({"scopes": [], "limits": {"needs_second_approval": ["x"]}}, "there is no action x"),
        ({"scopes": [], "limits": {"speed": 1}}, "/shop/limits/speed"),
    ],
)
def test_a_file_of_roles_with_a_fault_is_refused_by_a_line_that_names_it(
    tmp_path: Path, role: dict[str, Any], place: str
) -> None:
    with pytest.raises(RolesError, match=f"KAITONG_ROLES: .*{place}"):
        read_roles(a_file(tmp_path, shop=role))


def test_a_file_of_roles_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RolesError, match=r"KAITONG_ROLES: .*cannot be read"):
        read_roles(tmp_path / "none.json")


def test_a_caller_without_a_person_is_one_with_its_client() -> None:
    assert Caller("crm", "jiangsu", "crm", frozenset()).person == "crm"


async def test_a_role_that_shows_fewer_rows_gets_smaller_pages(tmp_path: Path) -> None:
    path = a_file(tmp_path, crm={"scopes": ["crm:order.read"], "limits": {"page_size": 2}})
    settings = settings_for(tmp_path, KAITONG_ROLES=str(path))

    async with calling(an_api(settings), bearer(settings)) as client:
        answer = await client.get("/things", params={"limit": 20})

    assert (answer.status_code, len(answer.json())) == (206, 2)


async def test_a_role_that_may_ask_less_often_is_told_so(tmp_path: Path) -> None:
    slow = {"scopes": ["crm:order.read"], "limits": {"requests_per_second": 1}}
    path = a_file(tmp_path, crm=slow, viewer={"scopes": ["viewer:read"]})
    settings = settings_for(tmp_path, KAITONG_ROLES=str(path))

    async with calling(an_api(settings), bearer(settings)) as client:
        answers = [await client.get("/caller") for _ in range(20)]
        viewer = bearer(settings, "viewer")
        others = [await client.get("/caller", headers=viewer) for _ in range(20)]

    assert 429 in {each.status_code for each in answers}
    assert {each.status_code for each in others} == {200}
