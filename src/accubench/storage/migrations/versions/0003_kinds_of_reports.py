"""Reports of three kinds in one table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Every report so far is an accuracy report."""
    op.add_column("reports", sa.Column("kind", sa.String(16), nullable=False, server_default="accuracy"))
