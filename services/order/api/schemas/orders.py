"""Schemas of orders: the body of a TMF622 order, its mapping to the domain, and the filters.

Every attribute of the body may be missing here: the domain checks which are required, so that
one response names all faults.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

from fastapi import Query
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StrictBool,
    ValidationError,
)
from pydantic_core import CoreSchema, ErrorDetails, core_schema

from services.order.api.schemas.order_items import (
    LongList,
    OrderItemSchema,
    ReferenceSchema,
    items_to_domain,
)
from services.order.api.schemas.parties import PartySchema
from services.order.api.schemas.products import (
    ShortList,
    ShortText,
)
from services.order.domain.acceptance.request import LocatedValue, RequestedOrder
from services.order.domain.acceptance.submission import fingerprint
from services.order.store.order_lists import OrderFilter
from shared.access.access_rule import data_scope_of
from shared.contracts import OrderState
from shared.errors import Fault
from shared.http import header
from shared.http.schemas import LongText, TmfBaseSchema
from shared.http.validation_faults import faults_of
from shared.input.ids import Id
from shared.input.timestamps import Timestamp
from shared.security.caller import Caller

T = TypeVar("T")

IdempotencyKey: TypeAlias = Annotated[
    str | None,
    header(
        "Idempotency-Key",
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=255,
                pattern=r"^[\x21-\x7e]+$",
                description="Chosen by the client, a new one for each new order. A repeated "
                "request with the same key gets the first response again.",
            ),
        ],
    ),
]


class NoteSchema(TmfBaseSchema):
    """A remark for the readers of the order."""

    text: LongText = ""
    """Kept and shown with the order; an erasure of the customer blanks it."""


class OrderSchema(TmfBaseSchema):
    """An order (TMF622 v4 `ProductOrder_Create`)."""

    external_id: Id = ""
    """The CRM's number of the order. A repeated number places no second order."""

    priority: Annotated[ShortText, Field(coerce_numbers_to_str=True)] = ""
    """0, the most urgent, to 4; default 4."""

    category: ShortText = ""
    description: LongText = ""
    """Kept and shown with the order; an erasure of the customer removes it."""

    requested_start_date: Timestamp | None = None
    requested_completion_date: Timestamp | None = None
    billing_account: ReferenceSchema = ReferenceSchema()
    """The account of new products; with `change-payment` and `transfer`, the new one."""

    payment_mode: ShortText = ""
    """Extension: `prepaid` or `postpaid`, for the same products as the account."""

    channel: ShortList[ReferenceSchema]
    """The channel of the order; default `internet`."""

    note: ShortList[NoteSchema]
    agreement: ShortList[ReferenceSchema]
    """The agreement with the customer by which it is priced."""

    quote: ShortList[ReferenceSchema]
    """The quote with which it is placed: the order has the same items, and its prices."""

    after_open_order: StrictBool = False
    """Extension: whether the order waits for the open orders that lock its products, state
    `pending`, and starts when they have ended. Without it, or with a quote, such an order is
    answered with 409."""

    related_party: ShortList[PartySchema]
    product_order_item: LongList[OrderItemSchema]

    def to_domain(self, faults: tuple[Fault, ...] = ()) -> RequestedOrder:
        """Map the order, and the schema faults of its body, to the domain."""
        return RequestedOrder(
            items=items_to_domain("/productOrderItem", self.product_order_item),
            parties=tuple(
                party.to_domain(f"/relatedParty/{index}")
                for index, party in enumerate(self.related_party)
            ),
            channels=tuple(
                LocatedValue(f"/channel/{index}/id", each.id)
                for index, each in enumerate(self.channel)
            ),
            quotes=tuple(
                LocatedValue(f"/quote/{index}/id", each.id) for index, each in enumerate(self.quote)
            ),
            agreements=tuple(
                LocatedValue(f"/agreement/{index}/id", each.id)
                for index, each in enumerate(self.agreement)
            ),
            external_id=self.external_id,
            priority=self.priority,
            account_id=self.billing_account.id,
            payment_mode=self.payment_mode,
            category=self.category,
            description=self.description,
            notes=tuple(each.text for each in self.note if each.text),
            requested_start=self.requested_start_date,
            requested_completion=self.requested_completion_date,
            after_open_order=self.after_open_order,
            faults=faults,
        )


@dataclass(frozen=True, slots=True)
class OrderBody:
    """The body of a POST: the requested order, and a fingerprint of the body.

    A body with schema faults is mapped without its faulty fields, so that one
    response names these faults together with those that the domain finds.
    """

    order: RequestedOrder
    fingerprint: bytes

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Describe the body in OpenAPI as an `OrderSchema`."""
        del source
        schema = handler.generate_schema(OrderSchema)
        return core_schema.no_info_wrap_validator_function(read_order_body, schema)


def read_order_body(body: Any, check: Callable[[Any], OrderSchema]) -> OrderBody:  # noqa: ANN401  JSON
    """Map a body, with schema faults or without."""
    try:
        order = check(body).to_domain()
    except ValidationError as error:
        order = read_valid_fields(body, error, check)
    return OrderBody(order, fingerprint(body))


def read_valid_fields(
    body: Any,  # noqa: ANN401  JSON is anything
    error: ValidationError,
    check: Callable[[Any], OrderSchema],
) -> RequestedOrder:
    """Map the valid fields of a body with schema faults. A null attribute counts as missing.

    Raises:
        ValidationError: if the body is no object.
    """
    if not isinstance(body, dict):
        raise error
    errors = error.errors(include_url=False)
    faulty = [{**each, "loc": ("body", *each["loc"])} for each in errors if not is_null(each)]
    rest = without_fields(body, [each["loc"] for each in errors])
    return check(rest).to_domain(tuple(faults_of(faulty, body)))


def is_null(error: ErrorDetails) -> bool:
    """Tell whether an attribute is faulty only because it is null."""
    return error["input"] is None and isinstance(error["loc"][-1], str)


def without_fields(body: Any, paths: Iterable[Sequence[str | int]]) -> Any:  # noqa: ANN401  JSON
    """Return a copy of a body without the fields at these paths."""
    rest = deepcopy(body)
    for *path, last in paths:
        parent = rest
        for step in path:
            parent = parent[step]
        if isinstance(last, int):
            parent[last] = {}
        else:
            parent.pop(last, None)
    return rest


class OrderQuery(BaseModel):
    """The filters of the order list, as in the URL."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    state: OrderState | None = None
    external_id: Annotated[Id | None, Field(alias="externalId")] = None
    party_id: Annotated[Id | None, Field(alias="relatedParty.id")] = None
    ordered_from: Annotated[Timestamp | None, Field(alias="orderDate.gte")] = None
    """Orders placed at this time or later, with a zone: `2026-01-31T12:00:00Z`."""

    ordered_until: Annotated[Timestamp | None, Field(alias="orderDate.lte")] = None
    """Orders placed at this time or earlier."""

    def to_filter(self, caller: Caller) -> OrderFilter:
        """Return the filter of a list; a CRM sees its own orders, and those shared with it."""
        return OrderFilter(
            data_scope=data_scope_of(caller),
            state=self.state,
            external_id=self.external_id,
            party_id=self.party_id,
            ordered_from=self.ordered_from,
            ordered_until=self.ordered_until,
        )


OrderFilters: TypeAlias = Annotated[OrderQuery, Query()]
