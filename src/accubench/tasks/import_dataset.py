"""Import a dataset: check it where it lies, keep the table of its images, and notice when it changed."""

from __future__ import annotations

from pathlib import Path

from accubench.datasets import DatasetContent, annotations_hash, images_hash, load_dataset
from accubench.errors import DatasetNotFoundError, UsageError
from accubench.records.dataset import Dataset
from accubench.tasks.given_paths import exists, given_path
from accubench.tasks.naming import free_name
from accubench.tasks.surroundings import Surroundings

__all__ = ["find_or_import_dataset", "import_dataset"]

_OWN = {"id", "name", "version", "imported_at", "findings"}  # fields that do not describe the content


def import_dataset(
    surroundings: Surroundings, source: Path, *, name: str | None = None, options: dict[str, str] | None = None
) -> Dataset:
    """Bring a dataset into the workspace by reference; unchanged content is not imported twice.

    Args:
        surroundings: Where to keep its table.
        source: A folder, or a table file.
        name: What to call it; the folder's name by default.
        options: What helps to read it: ``split``, ``annotations``, ``labels``, ``path_column``, ``label_column``.

    Raises:
        DatasetError: The path is missing, its layout unknown, or its content has problems; all are listed.
        LabelError: A label file is wrong.
        StorageFullError: No space for the table.
    """
    options = options or {}
    source = source.absolute()
    surroundings.say("import", f"Checking the images of {source}.")
    content = _load(source, options)
    _refuse_idle_options(content, options)
    candidate = _describe(surroundings, content, source, options)
    store = surroundings.store
    with store.lock("import a dataset", waiting=surroundings.waiting_for("the list of datasets")):
        for known in store.catalogue.datasets_from(str(source)):
            if _same_content(known, candidate) and name in {None, known.name}:
                return known.model_copy(update={"findings": candidate.findings})
        wanted = name or (f"{source.name}-{options['split']}" if "split" in options else source.stem)
        chosen, version = free_name(
            wanted,
            taken_by=store.catalogue.dataset,
            same_source=lambda other: name is not None or (other.source, other.options) == (str(source), options),
            variant="",
        )
        dataset = candidate.model_copy(update={"name": chosen, "version": version})
        store.keep_dataset(dataset, content.manifest)
    return dataset


def find_or_import_dataset(
    surroundings: Surroundings, name_or_path: str, *, options: dict[str, str] | None = None
) -> Dataset:
    """The dataset that a person means: a path, or a name or id in the workspace, whose source is checked again.

    Raises:
        DatasetNotFoundError: Neither such a path nor such a dataset.
        DatasetError: It cannot be imported.
    """
    path = given_path(name_or_path, "dataset")
    if exists(path):
        return import_dataset(surroundings, path, options=options)
    catalogue = surroundings.store.catalogue
    known = catalogue.dataset(name_or_path)
    if known is None:
        names = sorted({dataset.name for dataset in catalogue.datasets()})
        listed = f"Datasets in the workspace: {', '.join(names)}." if names else "The workspace has no datasets yet."
        raise DatasetNotFoundError(f"There is no path and no dataset called '{name_or_path}'. {listed}")
    if not exists(Path(known.source)):
        surroundings.say("import", f"The images of dataset {known.name} are gone from {known.source}.")
        return known
    return import_dataset(
        surroundings, Path(known.source), name=known.name, options={**known.options, **(options or {})}
    )


def _load(source: Path, options: dict[str, str]) -> DatasetContent:
    paths = {key: given_path(options[key], f"{key} file") for key in ("annotations", "labels") if key in options}
    words = {key: options[key] for key in ("split", "path_column", "label_column") if key in options}
    return load_dataset(source, **paths, **words)  # type: ignore[arg-type]


def _refuse_idle_options(content: DatasetContent, options: dict[str, str]) -> None:
    """An option without effect is a misunderstanding: say so instead of ignoring it."""
    effective = {
        "split": content.split is not None,
        "path_column": content.layout == "table",
        "label_column": content.layout == "table",
    }
    for option in options:
        if not effective.get(option, True):
            raise UsageError(
                f"The dataset {content.source} was read in the layout '{content.layout}', which has no "
                f"{option.replace('_', ' ')}; leave out --{option.replace('_', '-')}."
            )


def _describe(surroundings: Surroundings, content: DatasetContent, source: Path, options: dict[str, str]) -> Dataset:
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
        images_hash=images_hash(content.manifest),
        annotations_hash=annotations_hash(content.manifest),
        findings=content.findings,
        imported_at=surroundings.now(),
    )


def _same_content(one: Dataset, other: Dataset) -> bool:
    return one.model_dump(exclude=_OWN) == other.model_dump(exclude=_OWN)
