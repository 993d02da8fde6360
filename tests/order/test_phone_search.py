"""Products are found by any spelling of their numbers."""

from uuid import uuid4

import pytest
from httpx import AsyncClient

from services.order.store import products
from shared.http.collection_paths import PRODUCTS_PATH
from shared.messaging.commit_context import CommitContext
from shared.messaging.unit_of_work import begin_transaction
from shared.persistence.database import Sessions
from tests.callers import AsRole
from tests.conftest import NOON
from tests.order.builders import a_product


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("+862580001234", 1),
        ("025-8000 1234", 1),
        ("（025）８０００１２３４", 1),  # noqa: RUF001  full width
        ("862580001234", 1),
        ("+862580001235", 0),
    ],
)
async def test_a_product_is_found_by_any_spelling_of_its_number(
    client: AsyncClient, stocked: Sessions, as_role: AsRole, query: str, count: int
) -> None:
    with begin_transaction(stocked, NOON, CommitContext(uuid4())) as transaction:
        products.put_all(transaction.session, created=[a_product()])

    found = await client.get(
        PRODUCTS_PATH, params={"productSerialNumber": query}, headers=as_role("viewer")
    )

    assert (found.status_code, len(found.json())) == (200, count)
