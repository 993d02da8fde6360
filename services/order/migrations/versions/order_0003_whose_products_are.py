"""Whose products are: the client's whose order made them."""

import sqlalchemy as sa
from alembic import op

revision = "order_0003"
down_revision = "order_0002"

FILL_IN = """
    CREATE FUNCTION client_of_product() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT client INTO NEW.client FROM orders WHERE id = NEW.order_id;
        NEW.client := coalesce(NEW.client, '');
        RETURN NEW;
    END $$"""
WHERE_LEFT_OUT = """
    CREATE TRIGGER client_of_product BEFORE INSERT ON products
    FOR EACH ROW WHEN (NEW.client = '') EXECUTE FUNCTION client_of_product()"""
KNOWN = "UPDATE products p SET client = o.client FROM orders o WHERE o.id = p.order_id"


def upgrade() -> None:
    """Add the column, and fill it in for what there is and for what yesterday's code adds."""
    op.add_column("products", sa.Column("client", sa.String, server_default="", nullable=False))
    op.execute(FILL_IN)
    op.execute(WHERE_LEFT_OUT)
    op.execute(KNOWN)
    op.create_index("ix_products_client", "products", ["tenant", "client", "id"])
