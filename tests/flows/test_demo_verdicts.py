"""What counts as the expected end of a post, and what does not."""

from dataclasses import replace
from typing import Any

import pytest

from deploy.jiangsu.province import province
from services.console.demo.ledger import Answer, Ledger, OverError
from services.console.demo.outcome import end_of, surprises
from services.console.demo.plan import Planned, plan
from services.console.demo.stories import STORIES, End

NOON, LATER = "2026-01-31T12:00:00.000Z", "2026-01-31T12:00:01.000Z"


def as_expected() -> Ledger:
    """Return a ledger in which every post came to its expected end."""
    ledger = Ledger(plan(12, province(numbers=2000, addresses=600)).posts)
    for planned in ledger.posts:
        ledger.note_answer(planned, answer(planned, ledger))
        if planned.story.status == 201 and planned.story.end is not End.REPEATED:
            ledger.note_end(ended(planned, planned.story.end, planned.story.code))
    return ledger


def answer(planned: Planned, ledger: Ledger) -> Answer:
    """Return the answer that a post must get."""
    story = planned.story
    if story.end is End.REPEATED and planned.earlier:
        return ledger.answers[planned.earlier.number]
    if story.status == 201:
        return Answer(201, {"id": order_id(planned)}, order_id(planned).encode())
    return Answer(story.status, {"code": story.code}, b"")


def ended(planned: Planned, end: End, code: str = "") -> dict[str, Any]:
    """Return the order of a post as it ended."""
    order = {"id": order_id(planned), "state": end.value, "orderDate": NOON}
    why = {"code": code, "reason": "", "timestamp": LATER}
    return order | ({"productOrderErrorMessage": [why]} if code else {"completionDate": LATER})


def order_id(planned: Planned) -> str:
    """Return what the order of a post is called."""
    return f"order-{planned.number}"


def the(ledger: Ledger, end: End) -> Planned:
    """Return the first post that must come to an end."""
    return next(each for each in ledger.posts if each.story.end is end)


def test_nothing_surprises_where_all_is_as_planned() -> None:
    ledger = as_expected()

    assert ledger.is_done
    assert list(surprises(ledger)) == []
    assert {end_of(each, ledger) for each in ledger.posts} == {s.end for s in STORIES}


@pytest.mark.parametrize("end", [End.COMPLETED, End.FAILED, End.REJECTED])
def test_an_order_that_comes_to_another_end_is_a_surprise(end: End) -> None:
    ledger = as_expected()
    planned = the(ledger, end)
    other = End.FAILED if end is not End.FAILED else End.COMPLETED

    ledger.note_end(ended(planned, other, "some-reason" if other is End.FAILED else ""))

    assert any(planned.external_id in each for each in surprises(ledger))


def test_an_order_that_never_ends_is_a_surprise() -> None:
    ledger = as_expected()
    del ledger.ended[order_id(the(ledger, End.COMPLETED))]

    assert not ledger.is_done
    assert any("open" in each for each in surprises(ledger))


def test_a_failure_for_another_reason_is_a_surprise() -> None:
    ledger = as_expected()

    ledger.note_end(ended(the(ledger, End.FAILED), End.FAILED, "not-available"))

    assert any("not-available" in each for each in surprises(ledger))


def test_a_refusal_with_another_status_is_a_surprise() -> None:
    ledger = as_expected()
    planned = the(ledger, End.REFUSED)

    ledger.note_answer(planned, Answer(500, {"code": planned.story.code}, b""))

    assert any("answered 500" in each for each in surprises(ledger))


def test_a_repetition_that_is_answered_otherwise_is_a_surprise() -> None:
    ledger = as_expected()
    planned = the(ledger, End.REPEATED)
    first = ledger.answers[planned.number]

    ledger.note_answer(planned, first._replace(content=first.content + b" "))

    assert any("not the first one again" in each for each in surprises(ledger))


def test_who_waits_in_vain_is_told_that_it_is_over() -> None:
    ledger = replace(as_expected(), answers={})

    ledger.stop(KeyboardInterrupt())

    with pytest.raises(OverError):
        ledger.wait_for(lambda: False)
    with pytest.raises(OverError):
        ledger.pause(60)
