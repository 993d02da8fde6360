"""Examples of customers in the result of a search."""

from typing import Any

from shared.http.collection_paths import CUSTOMERS_PATH, PARTIES_PATH

CUSTOMER_SUMMARY: dict[str, Any] = {
    "id": "C-320100-0001",
    "href": f"{PARTIES_PATH}/individual/C-320100-0001",
    "view": f"{CUSTOMERS_PATH}/C-320100-0001/view",
    "name": "张伟",
    "phone": "+8613851234567",
    "category": "public",
}
