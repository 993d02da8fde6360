"""Paging through the lists of all services while rows arrive, by cursor."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.customer import store as customers
from services.customer.domain.parties.contested_account import ContestState
from services.order.api.routes.catalogue import entry_id
from services.order.api.routes.prices import all_prices
from services.order.domain.catalogue.catalogue import (
    Catalogue,
    Offering,
    Specification,
    latest_versions,
)
from services.order.domain.catalogue.prices import (
    Price,
    PriceKind,
)
from services.order.store import catalogue
from services.provisioning.domain.fallout.fallout import FalloutState
from services.provisioning.store import elements, fallout
from services.resources import store as resources
from services.resources.domain.pool.resource import Pool
from shared.access import approvals, grants
from shared.access.access_rule import tenant_wide_scope
from shared.access.approvals import ApprovalState
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window, attributes_getter, encode_cursor, slice_list
from tests.conftest import NOON, delete_all_rows
from tests.kernel import TENANT

ORDER = UUID(int=7)
NEW = "FROM unnest(CAST(:numbers AS integer[])) AS n"
ID = "lpad(to_hex(n), 32, '0')::uuid"
AT = "timestamptz '2026-01-01 00:00:00.25Z' + n * interval '1 second'"
PARTY = f"""INSERT INTO parties (tenant, party_id, name, phone, email, identity_number, category,
    name_key, phone_key, told_at, told_by) SELECT '{TENANT}', 'C-' || n, 'wang' || n, '', '', '',
    '', 'wang' || n, '+861', now(), {ID} {NEW}"""


class ListCase(NamedTuple):
    """A list: its service, the statement that adds its n-th rows, and how it is read."""

    service: str
    row: str | Callable[[Session, Sequence[int]], None]
    find: Callable[..., Sequence[Any]]
    arguments: dict[str, Any]
    keys: Callable[[Any], Sequence[Any]]


def publish(session: Session, numbers: Sequence[int]) -> None:
    """Publish these offerings, each with its own specification and a price."""
    price = Price(id="p", name="P", kind=PriceKind.ONE_TIME, amount_cents=1)
    specifications = [Specification(id=f"s-{n}", version=1, name="S") for n in numbers]
    offerings = [
        Offering(id=f"o-{n}", version=1, name="O", specification=f"s-{n}", prices=(price,))
        for n in numbers
    ]
    catalogue.get_for_update(session, TENANT)
    catalogue.put(session, TENANT, [*specifications, *offerings])


def page_of_catalogue(
    session: Session, *, whole: Callable[[Catalogue], Sequence[Any]], window: Window
) -> Sequence[Any]:
    """Return a page of a list of the catalogue."""
    return slice_list(whole(catalogue.get(session, TENANT)), entry_id, window)


LISTS = {
    **{
        name: ListCase(
            "order", publish, page_of_catalogue, {"whole": whole}, attributes_getter("id")
        )
        for name, whole in (
            ("offerings", lambda sold: latest_versions(sold.offerings)),
            ("specifications", lambda sold: latest_versions(sold.specifications)),
            ("prices", all_prices),
        )
    },
    "fallout": ListCase(
        "provisioning",
        f"""INSERT INTO fallout (id, tenant, local_network, order_id, step, undoing, specification,
        element, code, reason, answer, state, times, priority, opened_at, changed_at, changed_by,
        remark) SELECT {ID}, '{TENANT}', '', {ID}, '', false, '', '', '', '', '', 'open', 1, 1,
        {AT}, now(), '', '' {NEW}""",
        fallout.find,
        {
            "tenant": TENANT,
            "wanted": fallout.FalloutFilter({FalloutState.OPEN, FalloutState.RETRIED}),
        },
        attributes_getter("opened_at", "id"),
    ),
    "fallout of an order": ListCase(
        "provisioning",
        f"""INSERT INTO fallout (id, tenant, local_network, order_id, step, undoing, specification,
        element, code, reason, answer, state, times, priority, opened_at, changed_at, changed_by,
        remark) SELECT {ID}, '{TENANT}', '', '{ORDER}', '', false, '', '', '', '', '', 'open', 1, 1,
        {AT}, now(), '', '' {NEW}""",
        fallout.of_order,
        {"tenant": TENANT, "order_id": ORDER},
        attributes_getter("opened_at", "id"),
    ),
    "elements": ListCase(
        "provisioning",
        f"""INSERT INTO elements (name, concurrency, per_second, in_maintenance, reason, changed_at,
        changed_by) SELECT 'OLT-' || n, 1, 0, false, '', now(), '' {NEW}""",
        elements.find_page,
        {},
        attributes_getter("name"),
    ),
    "reservations": ListCase(
        "resources",
        f"INSERT INTO questions (order_id, tenant, since) SELECT {ID}, '{TENANT}', {AT} {NEW}",
        resources.reservation_reviews.find_page,
        {"tenant": TENANT, "before": NOON.replace(year=2100)},
        attributes_getter("since", "order_id"),
    ),
    "addresses": ListCase(
        "resources",
        f"""INSERT INTO addresses (tenant, id, text, exchange_id, local_network, grams, letters)
        SELECT '{TENANT}', 'a-' || n, '', '', '', '{{}}', '' {NEW}""",
        resources.find_addresses,
        {"tenant": TENANT, "letters": "", "exchange_id": ""},
        attributes_getter("id"),
    ),
    "things": ListCase(
        "resources",
        f"""INSERT INTO pool_items (tenant, kind, pool, value, element, attributes, state)
        SELECT '{TENANT}', 'leg', 'S', 'S/' || n, '', '[]', 'free' {NEW}""",
        resources.find_pool_items,
        {"pool": Pool(TENANT, "leg", "S"), "state": None},
        lambda found: (found[0].value,),
    ),
    "customers by phone": ListCase(
        "customer",
        PARTY,
        customers.find_by_phone,
        {"data_scope": tenant_wide_scope(TENANT), "phone": "+861"},
        attributes_getter("party_id"),
    ),
    "customers by name": ListCase(
        "customer",
        PARTY,
        customers.find_by_name,
        {"tenant": TENANT, "prefix": "wang"},
        attributes_getter("name", "party_id"),
    ),
    "accounts": ListCase(
        "customer",
        f"""INSERT INTO account_tellings (tenant, account_id, party_id, client, told_at)
        SELECT '{TENANT}', 'A-' || n, 'C-1', 'crm', now() {NEW}""",
        customers.find_account_ids,
        {"data_scope": tenant_wide_scope(TENANT), "party_id": "C-1"},
        lambda account_id: (account_id,),
    ),
    "contested accounts": ListCase(
        "customer",
        f"""INSERT INTO contested_accounts (tenant, account_id, since)
        SELECT '{TENANT}', 'A-' || n, now() {NEW}""",
        customers.contested_accounts.find_page,
        {"tenant": TENANT, "state": ContestState.OPEN},
        attributes_getter("account_id"),
    ),
    "grants": ListCase(
        "customer",
        f"""INSERT INTO access_grants (tenant, grantee, owner, customer_id, level, changed_at)
        SELECT '{TENANT}', 'shop', 'crm', 'C-' || n, 'see', now() {NEW}""",
        grants.find_grants,
        {"tenant": TENANT},
        attributes_getter(*grants.KEYS),
    ),
    "approvals": ListCase(
        "customer",
        f"""INSERT INTO approvals (id, tenant, action, subject, fingerprint, asked_by, reason,
        asked_at, until, state) SELECT {ID}, '{TENANT}', '', '', {ID}::text::bytea, '', '', now(),
        now(), 'waiting' {NEW}""",
        approvals.find_approvals,
        {"tenant": TENANT, "state": ApprovalState.WAITING},
        attributes_getter("id"),
    ),
}


def add(sessions: Sessions, listed: ListCase, numbers: Sequence[int]) -> None:
    """Add these rows to a list."""
    with sessions.begin() as session:
        if isinstance(listed.row, str):
            session.execute(text(listed.row), {"numbers": list(numbers)})
        else:
            listed.row(session, numbers)


def read(sessions: Sessions, listed: ListCase, window: Window) -> list[tuple[Any, ...]]:
    """Return the keys of a page of a list."""
    with sessions() as session:
        found = listed.find(session, **listed.arguments, window=window)
    return [tuple(listed.keys(each)) for each in found]


@pytest.mark.parametrize("name", LISTS)
def test_paging_shows_every_row_that_stays_exactly_once_while_others_arrive(
    databases: dict[str, Sessions], name: str
) -> None:
    listed, sessions = LISTS[name], databases[LISTS[name].service]
    delete_all_rows(sessions)
    add(sessions, listed, range(100, 400, 10))
    stayed = read(sessions, listed, Window(0, 100))

    seen = read(sessions, listed, Window(0, 7))
    for new in range(100, 400, 20):
        add(sessions, listed, [new - 1, new + 1])
        seen += read(sessions, listed, Window(0, 7, encode_cursor(seen[-1])))

    assert len(set(stayed)) == 30
    assert len(set(seen)) == len(seen)
    assert set(stayed) <= set(seen)
