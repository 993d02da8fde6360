"""The access table covers every ownership and every scope."""

from pathlib import Path

import pytest

from shared.access.access_rule import TENANT_WRITE_SCOPES
from shared.security.roles import SCOPES
from tests.access.table import Ownership
from tests.access.test_matrix import OWNERS, api_of, routes_of_owner
from tests.conftest import SERVICES


@pytest.mark.parametrize("ownership", OWNERS)
def test_every_ownership_has_a_write_request_in_some_service(
    ownership: Ownership,
) -> None:
    assert any(routes_of_owner(service, ownership) for service in SERVICES)


def test_every_scope_opens_some_route_or_widens_what_a_route_changes(tmp_path: Path) -> None:
    routes = [route for service in SERVICES for route in api_of(service, tmp_path).routes]

    taken = {
        scope
        for route in routes
        for each in getattr(route, "scope_checks", ())
        for scope in each.scopes
    }

    assert taken | TENANT_WRITE_SCOPES == SCOPES.keys()
