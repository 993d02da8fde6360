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
    """Staff's of the tenant: not there for another."""

    INSTALLATION = "installation"
    """All tenants' together: changed by staff of the tenant that runs the installation, alone."""

    NEW = "new"
    """It brings something to the caller's own tenant, and touches nothing that others have."""


class Row(NamedTuple):
    """Who may call a route, and whose its things are."""

    roles: frozenset[str]
    belongs: Belongs | None = None
    """Said of every route that changes something, and of those that show things of somebody."""


ONE, LIST = Belongs.CLIENT, Belongs.CLIENTS
HELD, AREA, OURS, NEW = Belongs.HOLDER, Belongs.CREW, Belongs.TENANT, Belongs.NEW
SHARED = Belongs.INSTALLATION

EVERY_SERVICE = {
    "GET /ops/v1/state": Row(WATCHERS),
    "GET /ops/v1/lag": Row(WATCHERS),
    "GET /ops/v1/holdings": Row(WATCHERS),
    "GET /ops/v1/journeys/{subject}": Row(PLANNERS),
    "GET /ops/v1/parked": Row(STAFF, OURS),
    "POST /ops/v1/parked/{position}/retry": Row(OPERATORS, OURS),
    "GET /ops/v1/recoveries": Row(STAFF | {"crm"}),
    "POST /ops/v1/recoveries/{id}/acknowledge": Row(OPERATORS, SHARED),
    "GET /ops/v1/audit": Row(AUDITORS),
    "GET /ops/v1/audit/chain": Row(AUDITORS),
    "GET /ops/v1/approvals": Row(AUDITORS),
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
        f"GET {CATALOGUE}/productOffering": Row(SHOPPERS),
        f"GET {CATALOGUE}/productOffering/{{id}}": Row(SHOPPERS),
        f"GET {CATALOGUE}/productSpecification": Row(SHOPPERS),
        f"GET {CATALOGUE}/productSpecification/{{id}}": Row(SHOPPERS),
        f"GET {CATALOGUE}/productOfferingPrice": Row(SHOPPERS),
        f"GET {CATALOGUE}/productOfferingPrice/{{id}}": Row(SHOPPERS),
        "POST /ops/v1/catalogue": Row(ADMIN | {"ops", "product"}, NEW),
    },
    "provisioning": {
        f"GET {SERVICES}": Row(PLANNERS | CLIENTS, LIST),
        f"GET {SERVICES}/{{service_id}}": Row(PLANNERS | CLIENTS, ONE),
        "GET /ops/v1/plans/{order_id}": Row(PLANNERS),
        f"GET {WORK}": Row(PLANNERS | CLIENTS | FIELD, LIST),
        f"GET {WORK}/{{work_order_id}}": Row(PLANNERS | CLIENTS | FIELD, ONE),
        f"POST {WORK}/{{work_order_id}}/accept": Row(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/report": Row(FIELD, AREA),
        f"POST {WORK}/{{work_order_id}}/return": Row(FIELD, AREA),
        f"GET {FALLOUT}": Row(PLANNERS),
        f"GET {FALLOUT}/{{order_id}}": Row(PLANNERS),
        f"POST {FALLOUT}/{{order_id}}/retry": Row(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/skip": Row(OPERATORS, OURS),
        f"POST {FALLOUT}/{{order_id}}/fail": Row(OPERATORS, OURS),
        "GET /ops/v1/blueprints": Row(PLANNERS),
        "POST /ops/v1/blueprints": Row(IMPORTERS, NEW),
        "GET /ops/v1/elements": Row(WATCHERS),
        f"GET {ELEMENT}": Row(WATCHERS),
        f"PUT {ELEMENT}": Row(OPERATORS | {"network"}, SHARED),
        f"PUT {ELEMENT}/maintenance": Row(OPERATORS | {"network"}, SHARED),
        f"DELETE {ELEMENT}/maintenance": Row(OPERATORS | {"network"}, SHARED),
    },
    "resources": {
        f"GET {NUMBERS}": Row(CARE | {"network"}),
        f"GET {NUMBERS}/{{e164}}": Row(CARE | {"network"}),
        f"POST {NUMBERS}/{{e164}}/hold": Row(CLIENTS, HELD),
        f"DELETE {NUMBERS}/{{e164}}/hold": Row(CLIENTS, HELD),
        "GET /ops/v1/pools": Row(WATCHERS),
        f"GET {POOL}": Row(WATCHERS),
        "GET /ops/v1/holdings/{holder}": Row(PLANNERS),
        "GET /ops/v1/addresses": Row(CARE | {"network"}),
        "GET /ops/v1/addresses/{address_id}": Row(CARE | {"network"}),
        f"GET {POOL}/things": Row(PLANNERS),
        f"GET {POOL}/things/{{value:path}}": Row(PLANNERS),
        f"POST {POOL}/withdraw": Row(IMPORTERS, OURS),
        f"POST {POOL}/restore": Row(IMPORTERS, OURS),
        "GET /ops/v1/reservations": Row(STAFF),
        "GET /ops/v1/reservations/{order_id}": Row(STAFF),
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
        "GET /ops/v1/contested-accounts": Row(STAFF),
        "POST /ops/v1/contested-accounts/{account_id}/settle": Row(OPERATORS, OURS),
        "GET /ops/v1/grants": Row(AUDITORS),
        "POST /ops/v1/grants": Row(APPROVERS, NEW),
        "POST /ops/v1/grants/revoke": Row(APPROVERS, NEW),
    },
}
