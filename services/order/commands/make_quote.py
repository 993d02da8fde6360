"""Make a quote: price an order that is not placed yet, or return the quote that is repeated."""

from dataclasses import replace

from services.order import store
from services.order.commands.acceptance_context import (
    PlaceOrderCommand,
    complete_context,
    concerned_products,
)
from services.order.domain.acceptance.acceptance import make_quote
from services.order.domain.acceptance.quotes import Quote
from services.order.domain.acceptance.submission import IdempotencyKeyReusedError
from shared.messaging.unit_of_work import UnitOfWork


def make_or_replay(command: PlaceOrderCommand, work: UnitOfWork) -> Quote:
    """Make a quote, or find the one that the request repeats.

    Raises:
        DomainError: if the order has faults.
        IdempotencyKeyReusedError: if another body came with the key before.
    """
    keys = command.keys
    if keys.idempotency_key:
        earlier = store.quotes.find_repeated(
            work.session, keys.tenant, keys.client, keys.idempotency_key
        )
        if earlier and earlier.fingerprint != command.fingerprint:
            raise IdempotencyKeyReusedError
        if earlier:
            return earlier
    catalogue = store.catalogue.get(work.session, keys.tenant)
    products = concerned_products(command, work)
    context = complete_context(command, products, work)._replace(real_name=None)
    quote = make_quote(command.order, context, catalogue, products.accessible)
    quote = replace(quote, idempotency_key=keys.idempotency_key, fingerprint=command.fingerprint)
    store.quotes.add(work.session, quote)
    return quote
