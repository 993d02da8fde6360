"""A request to each route that changes what belongs to somebody: one that its owner is granted."""

from typing import Any, NamedTuple

from tests.access.table import ELEMENT, FALLOUT, NUMBERS, ORDERS, POOL, WORK
from tests.access.things import LEG, PRODUCT
from tests.order.build import a_body, a_departure

UNKNOWN, REFUSED, TAKEN, NOT_YOURS = 404, 400, 409, 403


class Attempt(NamedTuple):
    """What is sent to a route, and how those are answered for whom its thing is not there."""

    body: Any = None
    refused: int = UNKNOWN


NAMED = {"values": [LEG], "reason": "under water"}

ATTEMPTS: dict[str, Attempt] = {
    f"POST {ORDERS}": Attempt(a_body(a_departure(PRODUCT)), REFUSED),
    f"POST {WORK}/{{work_order_id}}/accept": Attempt({}),
    f"POST {WORK}/{{work_order_id}}/report": Attempt({}),
    f"POST {WORK}/{{work_order_id}}/return": Attempt({"reason": "nobody at home"}),
    f"POST {FALLOUT}/{{order_id}}/retry": Attempt({}),
    f"POST {FALLOUT}/{{order_id}}/skip": Attempt({}),
    f"POST {FALLOUT}/{{order_id}}/fail": Attempt({}),
    f"POST {NUMBERS}/{{e164}}/hold": Attempt(None, TAKEN),
    f"DELETE {NUMBERS}/{{e164}}/hold": Attempt(None, TAKEN),
    f"POST {POOL}/withdraw": Attempt(NAMED | {"state": "faulty"}, REFUSED),
    f"POST {POOL}/restore": Attempt(NAMED, REFUSED),
    "POST /ops/v1/reservations/{order_id}/release": Attempt({"reason": "left over"}),
    "POST /ops/v1/customers/{party_id}/erase": Attempt({"reason": "request 17"}),
    "POST /ops/v1/contested-accounts/{account_id}/settle": Attempt({"note": "one family"}),
    f"PUT {ELEMENT}": Attempt({"concurrency": 3}, NOT_YOURS),
    f"PUT {ELEMENT}/maintenance": Attempt({"reason": "new card"}, NOT_YOURS),
    f"DELETE {ELEMENT}/maintenance": Attempt(None, NOT_YOURS),
    "POST /ops/v1/recoveries/{id}/acknowledge": Attempt(None, NOT_YOURS),
    "POST /ops/v1/parked/{position}/retry": Attempt(),
    "POST /ops/v1/approvals/{id}/approve": Attempt({}),
    "POST /ops/v1/approvals/{id}/refuse": Attempt({}),
}
