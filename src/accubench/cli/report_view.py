"""``accubench reports show`` and ``accubench reports export``: a report of any kind, or some of its images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Optional, TypedDict

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json
from accubench.cli.session import clear_errors, open_workspace
from accubench.errors import UsageError

if TYPE_CHECKING:
    from accubench.workspace import AccuracyReport, FoundReport, View, Workspace

__all__ = ["export_report", "show_report"]

_PANEL = "Images"
# typer reads annotations at run time, so Optional stays spelled out
FilterOption = Annotated[
    Optional[list[str]],  # noqa: UP045
    typer.Option(
        "--filter",
        metavar="EXPR",
        help="Only images that hold it: predicted_confidence<0.5, flip=broken, 'image_name contains dog', "
        "'tags contains blurry'; several must all hold.",
        rich_help_panel=_PANEL,
    ),
]
ErroneousOption = Annotated[
    bool,
    typer.Option(
        "--erroneous",
        help="Only images whose predicted class differs from the annotated one (accuracy reports).",
        rich_help_panel=_PANEL,
    ),
]
NotInTopOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--not-in-top",
        metavar="K",
        min=1,
        help="Only images whose annotated class is not in the top K (accuracy reports).",
        rich_help_panel=_PANEL,
    ),
]
FlipsOption = Annotated[
    bool,
    typer.Option(
        "--flips",
        help="Only images on which both models predict different classes (comparisons and tensor distances).",
        rich_help_panel=_PANEL,
    ),
]
SearchOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--search",
        metavar="TEXT",
        help="Only images whose name, or a class name of theirs, contains the text, in any case.",
        rich_help_panel=_PANEL,
    ),
]
SortOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--sort", metavar="COLUMN", help="Sort by a column of the export.", rich_help_panel=_PANEL),
]
DescendingOption = Annotated[
    bool, typer.Option("--descending", help="Sort with the greatest value first.", rich_help_panel=_PANEL)
]
ReportArgument = Annotated[str, typer.Argument(metavar="REPORT", help="A report's id, or `latest`.")]


class _Selection(TypedDict):
    """The arguments of a report's `view` that the options stand for."""

    filters: list[str]
    erroneous: int
    search: str | None
    sort: str | None
    descending: bool


def show_report(
    report: ReportArgument = "latest",
    filter_: FilterOption = None,
    erroneous: ErroneousOption = False,
    not_in_top: NotInTopOption = None,
    flips: FlipsOption = False,
    search: SearchOption = None,
    sort: SortOption = None,
    descending: DescendingOption = False,
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows of each table.")] = 10,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Print a report again, or some of its images."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        found = _meant(opened, report, erroneous=erroneous or not_in_top is not None, flips=flips)
        _check_options(found, erroneous=erroneous or not_in_top is not None, flips=flips)
        selection = _selection(filter_, erroneous, not_in_top, flips, search, sort, descending=descending)
        if selection is None:
            _show_whole(found, rows, json_output=json_output)
            return
        view = found.view(**selection, limit=rows)
        if json_output:
            images = json.loads(view.rows.write_json())
            print_json({"report": found.id, "count": view.count, "images": images})
            return
        _show_images(found, view)


def export_report(
    report: ReportArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Suffix .csv, .parquet, .json or .html.")],
    filter_: FilterOption = None,
    erroneous: ErroneousOption = False,
    not_in_top: NotInTopOption = None,
    flips: FlipsOption = False,
    search: SearchOption = None,
    sort: SortOption = None,
    descending: DescendingOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Write a report, or some of its images as .csv or .parquet, to a file."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        found = _meant(opened, report, erroneous=erroneous or not_in_top is not None, flips=flips)
        _check_options(found, erroneous=erroneous or not_in_top is not None, flips=flips)
        selection = _selection(filter_, erroneous, not_in_top, flips, search, sort, descending=descending)
        if selection is None:
            found.export(file)
        else:
            from accubench.export import check_export_path, write_atomically

            check_export_path(file)
            write_atomically(file, found.export_view(file.suffix.lower(), **selection))
        typer.echo(f"Written: {file}")


def _meant(opened: Workspace, report_id: str, *, erroneous: bool, flips: bool) -> FoundReport:
    """The report of an id; ``latest`` is the newest of those that the options mean something for."""
    if report_id == "latest" and erroneous and not flips:
        return opened.report(report_id)
    if report_id == "latest" and flips and not erroneous:
        return opened.comparison(report_id)
    return opened.find_report(report_id)


def _check_options(report: FoundReport, *, erroneous: bool, flips: bool) -> None:
    """Refuse options that mean nothing for a report of this kind."""
    from accubench.records.any_report import REPORT_KINDS

    kind = report.record.kind
    if erroneous and kind != "accuracy":
        instead = "--filter flip=broken, --flips" if kind == "comparison" else "--flips, --filter 'mse>0.01'"
        raise UsageError(
            f"--erroneous and --not-in-top are for accuracy reports; {report.id} is a {REPORT_KINDS[kind]}. "
            f"Use {instead} or --sort kl_divergence."
        )
    if flips and kind == "accuracy":
        raise UsageError(
            f"--flips is for comparisons and tensor distances; {report.id} is an {REPORT_KINDS[kind]}. Use --erroneous."
        )


def _selection(
    filters: list[str] | None,
    erroneous: bool,
    not_in_top: int | None,
    flips: bool,
    search: str | None,
    sort: str | None,
    *,
    descending: bool,
) -> _Selection | None:
    """What the options select, or None where none was given."""
    if erroneous and not_in_top is not None and not_in_top > 1:
        raise UsageError("--erroneous is the same as --not-in-top 1; give one of them.")
    if descending and sort is None:
        raise UsageError("--descending needs --sort COLUMN.")
    if not (filters or erroneous or not_in_top or flips or search or sort):
        return None
    return {
        "filters": [*(filters or ()), *(["agreed=false"] if flips else [])],
        "erroneous": not_in_top or int(erroneous),
        "search": search,
        "sort": sort,
        "descending": descending,
    }


def _show_whole(report: FoundReport, rows: int, *, json_output: bool) -> None:
    if json_output:
        print(report.record.model_dump_json())
        return
    from accubench.cli.pair_rendering import show_comparison, show_distance
    from accubench.cli.rendering import show_report as show
    from accubench.workspace import ComparisonReport, DistanceReport

    if isinstance(report, ComparisonReport):
        show_comparison(report, rows=rows)
    elif isinstance(report, DistanceReport):
        show_distance(report, rows=rows)
    else:
        if report.interim:
            typer.echo(_interim_sentence(report))
        show(report, rows=rows)


def _show_images(report: FoundReport, view: View) -> None:
    from accubench.cli.pair_rendering import show_compared_images, show_distances
    from accubench.cli.rendering import make_console, show_images
    from accubench.workspace import AccuracyReport, ComparisonReport

    console = make_console()
    if isinstance(report, AccuracyReport) and report.interim:
        console.print(_interim_sentence(report))
    console.print(f"{view.count} of {len(report.images)} images")
    if isinstance(report, AccuracyReport):
        show_images(console, view.rows)
    elif isinstance(report, ComparisonReport):
        show_compared_images(console, view.rows)
    else:
        show_distances(console, view.rows)
    if view.count > len(view.rows):
        console.print(f"and {view.count - len(view.rows)} more (--rows).")


def _interim_sentence(report: AccuracyReport) -> str:
    state = "was stopped" if report.stopped else "is still running"
    return f"Interim: the evaluation {state}; {report.summary.n_images} of {report.n_expected} images are finished."
