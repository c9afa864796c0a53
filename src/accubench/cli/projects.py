"""``accubench projects``: each model on each dataset and device, with what was measured of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json, print_table
from accubench.cli.session import clear_errors, open_workspace

if TYPE_CHECKING:
    from accubench.records.project import ProjectOverview

__all__ = ["projects_app"]

projects_app = typer.Typer(help="Projects in the workspace: list, show.", no_args_is_help=True)


@projects_app.command("list")
def list_projects(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all projects, newest first: speed, and accuracy of the newest report."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        overviews = opened.projects()
        if json_output:
            print_json({"projects": [_document(overview) for overview in overviews]})
            return
        columns = ("Project", "Model", "Dataset", "Device", "Precision", "Images/s", "Latency", "Top-1", "Reports")
        print_table(columns, map(_row, overviews), "No projects yet.")


@projects_app.command("show")
def show_project(
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="A project's id.")],
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Show one project with its measurements and reports."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        overview = opened.project(project)
        if json_output:
            print_json(_document(overview))
            return
        _show(overview)


def _show(overview: ProjectOverview) -> None:
    from accubench.cli.rendering import make_console, make_table
    from accubench.cli.text import plain
    from accubench.export import DASH, interval_text, percent_text

    console, target = make_console(), overview.project.target
    console.print(plain(f"{overview.model.name} on {overview.dataset.name}, {overview.precision}"))
    console.print(plain(f"{target.device}: {target.device_name}, {target.cores} cores, {target.machine}"))
    if overview.benchmarks:
        speeds = make_table("Measured", "Hint", "Images/s", "Median", "90 %", "99 %")
        for benchmark in overview.benchmarks:
            for run in benchmark.runs:
                speeds.add_row(
                    f"{benchmark.created_at.astimezone():%Y-%m-%d %H:%M}",
                    run.hint,
                    f"{run.throughput_fps:.1f}",
                    *(f"{value:.2f} ms" for value in (run.latency_median_ms, run.latency_p90_ms, run.latency_p99_ms)),
                )
        console.print(speeds)
    if not overview.reports:
        console.print("No reports yet.")
        return
    reports = make_table("Report", "Made", "Top-1", "95 % interval", "Images")
    for report in overview.reports:
        top1 = report.summary.top1
        reports.add_row(
            report.id,
            f"{report.created_at.astimezone():%Y-%m-%d %H:%M}",
            percent_text(None if top1 is None else top1.value),
            DASH if top1 is None else interval_text(top1),
            f"{report.summary.n} evaluated, {report.summary.n_failed} failed",
        )
    console.print(reports)


def _row(overview: ProjectOverview) -> tuple[str, ...]:
    from accubench.export import DASH, percent_text

    throughput, latency = overview.speed("throughput"), overview.speed("latency")
    top1 = None if overview.report is None else overview.report.summary.top1
    return (
        overview.project.id,
        overview.model.name,
        overview.dataset.name,
        overview.project.target.device,
        overview.precision,
        DASH if throughput is None else f"{throughput.throughput_fps:.1f}",
        DASH if latency is None else f"{latency.latency_median_ms:.2f} ms",
        percent_text(None if top1 is None else top1.value),
        str(len(overview.reports)),
    )


def _document(overview: ProjectOverview) -> dict[str, object]:
    """The project with the ids and numbers that a script asks for; reports have commands of their own."""
    return {
        **overview.project.model_dump(mode="json"),
        "model_name": overview.model.name,
        "dataset_name": overview.dataset.name,
        "precision": overview.precision,
        "benchmarks": [benchmark.model_dump(mode="json") for benchmark in overview.benchmarks],
        "reports": [
            {
                "id": report.id,
                "created_at": report.created_at.isoformat(),
                "summary": report.summary.model_dump(mode="json"),
            }
            for report in overview.reports
        ],
    }
