"""Accepted requests, found again by the names they may be repeated by."""

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
"""Tenant, client, which kind of name, and the name."""

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
    """Read with one select what is known under any of these names."""
    known = _cache(session)
    missing = [keys for keys in requested if any(name not in known for name in keys_present(keys))]
    for keys in missing:
        for name in keys_present(keys):
            known.setdefault(name, None)
    if missing:
        for row in FIND_BY_KEYS.rows(session, bind_arrays(SubmissionKeys._fields, missing)):
            cache_submission(session, Submission(*row))


def find(session: Session, keys: SubmissionKeys) -> tuple[Submission | None, Submission | None]:
    """Return what the client has sent under this key, and under this externalId."""
    preload(session, [keys])
    known = _cache(session)
    return known.get(idempotency_key_of(keys)), known.get(external_id_of(keys))


def add(session: Session, submission: Submission) -> None:
    """Write a submission when the transaction ends; from now on it is found."""
    SUBMISSIONS.add(session, submission)
    cache_submission(session, submission)


def add_repetition(session: Session, repetition: Submission) -> None:
    """Write another name of a submission when the transaction ends, with the answer it has now.

    Meanwhile no erasure passes: it would blank the answer and miss the copy.
    """
    answer = session.scalars(ANSWER_FOR_SHARE, {"order_id": repetition.order_id}).one()
    add(session, replace(repetition, answer=answer))


def redirect_to_original(session: Session, order_id: UUID, to: Submission) -> None:
    """Have what was submitted as one order stand for another, which was there before it.

    It keeps the keys of its own. A request that asks for the same has the same answer from now on.
    """
    is_same = TABLE.c.fingerprint == to.fingerprint
    repeats = and_(TABLE.c.order_id == order_id, TABLE.c.id != TABLE.c.order_id)
    values = {
        "order_id": to.order_id,
        "external_id": None,
        "idempotency_key": func.nullif(TABLE.c.idempotency_key, to.idempotency_key),
        "answer": case((is_same, to.answer), else_=TABLE.c.answer),
    }
    session.execute(update(TABLE).where(or_(TABLE.c.id == order_id, repeats)).values(values))


def find_original_id(session: Session, order_id: UUID) -> UUID | None:
    """Return the order that was there before this one and asks for the same, if there is one."""
    mine = TABLE.c.id == order_id, TABLE.c.order_id != order_id
    same = select(ORIGINAL.c.id).join_from(TABLE, ORIGINAL, ORIGINAL.c.id == TABLE.c.order_id)
    return session.scalar(same.where(*mine, TABLE.c.fingerprint == ORIGINAL.c.fingerprint))


def cache_submission(session: Session, submission: Submission) -> None:
    """Have a submission found under its names until the transaction ends."""
    keys = SubmissionKeys(
        submission.tenant, submission.client, submission.idempotency_key, submission.external_id
    )
    _cache(session).update(dict.fromkeys(keys_present(keys), submission))


def idempotency_key_of(keys: SubmissionKeys) -> SubmissionKey:
    """Return the key with whose it is."""
    return keys.tenant, keys.client, "key", keys.idempotency_key or ""


def external_id_of(keys: SubmissionKeys) -> SubmissionKey:
    """Return the externalId with whose it is."""
    return keys.tenant, keys.client, "external-id", keys.external_id or ""


def keys_present(keys: SubmissionKeys) -> list[SubmissionKey]:
    """Return those that are there: what has no name is found under none."""
    return [name for name in (idempotency_key_of(keys), external_id_of(keys)) if name[-1]]


def _cache(session: Session) -> dict[SubmissionKey, Submission | None]:
    known: dict[SubmissionKey, Submission | None] = session.info.setdefault("submissions", {})
    return known
