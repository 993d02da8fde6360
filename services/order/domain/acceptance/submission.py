"""Repeated requests for one order: the stored response, or a conflict."""

import hashlib
import hmac
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import msgspec

from shared.errors import ConflictError, UnprocessableError


@dataclass(frozen=True, slots=True)
class Submission:
    """One accepted request and its response, with the keys by which it may be repeated."""

    id: UUID
    tenant: str
    client: str
    idempotency_key: str | None
    external_id: str | None
    """None also for a request that repeats the externalId of an earlier one."""

    order_id: UUID
    fingerprint: bytes
    """The keyed fingerprint of the body."""

    answer: bytes
    """The body of the 201, for repeated requests. Holds personal data."""


class SubmissionKeys(NamedTuple):
    """The client, and the keys under which its request may be stored already."""

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


def new_repetitions(
    original: Submission, keys: SubmissionKeys, id_: UUID
) -> tuple[Submission, ...]:
    """Return the repetition to store for a repeated request, if its key is a new one."""
    if not keys.idempotency_key or keys.idempotency_key == original.idempotency_key:
        return ()
    return (replace(original, id=id_, idempotency_key=keys.idempotency_key, external_id=None),)


def without_personal_data(answer: bytes) -> bytes:
    """Return a stored response without personal data."""
    order = msgspec.json.decode(answer)
    order.pop("description", None)
    for party in order["relatedParty"]:
        party.pop("name", None)
    for note in order.get("note", ()):
        note["text"] = ""
    for check in order.get("realNameCheck", ()):
        check["reference"] = ""
    return msgspec.json.encode(order)


def fingerprint(body: object) -> bytes:
    """Return a digest that two JSON bodies share exactly if their content is equal.

    The order of fields and white space do not count. Store only its `keyed_fingerprint`.
    """
    return hashlib.blake2b(canonical_json(body), digest_size=16).digest()


def keyed_fingerprint(plain: bytes, key: bytes) -> bytes:
    """Return a fingerprint that may be stored: guessed bodies cannot be tested without the key.

    An erasure blanks the response beside it, but most of the body stays in the order: a guessed
    name and phone number could otherwise be confirmed.
    """
    return hmac.digest(key, b"order submission\0" + plain, "sha256")[:16]


canonical_json = msgspec.json.Encoder(order="sorted").encode
