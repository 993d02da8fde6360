"""Reads and writes quotes."""

from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from services.order.domain.acceptance.quotes import Quote
from services.order.tables import QuoteRow
from shared.access.access_rule import DataScope
from shared.access.grants import is_accessible
from shared.persistence.repository import Repository

QUOTES = Repository(QuoteRow, Quote)
find_for_update = QUOTES.find_for_update
add = QUOTES.add
put = QUOTES.put

ID_OF_KEY = select(QuoteRow.id).where(
    QuoteRow.tenant == bindparam("tenant"),
    QuoteRow.client == bindparam("client"),
    QuoteRow.idempotency_key == bindparam("key"),
)


def find_repeated(session: Session, tenant: str, client: str, key: str) -> Quote | None:
    """Return the quote that a client has asked for with this Idempotency-Key."""
    id_ = session.scalar(ID_OF_KEY, {"tenant": tenant, "client": client, "key": key})
    return QUOTES.find_for_update(session, id_) if id_ else None


def find_accessible(session: Session, data_scope: DataScope, quote_id: UUID) -> Quote | None:
    """Return a quote, to show it; None if there is none in the data scope."""
    quote = QUOTES.find(session, quote_id)
    if quote is None or quote.tenant != data_scope.tenant:
        return None
    return quote if is_accessible(session, data_scope, quote.client, quote.party_id) else None
