"""The access table: the roles that may call each route, and the owner of its resources."""

from enum import StrEnum
from typing import NamedTuple

ADMIN = frozenset({"admin"})
APPROVERS = ADMIN | {"supervisor"}
AUDITORS = APPROVERS | {"auditor"}
OPERATORS = APPROVERS | {"operator", "ops"}
STAFF = OPERATORS | {"auditor", "viewer"}
PLANNERS = STAFF | {"network"}
WATCHERS = PLANNERS | {"analyst"}
IMPORTERS = ADMIN | {"ops", "network"}
CLIENTS = ADMIN | {"crm"}
CARE = STAFF | {"crm", "agent"}
"""Roles that speak with customers, or for them."""

BILLED = CARE | {"billing"}
ACCOUNTANTS = STAFF | {"billing"}
SHOPPERS = BILLED | {"product", "analyst"}
CONTRACT_READERS = STAFF | {"agent", "billing", "product"}
PUBLISHERS = ADMIN | {"ops", "product"}
FIELD = OPERATORS | {"crew"}


class Ownership(StrEnum):
    """The owner of the resources of a route."""

    CLIENT = "client"
    """The client that created them, and clients with a grant: not found for others."""

    CLIENTS = "clients"
    """A list of such resources: those of others are left out."""

    HOLDER = "holder"
    """The client that holds it for some minutes: no grant shares it."""

    CREW = "crew"
    """The crews of an area, and the tenant's staff."""

    TENANT = "tenant"
    """The tenant, for all roles of the row: not found for another tenant."""

    MIXED = "mixed"
    """The tenant's own, in a list with what all tenants share: left out for another tenant."""

    INSTALLATION = "installation"
    """All tenants: changed only by staff of the tenant that runs the installation."""

    NEW = "new"
    """Creates something in the caller's own tenant, and changes nothing of others."""


class RouteAccess(NamedTuple):
    """The roles that may call a route, and the owner of its resources."""

    roles: frozenset[str]
    ownership: Ownership | None = None
    """None only for a route in OWNERLESS: it shows data without an owner."""


ONE, LIST = Ownership.CLIENT, Ownership.CLIENTS
HELD, AREA, OURS, NEW = Ownership.HOLDER, Ownership.CREW, Ownership.TENANT, Ownership.NEW
SHARED, MIXED = Ownership.INSTALLATION, Ownership.MIXED
CLIENTS_OWN = frozenset({ONE, LIST})
"""Of these a client sees only what it created, and what is shared with it."""

EVERY_SERVICE = {
    "GET /ops/v1/state": RouteAccess(WATCHERS),
    "GET /ops/v1/lag": RouteAccess(WATCHERS),
    "GET /ops/v1/holdings": RouteAccess(WATCHERS),
    "GET /ops/v1/journeys/{subject}": RouteAccess(PLANNERS, OURS),
    "GET /ops/v1/parked": RouteAccess(STAFF, OURS),
    "POST /ops/v1/parked/{position}/retry": RouteAccess(OPERATORS, OURS),
    "GET /ops/v1/recoveries": RouteAccess(STAFF | {"crm"}),
    "POST /ops/v1/recoveries/{id}/acknowledge": RouteAccess(OPERATORS, SHARED),
    "GET /ops/v1/audit": RouteAccess(AUDITORS, OURS),
    "GET /ops/v1/audit/chain": RouteAccess(AUDITORS),
    "GET /ops/v1/approvals": RouteAccess(AUDITORS, OURS),
    "GET /ops/v1/approvals/{id}": RouteAccess(AUDITORS | IMPORTERS | {"product"}, OURS),
    "POST /ops/v1/approvals/{id}/approve": RouteAccess(APPROVERS, OURS),
    "POST /ops/v1/approvals/{id}/refuse": RouteAccess(APPROVERS, OURS),
}

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
QUOTES = "/tmf-api/quoteManagement/v4/quote"
AGREEMENTS = "/ops/v1/agreements"
CATALOGUE = "/tmf-api/productCatalogManagement/v4"
SERVICES = "/tmf-api/serviceInventory/v4/service"
WORK = "/ops/v1/work-orders"
BLOCKED = "/ops/v1/blocked-identities"
FALLOUT = "/ops/v1/fallout"
ELEMENT = "/ops/v1/elements/{name}"
NUMBERS = "/ops/v1/numbers"
POOL = "/ops/v1/pools/{kind}/{name}"
IMPORT = "/ops/v1/import"
PARTIES = "/tmf-api/partyManagement/v4"
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"

TABLE: dict[str, dict[str, RouteAccess]] = {
    "order": {
        f"POST {ORDERS}": RouteAccess(CLIENTS, ONE),
        f"GET {ORDERS}": RouteAccess(BILLED, LIST),
        f"GET {ORDERS}/{{id}}": RouteAccess(BILLED, ONE),
        "GET /ops/v1/orders/{id}/history": RouteAccess(BILLED, ONE),
        f"POST {QUOTES}": RouteAccess(CLIENTS, ONE),
        f"GET {QUOTES}/{{id}}": RouteAccess(BILLED, ONE),
        f"GET {AGREEMENTS}": RouteAccess(CONTRACT_READERS, OURS),
        f"GET {AGREEMENTS}/{{id}}": RouteAccess(CONTRACT_READERS, OURS),
        f"PUT {AGREEMENTS}/{{id}}": RouteAccess(ADMIN | {"ops", "product"}, NEW),
        f"GET {PRODUCTS}": RouteAccess(BILLED, LIST),
        f"GET {PRODUCTS}/{{id}}": RouteAccess(BILLED, ONE),
        "GET /ops/v1/products/{id}/history": RouteAccess(BILLED, ONE),
        f"GET {CATALOGUE}/productOffering": RouteAccess(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productOffering/{{id}}": RouteAccess(SHOPPERS, OURS),
        f"GET {CATALOGUE}/productSpecification": RouteAccess(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productSpecification/{{id}}": RouteAccess(SHOPPERS, OURS),
        f"POST {CATALOGUE}/productOffering": RouteAccess(PUBLISHERS, NEW),
        f"PATCH {CATALOGUE}/productOffering/{{id}}": RouteAccess(PUBLISHERS, OURS),
        f"POST {CATALOGUE}/productSpecification": RouteAccess(PUBLISHERS, NEW),
        f"PATCH {CATALOGUE}/productSpecification/{{id}}": RouteAccess(PUBLISHERS, OURS),
        f"GET {CATALOGUE}/productOfferingPrice": RouteAccess(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productOfferingPrice/{{id}}": RouteAccess(SHOPPERS, OURS),
        "POST /ops/v1/catalogue": RouteAccess(PUBLISHERS, NEW),
        "POST /ops/v1/catalogue/plan": RouteAccess(PUBLISHERS, NEW),
        "GET /ops/v1/billing/reconciliation": RouteAccess(ACCOUNTANTS, OURS),
        f"GET {BLOCKED}": RouteAccess(AUDITORS, OURS),
        f"PUT {BLOCKED}": RouteAccess(APPROVERS, NEW),
        f"DELETE {BLOCKED}/{{id}}": RouteAccess(APPROVERS, OURS),
    },
    "provisioning": {
        f"GET {SERVICES}": RouteAccess(PLANNERS | CLIENTS, LIST),
        f"GET {SERVICES}/{{service_id}}": RouteAccess(PLANNERS | CLIENTS, ONE),
        "GET /ops/v1/plans/{order_id}": RouteAccess(PLANNERS, OURS),
        f"GET {WORK}": RouteAccess(PLANNERS | CLIENTS | FIELD, LIST),
        f"GET {WORK}/{{work_order_id}}": RouteAccess(PLANNERS | CLIENTS | FIELD, ONE),
        f"POST {WORK}/{{work_order_id}}/accept": RouteAccess(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/report": RouteAccess(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/return": RouteAccess(FIELD, AREA),
        f"GET {FALLOUT}": RouteAccess(PLANNERS, OURS),
        f"GET {FALLOUT}/{{order_id}}": RouteAccess(PLANNERS, OURS),
        f"POST {FALLOUT}/{{order_id}}/retry": RouteAccess(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/skip": RouteAccess(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/fail": RouteAccess(OPERATORS, OURS),
        "GET /ops/v1/blueprints": RouteAccess(PLANNERS, MIXED),
        "POST /ops/v1/blueprints": RouteAccess(IMPORTERS, NEW),
        "POST /ops/v1/blueprints/plan": RouteAccess(IMPORTERS, NEW),
        "GET /ops/v1/elements": RouteAccess(WATCHERS),
        f"GET {ELEMENT}": RouteAccess(WATCHERS),
        f"PUT {ELEMENT}": RouteAccess(OPERATORS | {"network"}, SHARED),
        f"PUT {ELEMENT}/maintenance": RouteAccess(OPERATORS | {"network"}, SHARED),
        f"DELETE {ELEMENT}/maintenance": RouteAccess(OPERATORS | {"network"}, SHARED),
    },
    "resources": {
        f"GET {NUMBERS}": RouteAccess(CARE | {"network"}, OURS),
        f"GET {NUMBERS}/{{e164}}": RouteAccess(CARE | {"network"}, OURS),
        f"POST {NUMBERS}/{{e164}}/hold": RouteAccess(CLIENTS, HELD),
        f"DELETE {NUMBERS}/{{e164}}/hold": RouteAccess(CLIENTS, HELD),
        "GET /ops/v1/pools": RouteAccess(WATCHERS, OURS),
        f"GET {POOL}": RouteAccess(WATCHERS, OURS),
        "GET /ops/v1/holdings/{holder}": RouteAccess(PLANNERS, OURS),
        "GET /ops/v1/addresses": RouteAccess(CARE | {"network"}, OURS),
        "GET /ops/v1/addresses/{address_id}": RouteAccess(CARE | {"network"}, OURS),
        f"GET {POOL}/things": RouteAccess(PLANNERS, OURS),
        f"GET {POOL}/things/{{value:path}}": RouteAccess(PLANNERS, OURS),
        f"POST {POOL}/withdraw": RouteAccess(IMPORTERS, OURS),
        f"POST {POOL}/restore": RouteAccess(IMPORTERS, OURS),
        "GET /ops/v1/reservations": RouteAccess(STAFF, OURS),
        "GET /ops/v1/reservations/{order_id}": RouteAccess(STAFF, OURS),
        "POST /ops/v1/reservations/{order_id}/release": RouteAccess(OPERATORS, OURS),
        f"POST {IMPORT}/exchanges": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/segments": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/splitters": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/addresses": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/pairs": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/items": RouteAccess(IMPORTERS, NEW),
        f"POST {IMPORT}/blocks": RouteAccess(IMPORTERS, NEW),
        "GET /ops/v1/pool-kinds": RouteAccess(PLANNERS, MIXED),
        "POST /ops/v1/pool-kinds": RouteAccess(IMPORTERS, NEW),
        "POST /ops/v1/pool-kinds/plan": RouteAccess(IMPORTERS, NEW),
    },
    "customer": {
        f"GET {PARTIES}/individual/{{party_id}}": RouteAccess(CARE, ONE),
        f"GET {PARTIES}/organization/{{party_id}}": RouteAccess(CARE, ONE),
        f"GET {ACCOUNTS}": RouteAccess(BILLED, ONE),
        f"GET {ACCOUNTS}/{{account_id}}": RouteAccess(BILLED, ONE),
        "GET /ops/v1/customers": RouteAccess(CARE, LIST),
        "GET /ops/v1/customers/{party_id}/view": RouteAccess(CARE, ONE),
        "POST /ops/v1/customers/{party_id}/erase": RouteAccess(APPROVERS, OURS),
        "GET /ops/v1/contested-accounts": RouteAccess(STAFF, OURS),
        "POST /ops/v1/contested-accounts/{account_id}/settle": RouteAccess(OPERATORS, OURS),
        "GET /ops/v1/grants": RouteAccess(AUDITORS, OURS),
        "POST /ops/v1/grants": RouteAccess(APPROVERS, NEW),
        "POST /ops/v1/grants/revoke": RouteAccess(APPROVERS, NEW),
    },
}

OWNERLESS: dict[str, str] = {
    "GET /ops/v1/state": "counts of all tenants together, and the troubles of the process",
    "GET /ops/v1/lag": "how far the service is behind on its topics, which all tenants share",
    "GET /ops/v1/holdings": "names of tables that hold anything, of any tenant",
    "GET /ops/v1/recoveries": "a restored database is that of all tenants",
    "GET /ops/v1/audit/chain": "whether the audit is whole: the position of a fault, no entry",
    "GET /ops/v1/elements": "limits of elements explain delays to all tenants, and name no order",
    f"GET {ELEMENT}": "limits of elements explain delays to all tenants, and name no order",
}
"""The routes that show data without an owner, with the reason; docs/access.md names them all."""
