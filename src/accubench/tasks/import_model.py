"""Import a model: read it, describe it, keep a copy of its files, and know it again by its content."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from accubench.errors import ModelNotFoundError, UsageError
from accubench.models import REPOSITORY_FOLDERS, kept_name, load_model, model_files, network_files
from accubench.records.base import content_hash
from accubench.records.model import Model, ModelFile
from accubench.tasks.given_paths import exists, given_path
from accubench.tasks.naming import free_name
from accubench.tasks.surroundings import Surroundings

__all__ = ["describe_file", "find_or_import_model", "import_model"]

_SAY_NOTHING = {"model", "openvino_model", "saved_model"}
"""Names that exporters give to every model's file, in a folder whose name says which it is."""


def import_model(
    surroundings: Surroundings,
    path: Path,
    *,
    name: str | None = None,
    input_size_hw: tuple[int, int] | None = None,
    scores_output: str | None = None,
) -> Model:
    """Bring a model file into the workspace; the same content from the same place is not imported twice.

    Args:
        surroundings: Where to keep it.
        path: The file to open, or a folder that holds one model.
        name: What to call it; by default the folder's name where one was given or the file's name says nothing, else
            the file's name without its suffix.
        input_size_hw: Height and width in pixels, where the model leaves them open and says nothing of them.
        scores_output: The output that holds class scores, where there are several.

    Raises:
        ModelError: The file is missing, damaged, of an unknown format, or no classifier.
        StorageFullError: No space for the copy.
    """
    files = model_files(path.absolute())
    main = files[0]
    network = network_files(main)
    described = tuple(describe_file(file, name=kept_name(main, file), network=file in network) for file in files)
    content = content_hash([[file.name, file.sha256] for file in described] + [[input_size_hw, scores_output]])
    store = surroundings.store
    source = store.origin(main)
    with store.lock("import a model", waiting=surroundings.waiting_for("the list of models")):
        for known in store.catalogue.models_by_content(content, source):
            if name in {None, known.name}:
                return known
        loaded = load_model(main, input_size_hw=input_size_hw, scores_output=scores_output)
        chosen, version = free_name(
            name or _default_name(path.absolute(), main, uploaded=store.is_own(main)),
            taken_by=store.catalogue.model,
            same_source=lambda other: name is not None or other.source == source,
            variant=main.suffix.lstrip("."),
        )
        model = Model(
            id=surroundings.new_id("model"),
            name=chosen,
            version=version,
            content_sha256=content,
            files=described,
            source=source,
            input_size_hw=input_size_hw,
            description=loaded.description,
            imported_at=surroundings.now(),
        )
        store.keep_model(model, files)
    return model


def _default_name(path: Path, main: Path, *, uploaded: bool) -> str:
    """What to call a model that nobody gave a name.

    Args:
        path: What was given, absolute.
        main: The model's main file.
        uploaded: Whether its folder is only that of an upload.
    """
    given = Path(os.path.normpath(path))
    folder = main.parent.parent if main.parent.name in REPOSITORY_FOLDERS else main.parent
    if given.is_dir() and given.name:
        return given.name
    if main.stem.lower() in _SAY_NOTHING and folder.name and not uploaded:
        return folder.name
    return main.stem


def find_or_import_model(
    surroundings: Surroundings,
    name_or_path: str,
    *,
    input_size_hw: tuple[int, int] | None = None,
    scores_output: str | None = None,
) -> Model:
    """The model that a person means: a path is imported, anything else is a name or id in the workspace.

    Raises:
        ModelNotFoundError: Neither such a file nor such a model.
        ModelError: The file cannot be imported.
        UsageError: Options of an import were given for a model that is imported already.
    """
    path = given_path(name_or_path, "model")
    if exists(path):
        return import_model(surroundings, path, input_size_hw=input_size_hw, scores_output=scores_output)
    known = surroundings.store.catalogue.model(name_or_path)
    if known is None:
        names = sorted({model.name for model in surroundings.store.catalogue.models()})
        listed = f"Models in the workspace: {', '.join(names)}." if names else "The workspace has no models yet."
        raise ModelNotFoundError(f"There is no file and no model in the workspace called '{name_or_path}'. {listed}")
    if (input_size_hw, scores_output) != (None, None):
        raise UsageError(
            f"Model {known.name} was imported already; input size and output are chosen when a model is imported. "
            "Give the path of its file to import it another way."
        )
    return known


def describe_file(file: Path, *, name: str, network: bool) -> ModelFile:
    """Name, size and hash of a file of a model.

    Args:
        file: The file.
        name: What it is called among the model's files.
        network: Whether it holds the network itself.
    """
    with file.open("rb") as stream:
        return ModelFile(
            name=name,
            size_bytes=file.stat().st_size,
            sha256=hashlib.file_digest(stream, "sha256").hexdigest(),
            network=network,
        )
