"""What Alembic runs: the migrations of one database, on a connection it is handed."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
with context.begin_transaction():
    context.run_migrations()
