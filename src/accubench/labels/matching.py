"""Which outputs of two models mean the same class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from accubench.errors import LabelError
from accubench.labels.names import NameIndex, are_placeholders, is_background, normalized_name, with_synsets
from accubench.records.class_names import ClassNames
from accubench.records.comparison import ClassMatching
from accubench.records.report import LabelMapping

__all__ = ["ClassSet", "match_outputs"]

_SPELLED_DIFFERENTLY = 0.05
"""Share of labels that may be found nowhere, where all others stand at the same output of both models."""
_REMEDY = (
    "Only models over the same classes can be compared. Where they are, say which output is which: give both models "
    "the same labels, or each a configuration whose `annotations: {map: {id: output}}` leads to its outputs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSet:
    """What is known of the classes that a model scores."""

    class_count: int
    """Number of its outputs; 2 for one sigmoid output."""
    names: ClassNames | None = None
    """The model's own labels by output, with synset ids where known."""
    background: bool = False
    """Whether output 0 is likely a background class."""
    mapping: LabelMapping | None = None
    """How the dataset's classes become its outputs; None where nothing is annotated."""

    @property
    def labels(self) -> ClassNames | None:
        """Labels that say more than their number, one for each output."""
        if self.names is None or len(self.names) != self.class_count or are_placeholders(self.names):
            return None
        return with_synsets(self.names)

    @property
    def starts_with_background(self) -> bool:
        """Whether something says that output 0 is a background class."""
        labels = self.labels
        return self.background or (labels is not None and is_background(labels.names[0]))


@dataclass(frozen=True, slots=True)
class _Found:
    """A matching with who says so."""

    source: Literal["labels", "annotations", "background"]
    parent_outputs: tuple[int, ...]


def match_outputs(optimised: ClassSet, parent: ClassSet) -> ClassMatching:
    """Find for every output of the optimised model the output of its parent that means the same class.

    Labels of both models decide where they are known (by synset id or name, in whatever order), then annotations that
    lead to outputs of both, then a background class that only one of them has. Where none of these says anything,
    as many outputs are taken to be the same one by one. Whoever has something to say must not contradict another.

    Args:
        optimised: The classes of the optimised model.
        parent: The classes of its parent, or of any other model.

    Returns:
        The matching; its description is a sentence for people.

    Raises:
        LabelError: The classes are not the same, nothing says which is which, or two sources contradict each other.
    """
    by_labels = _by_labels(optimised, parent)
    different = by_labels is None and optimised.labels is not None and parent.labels is not None
    by_annotations = _by_annotations(optimised, parent, chosen_only=different)
    by_background = None if different else _by_background(optimised, parent)
    found = [each for each in (by_labels, by_annotations, by_background) if each is not None]
    _check_agreement(found, optimised)
    count = optimised.class_count
    one_by_one = tuple(range(count))
    assumable = count == parent.class_count and not different
    if assumable and all(_agree(each.parent_outputs, one_by_one) for each in found):
        return _identity(count, labelled=by_labels is not None)
    if not found:
        raise LabelError(_difference(optimised, parent))
    return _described(found[0], optimised)


def _by_labels(optimised: ClassSet, parent: ClassSet) -> _Found | None:
    """Every output by its label; None where labels are unknown, or do not name the same classes."""
    ours, theirs = optimised.labels, parent.labels
    if ours is None or theirs is None:
        return None
    found = _positions(ours, theirs)
    missing = [place for place, position in enumerate(found) if position < 0 and not _is_background(ours, place)]
    if missing and len(ours) == len(theirs) and len(missing) <= _SPELLED_DIFFERENTLY * len(ours):
        in_place = all(position in {place, -1} for place, position in enumerate(found))
        found = list(range(len(ours))) if in_place else found
        missing = [] if in_place else missing
    left_over = set(range(len(theirs))).difference(found)
    covered = all(_is_background(theirs, position) for position in left_over)
    return None if missing or not covered else _Found("labels", tuple(found))


def _positions(ours: ClassNames, theirs: ClassNames) -> list[int]:
    """For each of our labels the position of theirs, each taken once; -1 for none."""
    index = NameIndex(theirs)
    taken: set[int] = set()
    found: list[int] = []
    for place, name in enumerate(ours.names):
        same = place < len(theirs) and normalized_name(theirs.names[place]) == normalized_name(name)
        position = place if same else index.find(name, ours.synsets[place] if ours.synsets else None)
        found.append(-1 if position is None or position in taken else position)
        taken.add(found[-1])
    return found


def _is_background(labels: ClassNames, output: int) -> bool:
    return is_background(labels.names[output])


def _by_annotations(optimised: ClassSet, parent: ClassSet, *, chosen_only: bool) -> _Found | None:
    """Through the classes of the dataset.

    An offset holds for all outputs, also for classes that no image has. Ids that are simply taken for outputs, because
    nobody said otherwise, are no evidence where `chosen_only`, or where the numbers of outputs differ.
    """
    ours, theirs = optimised.mapping, parent.mapping
    if ours is None or theirs is None or not set(ours.outputs) & set(theirs.outputs):
        return None
    shifts = [_offset(ours), _offset(theirs)]
    if None not in shifts:
        first, second = (shift or 0 for shift in shifts)
        unfounded = chosen_only or (first == second and optimised.class_count != parent.class_count)
        return None if unfounded else _Found("annotations", _shifted(optimised, parent, second - first))
    outputs = [-1] * optimised.class_count
    for class_id, output in ours.outputs.items():
        outputs[output] = theirs.outputs.get(class_id, -1)
    return _Found("annotations", tuple(outputs))


def _offset(mapping: LabelMapping) -> int | None:
    """What is added to every class of the dataset to get its output; None where another rule is used."""
    if mapping.kind not in {"identity", "offset"}:
        return None
    class_id, output = next(iter(mapping.outputs.items()))
    return output - class_id


def _by_background(optimised: ClassSet, parent: ClassSet) -> _Found | None:
    """One output more on one side, which starts with a background class: the others follow one by one."""
    shift = parent.class_count - optimised.class_count
    longer = parent if shift > 0 else optimised
    if abs(shift) != 1 or not longer.starts_with_background:
        return None
    return _Found("background", _shifted(optimised, parent, shift))


def _shifted(optimised: ClassSet, parent: ClassSet, shift: int) -> tuple[int, ...]:
    moved = (output + shift for output in range(optimised.class_count))
    return tuple(output if 0 <= output < parent.class_count else -1 for output in moved)


def _agree(first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether two matchings say the same of every output that both say something of."""
    return all(one == other or -1 in {one, other} for one, other in zip(first, second, strict=True))


def _check_agreement(found: Sequence[_Found], optimised: ClassSet) -> None:
    for each in found[1:]:
        if not _agree(found[0].parent_outputs, each.parent_outputs):
            pairs = enumerate(zip(found[0].parent_outputs, each.parent_outputs, strict=True))
            output, (one, other) = next(pair for pair in pairs if pair[1][0] != pair[1][1] and -1 not in pair[1])
            name = f" ('{optimised.labels.name(output)}')" if optimised.labels else ""
            raise LabelError(
                f"It is not clear which classes of both models are the same: by {_WHO[found[0].source]}, output "
                f"{output}{name} of the optimised model is output {one} of its parent, but by {_WHO[each.source]} it "
                f"is output {other}. Check `annotations` in the configurations of both models (offset, by: name)."
            )


_WHO = {
    "labels": "the labels of both models",
    "annotations": "the dataset's annotations",
    "background": "the background class that only one model has",
}


def _identity(count: int, *, labelled: bool) -> ClassMatching:
    how = "have the same" if labelled else "have"
    known = "." if labelled else ", which are taken to mean the same classes in the same order."
    return ClassMatching(
        kind="identity",
        description=f"Both models {how} {count} outputs{known}",
        parent_outputs=tuple(range(count)),
    )


def _described(found: _Found, optimised: ClassSet) -> ClassMatching:
    outputs = found.parent_outputs
    matched = [(output, other) for output, other in enumerate(outputs) if other >= 0]
    shifts = {other - output for output, other in matched}
    who = _WHO[found.source]
    rest = _rest(optimised.class_count - len(matched))
    if len(shifts) == 1:
        shift = shifts.pop()
        moved_by = "" if not shift else f" {'+' if shift > 0 else '-'} {abs(shift)}"
        sentence = f"Output of the optimised model{moved_by} = output of its parent, by {who}{rest}."
        return ClassMatching(kind="offset" if shift else "identity", description=sentence, parent_outputs=outputs)
    moved = sum(output != other for output, other in matched)
    sentence = f"Outputs are matched by {who}: {moved} of {len(matched)} have another number in the parent{rest}."
    kind = "names" if found.source == "labels" else "annotations"
    return ClassMatching(kind=kind, description=sentence, parent_outputs=outputs)


def _rest(unmatched: int) -> str:
    if not unmatched:
        return ""
    return f"; {unmatched} output{'' if unmatched == 1 else 's'} of the optimised model {_has(unmatched)} none"


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _difference(optimised: ClassSet, parent: ClassSet) -> str:
    ours, theirs = optimised.labels, parent.labels
    if ours is None or theirs is None:
        return (
            f"The optimised model has {optimised.class_count} outputs and its parent has {parent.class_count}, and "
            f"nothing says which of them mean the same class. {_REMEDY}"
        )
    positions = _positions(ours, theirs)
    alone = [ours.names[place] for place, position in enumerate(positions) if position < 0]
    missing = [theirs.names[position] for position in sorted(set(range(len(theirs))).difference(positions))]
    return (
        f"The models have different classes: {_listed(alone)} of the optimised model ({len(ours)} outputs) are not "
        f"labels of its parent, and {_listed(missing)} of its parent ({len(theirs)} outputs) are not labels of the "
        f"optimised model. {_REMEDY}"
    )


def _listed(names: Sequence[str]) -> str:
    """The first few of some names, or how few there are.

    >>> _listed(["cat", "dog"]), _listed([])
    ("'cat', 'dog'", 'none')
    """
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown or "none"
