"""Checks of the products of a case: installed base, service inventory and elements agree.

`order_rules` has the rules for all orders of the bench; these are about what one case has ordered,
so that they also hold on a system with other orders.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import httpx
from sqlalchemy import text

from deploy.local.stack_record import StackRecord
from services.console.errors import CommandError
from shared.persistence.database import make_plain_engine
from tools.bench.cases import BenchSystem
from tools.bench.orders import InstalledProduct

SHARED_RESOURCES = """
    SELECT count(*) FROM (
        SELECT FROM services, jsonb_array_elements(convert_from(held, 'UTF8')::jsonb) AS resource
        WHERE state IN ('active', 'inactive')
        GROUP BY tenant, resource ->> 'kind', resource ->> 'value'
        HAVING count(*) > 1 AND bool_or(id = ANY(:services))
    ) AS resources
"""


def check_products(
    system: BenchSystem,
    products: Sequence[InstalledProduct],
    expected: Mapping[str, int],
    *,
    status: str = "active",
) -> None:
    """Check the products of a case, and that nothing that they hold has a second holder.

    Args:
        system: the measured system.
        products: the products as they are now.
        expected: how many there are of each offering.
        status: that of each product.

    Raises:
        CommandError: something is otherwise; the text says what, and how often.
    """
    raise_if_any(
        [
            *offering_faults(products, expected),
            *status_faults(products, status),
            *holder_faults(system.record, products),
        ]
    )


def check_element(
    system: BenchSystem,
    products: Iterable[InstalledProduct],
    element: str,
    parameters: Mapping[str, str | int] | None = None,
) -> None:
    """Check that an element has the services of these products, with these parameters.

    Raises:
        CommandError: it lacks some, or has some otherwise; the text says how many.
    """
    services = [str(each.service_id) for each in products]
    raise_if_any(list(element_faults(system.record, services, element, parameters or {})))


def raise_if_any(faults: Sequence[str]) -> None:
    """Raise an error with all faults, if there are any.

    Raises:
        CommandError: there are some.
    """
    if faults:
        raise CommandError("; ".join(faults))


def offering_faults(
    products: Sequence[InstalledProduct], expected: Mapping[str, int]
) -> Iterator[str]:
    """Name offerings of which there are more or fewer products than expected."""
    found = Counter(each.offering_id for each in products)
    for offering in sorted(expected.keys() | found.keys()):
        if found[offering] != expected.get(offering, 0):
            yield f"{found[offering]} products of {offering}, not {expected.get(offering, 0)}"


def status_faults(products: Sequence[InstalledProduct], status: str) -> Iterator[str]:
    """Name statuses of products other than the expected one."""
    for other, number in Counter(each.status for each in products).items():
        if other != status:
            yield f"{number} products are {other}, not {status}"


def holder_faults(record: StackRecord, products: Sequence[InstalledProduct]) -> Iterator[str]:
    """Name how many numbers, lines and cards of these products have a second holder."""
    engine = make_plain_engine(record.databases["provisioning"])
    services = [each.service_id for each in products]
    with engine.connect() as connection:
        shared = connection.scalars(text(SHARED_RESOURCES), {"services": services}).one()
    engine.dispose()
    if shared:
        yield f"{shared} numbers, lines or cards have two holders"


def element_faults(
    record: StackRecord,
    services: Sequence[str],
    element: str,
    parameters: Mapping[str, str | int],
) -> Iterator[str]:
    """Name how many of these services an element lacks, or has with other parameters."""
    url = f"{record.urls['elements']}/elements/{element}/active"
    active = httpx.get(url).raise_for_status().json()["active"]
    configured = {each["subject"]: each["parameters"] for each in active}
    if missing := sum(each not in configured for each in services):
        yield f"{missing} services are not on {element}"
    for name, value in parameters.items():
        found = (configured[each].get(name) for each in services if each in configured)
        if wrong := sum(each != value for each in found):
            yield f"{wrong} services have another {name} on {element} than {value}"
