"""`kaitong catalogue check`: what is sold, beside what can be carried out."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from services.console.client import Client, connect
from services.console.errors import FAILURE, CommandError, with_remedy
from services.console.output import print_json, print_line

OFFERINGS = "/tmf-api/productCatalogManagement/v4/productOffering"
SPECIFICATIONS = "/tmf-api/productCatalogManagement/v4/productSpecification"
BLUEPRINTS = "/ops/v1/blueprints"
PAGE = 100
JSON = Any


class Gap(NamedTuple):
    """Something that is sold or carried out, and what is missing beside it."""

    what: str
    message: str
    remedy: str


def check_catalogue(*, json: bool) -> None:
    """Print every gap between the catalogue and the blueprints.

    Raises:
        CommandError: if there are any, or a service does not answer.
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
        msg = f"{len(found)} gaps between what is sold and what can be carried out"
        raise CommandError(msg, FAILURE)
    if not json:
        print_line("everything that is sold can be delivered and given up")


def active_entries(client: Client, path: str) -> list[JSON]:
    """Return all that is active in one list of the catalogue."""
    return list(client.get_all("order", path, lifecycleStatus="active", limit=PAGE))


def find_gaps(
    offerings: Sequence[JSON], specifications: Sequence[JSON], blueprints: Sequence[JSON]
) -> Iterator[Gap]:
    """Yield every gap, offerings first."""
    drawn = {
        (each["blueprint"]["specification"], each["blueprint"]["action"]) for each in blueprints
    }
    for offering in offerings:
        of = offering.get("productSpecification")
        if of and (of["id"], "add") not in drawn:
            yield not_deliverable(offering["id"], of["id"])
    sold = {each["productSpecification"]["id"] for each in offerings if not each["isBundle"]}
    for specification in sorted(sold | {name for name, action in drawn if action == "add"}):
        if (specification, "delete") not in drawn:
            yield no_delete_blueprint(specification)
    known = {each["id"] for each in specifications}
    for specification in sorted({name for name, _ in drawn} - known):
        yield no_specification(specification)


def not_deliverable(offering: str, specification: str) -> Gap:
    """Say that an offering is sold and cannot be delivered."""
    message = f"is sold, and there is no blueprint {specification}/add: every order fails"
    remedy = f"publish it (POST {BLUEPRINTS}), or retire the offering"
    return Gap(f"offering {offering}", message, remedy)


def no_delete_blueprint(specification: str) -> Gap:
    """Say that products can be made and never taken away."""
    message = f"there is no blueprint {specification}/delete: its products can never be given up"
    return Gap(f"specification {specification}", message, f"publish it (POST {BLUEPRINTS})")


def no_specification(specification: str) -> Gap:
    """Say that a blueprint is of something that the catalogue does not have."""
    message = "has blueprints, and the catalogue has no active specification of this id"
    remedy = "publish it (POST /ops/v1/catalogue), or check how its id is written"
    return Gap(f"specification {specification}", message, remedy)
