"""Lines of an annotation file in ImageNet's style: the name of an image, then its class."""

from __future__ import annotations

import re

from accubench.datasets.classes import LabelledLine
from accubench.datasets.text import shown, unreadable_lines
from accubench.datasets.tree import IMAGE_SUFFIXES, has_image_suffix
from accubench.errors import Finding

__all__ = ["mentions_image", "parse_annotation_line", "parse_annotation_lines"]

_SUFFIX = "|".join(re.escape(suffix) for suffix in IMAGE_SUFFIXES)
_IMAGE_THEN_REST = re.compile(rf"(.*(?:{_SUFFIX})[\"']?)\s+(\S.*)", re.IGNORECASE)
_MENTIONS_IMAGE = re.compile(rf"(?:{_SUFFIX})(?:[\s,;\"']|$)", re.IGNORECASE)
_SEVERAL_IDS = re.compile(r"[\[({]?\s*\d+(?:\s*[\s,;|]\s*\d+)+\s*[\])}]?", re.ASCII)
_EXPECTED = "Expected is `name class`, separated by a blank or a tab."


def mentions_image(line: str) -> bool:
    """Whether a line holds the name of an image file."""
    return _MENTIONS_IMAGE.search(line) is not None


def parse_annotation_lines(text: str, file: str) -> tuple[list[LabelledLine], list[Finding]]:
    """The entries of an annotation file, and a finding for each line that is none.

    Blank lines and lines that start with ``#`` are passed over.
    """
    findings = unreadable_lines(text, file)
    unreadable = {finding.line for finding in findings}
    entries: list[LabelledLine] = []
    for number, line in enumerate(text.split("\n"), start=1):
        fields = line.split()
        if len(fields) == 2 and fields[1].isdigit() and fields[0][0] not in "#\"'":
            parsed: tuple[str, str] | Finding = fields[0], fields[1]  # the common case, quickly
        elif not fields or fields[0].startswith("#"):
            continue
        else:
            parsed = parse_annotation_line(line)
        if number in unreadable:
            continue
        if isinstance(parsed, Finding):
            findings.append(Finding(code=parsed.code, message=parsed.message, file=file, line=number))
        else:
            entries.append(LabelledLine(number, *parsed))
    return entries, findings


def parse_annotation_line(line: str) -> tuple[str, str] | Finding:
    """Name and class of one line, or what is wrong with it (a finding without a place).

    With tabs, the last field is the class.  Otherwise the class is what follows the image's suffix or, where the name
    has no known suffix, the last word.

    >>> parse_annotation_line("name with blanks.jpg 12")
    ('name with blanks.jpg', '12')
    """
    text = line.strip()
    if "\t" in text:
        fields = [field.strip() for field in text.split("\t") if field.strip()]
        if len(fields) > 2:
            return _several(text)
        name, label = fields if len(fields) == 2 else (fields[0], "")
    else:
        match = _IMAGE_THEN_REST.fullmatch(text)
        name, label = (match[1], match[2]) if match else _split_at_last_blank(text)
    name = _unquoted(name)
    if not label:
        return _no_class(text)
    if _SEVERAL_IDS.fullmatch(label) or (name and _ends_in_id_after_image(name)):
        return _several(text)
    if has_image_suffix(label):
        return Finding(code="unreadable-line", message=f"The line has no class at its end: {shown(text)}. {_EXPECTED}")
    if label[0].isdigit() and " " in label and label.split()[0].isdigit():
        return Finding(
            code="unreadable-line", message=f"Something follows the class in this line: {shown(text)}. {_EXPECTED}"
        )
    return name, label


def _split_at_last_blank(text: str) -> tuple[str, str]:
    fields = text.rsplit(None, 1)
    return (fields[0], fields[1]) if len(fields) == 2 else (text, "")


def _unquoted(name: str) -> str:
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] and name[0] in "\"'" else name


def _ends_in_id_after_image(name: str) -> bool:
    """Whether a name is an image's and an id, as the line ``a.img 3 7`` gives where the suffix is not known."""
    fields = name.rsplit(None, 1)
    return len(fields) == 2 and fields[1].isdigit() and "." in fields[0]


def _several(text: str) -> Finding:
    return Finding(
        code="several-classes",
        message=f"There is more than one class in this line: {shown(text)}. Only one class per image can be evaluated; "
        "several (multi-label) are not supported. If these are columns of other things, make it a .csv or .tsv table.",
    )


def _no_class(text: str) -> Finding:
    comma = "," in text or ";" in text
    hint = " A table with commas or semicolons needs a name that ends in .csv." if comma else ""
    return Finding(code="no-class", message=f"The line has no class: {shown(text)}. {_EXPECTED}{hint}")
