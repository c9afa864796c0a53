"""The tables of the catalogue: a few columns to find a record by, and the record itself as JSON.

A change here needs a migration in `migrations/versions` and the number of the newest in `HEAD`.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, DateTime, Index, Integer, MetaData, String, Table, UniqueConstraint

__all__ = [
    "HEAD",
    "benchmarks",
    "checks",
    "datasets",
    "jobs",
    "metadata",
    "models",
    "predictions",
    "projects",
    "reports",
    "tags",
]

HEAD = "0004"
"""Revision of the newest migration."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[str]:
    return Column("id", String(40), primary_key=True)


def _document() -> Column[object]:
    return Column("document", JSON, nullable=False)


models = Table(
    "models",
    metadata,
    _id(),
    Column("name", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("content_sha256", String(64), nullable=False, index=True),
    Column("source", String, nullable=False),
    _document(),
    UniqueConstraint("name", "version"),
)

datasets = Table(
    "datasets",
    metadata,
    _id(),
    Column("name", String, nullable=False, index=True),
    Column("version", Integer, nullable=False),
    Column("source", String, nullable=False, index=True),
    Column("images_hash", String(64), nullable=False),
    Column("annotations_hash", String(64), nullable=False),
    _document(),
    UniqueConstraint("name", "version"),
)

projects = Table(
    "projects",
    metadata,
    _id(),
    Column("model_id", String(40), nullable=False),
    Column("dataset_id", String(40), nullable=False),
    Column("target_key", String, nullable=False),
    _document(),
    UniqueConstraint("model_id", "dataset_id", "target_key"),
)

predictions = Table(
    "predictions",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _document(),
)

reports = Table(
    "reports",
    metadata,
    _id(),
    Column("project_id", String(40), nullable=False, index=True),
    Column("kind", String(16), nullable=False, server_default="accuracy"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _document(),
)

benchmarks = Table(
    "benchmarks",
    metadata,
    _id(),
    Column("model_id", String(40), nullable=False),
    Column("target_key", String, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _document(),
    Index("ix_benchmarks_model_id_target_key", "model_id", "target_key"),
)

checks = Table(
    "checks",
    metadata,
    _id(),
    Column("key", String(64), nullable=False, index=True),
    Column("project_id", String(40), nullable=False, index=True),
    Column("model_id", String(40), nullable=False, index=True),
    Column("dataset_id", String(40), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _document(),
)

jobs = Table(
    "jobs",
    metadata,
    _id(),
    Column("state", String(16), nullable=False, index=True),
    Column("project_id", String(40), nullable=True, index=True),
    Column("report_id", String(40), nullable=True, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
    _document(),
)

tags = Table(
    "tags",
    metadata,
    Column("dataset_id", String(40), primary_key=True),
    Column("image_name", String, primary_key=True),
    Column("tag", String(64), primary_key=True),
)
