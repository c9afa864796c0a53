"""Import a dataset: check it where it lies, keep the table of its images, and notice when it changed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from accubench.datasets import (
    DatasetContent,
    SubsetWanted,
    annotations_hash,
    archive_stem,
    images_hash,
    is_archive,
    is_left_packed,
    load_dataset,
    take_subset,
)
from accubench.errors import DatasetNotFoundError, DatasetProblemsError, Finding, UsageError
from accubench.records.dataset import Dataset, Subset
from accubench.records.locator import Locator
from accubench.tasks.given_paths import exists, given_path
from accubench.tasks.naming import free_name
from accubench.tasks.surroundings import Surroundings
from accubench.tasks.unpack_archive import unpacked

__all__ = ["find_or_import_dataset", "import_dataset"]

_OWN = {"id", "name", "version", "imported_at", "findings", "archive"}  # fields that do not describe the content


def import_dataset(
    surroundings: Surroundings,
    source: Path,
    *,
    name: str | None = None,
    options: dict[str, str] | None = None,
    roots: Sequence[Path] = (),
) -> Dataset:
    """Bring a dataset into the workspace by reference; unchanged content is not imported twice.

    Images of a zip or an uncompressed tar archive are read where they are in it; what else it holds, and all of any
    other archive, is unpacked into the workspace first.

    Args:
        surroundings: Where to keep its table.
        source: A folder, a table file, or an archive of images (zip, tar).
        name: What to call it; the folder's name by default.
        options: What helps to read it: ``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``;
            and which part of it is wanted: ``limit`` or ``every``.
        roots: Folders that images must lie in, links resolved; none for anywhere.

    Raises:
        DatasetError: The path is missing, its layout unknown, or its content has problems; all are listed.
        LabelError: A label file is wrong.
        UsageError: An option has no effect, or cannot be read.
        StorageFullError: No space for the table, or for what the archive holds.
    """
    source, options = source.absolute(), options or {}
    if not is_archive(source):
        return _import_folder(surroundings, source, name=name, options=options, roots=roots)
    return _import_archive(surroundings, source, name=name, options=options)


def _import_archive(
    surroundings: Surroundings,
    archive: Path,
    *,
    name: str | None,
    options: dict[str, str],
    whole_name: str | None = None,
) -> Dataset:
    """Import what is in an archive; `whole_name` as for `_import_folder`."""
    with unpacked(surroundings, archive) as found:
        inside = {key: _in_archive(found.folder, key, value) for key, value in options.items()}
        return _import_folder(
            surroundings,
            found.folder,
            name=name,
            whole_name=whole_name,
            options=inside,
            archive=archive,
            packed=found.packed,
        )


def _import_folder(
    surroundings: Surroundings,
    source: Path,
    *,
    name: str | None,
    options: dict[str, str],
    whole_name: str | None = None,
    archive: Path | None = None,
    packed: Mapping[str, Locator] | None = None,
    roots: Sequence[Path] = (),
) -> Dataset:
    """Import what is in a folder; `whole_name` is what a dataset is called that this is a part of."""
    part = SubsetWanted.of(options)
    if part is not None:
        options = {**options, part.way: str(part.number)}
    surroundings.say("import", f"Checking the images of {archive or source}.")
    content = _load(source, options, archive=archive, packed=packed)
    _refuse_idle_options(content, options, known_as=archive or source)
    store = surroundings.store
    _refuse_outside(content, [content.root] if store.is_own(content.root) else roots, archive=archive)
    content, subset = _part_of(content, part)
    candidate = _describe(surroundings, content, source, options, subset)
    origin = None if archive is None else store.origin(archive)
    given = whole_name or _given_name(source.stem if archive is None else archive_stem(archive.name), options)
    wanted = name or given + ("" if part is None else part.suffix)
    with store.lock("import a dataset", waiting=surroundings.waiting_for("the list of datasets")):
        for known in store.catalogue.datasets_from(str(source)):
            if _same_content(known, candidate) and name in {None, known.name}:
                return known.model_copy(update={"findings": candidate.findings})
        chosen, version = free_name(
            wanted,
            taken_by=store.catalogue.dataset,
            same_source=lambda other: (
                name is not None
                or (origin is not None and other.archive == origin)
                or (other.source, other.options) == (str(source), options)
            ),
            variant="",
        )
        dataset = candidate.model_copy(update={"name": chosen, "version": version, "archive": origin})
        store.keep_dataset(dataset, content.manifest)
    return dataset


def find_or_import_dataset(
    surroundings: Surroundings,
    name_or_path: str,
    *,
    options: dict[str, str] | None = None,
    roots: Sequence[Path] = (),
) -> Dataset:
    """The dataset that a person means: a path, or a name or id in the workspace, whose source is checked again.

    Options and roots are those of `import_dataset`.

    Raises:
        DatasetNotFoundError: Neither such a path nor such a dataset.
        DatasetError: It cannot be imported.
        UsageError: An option has no effect, or cannot be read.
    """
    options = options or {}
    path = given_path(name_or_path, "dataset")
    if exists(path):
        return import_dataset(surroundings, path, options=options, roots=roots)
    catalogue = surroundings.store.catalogue
    known = catalogue.dataset(name_or_path)
    if known is None:
        names = sorted({dataset.name for dataset in catalogue.datasets()})
        listed = f"Datasets in the workspace: {', '.join(names)}." if names else "The workspace has no datasets yet."
        raise DatasetNotFoundError(f"There is no path and no dataset called '{name_or_path}'. {listed}")
    return _checked_again(surroundings, known, options, roots)


def _checked_again(
    surroundings: Surroundings, known: Dataset, options: dict[str, str], roots: Sequence[Path]
) -> Dataset:
    """A dataset with its source read anew, or another part of what it was taken from."""
    asked, own = SubsetWanted.of(options), SubsetWanted.of(known.options)
    other_part = asked is not None and asked != own
    archive = None if known.archive is None else Path(known.archive)
    in_archive = archive is not None and _is_left_packed(surroundings, known)
    place = archive if archive is not None and in_archive else Path(known.source)
    if not exists(place):
        if other_part:
            raise DatasetNotFoundError(
                f"The images of dataset {known.name} are gone from {place}, so that no other part of them can be "
                "taken. Bring them back, or give a path to where they are."
            )
        surroundings.say("import", f"The images of dataset {known.name} are gone from {place}.")
        return known
    kept = {key: value for key, value in _as_given(known).items() if not other_part or key not in {"limit", "every"}}
    wanted = {**kept, **options}
    name = None if other_part else known.name
    whole_name = known.name if own is None else known.name.removesuffix(own.suffix)
    if in_archive:
        return _import_archive(surroundings, place, name=name, whole_name=whole_name, options=wanted)
    return _import_folder(
        surroundings, place, name=name, whole_name=whole_name, options=wanted, archive=archive, roots=roots
    )


def _is_left_packed(surroundings: Surroundings, dataset: Dataset) -> bool:
    source = Path(dataset.source)
    return surroundings.store.is_own(source) and is_left_packed(surroundings.store.own_folder(source))


def _as_given(dataset: Dataset) -> dict[str, str]:
    """The options of an import as they were given: files in an archive by their place in it."""
    start = f"{dataset.source}/"
    return {key: value.removeprefix(start) for key, value in dataset.options.items()}


def _load(
    source: Path, options: dict[str, str], *, archive: Path | None, packed: Mapping[str, Locator] | None
) -> DatasetContent:
    paths = {key: given_path(options[key], f"{key} file") for key in ("annotations", "labels") if key in options}
    words = {key: options[key] for key in ("split", "path_column", "label_column") if key in options}
    return load_dataset(source, known_as=archive, packed=packed, **paths, **words)  # type: ignore[arg-type]


def _part_of(content: DatasetContent, wanted: SubsetWanted | None) -> tuple[DatasetContent, Subset | None]:
    """The part of a dataset that is wanted, with how it was chosen; all of it where no part is."""
    if wanted is None:
        return content, None
    manifest, subset = take_subset(content.manifest, wanted, annotated=content.annotated)
    return replace(content, manifest=manifest), subset


def _given_name(stem: str, options: Mapping[str, str]) -> str:
    """What a whole dataset is called after the place that was given."""
    return f"{stem}-{options['split']}" if "split" in options else stem


def _refuse_idle_options(content: DatasetContent, options: dict[str, str], *, known_as: Path) -> None:
    """An option without effect is a misunderstanding: say so instead of ignoring it."""
    effective = {
        "split": content.split is not None,
        "path_column": content.layout in {"table", "parquet_images"},
        "label_column": content.layout in {"table", "parquet_images"},
    }
    for option in options:
        if not effective.get(option, True):
            raise UsageError(
                f"The dataset {known_as} was read in the layout '{content.layout}', which has no "
                f"{option.replace('_', ' ')}; leave out --{option.replace('_', '-')}."
            )


def _in_archive(folder: Path, option: str, value: str) -> str:
    """A file that was named by its place in an archive, where it lies now; anything else as it is."""
    inside = folder / value
    return str(inside) if option in {"annotations", "labels"} and inside.is_file() else value


def _refuse_outside(content: DatasetContent, roots: Sequence[Path], *, archive: Path | None) -> None:
    """What strangers sent, or named, must not lead to other files of this machine; into their archive it may.

    Raises:
        DatasetProblemsError: Images lie outside of all roots, by their path or by a link.
    """
    if not roots:
        return
    allowed = [f"{os.path.realpath(root)}/" for root in roots]
    real_folders: dict[str, str] = {}
    findings: list[Finding] = []
    of_archive = pl.col("member").is_not_null() & (pl.col("path") == ("" if archive is None else str(archive)))
    files = content.manifest.filter(~of_archive).unique("path", maintain_order=True)
    for path, line in files.select("path", "line").iter_rows():
        place = os.path.join(content.root, path)  # noqa: PTH118 - one of 50,000, must be quick
        folder, name = os.path.split(place)
        real = f"{real_folders.setdefault(folder, os.path.realpath(folder))}/{name}"
        if os.path.islink(real):  # noqa: PTH114
            real = os.path.realpath(real)
        if not any(real.startswith(root) for root in allowed):
            message = f"{path} lies outside of the folders that this dataset's images may come from."
            findings.append(Finding(code="outside-root", message=message, file=content.annotation_file, line=line))
    if findings:
        raise DatasetProblemsError(f"The dataset {content.source.name} names images outside of it:", findings)


def _describe(
    surroundings: Surroundings, content: DatasetContent, source: Path, options: dict[str, str], subset: Subset | None
) -> Dataset:
    classes = content.manifest["dataset_class"].drop_nulls().unique().sort()
    return Dataset(
        id=surroundings.new_id("dataset"),
        name=source.stem,
        version=1,
        root=str(content.root),
        source=str(source),
        layout=content.layout,
        split=content.split,
        annotation_file=content.annotation_file,
        annotated=content.annotated,
        n_images=len(content.manifest),
        class_ids=tuple(classes.to_list()),
        class_names=content.class_names,
        names_decide=content.names_decide,
        options=options,
        subset=subset,
        images_hash=images_hash(content.manifest),
        annotations_hash=annotations_hash(content.manifest),
        findings=content.findings,
        imported_at=surroundings.now(),
    )


def _same_content(one: Dataset, other: Dataset) -> bool:
    return one.model_dump(exclude=_OWN) == other.model_dump(exclude=_OWN)
