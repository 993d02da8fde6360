"""Accepted requests, found again by the names they may be repeated by."""

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import and_, bindparam, case, func, or_, select, union_all, update
from sqlalchemy.orm import Session

from services.order.domain.submission import Names, Submission
from services.order.tables import SubmissionRow
from shared.persistence.bulk import bind, table_of, unnest
from shared.persistence.repository import Shelf
from shared.persistence.statements import Prepared

SUBMISSIONS = Shelf(SubmissionRow, Submission, changes=False)

Name: TypeAlias = tuple[str, str, str, str]
"""Tenant, client, which kind of name, and the name."""

ROWS = table_of(SubmissionRow)
FIRST = ROWS.alias("first")
COLUMNS = [ROWS.c[name] for name in Submission.__dataclass_fields__]
ASKED = unnest([ROWS.c[name] for name in Names._fields])
OWN = select(*COLUMNS).where(ROWS.c.tenant == ASKED.c.tenant, ROWS.c.client == ASKED.c.client)
KNOWN = Prepared(
    union_all(
        OWN.where(ROWS.c.idempotency_key == ASKED.c.idempotency_key),
        OWN.where(ROWS.c.external_id == ASKED.c.external_id),
    )
)

ANSWER = select(ROWS.c.answer).where(ROWS.c.id == bindparam("order_id")).with_for_update(read=True)


def preload(session: Session, asked: Iterable[Names]) -> None:
    """Read with one select what is known under any of these names."""
    known = _known(session)
    missing = [names for names in asked if any(name not in known for name in given(names))]
    for names in missing:
        for name in given(names):
            known.setdefault(name, None)
    if missing:
        for row in KNOWN.rows(session, bind(Names._fields, missing)):
            learn(session, Submission(*row))


def find(session: Session, names: Names) -> tuple[Submission | None, Submission | None]:
    """Return what the client has sent under this key, and under this externalId."""
    preload(session, [names])
    known = _known(session)
    return known.get(key_of(names)), known.get(external_id_of(names))


def add(session: Session, submission: Submission) -> None:
    """Write a submission when the transaction ends; from now on it is found."""
    SUBMISSIONS.add(session, submission)
    learn(session, submission)


def repeat(session: Session, again: Submission) -> None:
    """Write another name of a submission when the transaction ends, with the answer it has now.

    Meanwhile no erasure passes: it would blank the answer and miss the copy.
    """
    answer = session.scalars(ANSWER, {"order_id": again.order_id}).one()
    add(session, replace(again, answer=answer))


def lead(session: Session, order_id: UUID, to: Submission) -> None:
    """Have what was submitted as one order stand for another, which was there before it.

    It keeps the keys of its own. A request that asks for the same has the same answer from now on.
    """
    is_same = ROWS.c.fingerprint == to.fingerprint
    repeats = and_(ROWS.c.order_id == order_id, ROWS.c.id != ROWS.c.order_id)
    values = {
        "order_id": to.order_id,
        "external_id": None,
        "idempotency_key": func.nullif(ROWS.c.idempotency_key, to.idempotency_key),
        "answer": case((is_same, to.answer), else_=ROWS.c.answer),
    }
    session.execute(update(ROWS).where(or_(ROWS.c.id == order_id, repeats)).values(values))


def stands_for(session: Session, order_id: UUID) -> UUID | None:
    """Return the order that was there before this one and asks for the same, if there is one."""
    mine = ROWS.c.id == order_id, ROWS.c.order_id != order_id
    same = select(FIRST.c.id).join_from(ROWS, FIRST, FIRST.c.id == ROWS.c.order_id)
    return session.scalar(same.where(*mine, ROWS.c.fingerprint == FIRST.c.fingerprint))


def learn(session: Session, submission: Submission) -> None:
    """Have a submission found under its names until the transaction ends."""
    names = Names(
        submission.tenant, submission.client, submission.idempotency_key, submission.external_id
    )
    _known(session).update(dict.fromkeys(given(names), submission))


def key_of(names: Names) -> Name:
    """Return the key with whose it is."""
    return names.tenant, names.client, "key", names.idempotency_key or ""


def external_id_of(names: Names) -> Name:
    """Return the externalId with whose it is."""
    return names.tenant, names.client, "external-id", names.external_id or ""


def given(names: Names) -> list[Name]:
    """Return those that are there: what has no name is found under none."""
    return [name for name in (key_of(names), external_id_of(names)) if name[-1]]


def _known(session: Session) -> dict[Name, Submission | None]:
    known: dict[Name, Submission | None] = session.info.setdefault("submissions", {})
    return known
