"""The catalogue: specifications, offerings and bundles, as data in versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, TypeAlias, TypeVar

from services.order.domain.business_actions import ORDINARY_CHANGE
from services.order.domain.catalogue.prices import (
    AT_COMPLETION,
    ChargeStart,
    Commitment,
    Discount,
    Price,
)
from shared.contracts import BusinessAction, Value
from shared.input.numbers import Boolean, WholeNumber
from shared.input.timestamps import Timestamp


class LifeCycle(StrEnum):
    """The life cycle of a version: draft → active → retired."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


class ValueType(StrEnum):
    """The type of a characteristic's value (TMF620 `valueType`)."""

    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicDependency:
    """A dependency of a characteristic: another one has one of these values."""

    characteristic: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacteristicRule:
    """The rule for one characteristic of a product."""

    name: str
    type: ValueType = ValueType.STRING
    description: str = ""
    required: Boolean = False
    allowed: tuple[Value, ...] = ()
    """The allowed values; empty for any of its type."""

    pattern: str = ""
    """A regular expression that a text must match as a whole."""

    pattern_means: str = ""
    """The pattern described for people: `E.164, for example +862580001234`."""

    minimum: WholeNumber | None = None
    """The least whole number that is allowed; None for any."""

    maximum: WholeNumber | None = None
    """The greatest whole number that is allowed; None for any."""

    step: WholeNumber = 1
    """The distance of allowed whole numbers, counted from the minimum, or from 0 without one."""

    unit: str = ""
    """The unit of a whole number, for people: `Mbit/s`."""

    requires: tuple[str, ...] = ()
    """Other characteristics that must be given with it."""

    allowed_when: tuple[CharacteristicDependency, ...] = ()
    """A product has it only if all of these hold."""

    required_when: tuple[CharacteristicDependency, ...] = ()
    """A product must have it if all of these hold; empty if it depends on none."""

    changed_by: tuple[BusinessAction, ...] = (ORDINARY_CHANGE,)
    """The business actions that change it."""

    @property
    def has_range(self) -> bool:
        """Whether not all whole numbers are allowed."""
        return (self.minimum, self.maximum, self.step) != (None, None, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Specification:
    """A kind of product; with the action it selects the blueprint."""

    id: str
    version: WholeNumber
    name: str
    state: LifeCycle = LifeCycle.ACTIVE
    description: str = ""
    needs_address: Boolean = False
    """It is installed at an address, which an order must name."""

    needs_local_network: Boolean = False
    """It is delivered anywhere in a local network, which an order must name, as mobile service."""

    relies_on: str = ""
    """The specification of the product that it is delivered over, as IPTV over broadband."""

    excludes: tuple[str, ...] = ()
    """The specifications of products that a customer cannot have at the same address."""

    identified_for: tuple[BusinessAction, ...] = ()
    """The business actions that need a real-name check of the customer."""

    counts_per_identity: str = ""
    """The group of products that are counted together for an identity; empty for no count."""

    characteristics: tuple[CharacteristicRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedValue:
    """A characteristic with the value that the offering fixes."""

    name: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Who may buy it, by which channel, where and when. An empty field restricts nothing."""

    categories: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    local_networks: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    """Offerings or specifications: the customer has an active product of one of them."""

    valid_from: Timestamp | None = None
    valid_until: Timestamp | None = None
    """From this time on it is no longer sold."""


UNRESTRICTED = Eligibility()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """What can be ordered: one product of a specification, or a bundle of offerings."""

    id: str
    version: WholeNumber
    name: str
    state: LifeCycle = LifeCycle.ACTIVE
    description: str = ""
    specification: str = ""
    """Empty for a bundle."""

    fixed: tuple[FixedValue, ...] = ()
    prices: tuple[Price, ...] = ()
    members: tuple[str, ...] = ()
    """The offerings of a bundle, each ordered once."""

    discounts: tuple[Discount, ...] = ()
    """Those of a bundle on its members' prices, or those of another offering on its own."""

    commitment: Commitment | None = None
    """The term for which the customer commits to it."""

    charge_start: ChargeStart = AT_COMPLETION
    """When its recurring charges begin, unless the order says so."""

    eligibility: Eligibility = UNRESTRICTED
    upgrades_to: tuple[str, ...] = ()
    """The offerings to which its products may change; empty for all of its specification."""

    @property
    def is_bundle(self) -> bool:
        """Whether it is sold as several products."""
        return bool(self.members)


CatalogueEntry: TypeAlias = Specification | Offering
E = TypeVar("E", bound=Specification | Offering)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All versions of all entries, with indexes of those sold now."""

    specifications: tuple[Specification, ...]
    offerings: tuple[Offering, ...]
    active_specifications: Mapping[str, Specification]
    """By id, the newest version that is active."""

    sellable_offerings: Mapping[str, Offering]
    """By id, the newest version that is active, if its specification or members are active too."""

    @classmethod
    def of(cls, specifications: Iterable[Specification], offerings: Iterable[Offering]) -> Self:
        """Build a catalogue, sorted by id and version."""
        all_specifications, all_offerings = sort_entries(specifications), sort_entries(offerings)
        specified, active = newest_active(all_specifications), newest_active(all_offerings)
        singles = {id_: each for id_, each in active.items() if each.specification in specified}
        bundles = {id_: each for id_, each in active.items() if is_complete_bundle(each, singles)}
        return cls(all_specifications, all_offerings, specified, singles | bundles)


def sort_entries(entries: Iterable[E]) -> tuple[E, ...]:
    """Sort by id, then version."""
    return tuple(sorted(entries, key=lambda each: (each.id, each.version)))


def newest_active(entries: Iterable[E]) -> dict[str, E]:
    """Return by id the newest active version, of entries sorted by version."""
    return {each.id: each for each in entries if each.state is LifeCycle.ACTIVE}


def is_complete_bundle(offering: Offering, singles: Mapping[str, Offering]) -> bool:
    """Tell whether an offering is a bundle whose members are all sold by themselves."""
    return offering.is_bundle and all(member in singles for member in offering.members)


def latest_versions(entries: Iterable[E], state: LifeCycle | None = None) -> tuple[E, ...]:
    """Return by id the newest version that is in a state, of entries sorted by version."""
    matching = (each for each in entries if state in {None, each.state})
    return tuple({each.id: each for each in matching}.values())


def find_version(entries: Sequence[E], id_: str, version: int | None = None) -> E | None:
    """Return a version of an entry; if none is named, the active one, else the newest."""
    found: list[E] = [
        each for each in entries if each.id == id_ and version in {None, each.version}
    ]
    return next(iter((*latest_versions(found, LifeCycle.ACTIVE), *latest_versions(found))), None)
