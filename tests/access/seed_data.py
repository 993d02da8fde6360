"""The data that one client creates in each service, for the access matrix to request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

from msgspec.structs import replace
from sqlalchemy import text

from services.customer.handlers import SUBSCRIPTIONS as CUSTOMER
from services.order.commands.catalogue import load_shipped_catalogue
from services.order.domain.acceptance.acceptance import make_quote
from services.order.domain.catalogue.agreements import Agreement, AgreementTerms
from services.order.domain.catalogue.catalogue import Offering, Specification
from services.order.domain.catalogue.prices import Price, PriceKind
from services.order.domain.identity.block import IdentityBlock
from services.order.handlers import SUBSCRIPTIONS as ORDER
from services.order.store import agreements, catalogue, identities, orders, quotes
from services.provisioning.commands.blueprints import load_shipped
from services.provisioning.handlers import SUBSCRIPTIONS as PROVISIONING
from services.provisioning.store import work_orders
from shared.access import grants
from shared.access.access_rule import AccessLevel
from shared.access.grants import Grant
from shared.http.collection_paths import (
    AGREEMENTS_PATH,
    OFFERINGS_PATH,
    PRICES_PATH,
    QUOTES_PATH,
    SPECIFICATIONS_PATH,
)
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence import audit_log, history
from shared.persistence.audit_log import AuditEntry
from shared.persistence.database import Sessions
from shared.persistence.history import HistoryEntry
from tests.access.table import ACCOUNTS, BLOCKED, FALLOUT, PARTIES
from tests.callers import CLIENT
from tests.conftest import NOON
from tests.customer import builders as customer
from tests.kernel import TENANT, consume
from tests.order import builders as order
from tests.provisioning import builders as provisioning
from tests.provisioning.database import run
from tests.provisioning.test_fallout import WITH_FALLOUT, refuse

PHONE = "13851234567"
SETTLED, CONTESTED = "/ops/v1/contested-accounts", "acc-of-two"
NUMBER, IDLE, LEG = "+862511111111", "+862511111112", "NJ-XW-SP001/1"
COMPANY = "panda"
PRODUCT = order.accepted().order.items[0].ordered.product_id
HANDED_OVER = NOON - timedelta(days=1)
"""A day that is over, in whatever time of it the tests run."""

RECONCILIATION = "GET /ops/v1/billing/reconciliation"
DONE_ID = UUID("00000000-0000-0000-0000-0000000000a3")
VERBS = ("retry", "skip", "fail")
OWN = "jiangsu-alone"
OWN_PRICE = Price(id=OWN, name="Line", kind=PriceKind.RECURRING, amount_cents=1)
OWN_ENTRIES = (
    Specification(id=OWN, version=1, name="Line"),
    Offering(id=OWN, version=1, name="Line", specification=OWN, prices=(OWN_PRICE,)),
)
AGREEMENT = Agreement(
    OWN, NOON, "li-na", AgreementTerms(customer=order.PARTY, name="Frame contract")
)
QUOTE_ID = UUID("00000000-0000-0000-0000-0000000000a4")
A_BLOCK = IdentityBlock(DONE_ID, TENANT, "00", "passport", "debt", NOON, None, "li-na")
CATALOGUES = (OFFERINGS_PATH, PRICES_PATH, SPECIFICATIONS_PATH)


@dataclass(frozen=True, slots=True)
class SeedData:
    """Seeded data: values of path parameters, and of query parameters where a route needs them."""

    values: Mapping[str, str]
    query: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    """Complete paths of routes whose parameters have another meaning than usual."""

    customers: tuple[str, ...] = ()
    """The customers of the data."""

    own: Mapping[str, str] = field(default_factory=dict)
    """By route that answers every tenant: a text that only the tenant's own data contain."""

    def filled(self, path: str) -> str:
        """Return a path with its parameters filled in."""
        if path in self.paths:
            return self.paths[path]
        return path.replace(":path}", "}").format_map(self.values)


UNKNOWN_VALUES = {
    "subject": str(uuid4()),
    "position": "1",
    "id": str(uuid4()),
    "order_id": str(uuid4()),
    "name": "pool-1",
    "kind": "leg",
    "value": "1",
    "e164": NUMBER,
    "holder": str(uuid4()),
    "address_id": "addr-1",
}
"""Parameters of things that do not exist or that have no owner."""


def in_order(sessions: Sessions) -> SeedData:
    """Complete an order, block an identity, and publish an offering of the tenant's own."""
    made = order.accepted()
    quote = make_quote(
        order.read_order(order.a_body()), order.a_placement(QUOTE_ID), order.CATALOGUE, {}
    )
    with sessions.begin() as session:
        load_shipped_catalogue(session)
        catalogue.get_for_update(session, TENANT)
        catalogue.put(session, TENANT, OWN_ENTRIES)
    with begin_transaction(sessions, NOON, CommitContext(uuid4())) as transaction:
        orders.add(transaction.session, made.order, made.progress)
        quotes.add(transaction.session, quote)
        agreements.put(transaction.session, TENANT, AGREEMENT)
        identities.put_block(transaction.session, A_BLOCK)
    consume(sessions, ORDER, order.service_completed(made), now=HANDED_OVER)
    day = {"localNetwork": "unknown", "day": HANDED_OVER.date().isoformat()}
    paths = {
        f"{order_path}/{{id}}": f"{order_path}/{id_}"
        for order_path, id_ in (
            ("/tmf-api/productOrderingManagement/v4/productOrder", made.order.id),
            ("/tmf-api/productInventory/v4/product", PRODUCT),
            (QUOTES_PATH, QUOTE_ID),
            (AGREEMENTS_PATH, OWN),
        )
    }
    changes = {
        "/ops/v1/orders/{id}/history": f"/ops/v1/orders/{made.order.id}/history",
        "/ops/v1/products/{id}/history": f"/ops/v1/products/{PRODUCT}/history",
    }
    entries = {f"{each}/{{id}}": f"{each}/{OWN}" for each in (OFFERINGS_PATH, SPECIFICATIONS_PATH)}
    entries[f"{PRICES_PATH}/{{id}}"] = f"{PRICES_PATH}/{OWN}:{OWN}"
    entries[f"{BLOCKED}/{{id}}"] = f"{BLOCKED}/{A_BLOCK.id}"
    return SeedData(
        UNKNOWN_VALUES | {"subject": str(made.order.id)},
        query={f"GET {each}": {"limit": "100"} for each in CATALOGUES} | {RECONCILIATION: day},
        paths=paths | changes | entries,
        customers=(order.PARTY,),
        own=dict.fromkeys((f"GET {each}" for each in CATALOGUES), OWN)
        | {RECONCILIATION: "item,unknown"},
    )


def in_provisioning(sessions: Sessions) -> SeedData:
    """Complete one order, put one into fallout, and create a work order for another."""
    with sessions.begin() as session:
        load_shipped(session)
    done = provisioning.accepted(provisioning.an_item(made_by=DONE_ID), order_id=DONE_ID)
    run(sessions, done)
    run(sessions, provisioning.accepted(), replace(WITH_FALLOUT, version=2))
    refuse(sessions)
    voice = provisioning.accepted(
        provisioning.an_item("voice", made_by=provisioning.OTHER_ID),
        order_id=provisioning.OTHER_ID,
    )
    consume(sessions, PROVISIONING, voice)
    consume(sessions, PROVISIONING, provisioning.assigned(voice, provisioning.shipped()))
    with sessions() as session:
        (work_order,) = work_orders.of_order(session, voice.order_id)
    service = str(done.items[0].service_id)
    ids = {"work_order_id": str(work_order.id), "service_id": service}
    order_id = str(voice.order_id)
    held = f"{FALLOUT}/{provisioning.ORDER_ID}"
    decided = {f"{FALLOUT}/{{order_id}}/{verb}": f"{held}/{verb}" for verb in VERBS}
    return SeedData(
        UNKNOWN_VALUES | ids | {"order_id": order_id, "subject": order_id},
        query={"GET /ops/v1/blueprints": {"limit": "100"}},
        paths=decided | {f"{FALLOUT}/{{order_id}}": held},
        customers=(voice.customer.id,),
        own={"GET /ops/v1/blueprints": f'"{WITH_FALLOUT.specification}"'},
    )


def in_customer(sessions: Sessions) -> SeedData:
    """Accept orders of a person and of a company, and grant access to a customer."""
    company = customer.a_customer(id=COMPANY, category="business", account_id="acc-9", phone="1")
    consume(sessions, CUSTOMER, customer.accepted(1), customer.completed(1))
    consume(sessions, CUSTOMER, customer.accepted(2, company))
    of_two = customer.a_customer(id="li-na", account_id=CONTESTED)
    consume(sessions, CUSTOMER, customer.accepted(3, customer.a_customer(account_id=CONTESTED)))
    consume(sessions, CUSTOMER, customer.accepted(4, of_two))
    with sessions.begin() as session:
        grants.upsert_grant(session, Grant(TENANT, "crm-b", "crm-a", "C-1", AccessLevel.SEE, NOON))
    return SeedData(
        UNKNOWN_VALUES | {"party_id": customer.ZHANG, "account_id": "acc-1"},
        query={
            f"GET {ACCOUNTS}": {"relatedParty.id": customer.ZHANG},
            "GET /ops/v1/customers": {"phone": PHONE},
        },
        paths={
            f"{PARTIES}/organization/{{party_id}}": f"{PARTIES}/organization/{COMPANY}",
            f"{SETTLED}/{{account_id}}/settle": f"{SETTLED}/{CONTESTED}/settle",
        },
        customers=(customer.ZHANG, COMPANY),
    )


PLANT = (
    """INSERT INTO numbers (tenant, e164, exchange_id, grade, state, selected_by, until)
    VALUES (:tenant, :number, 'NJ-XW', 'plain', 'selected', :client, '2100-01-01 00:00Z')""",
    """INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state)
    VALUES (:tenant, 'leg', 'pool-1', :leg, '', '[]', 'free')""",
    """INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state, order_id,
    service_id) VALUES (:tenant, 'leg', 'pool-1', 'held', '', '[]', 'reserved', :id, :id)""",
    """INSERT INTO numbers (tenant, e164, exchange_id, grade, state)
    VALUES (:tenant, :idle, 'NJ-XW', '', 'idle')""",
    """INSERT INTO exchanges (tenant, id, name, local_network, city, district)
    VALUES (:tenant, 'NJ-XW', 'Xuanwu', '025', '', '')""",
    """INSERT INTO pools (tenant, kind, name, exchange_id, capacity)
    VALUES (:tenant, 'leg', 'pool-1', 'NJ-XW', 2)""",
    """INSERT INTO addresses (tenant, id, text, exchange_id, local_network, grams)
    VALUES (:tenant, 'addr-1', 'Nanjing', 'NJ-XW', '025', '{}')""",
    """INSERT INTO questions (order_id, tenant, since)
    VALUES (:id, :tenant, '2026-01-01 00:00Z')""",
    """INSERT INTO pool_kinds (tenant, name, content, published_at, published_by) VALUES (:tenant,
    'own-kind', '{"name":"own-kind","served_from":"anywhere"}', now(), 'wang')""",
)


def in_resources(sessions: Sessions) -> SeedData:
    """Create a number that the client holds, a free pool item and a reserved one."""
    id_ = UNKNOWN_VALUES["order_id"]
    parameters = {"number": NUMBER, "idle": IDLE, "leg": LEG, "client": CLIENT, "id": id_}
    with sessions.begin() as session:
        for row in PLANT:
            session.execute(text(row), parameters | {"tenant": TENANT})
    return SeedData(
        UNKNOWN_VALUES | {"holder": id_, "value": LEG},
        query={
            "GET /ops/v1/reservations": {"older_than": "0"},
            "GET /ops/v1/pool-kinds": {"limit": "100"},
        },
        own={
            "GET /ops/v1/holdings/{holder}": '"reserved"',
            "GET /ops/v1/pool-kinds": '"own-kind"',
        },
    )


SEEDS: Mapping[str, Callable[[Sessions], SeedData]] = {
    "order": in_order,
    "provisioning": in_provisioning,
    "customer": in_customer,
    "resources": in_resources,
}


APPROVAL = """
    INSERT INTO approvals (id, tenant, action, subject, fingerprint, asked_by, reason, asked_at,
    until, state) VALUES (:id, :tenant, 'a', 's', '', 'wang', '', now(), '2100-01-01 00:00Z',
    'waiting')"""


PARKED = """
    INSERT INTO parked (position, identity, source, "offset", type, key, body, why, error,
    parked_at, tenant) VALUES (:position, 'one', 'order/1', 1, '', 'key', 'no message',
    'unreadable', '', now(), :tenant)"""
RECOVERY = """
    INSERT INTO recoveries (id, noticed_at, state, taken_over, replayed, missing, ended_at,
    acknowledged_by) VALUES (:id, now(), 'done', 0, 0, '', now(), '')"""
DONE = ("", "held", "completed", "", DONE_ID)
DECIDED = ("back-office", "supervisor", "fallout.skip", "1/switch", 1, "by hand", DONE_ID)


def seed(service: str, sessions: Sessions) -> SeedData:
    """Create the first client's data in a service, and return them.

    Every service also gets a waiting approval, a dead letter, a recovery, a history entry of an
    order and an audit entry of a decision.
    """
    data = SEEDS[service](sessions)
    parameters = {**data.values, "position": int(data.values["position"]), "tenant": TENANT}
    with sessions.begin() as session:
        for row in (APPROVAL, PARKED, RECOVERY):
            session.execute(text(row), parameters)
        history.write(session, [HistoryEntry(NOON, TENANT, "order", data.values["subject"], *DONE)])
        audit_log.append(session, [AuditEntry(NOON, TENANT, "li-na", *DECIDED)])
    return data
