"""A write request for each route that changes owned resources; it succeeds for the owner."""

from typing import Any, NamedTuple

from tests.access.seed_data import LEG, PRODUCT
from tests.access.table import (
    BLOCKED,
    CATALOGUE,
    ELEMENT,
    FALLOUT,
    NUMBERS,
    ORDERS,
    POOL,
    QUOTES,
    WORK,
)
from tests.order.builders import a_body, a_disconnection

NOT_FOUND, BAD_REQUEST, CONFLICT, FORBIDDEN = 404, 400, 409, 403


class WriteRequest(NamedTuple):
    """The body for a route, and the status for callers that must not find its resource."""

    body: Any = None
    refused: int = NOT_FOUND


NAMED_VALUES = {"values": [LEG], "reason": "under water"}

WRITE_REQUESTS: dict[str, WriteRequest] = {
    f"POST {ORDERS}": WriteRequest(a_body(a_disconnection(PRODUCT)), BAD_REQUEST),
    f"POST {QUOTES}": WriteRequest(a_body(a_disconnection(PRODUCT)), BAD_REQUEST),
    f"PATCH {CATALOGUE}/productOffering/{{id}}": WriteRequest({"name": "Lane"}),
    f"PATCH {CATALOGUE}/productSpecification/{{id}}": WriteRequest({"name": "Lane"}),
    f"DELETE {BLOCKED}/{{id}}": WriteRequest(),
    f"POST {WORK}/{{work_order_id}}/accept": WriteRequest({}),
    f"POST {WORK}/{{work_order_id}}/report": WriteRequest({}),
    f"POST {WORK}/{{work_order_id}}/return": WriteRequest({"reason": "nobody at home"}),
    f"POST {FALLOUT}/{{order_id}}/retry": WriteRequest({}),
    f"POST {FALLOUT}/{{order_id}}/skip": WriteRequest({}),
    f"POST {FALLOUT}/{{order_id}}/fail": WriteRequest({}),
    f"POST {NUMBERS}/{{e164}}/hold": WriteRequest(None, CONFLICT),
    f"DELETE {NUMBERS}/{{e164}}/hold": WriteRequest(None, CONFLICT),
    f"POST {POOL}/withdraw": WriteRequest(NAMED_VALUES | {"state": "faulty"}, BAD_REQUEST),
    f"POST {POOL}/restore": WriteRequest(NAMED_VALUES, BAD_REQUEST),
    "POST /ops/v1/reservations/{order_id}/release": WriteRequest({"reason": "left over"}),
    "POST /ops/v1/customers/{party_id}/erase": WriteRequest({"reason": "request 17"}),
    "POST /ops/v1/contested-accounts/{account_id}/settle": WriteRequest({"note": "one family"}),
    f"PUT {ELEMENT}": WriteRequest({"concurrency": 3}, FORBIDDEN),
    f"PUT {ELEMENT}/maintenance": WriteRequest({"reason": "new card"}, FORBIDDEN),
    f"DELETE {ELEMENT}/maintenance": WriteRequest(None, FORBIDDEN),
    "POST /ops/v1/recoveries/{id}/acknowledge": WriteRequest(None, FORBIDDEN),
    "POST /ops/v1/parked/{position}/retry": WriteRequest(),
    "POST /ops/v1/approvals/{id}/approve": WriteRequest({}),
    "POST /ops/v1/approvals/{id}/refuse": WriteRequest({}),
}
