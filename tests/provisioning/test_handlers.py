"""Handlers of the provisioning service on a real database: messages in, messages out."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid5

import msgspec
import pytest
from sqlalchemy import event, select

from services.provisioning.commands.blueprints import load_shipped
from services.provisioning.domain.blueprint.blueprint import BlueprintStep, StepKind
from services.provisioning.domain.plan.plan import PlanState
from services.provisioning.domain.scheduled_messages import StepTimerExpired
from services.provisioning.domain.service import ServiceState
from services.provisioning.handlers import SUBSCRIPTIONS
from services.provisioning.store import blueprints, plans, work_orders
from shared.contracts import (
    AssignmentRequested,
    BusinessAction,
    HoldAction,
    OrderAccepted,
    RefusalCode,
    ReleaseRequested,
    ResourcesAssigned,
    ResourcesRefused,
    ResourcesReleased,
    ServiceCompleted,
    ServiceFailed,
)
from shared.persistence.database import Sessions
from shared.persistence.pagination import Window
from shared.persistence.versioned_documents import SHARED_TENANT
from shared.scheduling.timer_store import TimerRow
from tests.conftest import NOON
from tests.kernel import TENANT, consume, dead_letter_rows, history, published, published_types
from tests.provisioning.builders import (
    ORDER_ID,
    OTHER_ID,
    a_blueprint,
    a_call,
    accepted,
    an_item,
    assigned,
    for_action,
    index,
)
from tests.provisioning.database import (
    REFERENCE,
    attempts_of,
    begin,
    plan_of,
    publish,
    services_of,
)


def test_an_order_whose_element_is_in_process_is_done_by_two_messages(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    order = accepted()

    begin(sessions, order)

    request, done = published(sessions)
    assert isinstance(request, AssignmentRequested)
    assert [need.kind for need in request.items[0].needs] == ["number", "pair"]
    assert isinstance(done, ServiceCompleted)
    assert {held.kind for held in done.services[0].held} == {"number", "pair"}
    assert plan_of(sessions).state is PlanState.COMPLETED
    assert attempts_of(sessions) == []
    (service,) = services_of(sessions, order)
    assert service.state is ServiceState.ACTIVE
    assert history(sessions) == [
        ("step", "assign", "", "running"),
        ("step", "assign", "running", "done"),
        ("step", "1/switch", "waiting", "done"),
    ]


def test_a_batch_of_orders_takes_as_many_statements_as_a_few(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)

    def orders(first: int, count: int) -> list[OrderAccepted]:
        return [renamed(accepted(), UUID(int=first + n)) for n in range(count)]

    counts = []
    for batch in (orders(1000, 3), orders(2000, 60)):
        answers = [assigned(each, index([REFERENCE])) for each in batch]
        with counting(sessions) as statements:
            consume(sessions, SUBSCRIPTIONS, *batch)
            consume(sessions, SUBSCRIPTIONS, *answers)
        counts.append(len(statements))

    assert counts[0] == counts[1]
    assert dead_letter_rows(sessions) == []


def renamed(order: OrderAccepted, order_id: UUID) -> OrderAccepted:
    """Return the order under another id, with its own services."""
    items = (
        msgspec.structs.replace(each, service_id=uuid5(order_id, each.id)) for each in order.items
    )
    return msgspec.structs.replace(order, order_id=order_id, items=tuple(items))


@contextmanager
def counting(sessions: Sessions) -> Iterator[list[str]]:
    statements: list[str] = []

    def count(*call: object) -> None:
        statements.append(str(call[2]))

    engine = sessions.kw["bind"]
    event.listen(engine, "before_cursor_execute", count)
    yield statements
    event.remove(engine, "before_cursor_execute", count)


def test_an_order_keeps_the_blueprint_of_its_day(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    consume(sessions, SUBSCRIPTIONS, accepted())
    publish(sessions, a_blueprint(a_call("other"), version=2))
    consume(sessions, SUBSCRIPTIONS, accepted(order_id=OTHER_ID))

    consume(sessions, SUBSCRIPTIONS, assigned(accepted(), index([REFERENCE])))

    old, new = plan_of(sessions), plan_of(sessions, OTHER_ID)
    assert (old.items[0].blueprint_version, old.items[0].catalogue_version) == (1, 3)
    assert old.state is PlanState.COMPLETED
    assert new.items[0].blueprint_version == 2
    assert new.steps[1].blueprint.name == "other"


def test_a_tenants_own_blueprint_takes_precedence_over_the_shared_one(sessions: Sessions) -> None:
    own = a_blueprint(a_call("own-way"))
    publish(sessions, own, tenant=TENANT)
    publish(sessions, REFERENCE, tenant=SHARED_TENANT)

    consume(sessions, SUBSCRIPTIONS, accepted())
    consume(sessions, SUBSCRIPTIONS, accepted(order_id=OTHER_ID), tenant="zhejiang")

    with sessions() as session:
        theirs = plans.find_in_tenant(session, "zhejiang", OTHER_ID)
    assert plan_of(sessions).steps[1].blueprint.name == "own-way"
    assert theirs
    assert theirs.steps[1].blueprint.name == "switch"


def test_an_order_without_a_blueprint_fails_before_anything_is_held(sessions: Sessions) -> None:
    consume(sessions, SUBSCRIPTIONS, accepted(an_item("leased-line")))

    (failed,) = published(sessions)
    assert isinstance(failed, ServiceFailed)
    assert failed.code == "no-blueprint"
    assert "leased-line/new" in failed.reason
    assert plan_of(sessions).state is PlanState.FAILED


def test_items_that_change_nothing_need_no_plan(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    order = accepted(an_item(action=BusinessAction.KEEP, id_="1"), an_item(id_="2"))

    consume(sessions, SUBSCRIPTIONS, order)

    assert [item.id for item in plan_of(sessions).items] == ["2"]


def test_a_refusal_fails_the_order_and_leaves_nothing(sessions: Sessions) -> None:
    refusal = ResourcesRefused(
        order_id=ORDER_ID, code=RefusalCode.UNSERVED, reason="no fibre there"
    )
    consume(sessions, SUBSCRIPTIONS, accepted(an_item("ftth")))

    consume(sessions, SUBSCRIPTIONS, refusal)

    failed = published(sessions)[-1]
    assert isinstance(failed, ServiceFailed)
    assert (failed.code, failed.reason, failed.step) == ("unserved", "no fibre there", "assign")
    assert ReleaseRequested.type not in published_types(sessions)


def test_branches_of_all_items_are_called_at_once(sessions: Sessions) -> None:
    begin(sessions, accepted(an_item("ftth", id_="1"), an_item("voice", id_="2")))

    calls = {(each.element, each.kind) for each in attempts_of(sessions)}
    assert calls == {
        ("aaa", "create-account"),
        ("NJ-XW-OLT01", "add-profile"),
        ("ims", "create-subscriber"),
    }
    with sessions() as session:
        (jumper,) = work_orders.of_order(session, ORDER_ID)
    assert (jumper.step, jumper.job, jumper.district) == ("2/jumper", "run-jumper", "NJ-XW")


def test_a_call_has_parameters_from_holdings_and_characteristics(sessions: Sessions) -> None:
    order = accepted(an_item("ftth"))

    begin(sessions, order)

    profile = next(each for each in attempts_of(sessions) if each.kind == "add-profile")
    assert {each.name: each.value for each in profile.parameters} == {
        "pon_port": "0/1/3",
        "svlan": 101,
        "cvlan": 117,
        "loid": "3201020001",
        "speed_mbps": 300,
    }
    assert profile.subject == str(order.items[0].service_id)
    assert profile.priority == order.priority


def test_a_disconnection_knows_what_was_chosen_when_the_service_was_made(
    sessions: Sessions,
) -> None:
    publish(sessions, REFERENCE, for_action(REFERENCE, BusinessAction.DISCONNECT))
    begin(sessions, accepted())
    disconnection = msgspec.structs.replace(
        an_item(action=BusinessAction.DISCONNECT), characteristics=()
    )
    order = accepted(disconnection, order_id=OTHER_ID)

    consume(sessions, SUBSCRIPTIONS, order)

    request = published(sessions)[-1]
    assert isinstance(request, AssignmentRequested)
    assert request.items[0].action is HoldAction.PRE_RELEASE
    (item,) = plan_of(sessions, OTHER_ID).items
    assert item.characteristics == accepted().items[0].characteristics


def test_a_disconnected_service_stays_in_the_inventory_as_terminated(sessions: Sessions) -> None:
    publish(sessions, REFERENCE, disconnection := for_action(REFERENCE, BusinessAction.DISCONNECT))
    begin(sessions, accepted())
    order = accepted(an_item(action=BusinessAction.DISCONNECT), order_id=OTHER_ID)
    consume(sessions, SUBSCRIPTIONS, order, now=NOON + timedelta(days=1))

    later = NOON + timedelta(days=2)
    consume(sessions, SUBSCRIPTIONS, assigned(order, index([disconnection])), now=later)

    (service,) = services_of(sessions, order)
    assert service.state is ServiceState.TERMINATED
    assert (service.started_at, service.ended_at) == (NOON, later)
    assert service.order_id == OTHER_ID
    assert service.held


def test_a_wait_ends_when_its_time_has_passed(sessions: Sessions) -> None:
    pause = BlueprintStep(name="pause", kind=StepKind.WAIT, after=("assign",), wait_s=3600)
    publish(sessions, waiting := a_blueprint(pause))
    consume(sessions, SUBSCRIPTIONS, accepted())

    consume(sessions, SUBSCRIPTIONS, assigned(accepted(), index([waiting])))
    with sessions() as session:
        due_at = session.scalars(select(TimerRow.due_at)).one()
    consume(sessions, SUBSCRIPTIONS, StepTimerExpired(order_id=ORDER_ID, step="1/pause"))

    assert due_at == NOON + timedelta(hours=1)
    assert plan_of(sessions).state is PlanState.COMPLETED


def test_an_answer_that_can_never_be_legal_is_parked(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    begin(sessions, accepted())

    consume(sessions, SUBSCRIPTIONS, ResourcesReleased(order_id=ORDER_ID))

    (row,) = dead_letter_rows(sessions)
    assert "resources.released.v1 is impossible" in row.error


@pytest.mark.parametrize("order_id", [ORDER_ID, OTHER_ID])
def test_an_answer_about_an_order_without_a_plan_is_parked(
    sessions: Sessions, order_id: UUID
) -> None:
    consume(sessions, SUBSCRIPTIONS, ResourcesAssigned(order_id=order_id, items=()))

    assert len(dead_letter_rows(sessions)) == 1


def test_what_a_tenant_has_no_other_tenant_sees(sessions: Sessions) -> None:
    publish(sessions, REFERENCE)
    begin(sessions, accepted())

    with sessions() as session:
        assert plans.find_in_tenant(session, "zhejiang", ORDER_ID) is None


ALL = Window(0, 100)


def test_shipping_the_same_blueprints_again_changes_nothing(sessions: Sessions) -> None:
    with sessions.begin() as session:
        before = blueprints.find_page(session, TENANT, ALL)
        load_shipped(session)
        assert blueprints.find_page(session, TENANT, ALL) == before
