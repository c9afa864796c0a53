"""Layout: images and an annotation file in ImageNet's style, such as ``val.txt``."""

from __future__ import annotations

import os
from bisect import bisect_left
from itertools import islice, takewhile
from pathlib import Path

from accubench.datasets.annotation_files import PARQUET_SUFFIX, TABLE_SUFFIXES, choose_annotation_file, fits_split
from accubench.datasets.annotation_lines import mentions_image, parse_annotation_lines
from accubench.datasets.classes import classes_of, find_label_names, is_label_file_name
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
from accubench.datasets.splits import split_of
from accubench.datasets.text import read_head, read_text
from accubench.datasets.tree import has_image_suffix, is_hidden
from accubench.errors import Finding
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "ImageNet's style (a .txt file beside the images with lines `name class`)"

_SAMPLED_LINES = 20


def sniff(request: Request) -> Sniff:
    """Whether there is a text file whose lines start with images."""
    if request.annotations is not None:
        if request.annotations.suffix.lower() in {*TABLE_SUFFIXES, PARQUET_SUFFIX}:
            return Sniff(fits=False, reason=f"{request.annotations.name} is a table")
        return Sniff(fits=True, reason=f"{request.annotations.name} was given")
    if request.path_column or request.label_column:
        return Sniff(fits=False, reason="columns of a table were given")
    texts = _text_files(request)
    candidates = [path for path in texts if _lists_images(path, request)]
    if candidates:
        return fits_split(candidates, request)
    if texts:
        names = ", ".join(path.name for path in texts[:3]) + (", ..." if len(texts) > 3 else "")
        return Sniff(fits=False, reason=f"no .txt file lists images; there is {names}")
    return Sniff(fits=False, reason="there is no .txt file")


def load(request: Request) -> DatasetContent:
    """The images that the annotation file lists, in its order.

    Raises:
        DatasetProblemsError: If lines cannot be read, images are missing or classes contradict each other.
        LabelError: If the label file that was given cannot be read.
    """
    path, split, findings = _annotation_file(request)
    file = relative_to_root(path, request.folder)
    summary = f"The annotation file {request.named(path)} cannot be used"
    entries, problems = parse_annotation_lines(read_text(path), file)
    if not entries and not problems:
        problems.append(Finding(code="no-images", message="The file lists no images.", file=file))
    label_names, label_findings = find_label_names(request, besides=path)
    classes = classes_of(entries, label_names, file)
    finder = Finder(request, list_folder=path.parent, tree_known=True, outside_allowed=False)
    images = [
        ListedImage(entry.line, entry.name, class_id) for entry, class_id in zip(entries, classes.ids, strict=True)
    ]
    rows, missing = listed_rows(images, finder, file)
    problems = in_line_order([*problems, *missing, *classes.findings])
    findings += [*problems, *label_findings, *unlisted_finding(request, _images_of_split(request, split), rows, file)]
    findings += [*undecodable_findings(request.tree, severity="warning"), *request.tree.findings, *request.findings]
    warnings = split_findings(summary, findings)
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="imagenet",
        split=split,
        annotation_file=file,
        manifest=make_manifest(rows),
        annotated=True,
        class_names=classes.class_names,
        names_decide=classes.names_decide,
        findings=warnings,
    )


def _annotation_file(request: Request) -> tuple[Path, str | None, list[Finding]]:
    split = request.split if request.in_split else None
    if request.annotations is not None:
        return request.annotations, split, []
    candidates = [path for path in _text_files(request) if _lists_images(path, request)]
    if request.in_split:
        split_wanted, in_split = None, request.split
    else:
        split_wanted, in_split = request.split, None
    path, chosen, findings = choose_annotation_file(candidates, split_wanted)
    return path, in_split or chosen, findings


def _text_files(request: Request) -> list[Path]:
    """Text files directly in the folder, except notes on a single image that bear its name."""
    # Strings rather than paths: the folder may hold 50,000 images.
    on_disk = [name for name in os.listdir(request.folder) if not is_hidden(name)]  # noqa: PTH208
    names = sorted([*on_disk, *(path for path in request.packed if "/" not in path)])
    texts = [request.folder / name for name in on_disk if name.lower().endswith(".txt")]
    return [path for path in sorted(texts) if not _bears_name_of_image(path, names) and path.is_file()]


def _bears_name_of_image(path: Path, sorted_names: list[str]) -> bool:
    start = f"{path.stem}."
    alike = takewhile(lambda name: name.startswith(start), islice(sorted_names, bisect_left(sorted_names, start), None))
    return any(has_image_suffix(name) and os.path.splitext(name)[0] == path.stem for name in alike)  # noqa: PTH122


def _lists_images(path: Path, request: Request) -> bool:
    """Whether a text file is an annotation file: half of its first lines name images, or it is called after a split.

    A file of class names that was called ``labels.txt`` and lists images all the same is one, too.
    """
    if split_of(path.stem) and not is_label_file_name(path.name):
        return True
    lines = (line.strip() for line in read_head(path).splitlines())
    sample = list(islice((line for line in lines if line and not line.startswith("#")), _SAMPLED_LINES))
    return bool(sample) and 2 * sum(_names_image(line, request) for line in sample) >= len(sample)


def _names_image(line: str, request: Request) -> bool:
    if mentions_image(line):
        return True
    fields = line.rsplit(None, 1)
    return len(fields) == 2 and fields[1].isdigit() and request.find(fields[0]) is not None


def _images_of_split(request: Request, split: str | None) -> list[str]:
    """The images of the tree, without those in the folders of other splits."""
    if split is None or request.in_split:
        return list(request.tree.images)
    others = {name for name in request.tree.folders if split_of(name) not in {None, split}}
    return [path for path in request.tree.images if path.partition("/")[0] not in others]
