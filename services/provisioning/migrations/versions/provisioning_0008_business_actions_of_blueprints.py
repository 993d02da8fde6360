"""Blueprints are keyed by business action: several may have the same TMF622 action."""

import sqlalchemy as sa
from alembic import op

revision = "provisioning_0008"
down_revision = "provisioning_0007"

MEANT = """
    CASE {action} WHEN 'add' THEN 'new' WHEN 'modify' THEN 'change'
        WHEN 'delete' THEN 'disconnect' ELSE 'keep' END"""
FILL_IN = f"""
    CREATE FUNCTION business_action_of_blueprint() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.business_action := {MEANT.format(action="NEW.action")};
        RETURN NEW;
    END $$"""
WHERE_LEFT_OUT = """
    CREATE TRIGGER business_action_of_blueprint BEFORE INSERT ON blueprints
    FOR EACH ROW WHEN (NEW.business_action = '')
    EXECUTE FUNCTION business_action_of_blueprint()"""
PRESENT_ROWS = f"UPDATE blueprints SET business_action = {MEANT.format(action='action')}"  # noqa: S608
KEY = ["tenant", "specification", "business_action", "version"]


def upgrade() -> None:
    """Add the column, fill it in for present rows and those of earlier code, and key by it."""
    column = sa.Column("business_action", sa.String(32), server_default="", nullable=False)
    op.add_column("blueprints", column)
    op.execute(FILL_IN)
    op.execute(WHERE_LEFT_OUT)
    op.execute(PRESENT_ROWS)
    op.drop_constraint("pk_blueprints", "blueprints", type_="primary")
    op.create_primary_key("pk_blueprints", "blueprints", KEY)
