"""Reads and writes the past states of products."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.order.domain.fulfilment.past_state import PastState
from services.order.tables import PastStateRow
from shared.persistence.repository import Repository

PAST_STATES = Repository(PastStateRow, PastState, is_mutable=False)
COLUMNS = [getattr(PastStateRow, name) for name in PastState.__dataclass_fields__]
OF_PRODUCT = (
    select(*COLUMNS)
    .where(PastStateRow.product_id == bindparam("product_id"))
    .order_by(PastStateRow.until, PastStateRow.order_id)
)


def add_all(session: Session, states: Iterable[PastState]) -> None:
    """Insert past states when the transaction ends."""
    for each in states:
        PAST_STATES.add(session, each)


def find_of_product(session: Session, product_id: UUID) -> list[PastState]:
    """Return the past states of a product, the oldest first."""
    return [PastState(*row) for row in session.execute(OF_PRODUCT, {"product_id": product_id})]
