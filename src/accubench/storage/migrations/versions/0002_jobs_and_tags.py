"""What the workbench needs: jobs, and tags of images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("project_id", sa.String(40), nullable=True),
        sa.Column("report_id", sa.String(40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )
    for column in ("state", "project_id", "report_id"):
        op.create_index(f"ix_jobs_{column}", "jobs", [column])
    op.create_table(
        "tags",
        sa.Column("dataset_id", sa.String(40), nullable=False),
        sa.Column("image_name", sa.String, nullable=False),
        sa.Column("tag", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("dataset_id", "image_name", "tag", name="pk_tags"),
    )
