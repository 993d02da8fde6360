"""A stored answer is blanked with its order, however often it is stored."""

import asyncio
from dataclasses import replace
from uuid import UUID, uuid4

from httpx import AsyncClient
from sqlalchemy import select

from services.order.domain.acceptance.submission import (
    SubmissionKeys,
    fingerprint,
    keyed_fingerprint,
)
from services.order.store import erasure, submissions
from services.order.tables import OrderRow, SubmissionRow
from shared.persistence.database import Sessions
from shared.privacy.erasure import ErasureDue
from tests.callers import CLIENT, AsRole
from tests.kernel import TENANT, count_of
from tests.order.builders import PARTY
from tests.order.conftest import PERSON_KEY
from tests.order.test_api_idempotency import post, until_somebody_waits_for_a_lock
from tests.order.test_erasure import UNTIL, forget, telling, told_in


async def test_a_repeated_request_gets_the_blanked_answer_from_then_on(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body, headers = telling(externalId="CRM-1"), as_role("crm")
    asked = [await post(client, headers, body, key) for key in ("key-1", "key-2")]

    forget(stocked)

    keys = ("key-1", "key-2", "key-3", None)
    answers = [await post(client, headers, body, key) for key in keys]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    expected = asked[0].json()
    del expected["description"], expected["relatedParty"][0]["name"]
    expected["note"] = [{"text": ""}]
    assert answers[0].json() == expected
    assert told_in(stocked) == set()
    assert count_of(stocked, OrderRow) == 1


async def test_what_is_kept_of_a_body_confirms_no_guess_of_who_it_was_about(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = telling(externalId="CRM-1")
    await post(client, as_role("crm"), body, "key-1")

    forget(stocked)

    with stocked() as session:
        (kept,) = session.scalars(select(SubmissionRow.fingerprint)).all()
    guess = fingerprint(body)
    assert kept == keyed_fingerprint(guess, PERSON_KEY.encode())
    assert kept not in {guess, keyed_fingerprint(guess, b"")}
    another = await post(client, as_role("crm"), telling(externalId="CRM-1", priority="1"))
    assert another.status_code == 409


async def test_an_answer_that_is_copied_while_it_is_erased_is_copied_blank(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body, headers = telling(externalId="CRM-1"), as_role("crm")
    order = (await post(client, headers, body)).json()
    due = ErasureDue(party_key=UUID(int=0), party_id=PARTY, until=UNTIL)
    with stocked() as erasing:
        assert erasure.erase_next_batch(erasing, TENANT, due) == [UUID(order["id"])]
        copying = asyncio.create_task(post(client, headers, body, "key-2"))
        await until_somebody_waits_for_a_lock(stocked)
        erasing.commit()

    assert (await copying).status_code == 201
    assert "submissions.answer" not in told_in(stocked)
    assert count_of(stocked, SubmissionRow) == 2


async def test_an_answer_that_was_copied_just_before_is_blanked_in_both_places(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), telling(externalId="CRM-1"))
    with stocked() as copying:
        _, known = submissions.find(copying, SubmissionKeys(TENANT, CLIENT, None, "CRM-1"))
        assert known
        again = replace(known, id=uuid4(), idempotency_key="key-2", external_id=None)
        submissions.add_repetition(copying, again)
        submissions.SUBMISSIONS.write(copying)
        erasing = asyncio.create_task(asyncio.to_thread(forget, stocked))
        await until_somebody_waits_for_a_lock(stocked)
        copying.commit()
    await erasing

    assert told_in(stocked) == set()
    assert count_of(stocked, SubmissionRow) == 2
