"""Every stored copy of an answer is blanked with its order."""

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
from services.order.handlers import erase_next_batch
from services.order.store import submissions
from services.order.tables import OrderRow, SubmissionRow
from shared.persistence.database import Sessions
from shared.privacy.erasure import ErasureDue
from tests.callers import CLIENT, AsRole
from tests.kernel import TENANT, count_of
from tests.order.builders import PARTY
from tests.order.conftest import PERSON_KEY
from tests.order.test_api_idempotency import post
from tests.order.test_erasure import UNTIL, erase, personal_columns, with_personal_data
from tests.order.waiting import until_a_transaction_waits


async def test_a_repeated_request_gets_the_blanked_answer_from_then_on(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body, headers = with_personal_data(externalId="CRM-1"), as_role("crm")
    first_answers = [await post(client, headers, body, key) for key in ("key-1", "key-2")]

    erase(stocked)

    keys = ("key-1", "key-2", "key-3", None)
    answers = [await post(client, headers, body, key) for key in keys]
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (201, answers[0].content)
    }
    expected = first_answers[0].json()
    del expected["description"], expected["relatedParty"][0]["name"]
    expected["note"] = [{"text": ""}]
    assert answers[0].json() == expected
    assert personal_columns(stocked) == set()
    assert count_of(stocked, OrderRow) == 1


async def test_the_stored_fingerprint_of_a_body_confirms_no_guess_of_its_person(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body = with_personal_data(externalId="CRM-1")
    await post(client, as_role("crm"), body, "key-1")

    erase(stocked)

    with stocked() as session:
        (stored,) = session.scalars(select(SubmissionRow.fingerprint)).all()
    guess = fingerprint(body)
    assert stored == keyed_fingerprint(guess, PERSON_KEY.encode())
    assert stored not in {guess, keyed_fingerprint(guess, b"")}
    another = await post(
        client, as_role("crm"), with_personal_data(externalId="CRM-1", priority="1")
    )
    assert another.status_code == 409


async def test_an_answer_that_is_copied_while_it_is_erased_is_copied_blank(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    body, headers = with_personal_data(externalId="CRM-1"), as_role("crm")
    order = (await post(client, headers, body)).json()
    due = ErasureDue(party_key=UUID(int=0), party_id=PARTY, until=UNTIL)
    with stocked() as erasing:
        assert erase_next_batch(erasing, TENANT, due) == [UUID(order["id"])]
        copying = asyncio.create_task(post(client, headers, body, "key-2"))
        await until_a_transaction_waits(stocked)
        erasing.commit()

    assert (await copying).status_code == 201
    assert "submissions.answer" not in personal_columns(stocked)
    assert count_of(stocked, SubmissionRow) == 2


async def test_an_answer_that_was_copied_just_before_is_blanked_in_both_places(
    client: AsyncClient, stocked: Sessions, as_role: AsRole
) -> None:
    await post(client, as_role("crm"), with_personal_data(externalId="CRM-1"))
    with stocked() as copying:
        _, submission = submissions.find(copying, SubmissionKeys(TENANT, CLIENT, None, "CRM-1"))
        assert submission
        again = replace(submission, id=uuid4(), idempotency_key="key-2", external_id=None)
        submissions.add_repetition(copying, again)
        submissions.SUBMISSIONS.write(copying)
        erasing = asyncio.create_task(asyncio.to_thread(erase, stocked))
        await until_a_transaction_waits(stocked)
        copying.commit()
    await erasing

    assert personal_columns(stocked) == set()
    assert count_of(stocked, SubmissionRow) == 2
