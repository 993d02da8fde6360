"""What each client has told of a party, and of accounts; of each field when it was told.

What is known already counts as told by the client whose order it came with.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import UUID

revision = "customer_0002"
down_revision = "customer_0001"

INSTANT = sa.DateTime(timezone=True)
EXACT = sa.Text(collation="C")
FIELDS = ("name", "phone", "email", "identity_number", "category", "kind")
MARK = "to_char(extract(epoch FROM p.told_at) * 1000000, 'FM00000000000000000000') || '/'"

KEEP_MARKS = ", ".join(
    f"{field}_mark = CASE WHEN {field} = '' THEN '' ELSE {MARK} || p.told_by END"
    for field in FIELDS
)
MARKED = f"UPDATE parties p SET {KEEP_MARKS}"  # noqa: S608  our own names
ERASED = f"""UPDATE parties p SET erased_mark = {MARK} || '~' WHERE erased_at IS NOT NULL
    AND name = '' AND phone = '' AND email = '' AND identity_number = ''"""  # noqa: S608
BLANKED = """UPDATE parties SET name_mark = erased_mark, phone_mark = erased_mark,
    email_mark = erased_mark, identity_number_mark = erased_mark WHERE erased_mark <> ''"""
COLUMNS = ", ".join([*FIELDS, *(f"{field}_mark" for field in FIELDS), "told_at", "told_by"])
OF_PARTY = ", ".join(f"p.{each}" for each in COLUMNS.split(", "))
NOTHING = ", ".join(["''"] * (2 * len(FIELDS)))
TOLD = f"""INSERT INTO party_tellings (tenant, party_id, client, {COLUMNS})
    SELECT p.tenant, p.party_id, o.client, {OF_PARTY}
    FROM parties p JOIN orders o ON o.order_id = p.told_by"""  # noqa: S608
ALSO_ORDERED = f"""INSERT INTO party_tellings (tenant, party_id, client, {COLUMNS})
    SELECT tenant, party_id, client, {NOTHING}, max(accepted_at), min(order_id::text)::uuid
    FROM orders GROUP BY tenant, party_id, client ON CONFLICT DO NOTHING"""  # noqa: S608
ACCOUNTS = """INSERT INTO account_tellings (tenant, account_id, party_id, client, told_at)
    SELECT a.tenant, a.account_id, a.party_id, o.client, a.told_at
    FROM accounts a JOIN orders o ON o.order_id = a.told_by"""
PRODUCTS = """UPDATE products p SET client = o.client FROM orders o
    WHERE o.order_id = p.told_by AND p.client = ''"""


def upgrade() -> None:
    """Make them, from what is known."""
    told = [sa.Column(f"{each}_mark", EXACT, server_default="", nullable=False) for each in FIELDS]
    for column in (
        sa.Column("kind", sa.String, server_default="", nullable=False),
        *told,
        sa.Column("erased_mark", EXACT, server_default="", nullable=False),
    ):
        op.add_column("parties", column)
    op.add_column("products", sa.Column("client", sa.String, server_default="", nullable=False))
    tellings()
    accounts()
    for statement in (MARKED, ERASED, BLANKED, TOLD, ALSO_ORDERED, ACCOUNTS, PRODUCTS):
        op.execute(statement)


def tellings() -> None:
    op.create_table(
        "party_tellings",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("name", EXACT, nullable=False),
        sa.Column("phone", EXACT, nullable=False),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("identity_number", sa.String, nullable=False),
        sa.Column("category", sa.String, nullable=False),
        sa.Column("kind", sa.String, server_default="", nullable=False),
        *(sa.Column(f"{each}_mark", EXACT, server_default="", nullable=False) for each in FIELDS),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("told_by", UUID, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "party_id", "client", name="pk_party_tellings"),
        postgresql_with={"fillfactor": "90"},
    )
    op.create_index(
        "ix_party_tellings_phone",
        "party_tellings",
        ["tenant", "phone", "party_id"],
        postgresql_where=sa.text("phone <> ''"),
    )


def accounts() -> None:
    op.create_table(
        "account_tellings",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("party_id", sa.String, nullable=False),
        sa.Column("client", sa.String, nullable=False),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint(
            *("tenant", "account_id", "party_id", "client"), name="pk_account_tellings"
        ),
    )
    op.create_index(
        "ix_account_tellings_party", "account_tellings", ["tenant", "party_id", "account_id"]
    )
    op.create_table(
        "contested_accounts",
        sa.Column("tenant", sa.String, nullable=False),
        sa.Column("account_id", sa.String, nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("tenant", "account_id", name="pk_contested_accounts"),
    )
