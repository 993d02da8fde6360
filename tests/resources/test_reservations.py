"""Reservations that no plan needs are found, and released by operators."""

from datetime import timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient, Response

from services.resources import store
from services.resources.commands.reservations import schedule_reservation_review
from services.resources.domain.allocation.reservation_review import (
    ASK_AGAIN_AFTER,
    REVIEW_AFTER,
    REVIEW_INTERVAL,
)
from services.resources.domain.scheduled_messages import ReservationReviewDue
from services.resources.handlers import SUBSCRIPTIONS
from shared.contracts import (
    Causation,
    Held,
    ReservationAnswered,
    ReservationQuestioned,
    ResourcesAssigned,
)
from shared.observability.troubles import TroubleKind
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.kernel import TENANT, consume_records, history, published, record_of
from tests.resources.builders import (
    FIBRE,
    an_assignment_request,
    completed,
    handle,
    import_plant,
    order_id,
    scheduled_messages,
    states,
)

LATER = NOON + REVIEW_AFTER + timedelta(seconds=1)
RESERVATIONS = "/ops/v1/reservations"


def review(sessions: Sessions, hours: int = 0) -> None:
    """Review old reservations, a number of hours after they became old."""
    now = LATER + timedelta(hours=hours)
    cause = Causation(UUID(int=hours + 1), UUID(int=1), TENANT)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(ReservationReviewDue(), cause)], now=now)


def questions(sessions: Sessions) -> list[ReservationQuestioned]:
    """Return the questions to provisioning."""
    return [each for each in published(sessions) if isinstance(each, ReservationQuestioned)]


def answer(
    sessions: Sessions,
    question: ReservationQuestioned,
    *,
    is_needed: bool,
    plan: str = "",
    needs: tuple[Held, ...] | None = None,
) -> None:
    """Answer a question."""
    message = ReservationAnswered(
        order_id=question.order_id,
        question_id=question.question_id,
        is_needed=is_needed,
        plan=plan,
        needs=needs,
    )
    cause = Causation(question.question_id, question.order_id, TENANT)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(message, cause)], now=LATER)


def test_provisioning_is_asked_about_old_reservations_and_not_about_what_is_in_use(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1), an_assignment_request(2), completed(2))
    handle(sessions, an_assignment_request(3), now=LATER)

    review(sessions)

    assert [each.order_id for each in questions(sessions)] == [order_id(1)]
    assert (LATER + REVIEW_INTERVAL, ReservationReviewDue()) in scheduled_messages(sessions)


def test_the_same_reservation_is_asked_about_once_a_day(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))

    for hours in (0, 1, 2, int(ASK_AGAIN_AFTER / timedelta(hours=1))):
        review(sessions, hours)

    first, second = questions(sessions)
    assert first.question_id != second.question_id


def test_a_start_schedules_one_review(sessions: Sessions) -> None:
    for _ in range(2):
        with sessions.begin() as session:
            schedule_reservation_review(session)

    assert [message for _, message in scheduled_messages(sessions)] == [ReservationReviewDue()]


def test_a_reservation_that_no_plan_needs_is_a_trouble_and_stays_reserved(
    sessions: Sessions,
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    review(sessions)
    before = states(sessions)

    answer(sessions, questions(sessions)[0], is_needed=False)

    with sessions() as session:
        (trouble,) = store.reservation_reviews.unneeded_reservation_troubles(session, LATER)
    assert (trouble.kind, trouble.count, trouble.oldest_age_s) == (
        TroubleKind.QUESTIONED,
        1,
        (LATER - NOON).total_seconds(),
    )
    assert states(sessions) == before != {}


def test_a_reservation_that_a_plan_needs_is_no_trouble(sessions: Sessions) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))
    review(sessions)

    answer(sessions, questions(sessions)[0], is_needed=True, plan="running")

    with sessions() as session:
        assert list(store.reservation_reviews.unneeded_reservation_troubles(session, LATER)) == []


async def test_a_reservation_that_no_plan_needs_is_released_and_the_history_has_the_reason(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    requested = await reserve_and_release(client, sessions, as_role)
    assert (requested.status_code, states(sessions) == {}) == (202, False)
    answer(sessions, questions(sessions)[-1], is_needed=False)

    assert states(sessions) == {}
    back = [(kind, was, became) for kind, _, was, became in history(sessions) if was == "reserved"]
    assert set(back) == {(kind, "reserved", "free") for kind in ("leg", "vlan", "loid")}
    path = "/ops/v1/pools/leg/S/things/S/001"
    leg = (await client.get(path, headers=as_role("viewer"))).json()
    assert leg["history"][-1]["reason"] == "released by crm: never placed"


async def test_a_reservation_that_a_plan_needs_is_never_released(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    await reserve_and_release(client, sessions, as_role)
    before = states(sessions)

    answer(sessions, questions(sessions)[-1], is_needed=True, plan="running")

    assert states(sessions) == before != {}
    path = f"{RESERVATIONS}/{order_id(1)}"
    shown = (await client.get(path, headers=as_role("viewer"))).json()
    assert (shown["is_needed"], shown["plan"], shown["release_by"]) == (True, "running", "")


async def test_only_what_a_completed_plan_does_not_need_is_released(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    await reserve_and_release(client, sessions, as_role)
    (needed, *_) = holdings_of_first(sessions)

    answer(sessions, questions(sessions)[-1], is_needed=True, plan="completed", needs=(needed,))

    assert states(sessions) == {needed.value: "reserved"}


@pytest.mark.parametrize(("first", "troubles"), [(0, []), (1, [TroubleKind.QUESTIONED])])
def test_what_a_completed_plan_does_not_need_is_a_trouble(
    sessions: Sessions, first: int, troubles: list[TroubleKind]
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    review(sessions)
    needs = holdings_of_first(sessions)[first:]

    answer(sessions, questions(sessions)[0], is_needed=True, plan="completed", needs=needs)

    with sessions() as session:
        assert [
            each.kind
            for each in store.reservation_reviews.unneeded_reservation_troubles(session, LATER)
        ] == troubles


def holdings_of_first(sessions: Sessions) -> tuple[Held, ...]:
    """Return the published holdings of the first order."""
    (assigned,) = (each for each in published(sessions) if isinstance(each, ResourcesAssigned))
    return assigned.items[0].held


async def test_only_the_answer_to_the_last_question_counts(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    review(sessions)
    await release(client, as_role)
    before = states(sessions)

    answer(sessions, questions(sessions)[0], is_needed=False)

    assert states(sessions) == before != {}


async def test_an_order_that_requests_again_keeps_its_reservation(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    await reserve_and_release(client, sessions, as_role)
    again = Causation(UUID(int=9), order_id(1), TENANT)
    consume_records(sessions, SUBSCRIPTIONS, [record_of(an_assignment_request(1, *FIBRE), again)])
    before = states(sessions)

    answer(sessions, questions(sessions)[-1], is_needed=False)

    assert states(sessions) == before != {}


async def test_old_reservations_are_listed_with_what_is_known_of_each(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1))
    review(sessions)
    answer(sessions, questions(sessions)[0], is_needed=False)

    old = f"{RESERVATIONS}?older_than=60"
    (shown,) = (await client.get(old, headers=as_role("viewer"))).json()

    assert (shown["order_id"], shown["is_needed"]) == (str(order_id(1)), False)
    assert shown["held"] == f"/ops/v1/holdings/{order_id(1)}"


async def test_what_is_not_reserved_cannot_be_released(
    client: AsyncClient, sessions: Sessions, as_role: AsRole
) -> None:
    import_plant(sessions)
    handle(sessions, an_assignment_request(1), completed(1))

    answer_ = await release(client, as_role)

    assert answer_.status_code == 404
    assert "older_than" in answer_.json()["remedy"]


async def test_only_operators_release_reservations(client: AsyncClient, as_role: AsRole) -> None:
    assert (await release(client, as_role, role="viewer")).status_code == 403


async def reserve_and_release(client: AsyncClient, sessions: Sessions, as_role: AsRole) -> Response:
    """Reserve a fibre line for the first order, and request its release."""
    import_plant(sessions)
    handle(sessions, an_assignment_request(1, *FIBRE))
    return await release(client, as_role)


async def release(client: AsyncClient, as_role: AsRole, role: str = "ops") -> Response:
    """Request the release of the first order's reservation."""
    path = f"{RESERVATIONS}/{order_id(1)}/release"
    return await client.post(path, json={"reason": "never placed"}, headers=as_role(role))
