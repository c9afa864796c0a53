"""Layout: a folder of images without annotations."""

from __future__ import annotations

from accubench.datasets.content import DatasetContent, Request, split_findings
from accubench.datasets.located import present_rows, undecodable_findings
from accubench.datasets.manifest import make_manifest
from accubench.records.sniff import Sniff

__all__ = ["load", "sniff"]

LOOKED_FOR = "a folder of images (not annotated)"


def sniff(request: Request) -> Sniff:
    """Whether there is an image anywhere in the folder."""
    if request.source.is_file():
        return Sniff(fits=False, reason="a file was given, not a folder")
    count = len(request.tree.images)
    return Sniff(fits=count > 0, reason=f"there are {count} images" if count else "there are no images")


def load(request: Request) -> DatasetContent:
    """All images below the folder, sorted by path.

    Raises:
        DatasetProblemsError: If files or folders cannot be read.
    """
    tree = request.tree
    rows, findings = present_rows(request, [(path, None) for path in tree.images])
    findings += [*undecodable_findings(tree, severity="error"), *tree.findings, *request.findings]
    return DatasetContent(
        root=request.folder,
        source=request.source,
        layout="images",
        split=request.split if request.in_split else None,
        manifest=make_manifest(rows),
        annotated=False,
        findings=split_findings(f"The folder {request.named(request.folder)} cannot be used", findings),
    )
