"""Keeping an optimised network as a new model of the workspace: its files, its description, its name."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from accubench.configuration import model_api_info, write_configuration
from accubench.errors import ExportError, UsageError
from accubench.models import load_model
from accubench.optimization import write_network
from accubench.records.base import content_hash
from accubench.records.model import Model, ModelDescription
from accubench.records.quantization import QuantizationRecipe
from accubench.storage import is_nearly_full, storage_errors
from accubench.tasks.calibration_images import CALIBRATION_FILE, write_calibration_images
from accubench.tasks.import_model import describe_file
from accubench.tasks.naming import free_name
from accubench.tasks.surroundings import Surroundings

__all__ = ["check_name", "keep_optimized"]

_SUFFIX = "-int8"


def check_name(taken_by: Callable[[str], Model | None], name: str | None, parent: Model) -> None:
    """Refuse a name under which there is another model than one made of the same parent.

    Args:
        taken_by: The newest model of a name, or None.
        name: What the optimised model is to be called; None for a name that is free.
        parent: What it is made of.

    Raises:
        UsageError: The name is taken.
    """
    holder = None if name is None else taken_by(name)
    if holder is not None and not _made_of(holder, parent):
        raise UsageError(
            f"There is another model called '{name}' in the workspace. Choose another name for the optimised model; "
            f"without one it is called {parent.name}{_SUFFIX}."
        )


def keep_optimized(
    surroundings: Surroundings,
    network: Any,
    *,
    parent: Model,
    recipe: QuantizationRecipe,
    images: pl.DataFrame,
    name: str | None,
) -> Model:
    """Write an optimised network and keep it; a model of the same parent, content and recipe is known again instead.

    Args:
        surroundings: Where to keep it.
        network: An `openvino.Model`.
        parent: What it was made of; its class names are kept.
        recipe: How it was made.
        images: The calibration images, as rows of a manifest.
        name: What to call it; the parent's name with ``-int8`` by default.

    Raises:
        StorageFullError: No space; nothing is left behind.
        UsageError: The name is taken by another model.
    """
    store = surroundings.store
    configuration = recipe.configuration.configuration
    source = f"made from {parent.name} version {parent.version}"
    with store.scratch() as folder, storage_errors(folder):
        main = folder / f"{Path(parent.files[0].name).stem}{_SUFFIX}.xml"
        layout = parent.description.input.layout or "NHWC"
        try:
            write_network(
                network,
                main,
                model_info=model_api_info(configuration, parent.description.class_names, layout=layout),
                configuration_yaml=write_configuration(configuration),
            )
        except ExportError as error:
            if is_nearly_full(folder):  # which OpenVINO does not say
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise
        listed = folder / CALIBRATION_FILE
        write_calibration_images(listed, images)
        files = (main, main.with_suffix(".bin"), listed)
        described = tuple(describe_file(file, name=file.name, network=file != listed) for file in files)
        content = content_hash([[file.name, file.sha256] for file in described])
        scores_output = configuration.outputs.name or parent.description.scores_output
        description = _described(main, scores_output, parent)
        with store.lock("import a model", waiting=surroundings.waiting_for("the list of models")):
            for known in store.catalogue.models_by_content(content, source):
                if name in {None, known.name} and _tells_the_same(known, recipe):
                    return known
            check_name(store.catalogue.model, name, parent)
            chosen, version = free_name(
                name or f"{parent.name}{_SUFFIX}",
                taken_by=store.catalogue.model,
                same_source=lambda other: _made_of(other, parent),
                variant="",
            )
            model = Model(
                id=surroundings.new_id("model"),
                name=chosen,
                version=version,
                content_sha256=content,
                files=described,
                source=source,
                parent_id=parent.id,
                description=description,
                imported_at=surroundings.now(),
                recipe=recipe,
            )
            store.keep_model(model, files)
    return model


def _made_of(model: Model, parent: Model) -> bool:
    """Whether a model was made of some version of the parent."""
    return model.recipe is not None and model.recipe.parent_name == parent.name


def _tells_the_same(model: Model, recipe: QuantizationRecipe) -> bool:
    """Whether a model's recipe is one of the same wishes: the same goal, above all, reached by as much."""
    known = model.recipe
    return known is not None and (known.settings, known.outcome) == (recipe.settings, recipe.outcome)


def _described(main: Path, scores_output: str, parent: Model) -> ModelDescription:
    """What the written file tells, with the parent's classes, of which it may hold less than the parent's files."""
    description = load_model(main, scores_output=scores_output).description
    known = parent.description
    return description.model_copy(
        update={
            "class_names": known.class_names,
            "background_class": known.background_class,
            "background_reason": known.background_reason,
        }
    )
