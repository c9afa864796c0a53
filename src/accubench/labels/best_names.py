"""Choosing the best source of names for a model's outputs."""

from __future__ import annotations

from collections.abc import Sequence

from accubench.labels.imagenet import imagenet_class_names, imagenet_outputs, synset_in
from accubench.labels.mapping import fitted_to_outputs
from accubench.labels.names import are_placeholders, with_synsets
from accubench.records.class_names import ClassNames
from accubench.records.report import LabelMapping

__all__ = ["best_class_names"]


def best_class_names(
    *,
    explicit: ClassNames | None,
    model_names: ClassNames | None,
    dataset_names: ClassNames | None,
    mapping: LabelMapping | None,
    class_count: int,
    image_names: Sequence[str],
    dataset_classes: Sequence[int | None] = (),
    background_class: bool = False,
) -> ClassNames | None:
    """Names by model output from the best source there is, or None.

    In this order: the label file that the user gave; the model's own labels (unless they only repeat the number, as
    ``LABEL_7`` does); the dataset's names carried through the mapping; ILSVRC2012 where the model has 1000 outputs, or
    1001 with a background class, unless synset ids in the image names contradict it.

    Args:
        explicit: Names that the user gave for the model's outputs.
        model_names: The model's own labels.
        dataset_names: Names by dataset id.
        mapping: How dataset classes become outputs; None where nothing is annotated.
        class_count: Number of classes that the model scores.
        image_names: Names of the dataset's images, of which some may carry synset ids.
        dataset_classes: Annotated class of each image, as long as `image_names`, or empty.
        background_class: Whether output 0 is likely a background class.

    Raises:
        LabelError: If the label file or the model's labels have a number of names that does not fit the outputs.
    """
    for names in (explicit, model_names):
        if names is not None and (names is explicit or not are_placeholders(names)):
            return with_synsets(fitted_to_outputs(names, class_count, background_class=background_class))
    assumed = _assumed(mapping, class_count, image_names, dataset_classes)
    carried = _carried(dataset_names, mapping, class_count) if dataset_names and mapping else None
    if carried is not None and (assumed is None or "" not in carried.names):
        return _filled(carried)
    if carried is not None and assumed is not None:
        merged = tuple(own or other for own, other in zip(carried.names, assumed.names, strict=True))
        return assumed.model_copy(update={"names": merged, "origin": f"{carried.origin}; others {assumed.origin}"})
    return assumed


def _carried(names: ClassNames, mapping: LabelMapping, class_count: int) -> ClassNames | None:
    """The dataset's names at the outputs that its classes belong to, "" where no class belongs."""
    outputs = dict(mapping.outputs)
    if mapping.kind in {"identity", "offset"} and outputs:
        class_id, output = next(iter(outputs.items()))
        every = {other: other + output - class_id for other in range(len(names))}
        outputs = {other: place for other, place in every.items() if 0 <= place < class_count}
    known = {output: class_id for class_id, output in outputs.items() if 0 <= class_id < len(names)}
    if not known:
        return None
    synsets = names.synsets
    return ClassNames(
        names=tuple(names.names[known[output]] if output in known else "" for output in range(class_count)),
        synsets=tuple(synsets[known[o]] if o in known else "" for o in range(class_count)) if synsets else None,
        origin=names.origin,
    )


def _filled(names: ClassNames) -> ClassNames:
    """Names with `class 7` where output 7 has none."""
    filled = tuple(name or f"class {output}" for output, name in enumerate(names.names))
    return names.model_copy(update={"names": filled})


def _assumed(
    mapping: LabelMapping | None,
    class_count: int,
    image_names: Sequence[str],
    dataset_classes: Sequence[int | None],
) -> ClassNames | None:
    """ILSVRC2012 for a model with as many outputs, with the evidence for it as origin; None where images say no."""
    names = imagenet_outputs(class_count)
    if names is None:
        return None
    agreeing, compared = _agreement(names, mapping, image_names, dataset_classes)
    if not compared:
        return names.model_copy(update={"origin": f"{names.origin}, assumed: the model has {class_count} outputs"})
    if agreeing < 0.5 * compared:
        return None
    evidence = f"image names carry synset ids that agree with the annotations on {agreeing} of {compared} images"
    return names.model_copy(update={"origin": f"{names.origin}: {evidence}"})


def _agreement(
    names: ClassNames,
    mapping: LabelMapping | None,
    image_names: Sequence[str],
    dataset_classes: Sequence[int | None],
) -> tuple[int, int]:
    """On how many images the synset id in the name is that of the annotated output, and how many could be compared."""
    if mapping is None or len(image_names) != len(dataset_classes):
        return 0, 0
    assert names.synsets is not None
    known = frozenset(imagenet_class_names().synsets or ())
    agreeing = compared = 0
    for image_name, dataset_class in zip(image_names, dataset_classes, strict=True):
        output = None if dataset_class is None else mapping.outputs.get(dataset_class)
        synset = synset_in(image_name)
        if output is None or synset not in known:
            continue
        compared += 1
        agreeing += 0 <= output < len(names) and names.synsets[output] == synset
    return agreeing, compared
