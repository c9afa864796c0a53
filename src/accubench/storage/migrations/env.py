"""Run by Alembic: applies migrations on the connection that `accubench.storage.database` hands over."""

from __future__ import annotations

from alembic import context

from accubench.storage.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
