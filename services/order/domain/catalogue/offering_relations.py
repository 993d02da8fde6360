"""Relations of offerings: those that a product may change to, and those that a buyer must hold."""

from collections.abc import Iterator

from services.order.domain.catalogue.catalogue import (
    Catalogue,
    LifeCycle,
    Offering,
    find_version,
)
from services.order.domain.catalogue.reference_faults import dangling_reference_fault
from shared.errors import Fault


def offering_relation_faults(at: str, offering: Offering, catalogue: Catalogue) -> Iterator[Fault]:
    """Name relations of an offering that lead nowhere; a retired one may keep them."""
    if offering.state is LifeCycle.RETIRED:
        return
    for index, id_ in enumerate(offering.upgrades_to):
        yield from upgrade_faults(f"{at}/upgrades_to/{index}", offering, id_, catalogue)
    for index, id_ in enumerate(offering.eligibility.holds):
        if not held_specifications(id_, catalogue):
            reason = f"there is no single offering and no specification {id_}"
            yield dangling_reference_fault(f"{at}/eligibility/holds/{index}", reason)


def upgrade_faults(
    at: str, offering: Offering, other_id: str, catalogue: Catalogue
) -> Iterator[Fault]:
    """Name why a product of an offering can never change to another one, if it cannot."""
    other = find_version(catalogue.offerings, other_id)
    if other_id == offering.id:
        reason, remedy = "an offering does not change to itself", "name another one"
        yield Fault(at, "self-reference", reason, remedy)
    elif other is None:
        yield dangling_reference_fault(at, f"there is no offering {other_id}")
    elif other.specification != offering.specification:
        reason = f"a product cannot change to {other_id}, which is of another specification"
        remedy = "name an offering of the same specification"
        yield Fault(at, "specification-mismatch", reason, remedy)


def current_offering(offering_id: str, catalogue: Catalogue) -> Offering | None:
    """Return an offering as it is sold now, or was last; None if it never was."""
    published = [each for each in catalogue.offerings if each.state is not LifeCycle.DRAFT]
    return find_version(published, offering_id)


def possible_upgrades(offering_id: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the offerings on sale to which an offering says that its products change."""
    offering = current_offering(offering_id, catalogue)
    named = offering.upgrades_to if offering else ()
    return tuple(each for each in named if each in catalogue.sellable_offerings)


def restricts_upgrades(offering_id: str, catalogue: Catalogue) -> bool:
    """Tell whether an offering says to which others its products change."""
    offering = current_offering(offering_id, catalogue)
    return offering is not None and bool(offering.upgrades_to)


def held_specifications(id_: str, catalogue: Catalogue) -> frozenset[str]:
    """Return the specifications of products that are of an offering, or of a specification.

    Empty if there is neither; a bundle is no product.
    """
    offering = find_version(catalogue.offerings, id_)
    found = {offering.specification} if offering else set()
    if find_version(catalogue.specifications, id_):
        found.add(id_)
    return frozenset(found - {""})
