"""One order asked for twice: the same answer twice, or a conflict."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.errors import ConflictError, UnprocessableError


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted request and its answer, under the names it may be repeated by."""

    id: UUID
    tenant: str
    client: str
    idempotency_key: str | None
    external_id: str | None
    """None also where a request repeats the externalId of an earlier one."""

    order_id: UUID
    fingerprint: bytes
    """Of the body, sealed."""

    answer: bytes
    """The body of the 201, for those who ask again. Holds personal data."""


class SubmissionKeys(NamedTuple):
    """Who asks, and the names under which the request may be known already."""

    tenant: str
    client: str
    idempotency_key: str | None
    external_id: str | None


class IdempotencyKeyReusedError(UnprocessableError):
    """The client has sent another body with this Idempotency-Key."""

    code = "idempotency-key-reused"

    def __init__(self) -> None:
        super().__init__(
            "this Idempotency-Key came with another body before",
            remedy="send the earlier body again, or take a new key for a new order",
        )


class ExternalIdTakenError(ConflictError):
    """The client has placed another order with this externalId."""

    code = "external-id-taken"

    def __init__(self) -> None:
        super().__init__(
            "there is an order with this externalId, and it asks for something else",
            remedy="send the earlier body again, or give the new order its own externalId",
        )


def find_repeated_submission(
    by_key: Submission | None, by_external_id: Submission | None, fingerprint: bytes
) -> Submission | None:
    """Return the submission that a request repeats, or None if it is a new one.

    Raises:
        IdempotencyKeyReusedError: if its key belongs to another body.
        ExternalIdTakenError: if its externalId belongs to another body.
    """
    if by_key and by_key.fingerprint != fingerprint:
        raise IdempotencyKeyReusedError
    if by_external_id and by_external_id.fingerprint != fingerprint:
        raise ExternalIdTakenError
    return by_key or by_external_id


def new_repetitions(of: Submission, names: SubmissionKeys, id_: UUID) -> tuple[Submission, ...]:
    """Return what must be remembered of a repeated request: its key, if that is a new one."""
    if not names.idempotency_key or names.idempotency_key == of.idempotency_key:
        return ()
    again = replace(of, id=id_, idempotency_key=names.idempotency_key, external_id=None)
    return (again,)


def without_personal_data(answer: bytes) -> bytes:
    """Return an answer as it would have been, had the order told nothing of a person."""
    order = msgspec.json.decode(answer)
    order.pop("description", None)
    for party in order["relatedParty"]:
        party.pop("name", None)
    for note in order.get("note", ()):
        note["text"] = ""
    return msgspec.json.encode(order)


def fingerprint(body: object) -> bytes:
    """Return what two JSON bodies share exactly if they say the same.

    The order of fields and white space say nothing. To be kept it must be `sealed`.
    """
    return hashlib.blake2b(canonical_json(body), digest_size=16).digest()


def keyed_fingerprint(print_: bytes, key: bytes) -> bytes:
    """Return a fingerprint as it may be kept: without the key nobody can try bodies against it.

    An erasure blanks the answer beside it, and what is left of the order is most of the
    body: who guesses a name and a phone number could otherwise see the guess confirmed.
    """
    return hmac.digest(key, b"order submission\0" + print_, "sha256")[:16]


canonical_json = msgspec.json.Encoder(order="sorted").encode
