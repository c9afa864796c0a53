"""How the classes of a project's dataset become outputs of its model: a page of its own, and a part of another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict

from accubench.errors import AccuBenchError
from accubench.export import CORRESPONDENCE_TITLES, correspondence_cells, correspondence_counts
from accubench.records.class_names import ClassCorrespondence, CorrespondingClass
from accubench.records.project import ProjectOverview
from accubench.web.configuration import YamlText
from accubench.web.pages import PageContext, page, render
from accubench.web.report_parts import Link, Pager, Part, pager
from accubench.web.report_starts import Start, StartQuery, first_start, started, starts
from accubench.web.workbench import Workbench, WorkbenchDependency

__all__ = ["ClassMatching", "class_matching", "matching_address", "router"]

router = APIRouter(tags=["projects"])

_PAGE_SIZE = 50
_FIRST = 10
"""Rows where the table is but a part of a page."""
_COLUMNS_WITHOUT_NAMES = 3
"""Where one side has no names, the columns end before what names say."""
_LARGEST = 2**31 - 1

Show = Literal["all", "questionable"]


class MatchingRow(Part):
    """A class of the dataset."""

    matched: CorrespondingClass
    cells: tuple[str, ...]
    """In the columns of the table."""
    mark: Literal["", "moved", "unmatched"]
    """Why it is to be looked at: its name says another output than the one taken, or belongs to none."""


class ClassMatching(Part):
    """What is told of all classes, and some of them."""

    problem: str
    """Why nothing can be told; empty where something can."""
    refused: bool
    """Whether an evaluation would be refused; the sentence says why."""
    sentence: str
    counts: tuple[str, ...]
    doubts: tuple[str, ...]
    option: str
    """The setting that does as names say; empty where nothing is to be changed."""
    n_classes: int
    n_moved: int
    n_questionable: int
    """Classes whose name says another output than the one taken, or belongs to none."""
    titles: tuple[str, ...]
    rows: tuple[MatchingRow, ...]
    n_rows: int
    """Of which the rows are some: all classes, or those to look at."""


class ClassMatchingPage(PageContext):
    """Which output each class of a dataset is taken for, under a configuration to start from."""

    project_id: str
    model_name: str
    dataset_name: str
    starts: tuple[Start, ...]
    start: str
    show: Show
    shown: tuple[Link, ...]
    """All classes, and those to look at."""
    start_address: str
    """Where the same is shown under another configuration; its key comes behind it."""
    matching: ClassMatching
    pager: Pager


class MatchingRequest(BaseModel):
    """A configuration to match classes by."""

    model_config = ConfigDict(extra="forbid")

    text: YamlText


class MatchingDrawn(Part):
    """The same as data, and as the page about the configuration shows it."""

    matching: ClassMatching
    html: str


@page(router, "/projects/{project_id}/classes", "classes_matched.html", ClassMatchingPage)
def show_class_matching(
    workbench: WorkbenchDependency,
    project_id: str,
    *,
    start: StartQuery = "",
    show: Annotated[Show, Query(description="Every class, or only those to look at.")] = "all",
    page: Annotated[int, Query(ge=1, le=_LARGEST, description="Page of the classes.")] = 1,
) -> ClassMatchingPage:
    """Which output each class of the dataset is taken for, and which one names say it is; nothing is inferred."""
    overview = workbench.workspace.project(project_id)
    begun = start or ("last" if overview.report is not None else first_start(overview, "accuracy"))
    found = _found(workbench, project_id, started(workbench, overview, begun)[0])
    rows = _rows(found, show) if isinstance(found, ClassCorrespondence) else ()

    def address(number: int) -> str:
        return matching_address(project_id, start=begun, show=show, page=number)

    place = pager(len(rows), page, _PAGE_SIZE, address)
    matching = _matching(found, rows[(place.page - 1) * _PAGE_SIZE : place.page * _PAGE_SIZE], len(rows))
    return ClassMatchingPage(
        title=f"Classes of {overview.dataset.name} as outputs of {overview.model.name}",
        project_id=project_id,
        model_name=overview.model.name,
        dataset_name=overview.dataset.name,
        starts=starts(overview),
        start=begun,
        show=show,
        shown=tuple(
            Link(
                label=label,
                address=matching_address(project_id, start=begun, show=kind),
                current=kind == show,
                count=count,
            )
            for kind, label, count in _shown(matching)
        ),
        start_address=f"{matching_address(project_id, show=show)}{'&' if show != 'all' else '?'}start=",
        matching=matching,
        pager=place,
    )


@router.post("/projects/{project_id}/classes")
def match_classes(
    request: Request, workbench: WorkbenchDependency, project_id: str, body: MatchingRequest
) -> MatchingDrawn:
    """The same under a configuration that is being written; the first classes only."""
    overview = workbench.workspace.project(project_id)
    matching = class_matching(workbench, overview, body.text)
    html = render(request, "class_matching_part.html", matching=matching, project_id=project_id)
    return MatchingDrawn(matching=matching, html=html)


def class_matching(workbench: Workbench, overview: ProjectOverview, text: str) -> ClassMatching:
    """What is told of all classes under a configuration, and the first of those to look at, or of all.

    Args:
        workbench: Where the project is.
        overview: The project.
        text: The configuration as YAML.
    """
    found = _found(workbench, overview.project.id, text)
    rows = _rows(found, "questionable") or _rows(found, "all") if isinstance(found, ClassCorrespondence) else ()
    return _matching(found, rows[:_FIRST], len(rows))


def matching_address(project_id: str, *, start: str = "", show: Show = "all", page: int = 1) -> str:
    """The page of a project's classes in a state; what is as by default is left out."""
    state = {
        **({"start": start} if start else {}),
        **({"show": show} if show != "all" else {}),
        **({"page": page} if page > 1 else {}),
    }
    return f"/projects/{project_id}/classes" + (f"?{urlencode(state)}" if state else "")


def _found(workbench: Workbench, project_id: str, text: str) -> ClassCorrespondence | str:
    """What is known of all classes, or why nothing is."""
    try:
        return workbench.workspace.project_classes(project_id, text)
    except AccuBenchError as error:
        return str(error)


def _rows(found: ClassCorrespondence, show: Show) -> tuple[CorrespondingClass, ...]:
    return found.classes if show == "all" else found.questionable


def _shown(matching: ClassMatching) -> tuple[tuple[Show, str, int], ...]:
    return ("all", "All classes", matching.n_classes), ("questionable", "To look at", matching.n_questionable)


def _mark(each: CorrespondingClass, *, named: bool) -> Literal["", "moved", "unmatched"]:
    if not named:
        return ""
    return "moved" if each.moved else "unmatched" if each.named_output is None else ""


def _matching(found: ClassCorrespondence | str, rows: Sequence[CorrespondingClass], n_rows: int) -> ClassMatching:
    if isinstance(found, str):
        return ClassMatching(
            problem=found,
            refused=True,
            sentence="",
            counts=(),
            doubts=(),
            option="",
            n_classes=0,
            n_moved=0,
            n_questionable=0,
            titles=CORRESPONDENCE_TITLES,
            rows=(),
            n_rows=0,
        )
    columns = len(CORRESPONDENCE_TITLES) if found.named else _COLUMNS_WITHOUT_NAMES
    return ClassMatching(
        problem="",
        refused=not any(each.taken_output is not None for each in found.classes),
        sentence=found.description,
        counts=correspondence_counts(found),
        doubts=found.doubts,
        option=found.option or "",
        n_classes=len(found.classes),
        n_moved=found.n_moved,
        n_questionable=len(found.questionable),
        titles=CORRESPONDENCE_TITLES[:columns],
        rows=tuple(
            MatchingRow(matched=each, cells=correspondence_cells(each)[:columns], mark=_mark(each, named=found.named))
            for each in rows
        ),
        n_rows=n_rows,
    )
