"""The form that makes a part of a dataset, as a page shows it."""

from __future__ import annotations

from typing import Literal

from accubench.records.base import Record
from accubench.records.dataset import Dataset
from accubench.web.import_views import Link
from accubench.workspace import Workspace

__all__ = ["SubsetForm", "subset_form"]


class SubsetForm(Record):
    """What was filled in, what is wrong with it, and which parts there are."""

    whole_images: int
    """Images of the dataset that parts are taken of."""
    is_part: bool
    """Whether the dataset is a part itself, so that another part of the whole is meant."""
    parts: tuple[Link, ...]
    """Other parts of the same."""
    limit: str = ""
    every: str = ""
    wrong: Literal["", "limit", "every"] = ""
    """The field that the error is about."""
    error: str = ""


def subset_form(workspace: Workspace, dataset: Dataset) -> SubsetForm:
    """The empty form of a dataset."""
    return SubsetForm(
        whole_images=dataset.n_images if dataset.subset is None else dataset.subset.of_n,
        is_part=dataset.subset is not None,
        parts=tuple(
            Link(name=other.name, address=f"/datasets/{other.id}", note=f"{other.n_images:,} images")
            for other in workspace.datasets()
            if other.subset is not None and other.id != dataset.id and _whole(other) == _whole(dataset)
        ),
    )


def _whole(dataset: Dataset) -> tuple[str, dict[str, str]]:
    """What a dataset, or the one that it is a part of, was read from, and how."""
    return dataset.source, {key: value for key, value in dataset.options.items() if key not in {"limit", "every"}}
