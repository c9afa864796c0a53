"""How the classes of a dataset become outputs of a model, class by class, before anything is evaluated."""

from __future__ import annotations

import polars as pl

from accubench.errors import DatasetProblemsError, LabelError, UsageError
from accubench.labels import best_class_names, labels_of_model
from accubench.labels.correspondence import matches_by_name, naming_option, targets_of
from accubench.labels.names import with_synsets
from accubench.records.class_names import ClassCorrespondence, ClassNames, CorrespondingClass
from accubench.records.report import LabelMapping
from accubench.tasks.evaluation import Evaluation, resolve

__all__ = ["class_correspondence"]


def class_correspondence(wanted: Evaluation, manifest: pl.DataFrame) -> ClassCorrespondence:
    """Hold the classes that an evaluation would take against those that names say; nothing is inferred.

    Where the evaluation would be refused, because names do not match or ids lie outside of the model, the reason is
    the description, and no output is taken.

    Args:
        wanted: Model, dataset, and how.
        manifest: The dataset's images.

    Raises:
        UsageError: The dataset is not annotated.
        ConfigurationError: No configuration can be inferred for the model.
        LabelError: The number of the model's labels does not fit its outputs.
    """
    dataset, description = wanted.dataset, wanted.model.description
    class_ids = dataset.known_class_ids
    if not class_ids:
        raise UsageError(f"{dataset.name} is not annotated, so it has no classes that could be outputs of a model.")
    labels = labels_of_model(
        wanted.class_names or description.class_names,
        description.class_count,
        background_class=description.background_class,
    )
    mapping, refusal = _taken(wanted, manifest)
    names = None if dataset.class_names is None else with_synsets(dataset.class_names)
    targets = None if names is None else targets_of(labels, class_ids, names, description.class_count)
    shown = labels or targets or _shown_names(mapping, description.class_count)
    matched = {} if names is None or targets is None else matches_by_name(class_ids, names, targets)
    taken = {} if mapping is None else mapping.outputs
    classes = tuple(
        CorrespondingClass(
            dataset_class=class_id,
            dataset_name=None if names is None else names.name(class_id),
            taken_output=taken.get(class_id),
            taken_name=_name_of(shown, taken.get(class_id)),
            named_output=matched[class_id].position if class_id in matched else None,
            named_name=_name_of(targets, matched[class_id].position) if class_id in matched else None,
            matched_by=matched[class_id].by if class_id in matched else None,
        )
        for class_id in class_ids
    )
    changes = any(each.moved for each in classes) or (mapping is None and bool(matched))
    return ClassCorrespondence(
        description=refusal if mapping is None else mapping.description,
        doubts=() if mapping is None else mapping.doubts,
        dataset_names_origin=None if names is None else names.origin,
        model_names_origin=None if targets is None else targets.origin,
        classes=classes,
        option=naming_option(class_ids, matched) if changes else None,
    )


def _taken(wanted: Evaluation, manifest: pl.DataFrame) -> tuple[LabelMapping | None, str]:
    """The mapping of an evaluation, or why there is none."""
    try:
        return resolve(wanted, manifest).mapping, ""
    except (LabelError, DatasetProblemsError) as error:
        return None, str(error)


def _shown_names(mapping: LabelMapping | None, class_count: int) -> ClassNames | None:
    """What a report would call the outputs where neither side has names."""
    return best_class_names(
        explicit=None,
        model_names=None,
        dataset_names=None,
        mapping=mapping,
        class_count=class_count,
        image_names=(),
    )


def _name_of(names: ClassNames | None, output: int | None) -> str | None:
    return None if names is None else names.name(output)
