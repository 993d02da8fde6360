"""Holdings at the end of an order: in use, free again, released, in quarantine."""

from sqlalchemy import text

from shared.contracts import (
    Action,
    RefusalCode,
    ReleaseRequested,
    ResourcesReleased,
)
from shared.persistence.database import Sessions
from tests.kernel import dead_letter_rows, history, published_types
from tests.resources.builders import (
    FIBRE,
    NUMBER,
    PAIR,
    a_release_request,
    an_assignment_request,
    assigned_values,
    completed,
    e164,
    handle,
    holders,
    import_plant,
    latest_messages,
    order_id,
    refusal_code,
    service_id,
    states,
)


def test_a_released_order_leaves_everything_unchanged(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR, *FIBRE))

    handle(sessions, ReleaseRequested(order_id=order_id(1)))

    assert isinstance(latest_messages(sessions)[order_id(1)], ResourcesReleased)
    assert states(sessions) == {}


def test_an_order_that_holds_nothing_is_released_all_the_same(sessions: Sessions) -> None:
    handle(sessions, ReleaseRequested(order_id=order_id(1)))

    assert published_types(sessions) == ["resources.released.v1"]


def test_a_completed_order_has_its_things_in_use(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR), an_assignment_request(2, NUMBER))

    handle(sessions, completed(1))

    assert states(sessions) == {e164(0): "in_use", "X/0000001": "in_use", e164(1): "reserved"}


def test_a_disconnection_frees_items_and_quarantines_the_number(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1))

    handle(sessions, a_release_request(2, of=1))
    pending = states(sessions)
    handle(sessions, completed(2, Action.DELETE, of=1))

    assert assigned_values(latest_messages(sessions)[order_id(2)]) == [e164(0), "X/0000001"]
    assert pending == {e164(0): "pending_release", "X/0000001": "pre_released"}
    assert states(sessions) == {e164(0): "quarantined"}
    assert holders(sessions) == {}


def test_a_disconnection_that_is_undone_leaves_the_service_unchanged(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))

    handle(sessions, ReleaseRequested(order_id=order_id(2)))

    assert set(states(sessions).values()) == {"in_use"}
    assert {service for _, service in holders(sessions).values()} == {service_id(1)}


def test_a_service_that_holds_nothing_cannot_be_disconnected(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(sessions, a_release_request(2, of=1))

    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.NOT_HELD


def test_a_service_is_not_disconnected_by_two_orders(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))
    handle(sessions, completed(1))

    handle(sessions, a_release_request(2, of=1))
    handle(sessions, a_release_request(3, of=1))

    assert refusal_code(latest_messages(sessions)[order_id(3)]) is RefusalCode.NOT_HELD


def test_another_tenant_s_service_cannot_be_disconnected(sessions: Sessions) -> None:
    import_plant(sessions, tenant="other")
    with sessions.begin() as session:
        session.execute(
            text("UPDATE numbers SET state = 'in_use', order_id = :o, service_id = :s"
                 " WHERE e164 = :e"),
            {"o": order_id(1), "s": service_id(1), "e": e164(0)},
        )  # fmt: skip

    handle(sessions, a_release_request(2, of=1))

    assert refusal_code(latest_messages(sessions)[order_id(2)]) is RefusalCode.NOT_HELD


def test_a_disconnection_may_overtake_the_completion_it_follows(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, NUMBER, PAIR))

    handle(sessions, a_release_request(2, of=1))
    handle(sessions, completed(1))
    handle(sessions, completed(2, Action.DELETE, of=1))

    assert states(sessions) == {e164(0): "quarantined"}
    assert dead_letter_rows(sessions) == []


def test_a_completion_that_comes_twice_or_late_changes_nothing(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))
    handle(sessions, completed(1))
    before = history(sessions)

    handle(sessions, ReleaseRequested(order_id=order_id(1)))

    assert states(sessions) == {e164(0): "in_use"}
    assert history(sessions) == before


def test_every_change_of_a_number_or_item_is_a_row_of_the_history(sessions: Sessions) -> None:
    import_plant(sessions)

    handle(sessions, an_assignment_request(1, NUMBER, PAIR))
    handle(sessions, completed(1))
    handle(sessions, a_release_request(2, of=1))
    handle(sessions, completed(2, Action.DELETE, of=1))

    one, two = str(order_id(1)), str(order_id(2))
    assert sorted(history(sessions)) == sorted(
        [
            ("number", one, "idle", "reserved"),
            ("number", one, "reserved", "in_use"),
            ("number", two, "in_use", "pending_release"),
            ("number", two, "pending_release", "quarantined"),
            ("pair", one, "free", "reserved"),
            ("pair", one, "reserved", "in_use"),
            ("pair", two, "in_use", "pre_released"),
            ("pair", two, "pre_released", "free"),
        ]
    )
