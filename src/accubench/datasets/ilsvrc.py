"""Layout: ILSVRC2012's validation set as its organisers and Kaggle give it away.

The development kit numbers classes in an order of its own, which is not that of sorted synset ids and not that of any
model; ``meta.mat`` in it says which synset each number is.
Kaggle's archive names synsets in ``LOC_val_solution.csv``.
Both ways end at synset ids, so that a model's classes are found by what they are and not by number.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

from accubench.datasets.classes import LabelledLine, LabelNames, classes_of, find_label_names
from accubench.datasets.content import DatasetContent, Request, relative_to_root, split_findings
from accubench.datasets.located import (
    Finder,
    ListedImage,
    in_line_order,
    listed_rows,
    undecodable_findings,
    unlisted_finding,
)
from accubench.datasets.manifest import make_manifest
from accubench.datasets.matlab import MatlabError, read_struct_array
from accubench.datasets.splits import split_of
from accubench.datasets.text import read_text, shown, unreadable_lines
from accubench.errors import DatasetProblemsError, Finding
from accubench.labels import is_synset
from accubench.records.class_names import ClassNames
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "ILSVRC2012 (the development kit's ground truth, or Kaggle's LOC_val_solution.csv)"

_GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt"
_META = "meta.mat"
_SOLUTION = "LOC_val_solution.csv"
_KIT_FOLDERS = ("", "data", "ILSVRC2012_devkit_t12/data", "ILSVRC2012_devkit_t12", "devkit/data", "devkit")
_IMAGE_FOLDERS = ("ILSVRC/Data/CLS-LOC/val", "Data/CLS-LOC/val", "ILSVRC2012_img_val", "val", "validation")
_KIT_ARCHIVE = "ILSVRC2012_devkit_t12.tar.gz"
_CLASSES = 1000
_ID = re.compile(r"\d{1,9}", re.ASCII)
_FIRST_IMAGE = "ILSVRC2012_val_00000001"


def sniff(request: Request) -> Sniff:
    """Whether the ground truth of the development kit, or Kaggle's solution, is there or was given."""
    if request.split is not None and split_of(request.split) != "val":
        return Sniff(fits=False, reason="only the validation set has such files")
    found = _list_file(request)
    if found is not None:
        return Sniff(fits=True, reason=f"there is {found.name}")
    if (request.folder / _KIT_ARCHIVE).is_file():
        reason = f"{_KIT_ARCHIVE} has the ground truth, but must be unpacked beside it (tar xf)"
        return Sniff(fits=False, reason=reason, near=True)
    return Sniff(fits=False, reason=f"there is neither {_GROUND_TRUTH} nor {_SOLUTION}")


def load(request: Request) -> DatasetContent:
    """The images of the validation set, in the order of their numbers or of the solution's lines.

    Raises:
        DatasetProblemsError: Lines cannot be read, images are missing, or nothing says which synsets numbers are.
        LabelError: If the label file that was given cannot be read.
    """
    path = _list_file(request)
    assert path is not None, "load is called for what sniff fits only"
    file = relative_to_root(path, request.folder)
    place = _with_images(request)
    is_kaggle = path.suffix.lower() == ".csv"
    lines, findings = _solution(path, file) if is_kaggle else _ground_truth(path, file)
    label_names, label_findings = find_label_names(request, besides=path)
    if not is_kaggle:
        lines, label_names, problems = _as_synsets(lines, path.with_name(_META), label_names, request, file)
        findings += problems
    if not lines and not findings:
        findings.append(Finding(code="no-images", message="The file lists no images.", file=file))
    classes = classes_of(lines, label_names, file)
    finder = Finder(place, list_folder=path.parent, tree_known=True, outside_allowed=False)
    images = [ListedImage(line.line, line.name, own) for line, own in zip(lines, classes.ids, strict=True)]
    rows, missing = listed_rows(images, finder, file)
    findings = in_line_order([*findings, *missing, *classes.findings])
    findings += [*label_findings, *unlisted_finding(place, place.tree.images, rows, file)]
    findings += [*undecodable_findings(place.tree, severity="warning"), *place.tree.findings, *request.findings]
    return DatasetContent(
        root=place.folder,
        source=request.source,
        layout="ilsvrc",
        split="val",
        annotation_file=file,
        manifest=make_manifest(rows),
        annotated=True,
        class_names=classes.class_names,
        names_decide=classes.names_decide,
        findings=split_findings(f"ILSVRC2012's {request.named(path)} cannot be used", findings),
    )


def _list_file(request: Request) -> Path | None:
    """The ground truth or the solution: the file that was given, or the first that is found in the usual places."""
    if request.annotations is not None:
        return request.annotations if request.annotations.name in {_GROUND_TRUTH, _SOLUTION} else None
    if request.path_column or request.label_column:
        return None
    places = [request.folder / folder / _GROUND_TRUTH for folder in _KIT_FOLDERS]
    return next((place for place in [request.folder / _SOLUTION, *places] if place.is_file()), None)


def _with_images(request: Request) -> Request:
    """The request for the folder that has the images, so that training images beside it are not looked through."""
    for folder in _IMAGE_FOLDERS:
        if any(request.find(f"{folder}/{_FIRST_IMAGE}{suffix}") for suffix in (".JPEG", ".jpeg", ".jpg")):
            return request.below(folder)
    return request


def _ground_truth(path: Path, file: str) -> tuple[list[LabelledLine], list[Finding]]:
    """Image names by line number, with the development kit's number of the class."""
    text = read_text(path)
    findings = unreadable_lines(text, file)
    unreadable = {finding.line for finding in findings}
    lines: list[LabelledLine] = []
    for number, line in enumerate(text.rstrip().split("\n"), start=1):
        label = line.strip()
        if number in unreadable:
            continue
        if not _ID.fullmatch(label) or not 1 <= int(label) <= _CLASSES:
            message = f"The line is {shown(label) or 'empty'}, not a number from 1 to {_CLASSES}."
            findings.append(Finding(code="unreadable-line", message=message, file=file, line=number))
            continue
        lines.append(LabelledLine(number, f"ILSVRC2012_val_{number:08d}", label))
    return lines, findings


def _as_synsets(
    lines: list[LabelledLine], meta: Path, label_names: LabelNames | None, request: Request, file: str
) -> tuple[list[LabelledLine], LabelNames | None, list[Finding]]:
    """The lines with synset ids for numbers; names from the kit, unless a label file was given."""
    try:
        words_by_synset, synset_by_id = _synsets(meta)
    except (MatlabError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        is_missing = isinstance(error, FileNotFoundError)
        problem = f"There is no {_META} beside {file}." if is_missing else f"{meta.name} {reason}."
        raise DatasetProblemsError(
            "Nothing says which classes ILSVRC2012's ground truth means:",
            [
                Finding(
                    code="classes-unknown",
                    message=f"{problem} The kit numbers classes in an order of its own, which only that file tells.",
                    file=relative_to_root(meta, request.folder),
                    remedy="Unpack the whole development kit, or write a file with lines `name synset`.",
                )
            ],
        ) from error
    findings = [
        Finding(
            code="unreadable-class",
            message=f"Class {line.label} is not in {_META}.",
            file=file,
            line=line.line,
        )
        for line in lines
        if int(line.label or 0) not in synset_by_id
    ]
    renamed = [line._replace(label=synset_by_id.get(int(line.label or 0))) for line in lines]
    if label_names is None or not label_names.given:
        synsets = tuple(sorted(words_by_synset))
        words = tuple(words_by_synset[synset] for synset in synsets)
        names = ClassNames(names=words, synsets=synsets, origin=_META)
        label_names = LabelNames(names, relative_to_root(meta, request.folder), given=False)
    return renamed, label_names, findings


def _synsets(meta: Path) -> tuple[dict[str, str], dict[int, str]]:
    """Words by synset, and synset by number, of the 1000 classes; the further synsets are their ancestors.

    Raises:
        MatlabError, OSError: It cannot be read.
    """
    words: dict[str, str] = {}
    by_id: dict[int, str] = {}
    for each in read_struct_array(meta, "synsets"):
        number, synset = each.get("ILSVRC2012_ID"), each.get("WNID")
        if not isinstance(number, float) or not isinstance(synset, str) or not is_synset(synset):
            raise MatlabError("has structs without ILSVRC2012_ID and WNID")
        if 1 <= number <= _CLASSES:
            by_id[int(number)] = synset
            words[synset] = str(each.get("words") or synset)
    if len(words) != len(by_id):
        raise MatlabError("names a synset twice")
    return words, by_id


def _solution(path: Path, file: str) -> tuple[list[LabelledLine], list[Finding]]:
    """Image names and synsets of Kaggle's table, where every box of an image repeats its synset."""
    text = read_text(path)
    findings = unreadable_lines(text, file)
    records = csv.reader(text.splitlines())
    head = [column.strip() for column in next(records, [])]
    if head[:2] != ["ImageId", "PredictionString"]:
        message = f"The first line is {shown(','.join(head))}, not ImageId,PredictionString."
        return [], [*findings, Finding(code="unreadable-line", message=message, file=file, line=1)]
    lines: list[LabelledLine] = []
    try:
        for fields in records:
            line = records.line_num
            if not fields:
                continue
            name, boxes = fields[0].strip(), fields[1].split() if len(fields) > 1 else []
            synsets = list(dict.fromkeys(boxes[::5]))
            if not name or not synsets or len(boxes) % 5 or not all(map(is_synset, synsets)):
                message = f"The record is {shown(','.join(fields))}, not a name and boxes of `synset x y x y`."
                findings.append(Finding(code="unreadable-line", message=message, file=file, line=line))
            elif len(synsets) > 1:
                message = f"{shown(name)} has boxes of more than one class: {', '.join(synsets)}."
                findings.append(Finding(code="several-classes", message=message, file=file, line=line))
            else:
                lines.append(LabelledLine(line, name, synsets[0]))
    except csv.Error as error:
        message = f"The table cannot be read here: {error}."
        findings.append(Finding(code="unreadable-line", message=message, file=file, line=records.line_num))
    return lines, findings
