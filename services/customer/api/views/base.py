"""What answers look like: TM Forum's shapes for parties and accounts, our own for the view."""

from datetime import datetime
from typing import Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.customer.api.examples import customers as examples

PARTIES_PATH = "/tmf-api/partyManagement/v4"
ACCOUNTS_PATH = "/tmf-api/accountManagement/v4/partyAccount"
ORDERS_PATH = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS_PATH = "/tmf-api/productInventory/v4/product"
CUSTOMERS_PATH = "/ops/v1/customers"

Cents: TypeAlias = int


class BaseView(BaseModel):
    """A part of an answer. Names are written as TM Forum writes them."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        use_attribute_docstrings=True,
    )


class MediumCharacteristicView(BaseView):
    """What reaches a party, as TMF632 `MediumCharacteristic` has it."""

    phone_number: str | None = None
    email_address: str | None = None


class ContactMediumView(BaseView):
    """One way to reach a party (TMF632)."""

    medium_type: Literal["phone", "email"]
    preferred: bool
    characteristic: MediumCharacteristicView


class PartyCharacteristicView(BaseView):
    """A property of a party that TMF632 has no attribute for."""

    name: str
    value_type: str = "string"
    value: str


class IdentificationView(BaseView):
    """What proves who a party is (TMF632)."""

    identification_type: str = "identity-number"
    identification_id: str


class PartyView(BaseView):
    """What persons and organizations have in common (TMF632)."""

    id: str
    href: str
    status: Literal["initialized"] = "initialized"
    contact_medium: tuple[ContactMediumView, ...] = ()
    party_characteristic: tuple[PartyCharacteristicView, ...] = ()


class IndividualView(PartyView):
    """A person (TMF632 `Individual`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.INDIVIDUAL]})

    type: Literal["Individual"] = Field("Individual", alias="@type")
    full_name: str | None = None
    individual_identification: tuple[IdentificationView, ...] = ()


class OrganizationView(PartyView):
    """A business or key-account customer (TMF632 `Organization`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ORGANIZATION]})

    type: Literal["Organization"] = Field("Organization", alias="@type")
    name: str | None = None
    organization_identification: tuple[IdentificationView, ...] = ()


class RelatedPartyView(BaseView):
    """Whose an account is (TMF666)."""

    id: str
    href: str
    role: Literal["customer"] = "customer"
    referred_type: str = Field(alias="@referredType")


class PartyAccountView(BaseView):
    """An account that a party pays through (TMF666 `PartyAccount`)."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.PARTY_ACCOUNT]})

    id: str
    href: str
    type: Literal["PartyAccount"] = Field("PartyAccount", alias="@type")
    name: str
    related_party: tuple[RelatedPartyView, ...]


class CustomerSummaryView(BaseView):
    """A customer, as a search shows it."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CUSTOMER_SUMMARY]})

    id: str
    href: str
    view: str
    name: str
    phone: str
    category: str


class ProfileView(BaseView):
    """Who the customer is."""

    id: str
    href: str
    name: str
    category: str
    phone: str
    email: str
    identity_number: str
    """All but the last four characters are hidden."""

    told_at: datetime
    """When the order was accepted that this comes from, or when it was erased."""

    erased_at: datetime | None = None
    known_before_as: tuple[str, ...] = ()
    """Ids under which the same person was known whose data were erased."""


class AccountReferenceView(BaseView):
    """An account of the customer."""

    id: str
    href: str


class OrderItemView(BaseView):
    """One item of an order."""

    id: str
    action: str
    business_action: str
    offering_id: str
    offering_name: str
    product_id: UUID
    service_id: UUID
    address_id: str | None = None


class HoldView(BaseView):
    """Why an order is held."""

    step: str
    code: str
    reason: str
    since: datetime


class OrderView(BaseView):
    """An order of the customer, and where it stands."""

    id: UUID
    href: str
    external_id: str
    state: str
    client: str
    channel: str
    priority: int
    accepted_at: datetime
    ended_at: datetime | None = None
    code: str | None = None
    reason: str | None = None
    hold: HoldView | None = None
    one_off_cents: Cents
    monthly_cents: Cents
    items: tuple[OrderItemView, ...]


class ProductView(BaseView):
    """A product that the customer holds."""

    id: UUID
    href: str
    name: str
    offering_id: str
    specification: str | None = None
    number: str | None = None
    monthly_cents: Cents
    service_id: UUID
    order_id: UUID
    """The order that last touched it."""

    since: datetime
    """When that order completed."""


class AttributeView(BaseView):
    """A property of a holding, for example a PON port or a VLAN."""

    name: str
    value: str | int | bool


class HoldingView(BaseView):
    """A number, or a piece of plant, that is reserved for the customer or in use."""

    kind: str
    value: str
    state: str
    service_id: UUID
    element: str | None = None
    attributes: tuple[AttributeView, ...] | None = None


class CustomerView(BaseView):
    """The unified view of one customer."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.CUSTOMER_VIEW]})

    id: str
    href: str
    type: Literal["CustomerView"] = Field("CustomerView", alias="@type")
    profile: ProfileView
    accounts: tuple[AccountReferenceView, ...]
    orders: tuple[OrderView, ...]
    """The latest first."""

    products: tuple[ProductView, ...]
    numbers: tuple[HoldingView, ...]
    lines: tuple[HoldingView, ...]
    cut_short: tuple[str, ...]
    """The lists that are longer than `limit` and end early."""


class ErasureSchema(BaseView):
    """What is to be erased, and why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [examples.ERASURE]})

    reason: str = Field(min_length=3, max_length=500)
    """Kept in the history: name the request, not the person."""


class ErasedView(BaseView):
    """That a customer's personal data are gone."""

    model_config = ConfigDict(json_schema_extra={"examples": [examples.ERASED]})

    id: str
    erased_at: datetime
    is_recognisable: bool
    """Whether a mark is left by which the same person can be recognised."""
