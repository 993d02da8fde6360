"""Addresses as they are compared: their text in one form, their ids in any spelling.

Rows that yesterday's code writes are compared as it did.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from services.resources.domain.plant.address_search import grams, normalize

revision = "resources_0003"
down_revision = "resources_0002"

MANY = 5_000
READ = sa.text(
    "SELECT tenant, id, text FROM addresses WHERE (tenant, id) > (:tenant, :id)"
    " ORDER BY tenant, id LIMIT :many"
)
WRITE = sa.text("""
UPDATE addresses old SET letters = new.letters, grams = string_to_array(new.grams, ' ')
FROM unnest(CAST(:tenants AS text[]), CAST(:ids AS text[]), CAST(:letters AS text[]),
            CAST(:grams AS text[])) AS new (tenant, id, letters, grams)
WHERE old.tenant = new.tenant AND old.id = new.id
""")


def upgrade() -> None:
    """Make them, of what is known."""
    op.add_column("addresses", sa.Column("letters", sa.String, server_default="", nullable=False))
    op.create_index("ix_addresses_key", "addresses", ["tenant", sa.text("lower(id)")])
    for part in parts():
        bound = {
            "tenants": [row.tenant for row in part],
            "ids": [row.id for row in part],
            "letters": [normalize(row.text) for row in part],
            "grams": [" ".join(grams(row.text)) for row in part],
        }
        op.get_bind().execute(WRITE, bound)


def parts() -> Iterator[Sequence[Any]]:
    """Yield all addresses, in parts."""
    last = {"tenant": "", "id": ""}
    while part := op.get_bind().execute(READ, {**last, "many": MANY}).all():
        yield part
        last = {"tenant": part[-1].tenant, "id": part[-1].id}
