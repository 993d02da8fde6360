"""Schemas of the items of an order, and their mapping to the domain.

Every attribute may be missing here, as in the order: the domain checks which are required.
"""

from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import Field

from services.order.api.schemas.products import (
    ProductSchema,
    ShortList,
    ShortText,
    is_reliance,
)
from services.order.domain.acceptance.request import RequestedItem
from shared.http.schemas import TmfBaseSchema
from shared.input.ids import Id
from shared.input.numbers import WholeNumber

T = TypeVar("T")

LongList = Annotated[list[T], Field(max_length=200, default_factory=list)]


class ReferenceSchema(TmfBaseSchema):
    """A reference by id."""

    id: Id = ""


class ItemRelationshipSchema(TmfBaseSchema):
    """A relationship of an item to another one of the order."""

    id: Id = ""
    """The number of the other item."""

    relationship_type: ShortText = ""
    """`reliesOn`."""


class OrderItemSchema(TmfBaseSchema):
    """One item of an order."""

    id: Id = ""
    """The item's number, unique in the order."""

    action: ShortText = ""
    """`add`, `modify` or `delete`."""

    business_action: ShortText = ""
    """Extension: the business action; without it `new`, `change` or `disconnect`."""

    suspension_reason: ShortText = ""
    """Extension: with `suspend` or `resume`, the reason that is added or lifted."""

    disconnection_reason: ShortText = ""
    """Extension: with `disconnect`, why: `request` (the default), `arrears`, `violation`."""

    charge_start: ShortText = ""
    """Extension: when the recurring charges begin: `completion`, `nextMonth` or a day, as
    2027-01-31, in the time of the local network; without it the offering decides."""

    quantity: WholeNumber = 1
    product_offering: ReferenceSchema = ReferenceSchema()
    product: ProductSchema = ProductSchema()
    product_order_item: LongList["OrderItemSchema"]
    """The items of a bundle, one for each of its members."""

    product_order_item_relationship: ShortList[ItemRelationshipSchema]
    """The item that creates the product on which this one relies."""

    def to_domain(self, at: str) -> RequestedItem:
        """Map the item, with those of a bundle, to the domain; `at` is the JSON pointer to it."""
        product_at = f"{at}/product"
        relationships = self.product_order_item_relationship
        return RequestedItem(
            field=at,
            id=self.id,
            action=self.action,
            business_action=self.business_action,
            quantity=self.quantity,
            suspension_reason=self.suspension_reason,
            disconnection_reason=self.disconnection_reason,
            stated_charge_start=self.charge_start,
            offering_id=self.product_offering.id,
            product_id=self.product.id,
            places=tuple(self.product.requested_places(product_at)),
            characteristics=tuple(self.product.requested_characteristics(product_at)),
            members=items_to_domain(f"{at}/productOrderItem", self.product_order_item),
            unsupported_relationships=tuple(
                f"{at}/productOrderItemRelationship/{index}"
                for index, each in enumerate(relationships)
                if not is_reliance(each.relationship_type)
            ),
            base_item_ids=tuple(
                each.id for each in relationships if is_reliance(each.relationship_type)
            ),
            base_product_ids=self.product.relied_on_products,
        )


def items_to_domain(at: str, items: Sequence[OrderItemSchema]) -> tuple[RequestedItem, ...]:
    """Map the items of an order or a bundle to the domain, unchecked.

    `at` is the JSON pointer to the list.
    """
    return tuple(item.to_domain(f"{at}/{index}") for index, item in enumerate(items))
