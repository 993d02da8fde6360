"""Repeated requests."""

import json
from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.order.domain.acceptance.submission import (
    ExternalIdTakenError,
    IdempotencyKeyReusedError,
    Submission,
    SubmissionKeys,
    find_repeated_submission,
    fingerprint,
    keyed_fingerprint,
    new_repetitions,
)

SENT = Submission(UUID(int=1), "t", "c", "key", "ext", UUID(int=1), b"print", b"{}")
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_a_new_request_repeats_nothing() -> None:
    assert find_repeated_submission(None, None, b"print") is None


def test_the_same_body_is_the_same_order_by_either_name() -> None:
    assert find_repeated_submission(SENT, None, b"print") is SENT
    assert find_repeated_submission(None, SENT, b"print") is SENT


def test_another_body_under_the_key_is_refused_before_the_external_id_is_checked() -> None:
    with pytest.raises(IdempotencyKeyReusedError):
        find_repeated_submission(SENT, SENT, b"another")


def test_another_body_under_the_external_id_is_a_conflict() -> None:
    with pytest.raises(ExternalIdTakenError):
        find_repeated_submission(None, SENT, b"another")


def test_a_new_key_of_a_repeated_request_is_remembered_and_nothing_else() -> None:
    names = SubmissionKeys("t", "c", "other-key", "ext")

    assert new_repetitions(SENT, names, UUID(int=2)) == (
        replace(SENT, id=UUID(int=2), idempotency_key="other-key", external_id=None),
    )
    assert new_repetitions(SENT, names._replace(idempotency_key="key"), UUID(int=2)) == ()
    assert new_repetitions(SENT, names._replace(idempotency_key=None), UUID(int=2)) == ()


@given(st.dictionaries(st.text(), values, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_fields_does_not_matter(body: dict[str, object], random: object) -> None:
    fields = list(body.items())
    random.shuffle(fields)  # type: ignore[attr-defined]

    assert fingerprint(dict(fields)) == fingerprint(body)


@given(values, values)
def test_bodies_that_say_different_things_differ(one: object, other: object) -> None:
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

    assert (fingerprint(one) == fingerprint(other)) is same


@given(values)
def test_a_stored_fingerprint_reveals_nothing_without_the_key(body: object) -> None:
    stored = keyed_fingerprint(fingerprint(body), b"a key")

    assert stored == keyed_fingerprint(fingerprint(body), b"a key")
    assert stored not in {fingerprint(body), keyed_fingerprint(fingerprint(body), b"another key")}
