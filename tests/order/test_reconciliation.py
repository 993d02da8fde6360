"""The reconciliation file: one for each local network and day, the same whenever it is built."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import text

from services.order.domain.billing.hand_over_day import bounds_anywhere, is_over
from services.order.domain.billing.reconciliation import (
    HEADER,
    BillingLine,
    harmless,
    reconciliation_file,
)
from services.order.domain.local_time import TimeZones, local_day, time_zones, zone_of
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.order.builders import a_body, a_bundle, a_disconnection
from tests.order.completing import DAY_BEFORE, a_new, complete, stored_products
from tests.order.test_changes import a_change
from tests.order.test_transfers import a_transfer

PATH = "/ops/v1/billing/reconciliation"
DAY = local_day("025", DAY_BEFORE)
AMOUNTS = ("one_off_cents", "monthly_begin_cents", "monthly_end_cents")


def a_line(n: int, action: str = "new", offering: str = "ftth-300") -> BillingLine:
    """Return a line with amounts of its own."""
    return BillingLine(
        DAY_BEFORE, UUID(int=n), "jiangsu", "025", DAY, action, offering, n, 10 * n, 100 * n
    )


async def fetch(client: AsyncClient, as_role: AsRole, **query: str) -> Response:
    """Return the file of a local network and day, as billing gets it."""
    usual = {"localNetwork": "025", "day": DAY.isoformat()}
    return await client.get(PATH, params=usual | query, headers=as_role("billing"))


def do_all(sessions: Sessions) -> None:
    """Complete an order of each kind of action, and one in another local network."""
    complete(sessions, a_body(a_new(), a_new("voice-basic", "2"), billingAccount={"id": "acc-1"}))
    fibre, telephone = sorted(stored_products(sessions), key=lambda each: each.specification)
    complete(sessions, a_change(fibre, productOffering={"id": "ftth-1000"}), 2)
    complete(sessions, a_change(fibre, "suspend", suspensionReason="request"), 3)
    complete(sessions, a_change(fibre, "resume", suspensionReason="request"), 4)
    complete(sessions, a_transfer(fibre), 5)
    complete(sessions, a_body(a_disconnection(telephone.id)), 6)
    complete(sessions, a_body(a_new("ftth-100", network="0512")), 7)
    complete(sessions, a_body(a_new("ftth-100")), 8, now=DAY_BEFORE - timedelta(days=1))
    complete(sessions, a_body(a_bundle()), 9)


def test_a_file_has_its_items_their_totals_and_the_sum_of_all() -> None:
    lines = [a_line(3), a_line(1, "change"), a_line(2)]

    file = reconciliation_file("025", date(2026, 11, 30), lines)

    assert file.splitlines() == [
        ",".join(HEADER),
        f"item,025,2026-11-30,change,ftth-300,{UUID(int=1)},1,1,10,100",
        f"item,025,2026-11-30,new,ftth-300,{UUID(int=2)},1,2,20,200",
        f"item,025,2026-11-30,new,ftth-300,{UUID(int=3)},1,3,30,300",
        "total,025,2026-11-30,change,ftth-300,,1,1,10,100",
        "total,025,2026-11-30,new,ftth-300,,2,5,50,500",
        "sum,025,2026-11-30,,,,3,6,60,600",
    ]


def test_a_file_is_the_same_in_whatever_order_its_lines_come() -> None:
    lines = [a_line(n, f"action-{n % 3}", f"offering-{n % 2}") for n in range(20)]

    backwards = reconciliation_file("025", DAY, reversed(lines))

    assert backwards == reconciliation_file("025", DAY, lines)


def test_a_day_without_items_has_a_file_with_a_sum_of_nothing() -> None:
    file = reconciliation_file("", date(2026, 11, 30), [])

    assert file.splitlines()[1:] == ["sum,unknown,2026-11-30,,,,0,0,0,0"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_spreadsheet_executes_a_text_of_the_file(start: str) -> None:
    file = reconciliation_file("025", DAY, [a_line(1, f"{start}1+1", f"{start}cmd")])

    cells = [each for row in csv.reader(file.splitlines()) for each in row]
    assert not [each for each in cells if each.startswith(start)]
    assert harmless("ftth-300") == "ftth-300"


async def test_totals_add_up_to_the_lines(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    do_all(stocked)

    rows = list(csv.DictReader((await fetch(client, as_role)).text.splitlines()))

    items = [each for each in rows if each["record"] == "item"]
    assert Counter(each["action"] for each in items) == {
        "new": 2,
        **dict.fromkeys(("change", "suspend", "resume", "transfer", "disconnect"), 1),
    }
    totals = {(each["action"], each["offering"]): each for each in rows if each["id"] == ""}
    everything = totals.pop(("", ""))
    assert everything["record"] == "sum"
    for name in ("items", *AMOUNTS):
        found = Counter[tuple[str, str]]()
        for each in items:
            found[each["action"], each["offering"]] += int(each[name])
        assert {group: int(each[name]) for group, each in totals.items()} == dict(found)
        assert int(everything[name]) == found.total()
    assert int(everything["monthly_begin_cents"]) > int(everything["monthly_end_cents"]) > 0


@pytest.mark.parametrize("network", ["025", "0512", "unknown"])
async def test_a_file_is_rebuilt_from_the_archive_byte_by_byte_without_its_table(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, network: str
) -> None:
    do_all(stocked)

    first = await fetch(client, as_role, localNetwork=network)
    archived = await fetch(client, as_role, localNetwork=network, source="archive")
    with stocked.begin() as session:
        session.execute(text("DELETE FROM billing_lines"))
    rebuilt = await fetch(client, as_role, localNetwork=network, source="archive")

    assert (first.status_code, first.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    assert "item," in first.text
    assert first.content == archived.content == rebuilt.content
    assert "item," not in (await fetch(client, as_role, localNetwork=network)).text


@pytest.mark.parametrize("source", ["table", "archive"])
async def test_another_tenant_has_a_file_of_its_own(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, source: str
) -> None:
    complete(stocked, a_body(a_new()))
    query = {"localNetwork": "025", "day": DAY.isoformat(), "source": source}

    answer = await client.get(PATH, params=query, headers=as_role("billing", tenant="zhejiang"))

    assert (answer.status_code, "item," in answer.text) == (200, False)


async def test_an_item_is_in_the_file_of_the_day_of_its_local_network(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    midnight = datetime.combine(DAY, datetime.min.time(), UTC) - timedelta(hours=8)
    complete(stocked, a_body(a_new()), 1, now=midnight - timedelta(microseconds=1))
    complete(stocked, a_body(a_new("ftth-100")), 2, now=midnight)

    for source in ("table", "archive"):
        today = await fetch(client, as_role, source=source)
        day_before = await fetch(
            client, as_role, source=source, day=(DAY - timedelta(days=1)).isoformat()
        )

        assert ("ftth-100" in today.text, "ftth-300" in today.text) == (True, False)
        assert ("ftth-100" in day_before.text, "ftth-300" in day_before.text) == (False, True)


def test_a_local_network_may_have_a_time_zone_of_its_own(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    zones = TimeZones(default="Asia/Shanghai", local_networks={"0991": "Asia/Urumqi"})
    monkeypatch.setattr(f"{time_zones.__module__}.time_zones", lambda: zones)
    request.addfinalizer(zone_of.cache_clear)
    zone_of.cache_clear()
    at = datetime(2026, 11, 30, 17, tzinfo=UTC)

    assert [local_day(each, at).day for each in ("025", "0991", "")] == [1, 30, 1]


async def test_a_day_that_is_not_over_has_no_file_yet(client: AsyncClient, as_role: AsRole) -> None:
    today = local_day("025", datetime.now(UTC) + timedelta(days=1))

    answer = await fetch(client, as_role, day=today.isoformat())

    assert (answer.status_code, answer.json()["code"]) == (422, "day-not-over")


@pytest.mark.parametrize(
    ("now", "expected"), [("16:14:59", False), ("16:15:00", True), ("23:59:59", True)]
)
def test_a_day_is_over_when_its_last_transactions_have_committed(
    now: str, *, expected: bool
) -> None:
    at = datetime.fromisoformat(f"2026-11-30T{now}+00:00")

    assert is_over("025", date(2026, 11, 30), at) is expected


@pytest.mark.parametrize("offset", ["+14:00", "-12:00", "+08:00"])
def test_the_bounds_of_a_day_have_it_in_every_time_zone(offset: str) -> None:
    since, until = bounds_anywhere(date(2026, 11, 30))

    assert since <= datetime.fromisoformat(f"2026-11-30T00:00:00{offset}")
    assert datetime.fromisoformat(f"2026-11-30T23:59:59.999999{offset}") < until


@pytest.mark.parametrize("source", ["table", "archive"])
async def test_a_day_whose_month_has_left_the_database_is_refused(
    client: AsyncClient, as_role: AsRole, source: str
) -> None:
    answer = await fetch(client, as_role, day="2020-02-29", source=source)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-kept")


async def test_all_faults_of_a_request_are_named(client: AsyncClient, as_role: AsRole) -> None:
    answer = await fetch(client, as_role, localNetwork="25", day="20261130", source="memory")

    faults = {(each["field"], each["code"]) for each in answer.json()["errors"]}
    assert answer.status_code == 400
    assert {("localNetwork", "local-network-malformed"), ("day", "day-parsing")} <= faults
    assert len(faults) == 3
