"""Which Parquet files of a folder make up a dataset: its configuration, its split, and all parts of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from accubench.datasets.annotation_files import PARQUET_SUFFIX
from accubench.datasets.content import Request
from accubench.datasets.splits import choose_split, split_of
from accubench.datasets.text import shown
from accubench.errors import DatasetProblemsError, Finding, UsageError

__all__ = ["choose_files", "parquet_files"]

_SHARD = re.compile(r"(.*?)-(\d{5})-of-(\d{5})(?:-[0-9a-f]+)?\.parquet", re.IGNORECASE | re.DOTALL)


def parquet_files(request: Request) -> list[str]:
    """The Parquet files below the folder, sorted, or the one that was given."""
    if request.annotations is not None:
        return [request.annotations.name] if request.annotations.suffix.lower() == PARQUET_SUFFIX else []
    return [path for path in request.tree.files if path.lower().endswith(PARQUET_SUFFIX)]


def choose_files(files: Sequence[str], request: Request) -> tuple[list[str], str | None, list[Finding]]:
    """The files of one split of one configuration, that split, and what was chosen or is missing.

    Files are named after splits (``validation-00000-of-00014.parquet``), or lie in folders that are; other folders,
    except ``data``, are configurations.

    Raises:
        DatasetProblemsError: There are several configurations.
        UsageError: The split that was asked for does not exist.
    """
    if request.annotations is not None:
        return list(files), _split(files[0].rpartition("/")[2]), []
    _refuse_several_configurations(files, request)
    by_split: defaultdict[str | None, list[str]] = defaultdict(list)
    for path in files:
        by_split[_split(path)].append(path)
    unnamed = by_split.pop(None, [])
    named = {split: paths for split, paths in by_split.items() if split is not None}
    if not named:
        if request.split is not None and not request.in_split:
            raise UsageError(f"There is no split '{request.split}': no Parquet file is named after one.")
        return unnamed, request.split if request.in_split else None, _missing_shards(unnamed)
    if len(named) == 1 and not unnamed and request.split is None:
        split = next(iter(named))
        return named[split], split, _missing_shards(named[split])
    offered = {split: paths[0] for split, paths in named.items()}
    split, findings = choose_split(offered, request.split, what="Parquet files")
    return named[split], split, [*findings, *_missing_shards(named[split])]


def _split(path: str) -> str | None:
    """The split that a file is named after, or the innermost folder that is named after one."""
    *folders, name = path.split("/")
    for word in (re.split(r"[-_.]", name, maxsplit=1)[0], *reversed(folders)):
        split = split_of(word)
        if split is not None:
            return split
    return None


def _refuse_several_configurations(files: Sequence[str], request: Request) -> None:
    folders = dict.fromkeys(_configuration(path) for path in files)
    if len(folders) > 1:
        names = ", ".join(shown(folder or ".") for folder in list(folders)[:10])
        findings = [
            Finding(code="annotation-candidate", message="This folder has Parquet files.", file=shown(folder or "."))
            for folder in folders
        ]
        raise DatasetProblemsError(
            f"{request.named(request.folder)} has Parquet files of several configurations: {names}. Give the folder of"
            " one of them.",
            findings,
        )


def _configuration(path: str) -> str:
    folders = path.split("/")[:-1]
    return "/".join(folder for folder in folders if split_of(folder) is None and folder != "data")


def _missing_shards(files: Sequence[str]) -> list[Finding]:
    """A warning where files count themselves (``-00000-of-00014``) and some are not there."""
    present: defaultdict[tuple[str, int], set[int]] = defaultdict(set)
    for path in files:
        if (shard := _SHARD.fullmatch(path)) is not None:
            present[shard[1], int(shard[3])].add(int(shard[2]))
    return [
        Finding(
            code="missing-part",
            message=f"{len(numbers)} of {count} files are there; the images of the others are left out.",
            severity="warning",
            file=shown(f"{start}-*-of-{count:05}.parquet"),
        )
        for (start, count), numbers in present.items()
        if len(numbers) < count
    ]
