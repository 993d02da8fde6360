"""Examples of quotes."""

from typing import Any

from shared.http.collection_paths import PRICES_PATH

QUOTE: dict[str, Any] = {
    "@type": "Quote",
    "id": "0199a0c2-1111-7222-8333-123456789012",
    "href": "/tmf-api/quoteManagement/v4/quote/0199a0c2-1111-7222-8333-123456789012",
    "quoteDate": "2026-01-31T12:00:00.000Z",
    "validFor": {"endDateTime": "2026-03-02T12:00:00.000Z"},
    "relatedParty": [{"id": "C-320100-0001"}],
    "quoteTotalPrice": [
        {
            "recurringChargePeriod": "month",
            "name": "total",
            "priceType": "recurring",
            "price": {
                "taxIncludedAmount": {"unit": "CNY", "value": 68.37},
                "dutyFreeAmount": {"unit": "CNY", "value": 64.5},
            },
        }
    ],
    "productOrderItem": [
        {
            "place": [
                {
                    "href": "/ops/v1/addresses/addr-320102-002-0001",
                    "localNetwork": "025",
                    "@referredType": "GeographicAddress",
                    "id": "addr-320102-002-0001",
                    "role": "installation address",
                }
            ],
            "productCharacteristic": [{"name": "speedMbps", "value": 500, "valueType": "integer"}],
            "chargeStart": "nextMonth",
            "itemPrice": [
                {
                    "recurringChargePeriod": "month",
                    "priceAlteration": [
                        {
                            "applicationDuration": 12,
                            "name": "Half price for the first year",
                            "priceType": "recurring",
                            "price": {
                                "percentage": -50.0,
                                "dutyFreeAmount": {"unit": "CNY", "value": -64.5},
                            },
                            "productOfferingPrice": {
                                "id": "ftth-500-term:first-year",
                                "href": f"{PRICES_PATH}/ftth-500-term:first-year",
                                "name": "Half price for the first year",
                            },
                        }
                    ],
                    "productOfferingPrice": {
                        "id": "ftth-500-term:ftth-500-term-monthly",
                        "href": f"{PRICES_PATH}/ftth-500-term:ftth-500-term-monthly",
                        "name": "Fibre 500M, monthly",
                    },
                    "name": "Fibre 500M, monthly",
                    "priceType": "recurring",
                    "price": {
                        "taxIncludedAmount": {"unit": "CNY", "value": 68.37},
                        "taxRate": 6.0,
                        "dutyFreeAmount": {"unit": "CNY", "value": 64.5},
                    },
                }
            ],
            "itemTotalPrice": [
                {
                    "recurringChargePeriod": "month",
                    "name": "total",
                    "priceType": "recurring",
                    "price": {
                        "taxIncludedAmount": {"unit": "CNY", "value": 68.37},
                        "dutyFreeAmount": {"unit": "CNY", "value": 64.5},
                    },
                }
            ],
            "itemTerm": [
                {"name": "Early termination (违约金)", "duration": {"amount": 24, "units": "month"}}
            ],
            "firstMonth": {"chargedFrom": "2026-02-01", "price": {"unit": "CNY", "value": 64.5}},
            "id": "1",
            "action": "add",
            "businessAction": "new",
            "productOffering": {
                "href": "/tmf-api/productCatalogManagement/v4/productOffering/ftth-500-term",
                "name": "Fibre 500M for two years",
                "version": "1",
                "id": "ftth-500-term",
            },
        }
    ],
}
"""The quote for the order of the example `a line with a term`."""
