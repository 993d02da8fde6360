"""What all views have in common."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from services.order.domain.catalogue import ValueType
from services.order.domain.parties import UNSAID
from shared.contracts import PartyKind, Value
from shared.http import link
from shared.input.timestamps import in_utc

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
CATALOGUE = "/tmf-api/productCatalogManagement/v4"
OFFERINGS = f"{CATALOGUE}/productOffering"
PRICES = f"{CATALOGUE}/productOfferingPrice"
SPECIFICATIONS = f"{CATALOGUE}/productSpecification"
SERVICES = "/tmf-api/serviceInventory/v4/service"
"""Of the provisioning service."""

PARTIES = "/tmf-api/partyManagement/v4"
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"
"""Both of the customer service."""

ADDRESSES = "/ops/v1/addresses"
"""Of the resources service."""

TYPES: dict[type[Value], ValueType] = {
    str: ValueType.STRING,
    int: ValueType.INTEGER,
    bool: ValueType.BOOLEAN,
}


def utc(moment: datetime) -> str:
    """Write a time as all our answers do: `2026-01-31T12:00:00.123Z`."""
    return in_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(utc, return_type=str)]
"""A time, in UTC, to the millisecond."""


class Shown(BaseModel):
    """A part of an answer: TM Forum's names in JSON, ours in Python.

    Views are made here alone, of what the domain holds, so nothing in them is checked
    again: that would cost a tenth of what placing an order does.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )

    if not TYPE_CHECKING:

        def __init__(self, **values: object) -> None:
            set_attribute = object.__setattr__
            set_attribute(self, "__dict__", {**usual(type(self)), **values})
            set_attribute(self, "__pydantic_fields_set__", _ALL)
            set_attribute(self, "__pydantic_extra__", None)
            set_attribute(self, "__pydantic_private__", None)


_ALL: set[str] = set()


@cache
def usual(kind: type[BaseModel]) -> dict[str, object]:
    """Return what a view shows where nothing is said."""
    fields = kind.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}


class ReferenceView(Shown):
    """Something that is called by its id."""

    id: str
    href: str | None = None
    name: str | None = None
    version: str | None = None


class CharacteristicView(Shown):
    """One property."""

    name: str
    value: str | int | bool
    value_type: str


class PlaceView(Shown):
    """A place, in its role."""

    id: str
    role: str
    href: str | None = None
    local_network: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "GeographicAddress"


class PartyView(Shown):
    """A party, in its role. How to reach it is told by the customer service alone."""

    id: str
    href: str
    role: str
    name: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "Individual"


def customer_view(id_: str, name: str | None, kind: str) -> PartyView:
    """Show who the customer is, and where the customer service tells more.

    The customer service answers under either address with what the customer is: of one whose
    kind is not known here, or is known otherwise by now, the reference leads to it all the same.
    """
    path = "organization" if kind == PartyKind.ORGANIZATION else "individual"
    return PartyView(
        id=id_,
        href=link(f"{PARTIES}/{path}", id_),
        role="customer",
        name=name,
        referred_type=kind or UNSAID,
    )


def account_view(id_: str) -> ReferenceView | None:
    """Show the account that pays, if one is named."""
    return ReferenceView(id=id_, href=link(ACCOUNTS, id_)) if id_ else None
