"""Whose a parked message is: its tenant, where it can be read.

Code that does not know the column writes none; such a row belongs to the tenant that runs the
installation, until it is tried again. Few rows are open: theirs is filled in here.
"""

import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "kernel_0008"
down_revision = "kernel_0007"

PART = 200
NEXT = sa.text("""
    SELECT position, body FROM parked WHERE released_at IS NULL AND position > :after
    ORDER BY position LIMIT :part
""")
FILL = sa.text("UPDATE parked SET tenant = :tenant WHERE position = :position")


def upgrade() -> None:
    """Add the column, fill it where something waits, and make its index."""
    op.add_column("parked", sa.Column("tenant", sa.String))
    for position, body in waiting(op.get_bind()):
        if tenant := tenant_in(body):
            op.get_bind().execute(FILL, {"tenant": tenant, "position": position})
    waits = sa.text("released_at IS NULL")
    op.create_index("ix_parked_tenant", "parked", ["tenant", "position"], postgresql_where=waits)


def waiting(connection: sa.Connection) -> Iterator[tuple[int, bytes]]:
    """Yield position and body of what is parked, and waits."""
    after = 0
    while found := connection.execute(NEXT, {"after": after, "part": PART}).all():
        yield from ((position, bytes(body)) for position, body in found)
        after = found[-1].position


def tenant_in(body: bytes) -> str | None:
    """Return the tenant that a message names; None where there is none to be read."""
    try:
        tenant = json.loads(body)["tenant"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    is_storable = isinstance(tenant, str) and "\0" not in tenant and tenant.isprintable()
    return tenant if is_storable and tenant else None
