"""``accubench projects``: each model on each dataset and device, with what was measured of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json, print_table
from accubench.cli.session import clear_errors, open_workspace

if TYPE_CHECKING:
    from accubench.records.comparison import Comparison
    from accubench.records.project import ProjectOverview
    from accubench.workspace import Workspace

__all__ = ["projects_app"]

projects_app = typer.Typer(help="Projects in the workspace: list, show.", no_args_is_help=True)

_COLUMNS = (
    "Project",
    "Model",
    "Dataset",
    "Device",
    "Precision",
    "Images/s",
    "Latency",
    "Top-1",
    "To parent",
    "Reports",
)


@projects_app.command("list")
def list_projects(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all projects, newest first, optimised models below their parents: speed, and the newest accuracy."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        from accubench.workspace.lineage import families

        overviews = opened.projects()
        listed = families(overviews, id_of=lambda each: each.project.id, parent_of=lambda each: each.parent_project_id)
        if json_output:
            print_json({"projects": [_document(each, _children_of(each, overviews)) for each, _ in listed]})
            return
        compared = any(overview.comparison is not None for overview, _ in listed)
        columns = [column for column in _COLUMNS if compared or column != "To parent"]
        rows = (_row(overview, depth) for overview, depth in listed)
        print_table(columns, ([row[column] for column in columns] for row in rows), "No projects yet.")


@projects_app.command("show")
def show_project(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="A project's id.")],
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Show one project: its lineage, measurements, and reports of all kinds."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        overview = opened.project(project)
        children = opened.child_projects(project)
        if json_output:
            print_json(_document(overview, children))
            return
        _show_head(overview, _lineage(opened, overview, children))
        _show_speed(overview)
        _show_accuracy(overview)
        _show_comparisons(overview)
        _show_distances(overview)


def _children_of(overview: ProjectOverview, overviews: Sequence[ProjectOverview]) -> list[ProjectOverview]:
    return [each for each in overviews if each.parent_project_id == overview.project.id]


def _lineage(opened: Workspace, overview: ProjectOverview, children: Sequence[ProjectOverview]) -> Iterator[str]:
    """What the model was optimised from, and what was optimised from it."""
    from accubench.workspace.lineage import parent_name

    parent = parent_name(overview.model, {model.id: model.name for model in opened.models()})
    if parent:
        where = "" if overview.parent_project_id is None else f" (project {overview.parent_project_id})"
        yield f"Optimised from {parent}{where}"
    for child in children:
        yield f"Optimised here: {child.model.name}, {child.precision} (project {child.project.id})"


def _show_head(overview: ProjectOverview, lineage: Iterator[str]) -> None:
    from accubench.cli.rendering import make_console
    from accubench.cli.text import plain

    target = overview.project.target
    lines = (
        f"{overview.model.name} on {overview.dataset.name}, {overview.precision}",
        f"{target.device}: {target.device_name}, {target.cores} cores, {target.machine}",
        *lineage,
    )
    for line in lines:
        make_console().print(plain(line))


def _show_speed(overview: ProjectOverview) -> None:
    rows = [
        (
            f"{benchmark.created_at.astimezone():%Y-%m-%d %H:%M}",
            run.hint,
            f"{run.throughput_fps:.1f}",
            *(f"{value:.2f} ms" for value in (run.latency_median_ms, run.latency_p90_ms, run.latency_p99_ms)),
        )
        for benchmark in overview.benchmarks
        for run in benchmark.runs
    ]
    if rows:
        print_table(("Measured", "Hint", "Images/s", "Median", "90 %", "99 %"), rows, "")


def _show_accuracy(overview: ProjectOverview) -> None:
    from accubench.export import DASH, interval_text, percent_text

    rows = [
        (
            report.id,
            f"{report.created_at.astimezone():%Y-%m-%d %H:%M}",
            percent_text(None if report.summary.top1 is None else report.summary.top1.value),
            DASH if report.summary.top1 is None else interval_text(report.summary.top1),
            f"{report.summary.n} evaluated, {report.summary.n_failed} failed",
        )
        for report in overview.reports
    ]
    empty = "" if overview.comparisons or overview.distances else "No reports yet."
    if rows or empty:
        print_table(("Report", "Made", "Top-1", "95 % interval", "Images"), rows, empty)


def _show_comparisons(overview: ProjectOverview) -> None:
    from accubench.cli.listing import result_of

    rows = [
        (
            report.id,
            f"{report.created_at.astimezone():%Y-%m-%d %H:%M}",
            report.parent.model_name,
            result_of(report),
            f"{report.summary.flips.total}",
            f"{report.summary.n} compared, {report.summary.n_failed} failed",
        )
        for report in overview.comparisons
    ]
    if rows:
        print_table(("Comparison", "Made", "With", "Top-1 difference", "Flips", "Images"), rows, "")


def _show_distances(overview: ProjectOverview) -> None:
    from accubench.cli.listing import result_of

    rows = [
        (
            report.id,
            f"{report.created_at.astimezone():%Y-%m-%d %H:%M}",
            report.parent.model_name,
            result_of(report),
            f"{report.outputs[0].n} compared, {report.outputs[0].n_failed} failed",
        )
        for report in overview.distances
    ]
    if rows:
        print_table(("Tensor distance", "Made", "To", "Result", "Images"), rows, "")


def _row(overview: ProjectOverview, depth: int) -> dict[str, str]:
    """The cells of a project by their column; who stands below its parent is marked."""
    from accubench.export import DASH, percent_text

    throughput, latency = overview.speed("throughput"), overview.speed("latency")
    top1 = None if overview.report is None else overview.report.summary.top1
    return {
        "Project": overview.project.id,
        "Model": f"{'  ' * (depth - 1)}└─{overview.model.name}" if depth else overview.model.name,
        "Dataset": overview.dataset.name,
        "Device": overview.project.target.device,
        "Precision": overview.precision,
        "Images/s": DASH if throughput is None else f"{throughput.throughput_fps:.1f}",
        "Latency": DASH if latency is None else f"{latency.latency_median_ms:.2f} ms",
        "Top-1": percent_text(None if top1 is None else top1.value),
        "To parent": DASH if overview.comparison is None else _to_parent(overview.comparison),
        "Reports": str(len(overview.reports) + len(overview.comparisons) + len(overview.distances)),
    }


def _to_parent(comparison: Comparison) -> str:
    """The difference of top-1, or the agreement where nothing is annotated, in few letters."""
    from accubench.export import DASH, percent_text, signed_points_text

    difference, agreement = comparison.summary.difference, comparison.summary.agreement
    if difference is not None:
        return f"{signed_points_text(difference.value)} points"
    return DASH if agreement is None else f"{percent_text(agreement.value)} agree"


def _document(overview: ProjectOverview, children: Sequence[ProjectOverview]) -> dict[str, object]:
    """The project with the ids and numbers that a script asks for; reports have commands of their own."""
    return {
        **overview.project.model_dump(mode="json"),
        "model_name": overview.model.name,
        "dataset_name": overview.dataset.name,
        "precision": overview.precision,
        "parent_model_id": overview.model.parent_id,
        "parent_project_id": overview.parent_project_id,
        "child_project_ids": [child.project.id for child in children],
        "benchmarks": [benchmark.model_dump(mode="json") for benchmark in overview.benchmarks],
        "reports": [
            {
                "id": report.id,
                "created_at": report.created_at.isoformat(),
                "summary": report.summary.model_dump(mode="json"),
            }
            for report in overview.reports
        ],
        "comparisons": [
            {
                "id": report.id,
                "created_at": report.created_at.isoformat(),
                "parent_model_id": report.parent.model_id,
                "summary": report.summary.model_dump(mode="json"),
            }
            for report in overview.comparisons
        ],
        "distances": [
            {
                "id": report.id,
                "created_at": report.created_at.isoformat(),
                "parent_model_id": report.parent.model_id,
                "outputs": [output.model_dump(mode="json") for output in report.outputs],
            }
            for report in overview.distances
        ],
    }
