"""The table of who may call what has all that there is: owners, and scopes."""

from pathlib import Path

import pytest

from shared.access.access_rule import TENANT_WRITE_SCOPES
from shared.security.roles import SCOPES
from tests.access.table import Ownership
from tests.access.test_matrix import OWNERS, api_of, tried
from tests.conftest import SERVICES


@pytest.mark.parametrize("whose", OWNERS)
def test_things_of_every_owner_are_tried_to_be_changed_in_some_service(whose: Ownership) -> None:
    assert any(tried(service, whose) for service in SERVICES)


def test_every_scope_opens_some_route_or_widens_what_a_route_changes(tmp_path: Path) -> None:
    routes = [route for service in SERVICES for route in api_of(service, tmp_path).routes]

    taken = {
        scope for route in routes for each in getattr(route, "allows", ()) for scope in each.scopes
    }

    assert taken | TENANT_WRITE_SCOPES == SCOPES.keys()
