"""The catalogue of a tenant: its own entries, over those that all tenants share."""

from collections.abc import Iterable, Iterator

from services.order.domain.catalogue.catalogue import Catalogue, E


def overlay(shared: Catalogue, own: Catalogue) -> Catalogue:
    """Return a tenant's catalogue: its own entries, and the shared ones it has not replaced."""
    return Catalogue.of(
        (*not_replaced(shared.specifications, own.specifications), *own.specifications),
        (*not_replaced(shared.offerings, own.offerings), *own.offerings),
    )


def not_replaced(shared: Iterable[E], own: Iterable[E]) -> Iterator[E]:
    """Yield the shared versions that a tenant's own do not replace: those before its first own.

    Its products of these versions keep their prices and rules.
    """
    first_own: dict[str, int] = {}
    for each in own:
        first_own[each.id] = min(each.version, first_own.get(each.id, each.version))
    for each in shared:
        if each.version < first_own.get(each.id, each.version + 1):
            yield each
