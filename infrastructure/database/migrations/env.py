"""Run by Alembic: works on the connection that infrastructure.database.migrating opened, in its transaction."""

from alembic import context

from infrastructure.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
