"""``accubench jobs``: what was queued, how far it is, what became of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json, print_table
from accubench.cli.session import clear_errors, open_workspace

if TYPE_CHECKING:
    from accubench.records.job import Job

__all__ = ["jobs_app"]

jobs_app = typer.Typer(help="Long work in the background: list, show, log, cancel.", no_args_is_help=True)

JobArgument = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, as `accubench jobs list` shows it.")]


@jobs_app.command("list")
def list_jobs(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all jobs, newest first."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        jobs = opened.jobs.jobs()
        if json_output:
            print_json({"jobs": [job.model_dump(mode="json") for job in jobs]})
            return
        columns = ("Job", "Queued", "What", "State", "Progress", "Queue")
        print_table(columns, map(_row, jobs), "No jobs yet.")


@jobs_app.command("show")
def show_job(
    job: JobArgument,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Show one job: its state, how far it is, what it made or why it failed."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        _show(opened.jobs.job(job), json_output=json_output)


@jobs_app.command("log")
def show_log(
    job: JobArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Print everything that a job said."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        from accubench.cli.text import plain

        print(plain(opened.jobs.log(job)), end="")


@jobs_app.command("cancel")
def cancel_job(
    job: JobArgument,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Stop a job; finished parts are kept, and the same work queued again continues from there."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        _show(opened.jobs.cancel(job), json_output=json_output)


def _row(job: Job) -> tuple[str, ...]:
    queued = f"{job.created_at.astimezone():%Y-%m-%d %H:%M}"
    return job.id, queued, job.title, job.state, _progress_text(job), job.queue


def _show(job: Job, *, json_output: bool) -> None:
    if json_output:
        print(job.model_dump_json())
        return
    from accubench.cli.rendering import make_console, make_table
    from accubench.cli.text import plain

    table = make_table("", "")
    table.show_header = False
    for name, value in _facts(job):
        table.add_row(name, plain(value))
    make_console().print(table)


def _facts(job: Job) -> list[tuple[str, str]]:
    facts = [("Job", job.id), ("What", job.title), ("State", job.state), ("Queue", job.queue)]
    times = (("Queued", job.created_at), ("Begun", job.started_at), ("Ended", job.ended_at))
    facts += [(name, f"{time.astimezone():%Y-%m-%d %H:%M:%S}") for name, time in times if time is not None]
    facts += [("Attempts", str(job.attempts)), ("Progress", _progress_text(job))]
    if job.outcome is not None:
        facts += [(name.replace("_id", "").capitalize(), made) for name, made in job.outcome.result.items()]
        if job.outcome.error:
            facts.append(("Error", job.outcome.error))
    return facts


def _progress_text(job: Job) -> str:
    progress = job.progress
    if progress is None:
        return ""
    if progress.total is None:
        return progress.message or progress.stage
    return f"{progress.done} of {progress.total}"
