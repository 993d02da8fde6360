"""Whose services are: the client's whose order made them."""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0003"
down_revision = "provisioning_0002"

FILL_IN = """
    CREATE FUNCTION client_of_service() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        SELECT client INTO NEW.client FROM plans WHERE order_id = NEW.order_id;
        NEW.client := coalesce(NEW.client, '');
        RETURN NEW;
    END $$"""
WHERE_LEFT_OUT = """
    CREATE TRIGGER client_of_service BEFORE INSERT ON services
    FOR EACH ROW WHEN (NEW.client = '') EXECUTE FUNCTION client_of_service()"""
KNOWN = "UPDATE services s SET client = p.client FROM plans p WHERE p.order_id = s.order_id"


def upgrade() -> None:
    """Add the column, and fill it in for what there is and for what yesterday's code adds."""
    op.add_column("services", sa.Column("client", sa.String, server_default="", nullable=False))
    op.execute(FILL_IN)
    op.execute(WHERE_LEFT_OUT)
    op.execute(KNOWN)
    op.create_index("ix_services_client", "services", ["tenant", "client", "customer_id", "id"])
