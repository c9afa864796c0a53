"""How the classes of a dataset become outputs of a model."""

from __future__ import annotations

from collections.abc import Mapping

from accubench.errors import DatasetProblemsError, Finding, LabelError
from accubench.labels.correspondence import background_doubt, disagreement_doubt, matches_by_name
from accubench.labels.imagenet import BACKGROUND, imagenet_outputs
from accubench.labels.names import NameIndex, are_placeholders, is_background, with_synsets
from accubench.records.accuracy_configuration import Annotations
from accubench.records.class_names import ClassNames
from accubench.records.report import LabelMapping

__all__ = ["fitted_to_outputs", "labels_of_model", "resolve_mapping"]

SHOWN = 10
"""How many classes a message spells out."""


def resolve_mapping(
    *,
    annotations: Annotations,
    class_ids: tuple[int, ...],
    dataset_names: ClassNames | None,
    names_decide: bool,
    class_count: int,
    background_class: bool,
    model_names: ClassNames | None,
    annotation_file: str | None = None,
    first_lines: Mapping[int, int] | None = None,
) -> LabelMapping:
    """Find the model output of every class that occurs in the annotations.

    A map decides where there is one.  Names decide where the configuration asks for it (``by: name``) or where the
    dataset's ids are only positions of names: they are matched by synset id or name to the model's labels, or to
    ILSVRC2012 where an unlabelled model has as many outputs; folders are taken in sorted order only where there are as
    many of them as outputs and nothing better is known.  In all other cases the output is the id plus the offset.

    Args:
        annotations: The configuration's way of mapping.
        class_ids: The ids that occur in the annotations.
        dataset_names: Names by dataset id, where known.
        names_decide: Whether dataset ids are only positions in `dataset_names`.
        class_count: Number of classes that the model scores.
        background_class: Whether output 0 is likely a background class.
        model_names: The model's own labels, where it has some.
        annotation_file: The file that findings point to.
        first_lines: The line of `annotation_file` that mentions a class first, by class.

    Raises:
        DatasetProblemsError: If ids lie outside the model's classes; one finding for each, with its line.
        LabelError: If names do not match; lists them with the closest labels and the remedies.
    """
    places = _Places(annotation_file, first_lines or {})
    labels = labels_of_model(model_names, class_count, background_class=background_class)
    if annotations.map is not None:
        return _by_map(annotations.map, class_ids, class_count, places)
    if annotations.by == "name" or names_decide:
        return _by_name(annotations, class_ids, dataset_names, class_count, labels, names_decide=names_decide)
    mapping = _by_offset(annotations.offset, class_ids, dataset_names, class_count, places)
    doubts = [
        background_doubt(annotations.offset, class_ids, dataset_names, class_count, background_class=background_class),
        disagreement_doubt(mapping.outputs, dataset_names, labels, class_count),
    ]
    return mapping.model_copy(update={"doubts": tuple(filter(None, doubts))})


def fitted_to_outputs(names: ClassNames, class_count: int, *, background_class: bool) -> ClassNames:
    """Names with one entry per model output.

    A background class is put first where the model has one output more than there are names, and left away where the
    names have one that the model lacks.

    Raises:
        LabelError: If the number of names is any other.
    """
    if len(names) == class_count:
        return names
    synsets = names.synsets
    has_background = bool(names.names) and is_background(names.names[0])
    if len(names) == class_count - 1 and not has_background and (background_class or class_count == 1001):
        fitted = (BACKGROUND, *names.names), ("", *synsets) if synsets else None
        origin = f"{names.origin}, after a background class"
    elif len(names) == class_count + 1 and has_background:
        fitted = names.names[1:], synsets[1:] if synsets else None
        origin = f"{names.origin}, without the background class"
    else:
        raise LabelError(
            f"{names.origin} has {len(names)} class names, but the model has {class_count} outputs. Give a label file "
            f"with {class_count} names, one for each output in order."
        )
    return ClassNames(names=fitted[0], synsets=fitted[1], origin=origin)


class _Places:
    """Where a class is mentioned first."""

    def __init__(self, file: str | None, lines: Mapping[int, int]) -> None:
        self._file = file
        self._lines = lines

    def finding(self, code: str, class_id: int, message: str, remedy: str | None = None) -> Finding:
        line = self._lines.get(class_id)
        return Finding(code=code, message=message, file=self._file, line=line, remedy=remedy)


def labels_of_model(names: ClassNames | None, class_count: int, *, background_class: bool) -> ClassNames | None:
    """A model's labels as names of its outputs, with synset ids where they are known; None where there are none.

    Raises:
        LabelError: If their number does not fit the outputs.
    """
    if names is None or are_placeholders(names):
        return None
    return with_synsets(fitted_to_outputs(names, class_count, background_class=background_class))


def _by_map(mapped: dict[int, int], class_ids: tuple[int, ...], class_count: int, places: _Places) -> LabelMapping:
    findings = [
        places.finding("class-not-mapped", class_id, f"Class {class_id} of the dataset is not in annotations: map.")
        for class_id in class_ids
        if class_id not in mapped
    ]
    findings += [
        places.finding(
            "class-outside-model",
            class_id,
            f"Class {class_id} is mapped to output {mapped[class_id]}, but {_outputs_exist(class_count)}.",
        )
        for class_id in class_ids
        if class_id in mapped and not 0 <= mapped[class_id] < class_count
    ]
    if findings:
        raise DatasetProblemsError("The map of the accuracy configuration does not fit dataset and model:", findings)
    return LabelMapping(
        kind="map",
        description="Outputs are those of annotations: map.",
        outputs={class_id: mapped[class_id] for class_id in class_ids},
    )


def _by_offset(
    offset: int, class_ids: tuple[int, ...], dataset_names: ClassNames | None, class_count: int, places: _Places
) -> LabelMapping:
    outside = [class_id for class_id in class_ids if not 0 <= class_id + offset < class_count]
    if outside:
        remedy = _off_by_one_remedy(offset, class_ids, class_count)
        plus = f" with offset {offset}" if offset else ""
        findings = [
            places.finding(
                "class-outside-model",
                class_id,
                f"Class {class_id}{_quoted(dataset_names, class_id)}{plus} is outside the model's classes 0 to "
                f"{class_count - 1}.",
                remedy if class_id == outside[0] else None,
            )
            for class_id in outside
        ]
        raise DatasetProblemsError("The dataset has classes that the model does not have:", findings)
    return LabelMapping(
        kind="offset" if offset else "identity",
        description=_offset_sentence(offset),
        outputs={class_id: class_id + offset for class_id in class_ids},
    )


def _offset_sentence(offset: int) -> str:
    if not offset:
        return "Annotation id = model output."
    why = " (output 0 is a background class)" if offset == 1 else ""
    return f"Annotation id {'+' if offset > 0 else '-'} {abs(offset)} = model output{why}."


def _off_by_one_remedy(offset: int, class_ids: tuple[int, ...], class_count: int) -> str:
    lowest, highest = min(class_ids) + offset, max(class_ids) + offset
    if lowest == 1 and highest == class_count:
        return f"Ids run one too high: try `annotations: {{offset: {offset - 1}}}`."
    if lowest == -1 and highest < class_count - 1:
        return f"Ids run one too low: try `annotations: {{offset: {offset + 1}}}`."
    if lowest >= 1 and highest == class_count:
        return f"If the first class is numbered {1 - offset}, `annotations: {{offset: {offset - 1}}}` is the remedy."
    return (
        f"The model has {class_count} outputs and ids run from {min(class_ids)} to {max(class_ids)}: is it the model "
        "for this dataset? Otherwise give `annotations: {map: {id: output}}` or `annotations: {by: name}`."
    )


def _by_name(
    annotations: Annotations,
    class_ids: tuple[int, ...],
    dataset_names: ClassNames | None,
    class_count: int,
    labels: ClassNames | None,
    *,
    names_decide: bool,
) -> LabelMapping:
    if dataset_names is None:
        raise LabelError(
            "Classes cannot be matched by name, because the dataset has no class names. Give a label file for the "
            "dataset, or use `annotations: {by: id}`."
        )
    known = with_synsets(dataset_names)
    targets = labels or imagenet_outputs(class_count)
    found = matches_by_name(class_ids, known, targets) if targets else {}
    matched = {class_id: match.position for class_id, match in found.items()}
    unmatched = tuple(class_id for class_id in class_ids if class_id not in matched)
    if targets and class_ids and not unmatched:
        return _name_mapping(annotations, matched, known, targets, assumed=labels is None)
    as_many = len(known) + annotations.offset == class_count
    if labels is None and names_decide and as_many and len(matched) < 0.5 * len(class_ids):
        return _by_position(annotations.offset, class_ids, known, class_count)
    raise _unmatched_error(unmatched, known, targets, class_count, assumed=labels is None)


def _name_mapping(
    annotations: Annotations, matched: dict[int, int], names: ClassNames, targets: ClassNames, *, assumed: bool
) -> LabelMapping:
    class_by_output: dict[int, int] = {}
    for class_id, output in matched.items():
        if output in class_by_output:
            raise LabelError(
                f"Classes '{names.name(class_by_output[output])}' and '{names.name(class_id)}' of the dataset both "
                f"match output {output} of the model, '{targets.name(output)}'. Rename one, or give "
                "`annotations: {map: {id: output}}`."
            )
        class_by_output[output] = class_id
    by = "synset id" if names.synsets and targets.synsets else "name"
    description = f"The dataset's classes are matched by {by} to {targets.origin}."
    if assumed:
        description += f" The model has no labels; {targets.origin} is assumed by its {len(targets)} outputs."
    if annotations.offset:
        description += f" The offset {annotations.offset} is not applied, because names decide."
    return LabelMapping(kind="name", description=description, outputs=matched)


def _by_position(offset: int, class_ids: tuple[int, ...], dataset_names: ClassNames, class_count: int) -> LabelMapping:
    mapping = _by_offset(offset, class_ids, dataset_names, class_count, _Places(None, {}))
    start = f", counted from {offset}" if offset else ""
    doubt = (
        f"The model has no labels, so the dataset's {len(dataset_names)} classes in sorted order are taken for "
        f"its outputs in order{start}: check that the model was trained with this order, or give its labels."
    )
    return mapping.model_copy(
        update={
            "description": f"The dataset's classes in sorted order are taken for the model's outputs in order{start}.",
            "doubts": (doubt,),
        }
    )


def _unmatched_error(
    unmatched: tuple[int, ...], names: ClassNames, targets: ClassNames | None, class_count: int, *, assumed: bool
) -> LabelError:
    remedies = (
        "Give the model's labels as a label file, rename the classes, or give `annotations: {map: {id: output}}`."
    )
    if targets is None:
        return LabelError(
            f"The dataset has {len(names)} classes, known by name only ({_listed(names.names)}), but the model has "
            f"{class_count} outputs and no labels, so it is not known which output is which class. {remedies}"
        )
    index = NameIndex(targets)
    lines = [_unmatched_line(index, names.name(class_id) or str(class_id)) for class_id in unmatched[:SHOWN]]
    if len(unmatched) > SHOWN:
        lines.append(f"  and {len(unmatched) - SHOWN} more.")
    whose = f"{targets.origin}, assumed by the model's {class_count} outputs" if assumed else targets.origin
    head = f"{len(unmatched)} of the dataset's classes match none of the model's labels ({whose}), or more than one:"
    return LabelError("\n".join([head, *lines, remedies]))


def _unmatched_line(index: NameIndex, name: str) -> str:
    suggestion = index.suggestion(name)
    return f"  '{name}'" + (f" (closest is '{suggestion}')" if suggestion else "")


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def _quoted(names: ClassNames | None, class_id: int) -> str:
    name = names.name(class_id) if names else None
    return f" ('{name}')" if name else ""


def _outputs_exist(class_count: int) -> str:
    return f"the model's outputs are 0 to {class_count - 1}"
