"""What all views have in common."""

from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

from services.order.domain.acceptance.order_header import UNSPECIFIED_TYPE
from services.order.domain.catalogue.catalogue import ValueType
from shared.contracts import PartyKind, Value
from shared.http import href_of
from shared.input.timestamps import in_utc

ORDERS_PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS_PATH = "/tmf-api/productInventory/v4/product"
CATALOGUE_PATH = "/tmf-api/productCatalogManagement/v4"
OFFERINGS_PATH = f"{CATALOGUE_PATH}/productOffering"
PRICES_PATH = f"{CATALOGUE_PATH}/productOfferingPrice"
SPECIFICATIONS_PATH = f"{CATALOGUE_PATH}/productSpecification"
SERVICES_PATH = "/tmf-api/serviceInventory/v4/service"
"""Of the provisioning service."""

PARTIES_PATH = "/tmf-api/partyManagement/v4"
ACCOUNTS_PATH = "/tmf-api/accountManagement/v4/partyAccount"
"""Both of the customer service."""

ADDRESSES_PATH = "/ops/v1/addresses"
"""Of the resources service."""

VALUE_TYPES: dict[type[Value], ValueType] = {
    str: ValueType.STRING,
    int: ValueType.INTEGER,
    bool: ValueType.BOOLEAN,
}


def format_utc(moment: datetime) -> str:
    """Write a time as all our answers do: `2026-01-31T12:00:00.123Z`."""
    return in_utc(moment).isoformat(timespec="milliseconds").replace("+00:00", "Z")


UtcTimestamp = Annotated[datetime, PlainSerializer(format_utc, return_type=str)]
"""A time, in UTC, to the millisecond."""


class BaseView(BaseModel):
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
            set_attribute(self, "__dict__", {**field_defaults(type(self)), **values})
            set_attribute(self, "__pydantic_fields_set__", _FIELDS_SET)
            set_attribute(self, "__pydantic_extra__", None)
            set_attribute(self, "__pydantic_private__", None)


_FIELDS_SET: set[str] = set()


@cache
def field_defaults(kind: type[BaseModel]) -> dict[str, object]:
    """Return what a view shows where nothing is said."""
    fields = kind.model_fields.items()
    return {name: field.default for name, field in fields if not field.is_required()}


class ReferenceView(BaseView):
    """Something that is called by its id."""

    id: str
    href: str | None = None
    name: str | None = None
    version: str | None = None


class CharacteristicView(BaseView):
    """One property."""

    name: str
    value: str | int | bool
    value_type: str


class PlaceView(BaseView):
    """A place, in its role."""

    id: str
    role: str
    href: str | None = None
    local_network: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "GeographicAddress"


class PartyView(BaseView):
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
        href=href_of(f"{PARTIES_PATH}/{path}", id_),
        role="customer",
        name=name,
        referred_type=kind or UNSPECIFIED_TYPE,
    )


def account_view(id_: str) -> ReferenceView | None:
    """Show the account that pays, if one is named."""
    return ReferenceView(id=id_, href=href_of(ACCOUNTS_PATH, id_)) if id_ else None
