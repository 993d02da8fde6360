"""`kaitong catalogue check`: compare the catalogue with the blueprints."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from services.console.client import JSON, Client, connect
from services.console.errors import FAILURE, CommandError, with_remedy
from services.console.output import print_json, print_line
from shared.contracts import BusinessAction

OFFERINGS = "/tmf-api/productCatalogManagement/v4/productOffering"
SPECIFICATIONS = "/tmf-api/productCatalogManagement/v4/productSpecification"
BLUEPRINTS = "/ops/v1/blueprints"
DELIVERY, DISCONNECTION = BusinessAction.NEW, BusinessAction.DISCONNECT
"""The business actions that every product needs a blueprint for."""

PAGE = 100


class Gap(NamedTuple):
    """An entry of the catalogue or a blueprint, and its missing counterpart."""

    what: str
    message: str
    remedy: str


def check_catalogue(*, json: bool) -> None:
    """Print every gap between the catalogue and the blueprints.

    Raises:
        CommandError: there are gaps, or a service does not answer.
    """
    client = connect("viewer")
    blueprints = list(client.get_all("provisioning", BLUEPRINTS, limit=PAGE))
    found = list(
        find_gaps(
            active_entries(client, OFFERINGS), active_entries(client, SPECIFICATIONS), blueprints
        )
    )
    if json:
        print_json([each._asdict() for each in found])
    else:
        for each in found:
            print_line(with_remedy(f"{each.what}: {each.message}", each.remedy))
    if found:
        msg = f"{len(found)} gaps between the catalogue and the blueprints"
        raise CommandError(msg, FAILURE)
    if not json:
        print_line("every offering can be delivered and disconnected")


def active_entries(client: Client, path: str) -> list[JSON]:
    """Return the active entries of one list of the catalogue."""
    return list(client.get_all("order", path, lifecycleStatus="active", limit=PAGE))


def find_gaps(
    offerings: Sequence[JSON], specifications: Sequence[JSON], blueprints: Sequence[JSON]
) -> Iterator[Gap]:
    """Yield every gap, offerings first."""
    blueprint_keys = {
        (each["blueprint"]["specification"], each["blueprint"]["business_action"])
        for each in blueprints
    }
    for offering in offerings:
        specification = offering.get("productSpecification")
        if specification and (specification["id"], DELIVERY) not in blueprint_keys:
            yield delivery_gap(offering["id"], specification["id"])
    sold = {each["productSpecification"]["id"] for each in offerings if not each["isBundle"]}
    delivered = {name for name, action in blueprint_keys if action == DELIVERY}
    for name in sorted(sold | delivered):
        if (name, DISCONNECTION) not in blueprint_keys:
            yield disconnection_gap(name)
    active = {each["id"] for each in specifications}
    for name in sorted({name for name, _ in blueprint_keys} - active):
        yield specification_gap(name)


def delivery_gap(offering: str, specification: str) -> Gap:
    """Return the gap of an offering that is sold and cannot be delivered."""
    message = f"is sold, and there is no blueprint {specification}/{DELIVERY}: every order fails"
    remedy = f"publish it (POST {BLUEPRINTS}), or retire the offering"
    return Gap(f"offering {offering}", message, remedy)


def disconnection_gap(specification: str) -> Gap:
    """Return the gap of a specification whose products can never be disconnected."""
    name = f"{specification}/{DISCONNECTION}"
    message = f"there is no blueprint {name}: its products can never be disconnected"
    return Gap(f"specification {specification}", message, f"publish it (POST {BLUEPRINTS})")


def specification_gap(specification: str) -> Gap:
    """Return the gap of a blueprint whose specification is not in the catalogue."""
    message = "has blueprints, and the catalogue has no active specification of this id"
    remedy = "publish it (POST /ops/v1/catalogue), or check how its id is written"
    return Gap(f"specification {specification}", message, remedy)
