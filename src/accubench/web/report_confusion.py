"""Which classes are taken for which: the most confused pairs, and a matrix of chosen classes."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

from accubench.errors import UsageError
from accubench.export import class_text
from accubench.records.report import Report
from accubench.web.report_parts import Part
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import AccuracyReport

__all__ = ["ConfusionView", "class_of_text", "confused_pairs", "confusion_view"]

_PAIRS_SHOWN = 50
_CLASSES_SHOWN = 20
_MOST_CLASSES = 24
_ALL_PAIRS = 2**31 - 1
_HEATS = 9


class PairRow(Part):
    """A class that is taken for another one."""

    annotated_class: int
    annotated_name: str | None
    predicted_class: int
    predicted_name: str | None
    images: int
    share_of_annotated: float
    """Of the images annotated with that class, from 0 to 1."""
    length: float
    """Of its bar, in percent."""
    address: str
    """Exactly these images."""


class MatrixCell(Part):
    """Images of one annotated and one predicted class."""

    images: int
    heat: int
    """0 for none, up to 9 for the fullest cell of its kind."""
    right: bool
    """Whether both classes are the same."""
    text: str
    address: str


class MatrixRow(Part):
    """An annotated class, with how it was predicted."""

    label: str
    class_id: int | None
    """None for all other classes together."""
    without: str | None
    """Address of the matrix without this class."""
    cells: tuple[MatrixCell, ...]


class ConfusionView(Part):
    """Which classes are taken for which."""

    annotated: bool
    erroneous: int
    """Images on which the predicted class is not the annotated one."""
    pairs_count: int
    """Pairs of different classes that occur."""
    pairs: tuple[PairRow, ...]
    """Those with the most images."""
    columns: tuple[str, ...]
    """Classes of the matrix's columns, by name and id."""
    short_columns: tuple[str, ...]
    """The same by id alone."""
    rows: tuple[MatrixRow, ...]
    chosen: bool
    """Whether the classes were chosen rather than found as the most confused."""
    most_classes: int
    usual: str
    """Address of the matrix of the most confused classes."""
    options: tuple[str, ...]
    """Classes to choose from."""
    kept: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


def confusion_view(
    shelved: ShelvedReport[AccuracyReport], query: ReportQuery, *, strict: bool = False
) -> ConfusionView:
    """Make the view of confusion.

    Args:
        shelved: The report.
        query: With the classes of the matrix.
        strict: Refuse classes that the model does not have.

    Raises:
        UsageError: `strict`, and there is no such class.
    """
    report = shelved.report
    problems = tuple(
        f"There is no class {each}: the model has classes 0 to {report.record.class_count - 1}."
        for each in query.classes
        if each >= report.record.class_count
    )
    if problems and strict:
        raise UsageError(problems[0])
    pairs = confused_pairs(shelved)
    shown = [_pair(report.id, row, pairs["images"][0]) for row in pairs.head(_PAIRS_SHOWN).iter_rows(named=True)]
    chosen = [each for each in query.classes if each < report.record.class_count][:_MOST_CLASSES]
    classes = chosen or _most_confused(shown)
    return ConfusionView(
        annotated=report.record.mapping is not None,
        erroneous=int(pairs["images"].sum()),
        pairs_count=len(pairs),
        pairs=tuple(shown),
        columns=(*(_text(report.record, each) for each in classes), "all others"),
        short_columns=(*(str(each) for each in classes), "others"),
        rows=tuple(_matrix(shelved, query, classes)) if classes else (),
        chosen=bool(chosen),
        most_classes=_MOST_CLASSES,
        usual=report_address(report.id, query.having(classes=())),
        options=shelved.derived("class options", lambda found: _options(found.record)),
        kept=(
            *query.pairs(but=("class", "page")),
            *(("class", str(each)) for each in classes),
        ),
        problems=problems,
    )


def confused_pairs(shelved: ShelvedReport[AccuracyReport]) -> Any:
    """All pairs of different classes that occur, most images first, as a table."""
    return shelved.derived("pairs", lambda report: report.confused_pairs(_ALL_PAIRS))


def class_of_text(report: Report, text: str) -> int:
    """The class that a person means by an id, a name, or both as ``name (id)``.

    Raises:
        UsageError: There is no such class, or several.
    """
    wanted = text.strip()
    number = wanted.removesuffix(")").rpartition("(")[2] if wanted.endswith(")") else wanted
    if number.isascii() and number.isdecimal() and len(number) < 10 and int(number) < report.class_count:
        return int(number)
    names = {each: report.class_name(each) or "" for each in range(report.class_count)}
    equal = [each for each, name in names.items() if name.lower() == wanted.lower()]
    found = equal or [each for each, name in names.items() if wanted.lower() in name.lower()]
    if len(found) == 1:
        return found[0]
    if found:
        several = ", ".join(_text(report, each) for each in found[:5])
        raise UsageError(f"Several classes are called '{wanted}': {several}. Choose one by its id.")
    near = difflib.get_close_matches(wanted, list(names.values()), n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UsageError(
        f"The model has no class '{wanted}'.{hint} Give an id from 0 to {report.class_count - 1} or a name."
    )


def _pair(report_id: str, row: dict[str, Any], largest: int) -> PairRow:
    filters = (f"annotated_class={row['annotated_class']}", f"predicted_class={row['predicted_class']}")
    return PairRow(
        **row,
        length=round(100 * row["images"] / largest, 1),
        address=report_address(report_id, ReportQuery(filters=filters)),
    )


def _most_confused(pairs: Iterable[PairRow]) -> list[int]:
    """The classes of the first pairs, those that are confused with each other side by side."""
    found = dict.fromkeys(each for pair in pairs for each in (pair.annotated_class, pair.predicted_class))
    return list(found)[:_CLASSES_SHOWN]


def _matrix(shelved: ShelvedReport[AccuracyReport], query: ReportQuery, classes: list[int]) -> Iterable[MatrixRow]:
    report = shelved.report
    counts = report.confusion_of(classes).tolist()
    last = len(classes)
    wrong = max((counts[i][j] for i in range(last) for j in range(last) if i != j), default=0)
    right = max((counts[i][i] for i in range(last)), default=0)
    ids: list[int | None] = [*classes, None]
    for i, annotated in enumerate(ids):
        yield MatrixRow(
            label="all others" if annotated is None else _text(report.record, annotated),
            class_id=annotated,
            without=None
            if annotated is None
            else report_address(report.id, query.having(classes=tuple(each for each in classes if each != annotated))),
            cells=tuple(
                MatrixCell(
                    images=counts[i][j],
                    heat=0 if last in {i, j} else _heat(counts[i][j], right if i == j else wrong),
                    right=i == j != last,
                    text=f"{counts[i][j]:,} images: annotated {_named(report.record, annotated)}, "
                    f"predicted {_named(report.record, predicted)}",
                    address=_cell_address(report.id, annotated, predicted, classes),
                )
                for j, predicted in enumerate(ids)
            ),
        )


def _heat(count: int, most: int) -> int:
    """Steps that grow with the square root, so that small counts can still be told apart."""
    return math.ceil(_HEATS * math.sqrt(count / most)) if count else 0


def _cell_address(report_id: str, annotated: int | None, predicted: int | None, classes: list[int]) -> str:
    filters = (*_side("annotated_class", annotated, classes), *_side("predicted_class", predicted, classes))
    return report_address(report_id, ReportQuery(filters=filters))


def _side(column: str, class_id: int | None, classes: list[int]) -> tuple[str, ...]:
    """Filters for one class, or for all but the chosen ones."""
    return (f"{column}={class_id}",) if class_id is not None else tuple(f"{column}!={each}" for each in classes)


def _options(report: Report) -> tuple[str, ...]:
    return tuple(_text(report, each) for each in range(report.class_count))


def _named(report: Report, class_id: int | None) -> str:
    return "another class" if class_id is None else _text(report, class_id)


def _text(report: Report, class_id: int) -> str:
    return class_text(class_id, report.class_name(class_id))
