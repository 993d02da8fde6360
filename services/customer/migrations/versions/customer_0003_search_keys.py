"""Names and phone numbers as they are compared: what customers are searched by.

Yesterday's code writes no keys: whom it writes about meanwhile is found again after the
next order. It searches by columns that have no index any more, so more slowly.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from shared.input.phones import phone_key
from shared.input.text_comparison import comparable

revision = "customer_0003"
down_revision = "customer_0002"

EXACT = sa.Text(collation="C")
LONGEST = 200
MANY = 5_000
TABLES = {"parties": ("party_id",), "party_tellings": ("party_id", "client")}


def upgrade() -> None:
    """Make them, of what is known."""
    for table, keys in TABLES.items():
        for column in ("name_key", "phone_key"):
            op.add_column(table, sa.Column(column, EXACT, server_default="", nullable=False))
        fill(table, ("tenant", *keys))
    for table, column in (
        *(("parties", "name"), ("parties", "phone")),
        ("party_tellings", "phone"),
    ):
        op.drop_index(f"ix_{table}_{column}", table)
        op.create_index(
            f"ix_{table}_{column}_key",
            table,
            ["tenant", f"{column}_key", "party_id"],
            postgresql_where=sa.text(f"{column}_key <> ''"),
        )


def fill(table: str, keys: Sequence[str]) -> None:
    """Give each row its keys, so many at a time."""
    names = [f"k{place}" for place in range(len(keys))]
    values = ", ".join(f"CAST(:{name} AS text[])" for name in (*names, "names", "phones"))
    rows = f"unnest({values}) AS new ({', '.join(names)}, name_key, phone_key)"
    same = " AND ".join(f"old.{key} = new.{name}" for key, name in zip(keys, names, strict=True))
    write = sa.text(
        f"UPDATE {table} old SET name_key = new.name_key, phone_key = new.phone_key"  # noqa: S608
        f" FROM {rows} WHERE {same}"
    )
    for part in parts_of(table, keys):
        bound: dict[str, Any] = {name: [row[i] for row in part] for i, name in enumerate(names)}
        bound["names"] = [comparable(row[-2])[:LONGEST] for row in part]
        bound["phones"] = [phone_key(row[-1]) for row in part]
        op.get_bind().execute(write, bound)


def parts_of(table: str, keys: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Yield all rows that have something to compare, in parts, by their keys."""
    columns, after = ", ".join(keys), ", ".join(f":a{place}" for place in range(len(keys)))
    read = sa.text(
        f"SELECT {columns}, name, phone FROM {table} WHERE ({columns}) > ({after})"  # noqa: S608
        f" AND (name <> '' OR phone <> '') ORDER BY {columns} LIMIT {MANY}"
    )
    last: Sequence[Any] = [""] * len(keys)
    while True:
        bound = {f"a{place}": value for place, value in enumerate(last[: len(keys)])}
        part = op.get_bind().execute(read, bound).all()
        if not part:
            return
        yield part
        last = part[-1]
