"""Templates in blueprints, filled from an item: for `$leg.element` the OLT of its line.

`$characteristic.NAME`   what the customer chose
`$before.NAME`           the same before the order, of a service that it changes
`$item.NAME`             service, product, address or offering of the item, or a date of the order:
                         `$item.requested_completion`
`$KIND.value`            the resource of that kind that the item holds, `$leg.value`
`$KIND.ranges`           all its resources of that kind as ranges: `KT01-KT03,KT09`
`$KIND.element`          the network element it leads to
`$KIND.NAME`             another attribute of it, `$leg.ponPort`
`$before.KIND.NAME`      the same of the resource that the item gives up, `$before.number.value`
`$base.KIND.NAME`        the same of the resource that the base service holds, `$base.leg.element`:
                         that of the product on which the item's relies, as IPTV on broadband
`$base.before.KIND.NAME` the same of the resource that the base service gives up

`$each`                  the value for which a step is repeated (`for_each`)

Behind `|` stands the value of what has none, its default: `$before.bar|none`.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

import msgspec

from services.provisioning.domain.blueprint.blueprint import BlueprintStep
from shared.contracts import Value

REFERENCE_MARK = "$"
EACH = "$each"
ITEM_FIELDS = (
    *("service_id", "product_id", "address_id", "offering_id", "specification"),
    *("requested_start", "requested_completion"),
)
TEMPLATE = re.compile(
    r"\$(?:(?P<of>base\.before|before|base)\.)?(?:(?P<kind>[a-z][a-z0-9_-]*)\.)?(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"(?:\|(?P<default>[A-Za-z0-9_.-]+))?"
)


class Source(Enum):
    """What a reference is to."""

    CHARACTERISTIC = auto()
    CHARACTERISTIC_BEFORE = auto()
    ITEM = auto()
    HELD = auto()
    GIVEN_UP = auto()
    HELD_BY_BASE = auto()
    GIVEN_UP_BY_BASE = auto()


SOURCES_OF_RESOURCES = {
    "before": Source.GIVEN_UP,
    "base": Source.HELD_BY_BASE,
    "base.before": Source.GIVEN_UP_BY_BASE,
}
"""What stands before the kind of a resource, if the item does not hold it."""

ITEM_SOURCES = {"characteristic": Source.CHARACTERISTIC, "item": Source.ITEM}


class Reference(NamedTuple):
    """A reference to a value of an item."""

    source: Source
    kind: str
    """The kind of resource; empty for others."""

    name: str
    default: Value | None = None
    """The value if the item has none."""


@lru_cache(maxsize=4096)  # blueprints come by the API
def parse_reference(template: str) -> Reference | None:
    """Return the reference in a template; None if it is not a valid one."""
    found = TEMPLATE.fullmatch(template)
    if found is None:
        return None
    kind, name, default = found["kind"] or "", found["name"], default_value(found["default"])
    if of := found["of"]:
        if not kind and of != "before":
            return None
        source = SOURCES_OF_RESOURCES[of] if kind else Source.CHARACTERISTIC_BEFORE
        return Reference(source, kind, name, default)
    if not kind:
        return None
    if source_of_item := ITEM_SOURCES.get(kind):
        return Reference(source_of_item, "", name, default)
    return Reference(Source.HELD, kind, name, default)


def default_value(text: str | None) -> Value | None:
    """Return a default as a value: true, false, a whole number, or a text."""
    if text is None:
        return None
    try:
        return msgspec.json.decode(text, type=bool | int)
    except msgspec.DecodeError:
        return text


def is_template(value: Value) -> bool:
    """Tell whether a value is a template, or meant to be one."""
    return isinstance(value, str) and value.startswith(REFERENCE_MARK)


def templates_of(step: BlueprintStep) -> Iterator[str]:
    """Yield the templates that must be filled before a step can begin."""
    values = (each.value for each in (*step.parameters, *step.undo_parameters))
    for value in (step.element, *values):
        if isinstance(value, str) and is_template(value):
            yield value
