"""Reads and writes submissions: accepted requests, by the keys that may repeat them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from services.order.domain.acceptance.submission import Submission, SubmissionKeys
from services.order.tables import SubmissionRow
from shared.persistence.bulk import bind_arrays, table_of, unnest
from shared.persistence.repository import Repository
from shared.persistence.statements import CompiledStatement

SUBMISSIONS = Repository(SubmissionRow, Submission, is_mutable=False)

SubmissionKey: TypeAlias = tuple[str, str, str, str]
"""Tenant, client, kind of key, and the key."""

TABLE = table_of(SubmissionRow)
ORIGINAL = TABLE.alias("first")
COLUMNS = [TABLE.c[name] for name in Submission.__dataclass_fields__]
REQUESTED_KEYS = unnest([TABLE.c[name] for name in SubmissionKeys._fields])
OF_SAME_CLIENT = select(*COLUMNS).where(
    TABLE.c.tenant == REQUESTED_KEYS.c.tenant, TABLE.c.client == REQUESTED_KEYS.c.client
)
FIND_BY_KEYS = CompiledStatement(
    union_all(
        OF_SAME_CLIENT.where(TABLE.c.idempotency_key == REQUESTED_KEYS.c.idempotency_key),
        OF_SAME_CLIENT.where(TABLE.c.external_id == REQUESTED_KEYS.c.external_id),
    )
)

ANSWER_FOR_SHARE = (
    select(TABLE.c.answer).where(TABLE.c.id == bindparam("order_id")).with_for_update(read=True)
)


def preload(session: Session, requested: Iterable[SubmissionKeys]) -> None:
    """Read the submissions of all these keys with one select."""
    cache = _cache(session)
    missing = [keys for keys in requested if any(key not in cache for key in nonempty_keys(keys))]
    for keys in missing:
        for key in nonempty_keys(keys):
            cache.setdefault(key, None)
    if missing:
        for row in FIND_BY_KEYS.rows(session, bind_arrays(SubmissionKeys._fields, missing)):
            cache_submission(session, Submission(*row))


def find(session: Session, keys: SubmissionKeys) -> tuple[Submission | None, Submission | None]:
    """Return the submissions of a client with this Idempotency-Key, and with this externalId."""
    preload(session, [keys])
    cache = _cache(session)
    return cache.get(idempotency_key_of(keys)), cache.get(external_id_of(keys))


def add(session: Session, submission: Submission) -> None:
    """Insert a submission when the transaction ends; `find` returns it from now on."""
    SUBMISSIONS.add(session, submission)
    cache_submission(session, submission)


def add_repetition(session: Session, repetition: Submission) -> None:
    """Insert a repetition when the transaction ends, with the response of the original.

    The original stays locked: an erasure would blank its response and miss the copy.
    """
    answer = session.scalars(ANSWER_FOR_SHARE, {"order_id": repetition.order_id}).one()
    add(session, replace(repetition, answer=answer))


def find_first(session: Session, order_id: UUID) -> Submission | None:
    """Return the submission with which an order was placed; None if it repeats an earlier one."""
    return SUBMISSIONS.find_for_update(session, order_id)


def redirect_to_original(session: Session, order_id: UUID, original: Submission) -> None:
    """Redirect the submissions of one order to an earlier order.

    They keep their other keys. A request with the same content now gets the original's response.
    """
    is_same = TABLE.c.fingerprint == original.fingerprint
    repeats = and_(TABLE.c.order_id == order_id, TABLE.c.id != TABLE.c.order_id)
    values = {
        "order_id": original.order_id,
        "external_id": None,
        "idempotency_key": func.nullif(TABLE.c.idempotency_key, original.idempotency_key),
        "answer": case((is_same, original.answer), else_=TABLE.c.answer),
    }
    session.execute(update(TABLE).where(or_(TABLE.c.id == order_id, repeats)).values(values))


def find_original_id(session: Session, order_id: UUID) -> UUID | None:
    """Return the id of the earlier order with the same content that this one repeats, if any."""
    repeats = TABLE.c.id == order_id, TABLE.c.order_id != order_id
    original = select(ORIGINAL.c.id).join_from(TABLE, ORIGINAL, ORIGINAL.c.id == TABLE.c.order_id)
    return session.scalar(original.where(*repeats, TABLE.c.fingerprint == ORIGINAL.c.fingerprint))


def cache_submission(session: Session, submission: Submission) -> None:
    """Cache a submission under its keys until the transaction ends."""
    keys = SubmissionKeys(
        submission.tenant, submission.client, submission.idempotency_key, submission.external_id
    )
    _cache(session).update(dict.fromkeys(nonempty_keys(keys), submission))


def idempotency_key_of(keys: SubmissionKeys) -> SubmissionKey:
    """Return the Idempotency-Key with its tenant and client."""
    return keys.tenant, keys.client, "key", keys.idempotency_key or ""


def external_id_of(keys: SubmissionKeys) -> SubmissionKey:
    """Return the externalId with its tenant and client."""
    return keys.tenant, keys.client, "external-id", keys.external_id or ""


def nonempty_keys(keys: SubmissionKeys) -> list[SubmissionKey]:
    """Return the keys that are not empty."""
    return [key for key in (idempotency_key_of(keys), external_id_of(keys)) if key[-1]]


def _cache(session: Session) -> dict[SubmissionKey, Submission | None]:
    cache: dict[SubmissionKey, Submission | None] = session.info.setdefault("submissions", {})
    return cache
