"""A number is kept at a new address of the exchange that serves it, or in which the service is."""

import pytest

from services.resources.domain.allocation.kept_resources import reason_not_kept
from services.resources.domain.pool.resource import Holding, Pool, Resource
from tests.kernel import TENANT
from tests.resources.builders import e164, order_id, service_id


def held(kind: str, pool: str, value: str) -> Holding:
    """Return what a service holds."""
    resource = Resource(Pool(TENANT, kind, pool), value)
    return Holding(resource, resource.pool.life_cycle.reserved, order_id(1), service_id(1))


@pytest.mark.parametrize(
    ("number_of", "pair_of", "serving", "is_kept"),
    [
        ("X", "X", "X", True),
        ("X", "X", "Y", False),
        ("Y", "X", "Y", True),
        ("Y", "X", "X", True),
        ("Y", "X", "Z", False),
        ("X", "X", "", False),
    ],
)
def test_a_number_stays_with_the_exchange(
    number_of: str, pair_of: str, serving: str, *, is_kept: bool
) -> None:
    number, pair = held("number", number_of, e164(0)), held("pair", pair_of, "1")
    rule = {(service_id(1), "number"): serving}

    assert (reason_not_kept([number], [number, pair], rule) == "") is is_kept
    assert reason_not_kept([number], [number, pair], {}) == ""
