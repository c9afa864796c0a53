"""Label only the flips: a file with the images on which two models disagree, and the right classes read back from it.

The file is CSV in UTF-8 with a header line and one image per line. A person fills in the last column, ``right_class``,
with the id of an output of the optimised model or with the name of a class; an empty one stays without label.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from accubench.errors import DatasetProblemsError, Finding
from accubench.labels.names import NameIndex
from accubench.records.class_names import ClassNames

__all__ = ["FLIP_COLUMNS", "flips_csv", "read_labels"]

FLIP_COLUMNS: dict[str, str] = {
    "image_name": "Name of the image.",
    "file": "Where it is, for a viewer of images.",
    "optimised_class": "Class predicted by the optimised model, as an output of it.",
    "optimised_name": "Its name.",
    "parent_class": "Class predicted by the parent model, as an output of the parent.",
    "parent_name": "Its name.",
    "optimised_confidence": "The optimised model's probability of its own class.",
    "parent_confidence": "The parent's probability of its own class.",
    "right_class": "To be filled in: id of an output of the optimised model, or name of a class.",
}
"""Columns of the file, in this order."""

_LONGEST_ID = 20
"""Digits; Python refuses to read numbers of thousands."""
_LONGEST_SHOWN = 80


def flips_csv(flips: pl.DataFrame, files: Sequence[str | None]) -> bytes:
    """The file to fill in.

    Args:
        flips: The rows of a comparison whose predicted classes differ, with the columns of `COMPARISON_COLUMNS`.
        files: For each of them where the image is; None where that is not known.
    """
    table = flips.with_columns(
        pl.Series("file", list(files), dtype=pl.String), pl.col("annotated_class").alias("right_class")
    )
    return table.select(*FLIP_COLUMNS).write_csv().encode()


def read_labels(
    path: Path, *, class_names: ClassNames | None, class_count: int, images: pl.DataFrame
) -> dict[str, int]:
    """The right classes that a person filled in, by name of the image.

    Of the file's columns only ``image_name`` and ``right_class`` are read, in whatever order they stand.

    Args:
        path: The file.
        class_names: Names of the optimised model's outputs.
        class_count: How many outputs it has.
        images: The images compared, with a column ``image_name``.

    Returns:
        Outputs of the optimised model; images without a label are absent.

    Raises:
        DatasetProblemsError: The file is no such CSV, or names images or classes that do not exist, or an image twice.
    """
    rows = list(_rows(path))
    index = None if class_names is None else NameIndex(class_names)
    known = frozenset(images["image_name"].to_list())
    problems: list[Finding] = []
    labels: dict[str, int] = {}
    lines: dict[str, int] = {}
    for line, name, text in rows:
        problem = _image_problem(name, known, lines)
        output = _output(text, index, class_count) if text else None
        if text and output is None:
            problem = problem or _class_problem(text, index, class_count)
        if problem is not None:
            problems.append(Finding(code=problem[0], message=problem[1], file=path.name, line=line))
        elif output is not None:
            labels[name] = output
        lines.setdefault(name, line)
    if problems:
        raise _refused(path, problems)
    return labels


def _rows(path: Path) -> Iterator[tuple[int, str, str]]:
    """Line, name of the image and right class of every row."""
    text = _text(path)
    # Spreadsheets of some countries write semicolons; the header has none of its own.
    delimiter = ";" if ";" in text.split("\n", 1)[0] else ","
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        _check_header(path, reader.fieldnames or ())
        for row in reader:
            yield reader.line_num, row["image_name"] or "", (row["right_class"] or "").strip()
    except csv.Error as error:
        problem = Finding(
            code="labels-not-csv",
            message=f"The file cannot be read as CSV: {error}.",
            file=path.name,
            line=reader.line_num,
            remedy="Is a quotation mark missing, here or further up?",
        )
        raise _refused(path, [problem]) from error


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = Finding(
            code="labels-unreadable", message=f"The file cannot be read as UTF-8: {error}", file=path.name
        )
        raise _refused(path, [problem]) from error


def _check_header(path: Path, columns: Sequence[str]) -> None:
    missing = {"image_name", "right_class"}.difference(columns)
    if missing:
        problem = Finding(
            code="labels-without-columns",
            message=f"The header line has no column {' and no column '.join(sorted(missing))}.",
            file=path.name,
            line=1,
            remedy="Write the file with `accubench compare ... --flips FILE` and fill in its last column.",
        )
        raise _refused(path, [problem])


def _refused(path: Path, problems: Sequence[Finding]) -> DatasetProblemsError:
    return DatasetProblemsError(f"The labels of flips in {path} cannot be used:", problems)


def _image_problem(name: str, known: frozenset[str], lines: dict[str, int]) -> tuple[str, str] | None:
    if name in lines:
        return "image-twice", f"'{name}' is in line {lines[name]} already."
    if name not in known:
        return "image-unknown", f"There is no image '{name}' among those compared."
    return None


def _output(text: str, index: NameIndex | None, class_count: int) -> int | None:
    """The output of a class given by its id or its name; None where there is none."""
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _LONGEST_ID and int(text) < class_count else None
    return None if index is None else index.find(text)


def _class_problem(text: str, index: NameIndex | None, class_count: int) -> tuple[str, str]:
    ids = f"Give an id from 0 to {class_count - 1}"
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    if index is None:
        return "class-unknown", f"'{text}' is no class of the optimised model, whose classes have no names. {ids}."
    near = index.suggestion(text)
    hint = f" (closest is '{near}')" if near else ""
    return "class-unknown", f"'{text}' is no class of the optimised model, or several are called so{hint}. {ids}."
