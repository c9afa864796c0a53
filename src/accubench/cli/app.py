"""The commands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from accubench.cli.benchmark import benchmark
from accubench.cli.check import check
from accubench.cli.compare import compare
from accubench.cli.config import config_app
from accubench.cli.demo import demo
from accubench.cli.distance import distance
from accubench.cli.evaluate import evaluate
from accubench.cli.jobs import jobs_app
from accubench.cli.listing import datasets_app, models_app, reports_app
from accubench.cli.projects import projects_app
from accubench.cli.quantize import quantize
from accubench.cli.report_view import export_report, show_report
from accubench.cli.serve import serve
from accubench.cli.worker import worker

__all__ = ["app", "run"]

app = typer.Typer(
    name="accubench",
    help="Measure, understand and keep the accuracy of deployed image classifiers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"accubench {version('accubench')}")
        raise typer.Exit


@app.callback()
def _accubench(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Measure, understand and keep the accuracy of deployed image classifiers."""


app.command()(evaluate)
app.command()(compare)
app.command()(distance)
app.command()(check)
app.command()(benchmark)
app.command()(quantize)
app.command()(demo)
app.command()(serve)
app.command()(worker)
reports_app.command("show")(show_report)
reports_app.command("export")(export_report)
app.add_typer(models_app, name="models")
app.add_typer(datasets_app, name="datasets")
app.add_typer(projects_app, name="projects")
app.add_typer(reports_app, name="reports")
app.add_typer(jobs_app, name="jobs")
app.add_typer(config_app, name="config")


def run() -> None:
    """Run the command that the arguments name, and end the process."""
    app()
