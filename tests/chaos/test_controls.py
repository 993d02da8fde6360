"""Negative controls: each invariant finds the fault that it is there to find."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest
from psycopg import sql

from shared.contracts import (
    Customer,
    Envelope,
    OrderAccepted,
    OrderFailed,
    OrderMessage,
    OrderRejected,
    RefusalCode,
)
from shared.contracts.personal import with_personal_data_blanked
from tests.chaos.database_faults import FAULTS
from tests.chaos.topic_contents import (
    OrderingKey,
    TopicRecord,
    digest,
    out_of_order,
    out_of_order_after_wipe,
)
from tests.conftest import NOON
from tests.elements.simulator_process import Simulator
from tests.flows.lines import new_item, ordered, stock
from tests.flows.order_items import fibre, home_bundle, telephone
from tests.flows.site import Site
from tests.kernel import cause_of
from tools.verify import INVARIANTS, PostedOrder, check, wait_until_quiescent
from tools.verify.invariants import check_invariant
from tools.verify.stack_data import StackData, open_stack_data

ERASED = "C-erased"
"""A customer who was erased."""


@pytest.fixture(scope="module")
def posted(site: Site) -> list[PostedOrder]:
    """Completed orders, the first customer erased, on a system without faults."""
    place = site.exchange_area()
    items = [(ERASED, fibre), *(("C-control", item) for item in (fibre, telephone, home_bundle))]
    stock(site, place)
    orders = [
        *(ordered(site, item(place.served), customer=customer) for customer, item in items),
        ordered(site, new_item("mobile", place, "1"), customer="C-control"),
    ]
    found = [
        PostedOrder(UUID(site.completed(order)["id"]), order["externalId"]) for order in orders
    ]
    site.view(ERASED, products=1)
    path = f"/ops/v1/customers/{ERASED}/erase"
    site.client("admin").post("customer", path, {"reason": "control"})
    grant = {"owner": "crm", "grantee": "another-crm", "customerId": ERASED}
    site.client("admin").post("customer", "/ops/v1/grants", grant | {"reason": "control"})
    assert wait_until_quiescent(site.record, 30)
    return found


def broken_in(stack_data: StackData) -> set[str]:
    """Return the invariants that do not hold."""
    return {
        name for name, each in INVARIANTS.items() if check_invariant(name, each, stack_data).faults
    }


def test_nothing_is_wrong_without_a_fault(site: Site, posted: list[PostedOrder]) -> None:
    found = check(site.record, posted)

    assert [each for each in found if each.faults] == []
    unchecked = {each.invariant for each in found if not each.things_checked}
    assert unchecked <= {"no element call is open"}


@pytest.mark.parametrize("invariant", FAULTS)
def test_a_fault_in_a_database_is_found(
    site: Site, posted: list[PostedOrder], invariant: str
) -> None:
    service, fault = FAULTS[invariant]

    with open_stack_data(site.record, posted) as stack_data:
        connection = stack_data.connections[service]
        with connection.transaction(force_rollback=True):
            connection.execute(fault)
            found = check_invariant(invariant, INVARIANTS[invariant], stack_data)

    assert found.faults


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize(
    ("table", "column", "name"),
    [
        ("orders", "content", "{customer,name}"),
        ("orders", "content", "{real_name_checks,0,identity}"),
        ("outbox", "body", "{data,customer,name}"),
        ("outbox", "body", "{data,record,real_name_checks,0,reference}"),
    ],
)
def test_personal_data_of_an_erased_customer_are_found(
    site: Site, table: str, column: str, name: str
) -> None:
    statement = sql.SQL(
        "UPDATE {table} SET {column} = convert_to(jsonb_set("
        "convert_from({column}, 'UTF8')::jsonb, {name}, '\"somebody\"')::text, 'UTF8') "
        "WHERE convert_from({column}, 'UTF8') LIKE '%C-erased%'"
    ).format(table=sql.Identifier(table), column=sql.Identifier(column), name=name)

    with (
        open_stack_data(site.record) as stack_data,
        stack_data.connections["order"].transaction(force_rollback=True),
    ):
        stack_data.connections["order"].execute(statement)
        found = broken_in(stack_data)

    assert found == {"erased parties are blank"}


@pytest.mark.usefixtures("posted")
def test_an_identity_for_which_an_order_of_an_erased_customer_counts_is_found(site: Site) -> None:
    statement = """
        INSERT INTO identity_holdings (id, tenant, identity, counts_as, product_id, order_id)
        SELECT id, tenant, '00', 'phone-cards', id, id FROM orders WHERE party_id = 'C-erased'
    """

    with (
        open_stack_data(site.record) as stack_data,
        stack_data.connections["order"].transaction(force_rollback=True),
    ):
        stack_data.connections["order"].execute(statement)
        found = broken_in(stack_data)

    assert found == {"erased parties are blank", "identities hold what orders gave"}


@pytest.mark.usefixtures("posted")
def test_a_profile_on_an_element_without_an_order_is_found(site: Site) -> None:
    url = f"{site.record.urls['elements']}/elements/STRAY-OLT01/operations"
    body = {"kind": "add-profile", "subject": "stray"}
    httpx.put(f"{url}/stray-1", json=body).raise_for_status()

    with open_stack_data(site.record) as stack_data:
        found = broken_in(stack_data)

    httpx.put(f"{url}/stray-2", json=body | {"kind": "remove-profile"}).raise_for_status()
    assert found == {"elements have what the inventory says"}


@pytest.mark.usefixtures("posted")
def test_a_view_that_differs_from_the_messages_is_found(site: Site) -> None:
    with open_stack_data(site.record) as stack_data:
        execute = stack_data.connections["customer"].execute
        (row,) = execute(
            "SELECT max(order_id::text)::uuid AS id FROM endings WHERE state = 'completed'"
        )
        execute("UPDATE endings SET state = 'failed' WHERE order_id = %s", [row.id])
        found = broken_in(stack_data)
        execute("UPDATE endings SET state = 'completed' WHERE order_id = %s", [row.id])

    assert found == {"customers' views are the fold of all messages"}


@pytest.mark.usefixtures("posted")
@pytest.mark.parametrize("part", ["name", "phone", "number"])
def test_a_customer_in_a_log_is_found(site: Site, part: str) -> None:
    log = site.home / "logs" / "planted.log"

    with open_stack_data(site.record) as stack_data:
        log.write_text(f"no answer from {personal_data(stack_data)[part]}, trying again\n")
        found = broken_in(stack_data)

    log.unlink()
    assert found == {"no log names a customer"}


def personal_data(stack_data: StackData) -> dict[str, str]:
    """Return the name and the numbers of the customer of a telephone order."""
    assigned = [
        (order_id, held.value)
        for (order_id, _), each in stack_data.expected_state.assigned.items()
        for item in each.items
        for held in item.held
        if held.kind == "number"
    ]
    order_id, number = assigned[-1]
    customer = stack_data.expected_state.accepted[order_id].customer
    return {"name": customer.name, "phone": customer.phone, "number": number.removeprefix("+86")}


@pytest.mark.usefixtures("posted")
def test_an_operation_that_was_done_twice_is_found(site: Site, tmp_path: Path) -> None:
    simulator = Simulator(tmp_path)
    body = {"kind": "create-account", "subject": "s1"}
    url = f"{simulator.url}/elements/aaa/operations/o1"
    httpx.put(url, json=body).raise_for_status()
    simulator.kill()
    (journal,) = tmp_path.iterdir()
    journal.write_bytes(journal.read_bytes() * 2)
    simulator.restart()

    with open_stack_data(
        replace(site.record, urls=site.record.urls | {"elements": simulator.url})
    ) as stack_data:
        found = broken_in(stack_data)

    simulator.stop()
    assert "every operation had one effect" in found


def test_records_out_of_order_on_a_topic_are_found_and_copies_are_not() -> None:
    place = OrderingKey("order", "order", uuid4())
    first, second, third = (TopicRecord(place, uuid4(), sequence, "x") for sequence in (1, 2, 3))

    assert out_of_order([first, second, first, second, third]) == []
    assert len(out_of_order([first, third, second])) == 1


def test_after_a_wipe_a_record_may_come_early_if_it_comes_again_in_its_turn() -> None:
    place = OrderingKey("order", "order", uuid4())
    first, second, third = (TopicRecord(place, uuid4(), sequence, "x") for sequence in (1, 2, 3))
    early, partly_again = [second, first, second, third], [first, second, third, first]

    assert len(out_of_order(early)) == 1
    assert out_of_order_after_wipe(early) == out_of_order_after_wipe(partly_again) == []
    for wrong in (
        [second, first, third],
        [third, second, first],
        [second, third, first, third],
        [first, first._replace(content="y")],
        [first, first._replace(id=uuid4())],
    ):
        assert out_of_order_after_wipe(wrong) != []


def test_a_second_record_of_an_id_is_found_only_if_its_content_differs() -> None:
    order_id = uuid4()
    customer = Customer(id="lin-1", name="林小玉", phone="13851237788")
    message = OrderAccepted(order_id=order_id, client="crm", customer=customer, items=())
    code = RefusalCode.UNSERVED
    rejected = OrderRejected(order_id=order_id, customer_id="lin-1", code=code, reason="far")
    failed = OrderFailed(order_id=order_id, customer_id="lin-1", code=code, reason="far")

    copies = topic_records([message, message, with_personal_data_blanked(message)])
    changed = topic_records([message, msgspec.structs.replace(message, client="another")])
    of_another_type = topic_records([rejected, failed])

    assert with_personal_data_blanked(message) != message
    assert out_of_order(copies) == []
    assert len(out_of_order(changed)) == 1
    assert len(out_of_order(of_another_type)) == 1


def topic_records(messages: Sequence[OrderMessage]) -> list[TopicRecord]:
    """Return the topic records of these messages, all with one id."""
    id_ = uuid4()
    envelopes = [Envelope.wrap(each, cause_of(each), 0, 1, NOON) for each in messages]
    place = OrderingKey("order", "order", messages[0].key)
    return [TopicRecord(place, id_, 1, digest(each)) for each in envelopes]


def test_every_invariant_has_a_control() -> None:
    others = {
        "every operation had one effect",
        "customers' views are the fold of all messages",
        "no log names a customer",
    }

    assert FAULTS.keys() | others == INVARIANTS.keys()
