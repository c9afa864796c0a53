"""``accubench config``: accuracy configurations without an evaluation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json
from accubench.cli.session import clear_errors, open_workspace

__all__ = ["config_app"]

config_app = typer.Typer(help="Accuracy configurations: infer, check, labels, schema.", no_args_is_help=True)


@config_app.command("infer")
def infer(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or a name in the workspace.")],
    preset: Annotated[str | None, typer.Option("--preset", help="Use a preset instead of what the model says.")] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Print the accuracy configuration for a model as YAML, every value with its origin; a file to start from."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        from accubench.configuration import write_configuration

        resolved = opened.configuration(opened.model(model), preset)
        typer.echo(write_configuration(resolved), nl=False)
        for note in resolved.notes:
            typer.echo(f"Note: {note}", err=True)


@config_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An accuracy configuration (YAML).")],
    debug: DebugOption = False,
) -> None:
    """Check a configuration file; every problem is listed with its line."""
    with clear_errors(debug=debug):
        from accubench.configuration import describe_configuration, read_configuration

        for path, value, origin in describe_configuration(read_configuration(file)):
            typer.echo(f"{path} = {value}  ({origin})")


@config_app.command("labels")
def labels(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or a name in the workspace.")],
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help="Annotated images: a path, or a name.")],
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="Accuracy configuration (YAML), or a preset's name.")
    ] = None,
    label_file: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help="Names of the model's classes, one a line or JSON.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every class, also those about which all agree.")] = False,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Show which output each class of a dataset is taken for, and which one names say it is; nothing is inferred."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        from accubench.cli.correspondence import show_correspondence
        from accubench.export import correspondence_document

        found = opened.class_correspondence(model, dataset, config=config, labels=label_file)
        if json_output:
            print_json(correspondence_document(found))
        else:
            show_correspondence(found, every=every)


@config_app.command("schema")
def schema() -> None:
    """Print the JSON schema of accuracy configurations, for editors."""
    from accubench.configuration import json_schema

    typer.echo(json.dumps(json_schema(), indent=2))


@config_app.command("presets")
def presets() -> None:
    """List the presets."""
    from accubench.configuration import PRESETS

    for name in PRESETS:
        typer.echo(name)
