"""Templates in blueprints, filled from an item: for `$leg.element` the OLT of its line.

`$characteristic.NAME`   what the customer chose
`$item.NAME`             service, product, address or offering of the item
`$KIND.value`            the resource of that kind that the item holds, `$leg.value`
`$KIND.element`          the network element it leads to
`$KIND.NAME`             another attribute of it, `$leg.ponPort`
`$before.KIND.NAME`      the same of the resource that the item gives up, `$before.number.value`
"""

from collections.abc import Iterator

from services.provisioning.domain.blueprint.blueprint import BlueprintStep

REFERENCE_MARK = "$"
CHARACTERISTIC_REFERENCE = "characteristic"
ITEM_REFERENCE = "item"
BEFORE_REFERENCE = "before"
ITEM_FIELDS = ("service_id", "product_id", "address_id", "offering_id", "specification")


def templates_of(step: BlueprintStep) -> Iterator[str]:
    """Yield the templates that must be filled before a step can begin."""
    for value in (step.element, *(each.value for each in step.parameters)):
        if isinstance(value, str) and value.startswith(REFERENCE_MARK):
            yield value
