"""What the names of both sides say of which class is which output."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from accubench.labels.imagenet import imagenet_outputs
from accubench.labels.names import NameIndex, NameMatch, is_background, with_synsets
from accubench.records.class_names import ClassNames

__all__ = ["background_doubt", "disagreement_doubt", "matches_by_name", "naming_option", "targets_of"]

_EXAMPLES = 3
_MOSTLY = 0.5
"""An unlabelled model is taken for one of ImageNet only where more of the dataset's names than this are ImageNet's."""


def matches_by_name(class_ids: Iterable[int], names: ClassNames, targets: ClassNames) -> dict[int, NameMatch]:
    """The output of each class that is found by its synset id or name, with what told.

    Equal lists of names match in order, also where a name occurs twice.

    Args:
        class_ids: Ids of the dataset; those without a name are not found.
        names: Names by dataset id.
        targets: Names by output.

    >>> ours = ClassNames(names=("Cat", "dog"), origin="ours")
    >>> matches_by_name([0, 1], ours, ClassNames(names=("dog", "cat", "fish"), origin="model"))
    {0: NameMatch(position=1, by='spelling'), 1: NameMatch(position=0, by='exact name')}
    """
    known = [class_id for class_id in class_ids if 0 <= class_id < len(names)]
    if names.names == targets.names:
        return {class_id: NameMatch(class_id, "exact name") for class_id in known}
    index = NameIndex(targets)
    synsets = names.synsets or ("",) * len(names)
    found = {class_id: index.match(names.names[class_id], synsets[class_id] or None) for class_id in known}
    return {class_id: match for class_id, match in found.items() if match is not None}


def targets_of(
    labels: ClassNames | None, class_ids: Sequence[int], names: ClassNames, class_count: int
) -> ClassNames | None:
    """Names by output: the model's labels or, for an unlabelled model, ILSVRC2012's where most names are from there."""
    assumed = imagenet_outputs(class_count) if labels is None else None
    if assumed is None:
        return labels
    found = matches_by_name(class_ids, with_synsets(names), assumed)
    return assumed if len(found) > _MOSTLY * len(class_ids) else None


def naming_option(class_ids: Sequence[int], matched: Mapping[int, NameMatch]) -> str:
    """The setting of the accuracy configuration that does as names say.

    One offset where that says it for all that are matched; else by name where every class is matched to an output of
    its own; else a map, which only a person can complete.

    >>> naming_option([0, 1], {0: NameMatch(1, "spelling"), 1: NameMatch(2, "spelling")})
    'annotations: {offset: 1}'
    """
    shifts = {match.position - class_id for class_id, match in matched.items()}
    if len(shifts) == 1:
        return f"annotations: {{offset: {shifts.pop()}}}"
    if len({match.position for match in matched.values()}) == len(class_ids):
        return "annotations: {by: name}"
    return "annotations: {map: {id: output}}"


def disagreement_doubt(
    outputs: Mapping[int, int], dataset_names: ClassNames | None, labels: ClassNames | None, class_count: int
) -> str | None:
    """A warning where names on both sides say that ids mean other classes than they are taken for.

    Args:
        outputs: The output that each class is taken for.
        dataset_names: Names by dataset id.
        labels: The model's own labels.
        class_count: Number of its outputs.
    """
    if dataset_names is None:
        return None
    class_ids = [class_id for class_id in outputs if class_id < len(dataset_names)]
    targets = targets_of(labels, class_ids, dataset_names, class_count)
    if targets is None:
        return None
    names = with_synsets(dataset_names)
    matched = matches_by_name(class_ids, names, targets)
    moved = [class_id for class_id, match in matched.items() if match.position != outputs[class_id]]
    if not moved:
        return None
    examples = [
        f"class {class_id} '{names.name(class_id)}' is taken for output {outputs[class_id]} "
        f"'{targets.name(outputs[class_id])}' and by name is output {matched[class_id].position}"
        for class_id in moved[:_EXAMPLES]
    ]
    unmatched = len(class_ids) - len(matched)
    rest = f" ({unmatched} have no match by name)" if unmatched else ""
    whose = f" (the model has no labels; {targets.origin} is assumed)" if labels is None else ""
    return (
        f"Names disagree for {len(moved)} of {len(class_ids)} classes{rest}{whose}: {'; '.join(examples)}. "
        f"Ids were taken as they are. If names are right, use `{naming_option(class_ids, matched)}`; "
        "`accubench config labels MODEL DATASET` shows every class."
    )


def background_doubt(
    offset: int,
    class_ids: Sequence[int],
    dataset_names: ClassNames | None,
    class_count: int,
    *,
    background_class: bool,
) -> str | None:
    """A warning where only one of both sides seems to count a background class."""
    if offset or not class_ids:
        return None
    named = 0 if dataset_names is None else len(dataset_names)
    if dataset_names is not None and named == class_count + 1 and is_background(dataset_names.names[0]):
        return (
            f"The dataset's names begin with a background class ('{dataset_names.names[0]}') and are {named}, one more "
            f"than the model's {class_count} outputs: `annotations: {{offset: -1}}` is needed unless ids leave it out."
        )
    counted = dataset_names is not None and named == class_count and is_background(dataset_names.names[0])
    if counted or max(class_ids) > class_count - 2:
        return None
    if not (background_class or named == class_count - 1 or class_count == 1001):
        return None
    return (
        f"The model has {class_count} outputs and ids go up to {max(class_ids)} only: if output 0 is a background "
        "class, `annotations: {offset: 1}` is needed."
    )
