"""What all views have in common."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from pydantic.alias_generators import to_camel

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
CATALOGUE = "/tmf-api/productCatalogManagement/v4"


def utc(moment: datetime) -> str:
    """Write a time as all our answers do: `2026-01-31T12:00:00.123Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Moment = Annotated[datetime, PlainSerializer(utc, return_type=str)]
"""A time, in UTC, to the millisecond."""


class Shown(BaseModel):
    """A part of an answer: TM Forum's names in JSON, ours in Python."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        use_attribute_docstrings=True,
    )


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
    local_network: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "GeographicAddress"


class PartyView(Shown):
    """A party, in its role. How to reach it is told by the customer service alone."""

    id: str
    role: str
    name: str | None = None
    referred_type: Annotated[str, Field(alias="@referredType")] = "Individual"
