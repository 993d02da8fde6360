"""Examples of agreements with customers."""

from typing import Any

AGREEMENT_ID = "HT-2026-0001"

AGREEMENT_REQUEST: dict[str, Any] = {
    "terms": {
        "customer": "C-320100-0001",
        "name": "Frame contract 2026",
        "prices": [
            {"offering": "line-1000", "price": "line-1000-monthly", "amount_cents": 1200000}
        ],
        "values": [{"offering": "line-1000", "name": "bandwidthMbps", "value": 1500}],
        "valid_until": "2027-12-31T16:00:00Z",
    },
    "reason": "signed on 31 January",
}

AGREEMENT: dict[str, Any] = {
    "id": AGREEMENT_ID,
    "href": f"/ops/v1/agreements/{AGREEMENT_ID}",
    "changed_at": "2026-01-31T12:00:00.000Z",
    "changed_by": "li-na",
    "terms": AGREEMENT_REQUEST["terms"],
}
