"""Layout: one folder per class."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from accubench.datasets.classes import LabelNames, find_label_names, words_of
from accubench.datasets.content import DatasetContent, Request, split_findings
from accubench.datasets.located import present_rows, undecodable_findings
from accubench.datasets.manifest import make_manifest
from accubench.datasets.text import shown
from accubench.errors import Finding
from accubench.labels import is_synset, normalized_name
from accubench.records.class_names import ClassNames
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "one folder per class (also below train, val or test)"

_ID = re.compile(r"\d{1,18}", re.ASCII)


def sniff(request: Request) -> Sniff:
    """Whether there are two folders of images, or one that is named after a synset or an id or lies in a split."""
    if request.annotations is not None:
        return Sniff(fits=False, reason="an annotation file was given")
    counts = _image_counts(request)
    filled = [name for name, count in counts.items() if name and count]
    if len(filled) > 1:
        return Sniff(fits=True, reason=f"there are {len(filled)} folders with images")
    if not filled:
        return Sniff(fits=False, reason="there are no sub-folders with images")
    only = filled[0]
    if is_synset(only) or _ID.fullmatch(only) or request.in_split or len(_class_folders(request)) > 1:
        return Sniff(fits=True, reason=f"{shown(only)} is a folder with images")
    return Sniff(fits=False, reason=f"{shown(only)} is the only sub-folder with images, so it is not taken for a class")


def load(request: Request) -> DatasetContent:
    """The images of all class folders, sorted by path.

    Raises:
        DatasetProblemsError: If files cannot be read or two folders stand for the same id.
        LabelError: If the label file that was given cannot be read.
    """
    tree = request.tree
    folders = _class_folders(request)
    label_names, findings = find_label_names(request)
    ids_in_names = all(_ID.fullmatch(folder) for folder in folders)
    ids = {folder: int(folder) if ids_in_names else position for position, folder in enumerate(folders)}
    images = [(path, ids.get(path.partition("/")[0])) for path in tree.images if "/" in path]
    rows, problems = present_rows(request, images)
    class_names, name_findings = _names_of_ids(ids, label_names) if ids_in_names else _names(folders, label_names)
    findings += [*problems, *name_findings, *_folder_findings(request, ids)]
    findings += [*undecodable_findings(tree, severity="error"), *tree.findings, *request.findings]
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="class_folders",
        split=request.split if request.in_split else None,
        manifest=make_manifest(rows),
        annotated=True,
        class_names=class_names,
        names_decide=not ids_in_names,
        findings=split_findings(f"The class folders in {request.named(request.folder)} cannot be used", findings),
    )


def _image_counts(request: Request) -> Counter[str]:
    """Images by folder directly in the root; "" for images that lie in the root itself."""
    return Counter(path.partition("/")[0] if "/" in path else "" for path in request.tree.images)


def _class_folders(request: Request) -> list[str]:
    """Folders with images, and entirely empty ones; a folder of other files only is no class."""
    with_files = {path.partition("/")[0] for path in request.tree.files if "/" in path}
    with_images = _image_counts(request)
    return [folder for folder in request.tree.folders if with_images[folder] or folder not in with_files]


def _names(folders: list[str], label_names: LabelNames | None) -> tuple[ClassNames, list[Finding]]:
    """Folder names as class names; what synset ids mean is looked up."""
    if all(is_synset(folder) for folder in folders):
        origin = f"folder names ({label_names.file})" if label_names else "folder names"
        return ClassNames(names=words_of(folders, label_names), synsets=tuple(folders), origin=origin), []
    findings: list[Finding] = []
    if label_names is not None and label_names.given:
        known = {normalized_name(name) for name in label_names.names.names}
        findings = [
            Finding(
                code="unknown-class",
                message=f"The folder {shown(folder)} has no name in the label file.",
                severity="warning",
                file=label_names.file,
            )
            for folder in folders
            if normalized_name(folder) not in known
        ]
    return ClassNames(names=tuple(folders), origin="folder names"), findings


def _names_of_ids(ids: dict[str, int], label_names: LabelNames | None) -> tuple[ClassNames | None, list[Finding]]:
    """The names of the label file for folders that are named by ids."""
    findings = _duplicates(ids)
    if label_names is None:
        return None, findings
    if max(ids.values()) < len(label_names.names):
        return label_names.names, findings
    last = max(ids.values())
    message = f"There are {len(label_names.names)} names, but a folder for class {last}: the names cannot be used."
    misfit = Finding(
        code="names-do-not-fit",
        message=message,
        severity="error" if label_names.given else "warning",
        file=label_names.file,
    )
    return None, [*findings, misfit]


def _duplicates(ids: dict[str, int]) -> list[Finding]:
    """An error for each folder that stands for the same number as another one."""
    by_id: defaultdict[int, list[str]] = defaultdict(list)
    for folder, class_id in ids.items():
        by_id[class_id].append(folder)
    return [
        Finding(
            code="duplicate-class",
            message=f"Class {class_id} has more than one folder: {', '.join(map(shown, folders))}.",
            file=shown(folder),
            remedy="Rename all but one, or move their images together.",
        )
        for class_id, folders in by_id.items()
        for folder in folders[1:]
    ]


def _folder_findings(request: Request, ids: dict[str, int]) -> list[Finding]:
    """Warnings about empty class folders, folders that are no classes, and images that lie in no class folder."""
    counts = _image_counts(request)
    findings = [
        Finding(code="empty-class", message="The class folder has no images.", severity="warning", file=shown(folder))
        for folder in ids
        if not counts[folder]
    ]
    findings += [
        Finding(
            code="no-class-folder",
            message="The folder has files but no images, so it is not taken for a class.",
            severity="warning",
            file=shown(folder),
        )
        for folder in request.tree.folders
        if folder not in ids
    ]
    if counts[""]:
        direct = [path for path in request.tree.images if "/" not in path]
        first = ", ".join(shown(path) for path in direct[:3]) + (", ..." if len(direct) > 3 else "")
        message = (
            f"The folder has {len(ids)} class folders and also {len(direct)} images that lie in none of them; "
            f"these are left out: {first}."
        )
        findings.append(Finding(code="unlisted-images", message=message, severity="warning"))
    return findings
