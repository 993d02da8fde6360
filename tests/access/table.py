"""The one table of who may call what, and which things of a route belong to a client."""

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
"""Who speaks with customers, or for them."""

BILLED = CARE | {"billing"}
SHOPPERS = BILLED | {"product", "analyst"}
FIELD = OPERATORS | {"crew"}


class Belongs(StrEnum):
    """Whose the things are that a route is about."""

    CLIENT = "client"
    """The client's that brought them, and of those it shares them with: not there for others."""

    CLIENTS = "clients"
    """A list of such things: others' are left out."""

    HOLDER = "holder"
    """The client's that keeps it for some minutes: nothing shares it."""

    CREW = "crew"
    """The crews' of an area, and staff's of the tenant."""

    TENANT = "tenant"
    """The tenant's, for all whom the row names: not there for another."""

    MIXED = "mixed"
    """The tenant's own, among what all tenants share: not there for another in the same list."""

    INSTALLATION = "installation"
    """All tenants' together: changed by staff of the tenant that runs the installation, alone."""

    NEW = "new"
    """It brings something to the caller's own tenant, and touches nothing that others have."""


class Row(NamedTuple):
    """Who may call a route, and whose its things are."""

    roles: frozenset[str]
    belongs: Belongs | None = None
    """None for a route alone that shows nothing of anybody, and stands in OWNERLESS."""


ONE, LIST = Belongs.CLIENT, Belongs.CLIENTS
HELD, AREA, OURS, NEW = Belongs.HOLDER, Belongs.CREW, Belongs.TENANT, Belongs.NEW
SHARED, MIXED = Belongs.INSTALLATION, Belongs.MIXED
CLIENTS_OWN = frozenset({ONE, LIST})
"""Of what a client sees only what it brought, and what is shared with it."""

EVERY_SERVICE = {
    "GET /ops/v1/state": Row(WATCHERS),
    "GET /ops/v1/lag": Row(WATCHERS),
    "GET /ops/v1/holdings": Row(WATCHERS),
    "GET /ops/v1/journeys/{subject}": Row(PLANNERS, OURS),
    "GET /ops/v1/parked": Row(STAFF, OURS),
    "POST /ops/v1/parked/{position}/retry": Row(OPERATORS, OURS),
    "GET /ops/v1/recoveries": Row(STAFF | {"crm"}),
    "POST /ops/v1/recoveries/{id}/acknowledge": Row(OPERATORS, SHARED),
    "GET /ops/v1/audit": Row(AUDITORS, OURS),
    "GET /ops/v1/audit/chain": Row(AUDITORS),
    "GET /ops/v1/approvals": Row(AUDITORS, OURS),
    "GET /ops/v1/approvals/{id}": Row(AUDITORS | IMPORTERS, OURS),
    "POST /ops/v1/approvals/{id}/approve": Row(APPROVERS, OURS),
    "POST /ops/v1/approvals/{id}/refuse": Row(APPROVERS, OURS),
}

ORDERS = "/tmf-api/productOrderingManagement/v4/productOrder"
PRODUCTS = "/tmf-api/productInventory/v4/product"
CATALOGUE = "/tmf-api/productCatalogManagement/v4"
SERVICES = "/tmf-api/serviceInventory/v4/service"
WORK = "/ops/v1/work-orders"
FALLOUT = "/ops/v1/fallout"
ELEMENT = "/ops/v1/elements/{name}"
NUMBERS = "/ops/v1/numbers"
POOL = "/ops/v1/pools/{kind}/{name}"
IMPORT = "/ops/v1/import"
PARTIES = "/tmf-api/partyManagement/v4"
ACCOUNTS = "/tmf-api/accountManagement/v4/partyAccount"

TABLE: dict[str, dict[str, Row]] = {
    "order": {
        f"POST {ORDERS}": Row(CLIENTS, ONE),
        f"GET {ORDERS}": Row(BILLED, LIST),
        f"GET {ORDERS}/{{id}}": Row(BILLED, ONE),
        "GET /ops/v1/orders/{id}/history": Row(BILLED, ONE),
        f"GET {PRODUCTS}": Row(BILLED, LIST),
        f"GET {PRODUCTS}/{{id}}": Row(BILLED, ONE),
        f"GET {CATALOGUE}/productOffering": Row(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productOffering/{{id}}": Row(SHOPPERS, OURS),
        f"GET {CATALOGUE}/productSpecification": Row(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productSpecification/{{id}}": Row(SHOPPERS, OURS),
        f"GET {CATALOGUE}/productOfferingPrice": Row(SHOPPERS, MIXED),
        f"GET {CATALOGUE}/productOfferingPrice/{{id}}": Row(SHOPPERS, OURS),
        "POST /ops/v1/catalogue": Row(ADMIN | {"ops", "product"}, NEW),
    },
    "provisioning": {
        f"GET {SERVICES}": Row(PLANNERS | CLIENTS, LIST),
        f"GET {SERVICES}/{{service_id}}": Row(PLANNERS | CLIENTS, ONE),
        "GET /ops/v1/plans/{order_id}": Row(PLANNERS, OURS),
        f"GET {WORK}": Row(PLANNERS | CLIENTS | FIELD, LIST),
        f"GET {WORK}/{{work_order_id}}": Row(PLANNERS | CLIENTS | FIELD, ONE),
        f"POST {WORK}/{{work_order_id}}/accept": Row(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/report": Row(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/return": Row(FIELD, AREA),
        f"GET {FALLOUT}": Row(PLANNERS, OURS),
        f"GET {FALLOUT}/{{order_id}}": Row(PLANNERS, OURS),
        f"POST {FALLOUT}/{{order_id}}/retry": Row(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/skip": Row(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/fail": Row(OPERATORS, OURS),
        "GET /ops/v1/blueprints": Row(PLANNERS, MIXED),
        "POST /ops/v1/blueprints": Row(IMPORTERS, NEW),
        "GET /ops/v1/elements": Row(WATCHERS),
        f"GET {ELEMENT}": Row(WATCHERS),
        f"PUT {ELEMENT}": Row(OPERATORS | {"network"}, SHARED),
        f"PUT {ELEMENT}/maintenance": Row(OPERATORS | {"network"}, SHARED),
        f"DELETE {ELEMENT}/maintenance": Row(OPERATORS | {"network"}, SHARED),
    },
    "resources": {
        f"GET {NUMBERS}": Row(CARE | {"network"}, OURS),
        f"GET {NUMBERS}/{{e164}}": Row(CARE | {"network"}, OURS),
        f"POST {NUMBERS}/{{e164}}/hold": Row(CLIENTS, HELD),
        f"DELETE {NUMBERS}/{{e164}}/hold": Row(CLIENTS, HELD),
        "GET /ops/v1/pools": Row(WATCHERS, OURS),
        f"GET {POOL}": Row(WATCHERS, OURS),
        "GET /ops/v1/holdings/{holder}": Row(PLANNERS, OURS),
        "GET /ops/v1/addresses": Row(CARE | {"network"}, OURS),
        "GET /ops/v1/addresses/{address_id}": Row(CARE | {"network"}, OURS),
        f"GET {POOL}/things": Row(PLANNERS, OURS),
        f"GET {POOL}/things/{{value:path}}": Row(PLANNERS, OURS),
        f"POST {POOL}/withdraw": Row(IMPORTERS, OURS),
        f"POST {POOL}/restore": Row(IMPORTERS, OURS),
        "GET /ops/v1/reservations": Row(STAFF, OURS),
        "GET /ops/v1/reservations/{order_id}": Row(STAFF, OURS),
        "POST /ops/v1/reservations/{order_id}/release": Row(OPERATORS, OURS),
        f"POST {IMPORT}/exchanges": Row(IMPORTERS, NEW),
        f"POST {IMPORT}/segments": Row(IMPORTERS, NEW),
        f"POST {IMPORT}/splitters": Row(IMPORTERS, NEW),
        f"POST {IMPORT}/addresses": Row(IMPORTERS, NEW),
        f"POST {IMPORT}/pairs": Row(IMPORTERS, NEW),
    },
    "customer": {
        f"GET {PARTIES}/individual/{{party_id}}": Row(CARE, ONE),
        f"GET {PARTIES}/organization/{{party_id}}": Row(CARE, ONE),
        f"GET {ACCOUNTS}": Row(BILLED, ONE),
        f"GET {ACCOUNTS}/{{account_id}}": Row(BILLED, ONE),
        "GET /ops/v1/customers": Row(CARE, LIST),
        "GET /ops/v1/customers/{party_id}/view": Row(CARE, ONE),
        "POST /ops/v1/customers/{party_id}/erase": Row(APPROVERS, OURS),
        "GET /ops/v1/contested-accounts": Row(STAFF, OURS),
        "POST /ops/v1/contested-accounts/{account_id}/settle": Row(OPERATORS, OURS),
        "GET /ops/v1/grants": Row(AUDITORS, OURS),
        "POST /ops/v1/grants": Row(APPROVERS, NEW),
        "POST /ops/v1/grants/revoke": Row(APPROVERS, NEW),
    },
}

OWNERLESS: dict[str, str] = {
    "GET /ops/v1/state": "counts of all tenants together, and the troubles of the process",
    "GET /ops/v1/lag": "how far the service is behind on its topics, which all tenants share",
    "GET /ops/v1/holdings": "names of tables that hold anything, of any tenant",
    "GET /ops/v1/recoveries": "a database that was set back is that of all tenants",
    "GET /ops/v1/audit/chain": "whether the audit is whole: the position of a fault, no entry",
    "GET /ops/v1/elements": "limits of elements explain delays to all tenants, and name no order",
    f"GET {ELEMENT}": "limits of elements explain delays to all tenants, and name no order",
}
"""The routes that show nothing of anybody, each with the reason; docs/access.md names them all."""
