"""A TMF622 order as it comes: the form alone. What it means is the domain's.

Every attribute may be missing here: the domain says which are needed, so that one
answer names all faults. Attributes that we do not know are not kept.
"""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from shared.input.ids import Id
from shared.input.numbers import Whole
from shared.input.timestamps import Timestamp

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]
"""Something that things are called by."""

Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
"""Something that people read."""

T = TypeVar("T")
Few = Annotated[list[T], Field(max_length=50, default_factory=list)]
Many = Annotated[list[T], Field(max_length=200, default_factory=list)]


class Asked(BaseModel):
    """A part of what is asked for."""

    model_config = ConfigDict(frozen=True, alias_generator=to_camel, use_attribute_docstrings=True)


class AskedReference(Asked):
    """Something that is called by its id."""

    id: Id = ""


class AskedCharacteristic(Asked):
    """One property of a product."""

    name: Name = ""
    value: Any = None
    """Text, a whole number, true or false, as the specification says."""


class AskedPlace(Asked):
    """A place, in its role."""

    role: Name = ""
    """`installation address`, for the one that counts."""

    id: Id = ""
    """The id of a standard address."""

    local_network: Name = ""
    """Extension: the area code of the address, for example 025."""


class AskedProduct(Asked):
    """The product that an item is about."""

    id: Id = ""
    """With action delete: the product in the inventory."""

    place: Few[AskedPlace]
    product_characteristic: Few[AskedCharacteristic]


class AskedItem(Asked):
    """One item of an order."""

    id: Id = ""
    """The item's number, unique in the order."""

    action: Name = ""
    """`add` or `delete`."""

    business_action: Name = ""
    """Extension: `new` or `disconnect`, as the field calls the action."""

    quantity: Whole = 1
    product_offering: AskedReference = AskedReference()
    product: AskedProduct = AskedProduct()
    product_order_item: Many["AskedItem"]
    """The items of a bundle, one for each of its members."""

    product_order_item_relationship: Few[Any]


class AskedMediumCharacteristic(Asked):
    """What a contact medium consists of (TMF632)."""

    phone_number: Name = ""
    email_address: Name = ""


class AskedMedium(Asked):
    """A way to reach a party (TMF632 `contactMedium`)."""

    medium_type: Name = ""
    characteristic: AskedMediumCharacteristic = AskedMediumCharacteristic()


class AskedIdentification(Asked):
    """A document that says who a person or an organization is (TMF632)."""

    identification_type: Name = ""
    """`residentIdentityCard` and `unifiedSocialCreditCode` are held to their check digits."""

    identification_id: Name = ""


class AskedParty(Asked):
    """A party, in its role."""

    id: Id = ""
    """The CRM's id of the party."""

    role: Name = ""
    """`customer`, for the one that counts."""

    name: Name = ""
    category: Name = ""
    """Extension: `public`, `business` or `key-account`."""

    referred_type: Annotated[Name, Field(alias="@referredType")] = ""
    """Of a customer `Individual` or `Organization`; `Party`, `PartyRole`, `Customer` for any."""

    contact_medium: Few[AskedMedium]
    individual_identification: Few[AskedIdentification]
    organization_identification: Few[AskedIdentification]


class AskedNote(Asked):
    """A remark for whoever reads the order."""

    text: Text = ""
    """Kept and shown with the order; an erasure of the customer blanks it."""


class AskedOrder(Asked):
    """An order (TMF622 v4 `ProductOrder_Create`)."""

    external_id: Id = ""
    """The CRM's number of the order: repeating it repeats no order."""

    priority: Annotated[Name, Field(coerce_numbers_to_str=True)] = ""
    """0, the most urgent, to 4; 4 if nothing is said."""

    category: Name = ""
    description: Text = ""
    """Kept and shown with the order; an erasure of the customer takes it away."""

    requested_start_date: Timestamp | None = None
    requested_completion_date: Timestamp | None = None
    billing_account: AskedReference = AskedReference()
    channel: Few[AskedReference]
    """By which channel it came; `internet` if nothing is said."""

    note: Few[AskedNote]
    related_party: Few[AskedParty]
    product_order_item: Many[AskedItem]
