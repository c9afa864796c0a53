"""The classes that a change of model hurt most."""

from __future__ import annotations

import polars as pl

from accubench.errors import UsageError
from accubench.export.numbers import signed_points_text
from accubench.records.comparison import ClassChange, ComparisonSummary
from accubench.web.report_parts import Column, Pager, Part, pager
from accubench.web.report_query import ReportQuery, report_address
from accubench.web.report_shelf import ShelvedReport
from accubench.workspace import ComparisonReport

__all__ = ["ChangedClasses", "changed_class_table", "changed_classes"]

_PAGE_SIZE = 50
_COLUMNS = {
    "class_id": "Class",
    "n": "Images",
    "broken": "Broken",
    "fixed": "Fixed",
    "difference": "Difference",
    "p": "p",
    "q": "q",
}
_SCHEMA = {
    "class_id": pl.Int64,
    "class_name": pl.String,
    "n": pl.Int64,
    "broken": pl.Int64,
    "fixed": pl.Int64,
    "difference": pl.Float64,
    "p": pl.Float64,
    "q": pl.Float64,
}


class ChangedClass(Part):
    """What happened to the images of one annotated class."""

    class_id: int
    class_name: str | None
    n: int
    broken: int
    fixed: int
    difference: float
    difference_text: str
    """In percentage points."""
    p: float
    q: float
    bar_x: float
    """Where the bar of the difference begins in a box of 100; 50 is no difference."""
    bar_width: float
    address: str
    """All images annotated with the class."""
    broken_address: str
    fixed_address: str


class ChangedClasses(Part):
    """One page of the classes, and how they were tested."""

    reason: str | None
    """Why there is none."""
    tested: int
    """Classes with enough images, for which q-values correct."""
    min_support: int
    pager: Pager
    columns: tuple[Column, ...]
    rows: tuple[ChangedClass, ...]
    problems: tuple[str, ...]


def changed_classes(
    shelved: ShelvedReport[ComparisonReport], query: ReportQuery, *, strict: bool = False
) -> ChangedClasses:
    """Make the view of classes.

    Args:
        shelved: The report.
        query: Order and page.
        strict: Refuse an order that is not possible.

    Raises:
        UsageError: `strict`, and the order is not possible.
    """
    problems: tuple[str, ...] = ()
    try:
        table = changed_class_table(shelved, query)
    except UsageError as error:
        if strict:
            raise
        problems, query = (str(error),), query.having(sort=None, descending=False)
        table = changed_class_table(shelved, query)
    report_id, summary = shelved.report.id, shelved.report.record.summary
    pages = pager(
        len(table), query.page, _PAGE_SIZE, lambda number: report_address(report_id, query.having(page=number))
    )
    page = table.slice(max(0, pages.first - 1), _PAGE_SIZE)
    return ChangedClasses(
        reason=_reason(summary),
        tested=summary.n_classes_tested,
        min_support=summary.min_support,
        pager=pages,
        columns=tuple(_column(report_id, query, name) for name in _COLUMNS),
        rows=tuple(_row(report_id, row) for row in page.iter_rows(named=True)),
        problems=problems,
    )


def changed_class_table(shelved: ShelvedReport[ComparisonReport], query: ReportQuery) -> pl.DataFrame:
    """All classes in the order asked for; those hurt most first by default.

    Raises:
        UsageError: The order is not possible.
    """
    table = shelved.derived("changed classes", lambda report: _table(report.record.summary.classes))
    if query.sort is None:
        return table
    if query.sort not in _SCHEMA:
        raise UsageError(f"Classes cannot be sorted by '{query.sort}', but by {', '.join(_SCHEMA)}.")
    return table.sort(query.sort, "class_id", descending=[query.descending, False], nulls_last=True)


def _table(classes: tuple[ClassChange, ...]) -> pl.DataFrame:
    rows = [{**each.model_dump(exclude={"name"}), "class_name": each.name} for each in classes]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _reason(summary: ComparisonSummary) -> str | None:
    if summary.classes:
        return None
    if summary.outcomes is None:
        return "The dataset is not annotated, so no class is known to be hurt."
    if not summary.n_classes_tested:
        return (
            f"No class has {summary.min_support} annotated images that were compared: "
            "with fewer, one image more or less decides."
        )
    return f"None of the {summary.n_classes_tested:,} classes with {summary.min_support} images or more has a flip."


def _column(report_id: str, query: ReportQuery, name: str) -> Column:
    if query.sort != name:
        state, then = "none", query.having(sort=name, descending=False)
    elif not query.descending:
        state, then = "ascending", query.having(descending=True)
    else:
        state, then = "descending", query.having(sort=None, descending=False)
    address = report_address(report_id, then)
    return Column(name=name, title=_COLUMNS[name], address=address, sorted=state, number=name != "class_id")


def _row(report_id: str, row: dict[str, object]) -> ChangedClass:
    def images(*filters: str) -> str:
        return report_address(report_id, ReportQuery(filters=(f"annotated_class={row['class_id']}", *filters)))

    difference = row["difference"]
    assert isinstance(difference, float)
    width = round(50 * min(1.0, abs(difference)), 2)
    return ChangedClass.model_validate(
        {
            **row,
            "difference_text": f"{signed_points_text(difference)} points",
            "bar_x": 50 - width if difference < 0 else 50,
            "bar_width": width,
            "address": images(),
            "broken_address": images("flip=broken"),
            "fixed_address": images("flip=fixed"),
        }
    )
