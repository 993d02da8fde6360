"""Examples of prices."""

from typing import Any

from shared.http.collection_paths import PRICES_PATH

PRICE: dict[str, Any] = {
    "id": "ftth-300:ftth-300-monthly",
    "href": f"{PRICES_PATH}/ftth-300:ftth-300-monthly",
    "name": "Fibre 300M, monthly",
    "version": "1",
    "lifecycleStatus": "active",
    "priceType": "recurring",
    "recurringChargePeriodType": "month",
    "recurringChargePeriodLength": 1,
    "price": {"unit": "CNY", "value": 99.0},
    "@type": "ProductOfferingPrice",
}
