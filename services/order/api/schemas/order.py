"""A TMF622 order as it comes: the form alone. What it means is the domain's.

Every attribute may be missing here: the domain says which are needed, so that one
answer names all faults. Attributes that we do not know are not kept.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared.input.ids import Id
from shared.input.numbers import WholeNumber
from shared.input.timestamps import Timestamp

ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
"""Something that things are called by."""

LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
"""Something that people read."""

T = TypeVar("T")
ShortList = Annotated[list[T], Field(max_length=50, default_factory=list)]
LongList = Annotated[list[T], Field(max_length=200, default_factory=list)]


class BaseSchema(BaseModel):
    """A part of what is asked for."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, use_attribute_docstrings=True)


class ReferenceSchema(BaseSchema):
    """Something that is called by its id."""

    id: Id = ""


class CharacteristicSchema(BaseSchema):
    """One property of a product."""

    name: ShortText = ""
    value: Any = None
    """Text, a whole number, true or false, as the specification says."""


class PlaceSchema(BaseSchema):
    """A place, in its role."""

    role: ShortText = ""
    """`installation address`, for the one that counts."""

    id: Id = ""
    """The id of a standard address."""

    local_network: ShortText = ""
    """Extension: the area code of the address, for example 025."""


class ProductSchema(BaseSchema):
    """The product that an item is about."""

    id: Id = ""
    """With action delete: the product in the inventory."""

    place: ShortList[PlaceSchema]
    product_characteristic: ShortList[CharacteristicSchema]


class OrderItemSchema(BaseSchema):
    """One item of an order."""

    id: Id = ""
    """The item's number, unique in the order."""

    action: ShortText = ""
    """`add` or `delete`."""

    business_action: ShortText = ""
    """Extension: `new` or `disconnect`, as the field calls the action."""

    quantity: WholeNumber = 1
    product_offering: ReferenceSchema = ReferenceSchema()
    product: ProductSchema = ProductSchema()
    product_order_item: LongList["OrderItemSchema"]
    """The items of a bundle, one for each of its members."""

    product_order_item_relationship: ShortList[Any]


class MediumCharacteristicSchema(BaseSchema):
    """What a contact medium consists of (TMF632)."""

    phone_number: ShortText = ""
    email_address: ShortText = ""


class ContactMediumSchema(BaseSchema):
    """A way to reach a party (TMF632 `contactMedium`)."""

    medium_type: ShortText = ""
    characteristic: MediumCharacteristicSchema = MediumCharacteristicSchema()


class IdentificationSchema(BaseSchema):
    """A document that says who a person or an organization is (TMF632)."""

    identification_type: ShortText = ""
    """`residentIdentityCard` and `unifiedSocialCreditCode` are held to their check digits."""

    identification_id: ShortText = ""


class PartySchema(BaseSchema):
    """A party, in its role."""

    id: Id = ""
    """The CRM's id of the party."""

    role: ShortText = ""
    """`customer`, for the one that counts."""

    name: ShortText = ""
    category: ShortText = ""
    """Extension: `public`, `business` or `key-account`."""

    referred_type: Annotated[ShortText, Field(alias="@referredType")] = ""
    """Of a customer `Individual` or `Organization`; `Party`, `PartyRole`, `Customer` for any."""

    contact_medium: ShortList[ContactMediumSchema]
    individual_identification: ShortList[IdentificationSchema]
    organization_identification: ShortList[IdentificationSchema]


class NoteSchema(BaseSchema):
    """A remark for whoever reads the order."""

    text: LongText = ""
    """Kept and shown with the order; an erasure of the customer blanks it."""


class OrderSchema(BaseSchema):
    """An order (TMF622 v4 `ProductOrder_Create`)."""

    external_id: Id = ""
    """The CRM's number of the order: repeating it repeats no order."""

    priority: Annotated[ShortText, Field(coerce_numbers_to_str=True)] = ""
    """0, the most urgent, to 4; 4 if nothing is said."""

    category: ShortText = ""
    description: LongText = ""
    """Kept and shown with the order; an erasure of the customer takes it away."""

    requested_start_date: Timestamp | None = None
    requested_completion_date: Timestamp | None = None
    billing_account: ReferenceSchema = ReferenceSchema()
    channel: ShortList[ReferenceSchema]
    """By which channel it came; `internet` if nothing is said."""

    note: ShortList[NoteSchema]
    related_party: ShortList[PartySchema]
    product_order_item: LongList[OrderItemSchema]
