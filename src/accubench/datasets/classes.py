"""From the labels that a list gives its images to class ids, with the names that a label file gives them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from accubench.datasets.content import Request, relative_to_root
from accubench.datasets.text import shown
from accubench.datasets.tree import has_image_suffix, is_hidden
from accubench.errors import Finding, LabelError, UsageError
from accubench.labels import imagenet_class_names, is_synset, normalized_name, read_label_file
from accubench.records.class_names import ClassNames

__all__ = ["Classes", "LabelNames", "LabelledLine", "classes_of", "find_label_names", "is_label_file_name", "words_of"]

_ID = re.compile(r"\d{1,18}", re.ASCII)
_WHOLE_FLOAT = re.compile(r"(\d{1,15})\.0*", re.ASCII)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|inf", re.ASCII | re.IGNORECASE)

_LABEL_FILES = (
    "dataset_meta.json",
    "synset_words.txt",
    "loc_synset_mapping.txt",
    "labels.txt",
    "classes.txt",
    "class_names.txt",
    "synsets.txt",
    "labels.json",
    "classes.json",
    "class_names.json",
    "id2label.json",
    "imagenet_class_index.json",
)
"""In the order in which they are preferred."""


class LabelledLine(NamedTuple):
    """One entry of a list as it was read: ``label`` is None where the image is not annotated."""

    line: int
    name: str
    label: str | None


@dataclass(frozen=True, slots=True)
class LabelNames:
    """Class names from a label file."""

    names: ClassNames
    file: str
    given: bool
    """Whether the user named the file, rather than that it was found beside the images."""


@dataclass(frozen=True, slots=True)
class Classes:
    """Class ids in the order of the labels, and what is known of them."""

    ids: list[int | None]
    class_names: ClassNames | None
    names_decide: bool
    findings: list[Finding]


def is_label_file_name(name: str) -> bool:
    """Whether a file is one of class names by its name.

    >>> is_label_file_name("imagenet_labels.txt"), is_label_file_name("val.txt")
    (True, False)
    """
    lower = name.lower()
    return lower in _LABEL_FILES or ("labels" in lower and lower.endswith((".txt", ".json")))


def find_label_names(request: Request, *, besides: Path | None = None) -> tuple[LabelNames | None, list[Finding]]:
    """The class names of the label file that the user gave or, failing that, that lies in the dataset's folder.

    A file that was only found must not stand in the way: where it cannot be read, a warning says so.

    Args:
        request: What to load.
        besides: The annotation file, which is no label file whatever its name.

    Raises:
        LabelError: If the file that the user gave cannot be read.
        UsageError: If it does not exist.
    """
    if request.labels is not None:
        if not request.labels.is_file():
            raise UsageError(f"The label file {request.labels} does not exist.")
        path = request.labels
        return LabelNames(read_label_file(path), relative_to_root(path, request.folder), given=True), []
    folders = dict.fromkeys([request.folder, request.source if request.source.is_dir() else request.source.parent])
    found = [
        path
        for folder in folders
        # Strings rather than paths: the folder may hold 50,000 images.
        for name in sorted(filter(is_label_file_name, os.listdir(folder)), key=lambda name: (_preference(name), name))  # noqa: PTH208
        if not is_hidden(name) and (path := folder / name).is_file() and path != besides
    ]
    findings: list[Finding] = []
    for path in found:
        file = relative_to_root(path, request.folder)
        try:
            return LabelNames(read_label_file(path), file, given=False), findings
        except LabelError as error:
            message = f"This looks like a label file but is not used: {error}"
            findings.append(Finding(code="label-file-not-used", message=message, severity="warning", file=file))
    return None, findings


def _preference(name: str) -> int:
    lower = name.lower()
    return _LABEL_FILES.index(lower) if lower in _LABEL_FILES else len(_LABEL_FILES)


def words_of(synsets: Sequence[str], label_names: LabelNames | None) -> tuple[str, ...]:
    """A name for each synset id: from the label file, else from ILSVRC2012, else the id itself."""
    words: dict[str, str] = {}
    for names in (imagenet_class_names(), label_names.names if label_names else None):
        if names is not None and names.synsets is not None:
            words.update(zip(names.synsets, names.names, strict=True))
    return tuple(words.get(synset, synset) for synset in synsets)


def classes_of(lines: Sequence[LabelledLine], label_names: LabelNames | None, file: str) -> Classes:
    """Turn labels into class ids.

    Numbers are ids.  Where labels are names, the id is the position in the label file or, without one, in the sorted
    list of all names that occur; synset ids likewise.
    """
    counts = Counter(entry.label for entry in lines if entry.label is not None)
    ids = {label: class_id for label in counts if (class_id := _class_id(label)) is not None}
    wrong = {label: problem for label in counts if label not in ids and (problem := _problem(label))}
    words = [label for label in counts if label not in ids and label not in wrong]
    if words and sum(counts[label] for label in ids) >= sum(counts[label] for label in words):
        wrong.update((label, _word_among_numbers(label)) for label in words)
        words = []
    if words:
        ids, class_names, unknown = _ids_of_names(sorted(words), sorted(ids), label_names)
        wrong.update(unknown)
        findings: list[Finding] = []
    else:
        class_names, findings = _names_of_ids(set(ids.values()), label_names)
    findings = [*_problem_findings(lines, wrong, file), *findings]
    class_ids = [None if entry.label is None else ids.get(entry.label) for entry in lines]
    return Classes(class_ids, class_names, names_decide=bool(words), findings=findings)


def _class_id(label: str) -> int | None:
    """The id that a label is, also where a program wrote it with decimals (``3.0``), as pandas does beside gaps."""
    if _ID.fullmatch(label):
        return int(label)
    whole = _WHOLE_FLOAT.fullmatch(label)
    return int(whole[1]) if whole else None


def _problem(label: str) -> tuple[str, str] | None:
    """Code and message if a label can be neither an id nor a name."""
    if label.startswith("-") and _ID.fullmatch(label[1:]):
        return "negative-class", f"The class is {label}; class ids start at 0."
    if _NUMBER.fullmatch(label):
        return "unreadable-class", f"The class is {shown(label)}, which is not a whole number from 0."
    if has_image_suffix(label):
        return "unreadable-line", f"{shown(label)} stands where the class was expected."
    return None


def _word_among_numbers(label: str) -> tuple[str, str]:
    return "unreadable-class", f"The class is '{shown(label)}', but the others are numbers."


def _problem_findings(lines: Sequence[LabelledLine], wrong: dict[str, tuple[str, str]], file: str) -> list[Finding]:
    if not wrong:
        return []
    return [
        Finding(code=wrong[entry.label][0], message=wrong[entry.label][1], file=file, line=entry.line)
        for entry in lines
        if entry.label in wrong
    ]


def _ids_of_names(
    words: list[str], numbers: list[str], label_names: LabelNames | None
) -> tuple[dict[str, int], ClassNames, dict[str, tuple[str, str]]]:
    """Ids by label, the names of the ids, and the labels that the label file does not have."""
    labels = sorted([*words, *numbers])
    known = label_names.names if label_names else None
    if label_names is not None and known is not None:
        by_name = _positions(known)
        ids = {label: by_name[key] for label in labels if (key := normalized_name(label)) in by_name}
        if label_names.given or len(ids) == len(labels):
            message = f"which is not in {label_names.file}"
            unknown = {
                label: ("unknown-class", f"The class is '{shown(label)}', {message}.")
                for label in labels
                if label not in ids
            }
            return ids, known, unknown
    ids = {label: position for position, label in enumerate(labels)}
    if all(is_synset(label) for label in labels):
        origin = "synset ids in the annotations"
        names = ClassNames(names=words_of(labels, label_names), synsets=tuple(labels), origin=origin)
    else:
        names = ClassNames(names=tuple(labels), origin="names in the annotations")
    return ids, names, {}


def _positions(names: ClassNames) -> dict[str, int]:
    """Class ids by normalised name or synset id; by first synonym too where that belongs to one class only."""
    normalized = [normalized_name(name) for name in names.names]
    first = [name.split(",", 1)[0] for name in normalized]
    often = Counter(first)
    positions = {name: position for position, name in enumerate(first) if often[name] == 1}
    often = Counter(normalized)
    positions.update((name, position) for position, name in enumerate(normalized) if often[name] == 1)
    positions.update((synset, position) for position, synset in enumerate(names.synsets or ()) if synset)
    return positions


def _names_of_ids(ids: set[int], label_names: LabelNames | None) -> tuple[ClassNames | None, list[Finding]]:
    """The names of the label file, unless there are ids that it does not have; a file that was given must have all."""
    if label_names is None:
        return None, []
    count = len(label_names.names)
    if not ids or max(ids) < count:
        return label_names.names, []
    remedy = None
    if max(ids) == count and min(ids) >= 1:
        remedy = "If the first class is numbered 1, use `annotations: {offset: -1}` in the accuracy configuration."
    finding = Finding(
        code="names-do-not-fit",
        message=f"There are {count} names for the classes 0 to {count - 1}, but the annotations go up to class "
        f"{max(ids)}; the names cannot be used.",
        severity="error" if label_names.given else "warning",
        file=label_names.file,
        remedy=remedy,
    )
    return None, [finding]
