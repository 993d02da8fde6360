"""Two workers at once: nothing is given twice, nothing refused for a lock, nobody stuck."""

import random
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from time import monotonic
from typing import TypeVar

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.resources import store
from services.resources.domain.claim import Request
from services.resources.domain.number import select
from shared.contracts import (
    AssignmentRequested,
    HoldAction,
    ItemNeeds,
    Need,
    ResourcesAssigned,
    ResourcesRefused,
)
from shared.db import Sessions
from shared.errors import ConflictError
from tests.conftest import NOON
from tests.kernel import TENANT
from tests.resources.build import (
    CLIENT,
    FIBRE,
    NUMBER,
    PAIR,
    a_segment,
    a_splitter,
    an_order,
    e164,
    given,
    holders,
    order_id,
    service_id,
    stock,
)

T = TypeVar("T")
PATIENCE = timedelta(seconds=20)


def assign(session: Session, *wanted: AssignmentRequested) -> list[str | None]:
    """Assign as a worker does; return what each order got first, None where it was refused."""
    requests = [Request(TENANT, each) for each in wanted]
    shares = store.assign(session, requests, NOON)
    return [
        None if isinstance(share.answer, ResourcesRefused) else given(share.answer)[0]
        for share in shares
    ]


def waits(sessions: Sessions, future: "Future[T]") -> bool:
    """Tell whether somebody comes to wait for a lock before this is done."""
    deadline = monotonic() + PATIENCE.total_seconds()
    question = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while monotonic() < deadline and not future.done():
        with sessions() as session:
            if session.scalar(question):
                return True
    return False


def deadlocks(sessions: Sessions) -> int:
    """Return how many circles of waits the database has had to break."""
    question = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    with sessions() as session:
        session.execute(text("SELECT pg_stat_clear_snapshot()"))
        found = session.scalar(question)
        assert isinstance(found, int)
        return found


def at_once(sessions: Sessions, do: Callable[[Session], T]) -> "Future[T]":
    """Do something in a transaction of its own, in a thread of its own."""

    def work() -> T:
        with sessions.begin() as session:
            return do(session)

    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def test_two_transactions_take_past_each_other(sessions: Sessions) -> None:
    stock(sessions)

    with sessions.begin() as one, sessions.begin() as other:
        taken = [*assign(one, an_order(1), an_order(2)), *assign(other, an_order(3))]

    assert taken == [e164(0), e164(1), e164(2)]


def test_what_another_holds_only_for_a_moment_is_waited_for_not_refused(
    sessions: Sessions,
) -> None:
    stock(sessions, pairs=1)

    with sessions() as one:
        assert assign(one, an_order(1, PAIR)) == ["X/0000001"]
        second = at_once(sessions, lambda session: assign(session, an_order(2, PAIR)))
        assert waits(sessions, second)
        one.rollback()

    assert second.result(PATIENCE.total_seconds()) == ["X/0000001"]


def test_what_a_refused_order_locked_is_waited_for_not_refused(sessions: Sessions) -> None:
    stock(sessions, segments=[a_segment(count=1)], pairs=0)

    with sessions.begin() as one:
        assert assign(one, an_order(1, NUMBER, PAIR)) == [None]  # the number is locked, and free
        second = at_once(sessions, lambda session: assign(session, an_order(2)))
        assert waits(sessions, second)

    assert second.result(PATIENCE.total_seconds()) == [e164(0)]


def test_what_another_has_taken_for_good_is_refused_once_that_is_certain(
    sessions: Sessions,
) -> None:
    stock(sessions, pairs=1)

    with sessions.begin() as one:
        assign(one, an_order(1, PAIR))
        second = at_once(sessions, lambda session: assign(session, an_order(2, PAIR)))
        assert waits(sessions, second)

    assert second.result(PATIENCE.total_seconds()) == [None]


def test_an_exhausted_pool_is_refused_without_waiting_for_anybody(sessions: Sessions) -> None:
    stock(sessions, pairs=1)
    with sessions.begin() as session:
        assign(session, an_order(1, PAIR))

    with sessions.begin() as busy:
        busy.execute(text("SELECT 1 FROM pool_items WHERE kind = 'pair' FOR UPDATE"))
        with sessions.begin() as session:
            assert assign(session, an_order(2, PAIR)) == [None]


def test_a_picked_number_that_another_has_locked_is_waited_for(sessions: Sessions) -> None:
    stock(sessions)
    pick = Need(kind="number", picked=e164(0))

    with sessions() as one:
        assert assign(one, an_order(1)) == [e164(0)]
        second = at_once(sessions, lambda session: assign(session, an_order(2, pick)))
        assert waits(sessions, second)
        one.rollback()

    assert second.result(PATIENCE.total_seconds()) == [e164(0)]


def test_a_hold_waits_for_an_order_that_may_yet_leave_the_number(sessions: Sessions) -> None:
    stock(sessions)

    def hold(session: Session) -> str | None:
        number = store.wait_for(session, (TENANT, e164(0)))
        return select(number, CLIENT, NOON).selected_by

    with sessions() as one:
        assign(one, an_order(1))
        second = at_once(sessions, hold)
        assert waits(sessions, second)
        one.rollback()

    assert second.result(PATIENCE.total_seconds()) == CLIENT


def test_two_batches_short_of_the_same_things_do_not_wait_in_a_circle(
    sessions: Sessions,
) -> None:
    stock(sessions, segments=[a_segment(count=1)], pairs=1)
    before = deadlocks(sessions)
    both = [an_order(1, NUMBER), an_order(2, PAIR)]
    other = [an_order(3, PAIR), an_order(4, NUMBER)]

    with sessions() as one:
        assign(one, *both)
        second = at_once(sessions, lambda session: assign(session, *other))
        assert waits(sessions, second)
        one.rollback()
        third = at_once(sessions, lambda session: assign(session, *both))
        results = [each.result(PATIENCE.total_seconds()) for each in (second, third)]

    given_out = [thing for result in results for thing in result if thing]
    assert sorted(given_out) == [e164(0), "X/0000001"]
    assert deadlocks(sessions) == before


@pytest.mark.parametrize("seed", range(3))
def test_under_load_every_thing_goes_once_and_none_is_left_while_somebody_is_refused(
    sessions: Sessions, seed: int
) -> None:
    lines = 60
    stock(
        sessions,
        segments=[a_segment(count=lines)],
        splitters=[a_splitter(legs=lines)],
        pairs=lines,
    )
    before = deadlocks(sessions)
    dice = random.Random(seed)  # noqa: S311  a seeded die, not a secret
    wanted = [a_wish(n, dice) for n in range(120)]

    with ThreadPoolExecutor(4) as pool:
        batches = [wanted[start : start + 6] for start in range(0, len(wanted), 6)]
        done = [pool.submit(work_on, sessions, batch, dice.random()) for batch in batches]
        answers = [answer for each in done for answer in each.result(60)]

    assert deadlocks(sessions) == before
    things = [
        thing for answer in answers if isinstance(answer, ResourcesAssigned)
        for thing in given(answer)
    ]  # fmt: skip
    assert len(things) == len(set(things)) == len(holders(sessions))
    for answer in answers:
        if isinstance(answer, ResourcesRefused):
            assert short(answer.reason, things, lines), answer


def a_wish(n: int, dice: random.Random) -> AssignmentRequested:
    """Return an order for a random mixture of things."""
    kinds = dice.choice([(NUMBER, PAIR), (PAIR, NUMBER), FIBRE, (*FIBRE, NUMBER, PAIR), (NUMBER,)])
    item = ItemNeeds(
        item_id="1",
        service_id=service_id(n),
        action=HoldAction.RESERVE,
        address_id="fibre",
        needs=kinds,
    )
    return AssignmentRequested(order_id=order_id(n), client=CLIENT, items=(item,))


def work_on(sessions: Sessions, batch: Sequence[AssignmentRequested], luck: float) -> list[object]:
    """Assign to a batch; one in five is rolled back first, as a crash would, and done again."""
    requests = [Request(TENANT, each) for each in batch]
    if luck < 0.2:
        with sessions() as session:
            store.assign(session, requests, NOON)
            session.rollback()
    with sessions.begin() as session:
        return [share.answer for share in store.assign(session, requests, NOON)]


def short(reason: str, things: Sequence[str], lines: int) -> bool:
    """Tell whether the pool that an order was refused for is indeed used up."""
    marks = {"number": "+86", "pair": "X/0", "leg": "S/", "vlan": "X/101.", "loid": "S-L"}
    mark = next(mark for kind, mark in marks.items() if f"no {kind} " in reason)
    return sum(thing.startswith(mark) for thing in things) == lines


def test_holds_and_orders_for_the_same_numbers_never_wait_in_a_circle(
    sessions: Sessions,
) -> None:
    stock(sessions, segments=[a_segment(count=20)])
    before = deadlocks(sessions)

    def hold(n: int) -> int:
        with sessions.begin() as session:
            for place in (n % 20, (n * 7) % 20):
                number = store.wait_for(session, (TENANT, e164(place)))
                try:
                    store.put(session, [select(number, f"client-{n}", NOON)])
                except ConflictError:
                    continue
        return n

    def order(n: int) -> int:
        picks = [Need(kind="number", picked=e164((n * step) % 20)) for step in (3, 11)]
        with sessions.begin() as session:
            assign(session, *(an_order(100 * n + m, each) for m, each in enumerate(picks)))
        return n

    with ThreadPoolExecutor(4) as pool:
        work = [pool.submit((hold, order)[n % 2], n) for n in range(40)]
        assert [each.result(60) for each in work] == list(range(40))

    assert deadlocks(sessions) == before
