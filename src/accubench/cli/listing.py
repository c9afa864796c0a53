"""``accubench models``, ``accubench datasets``, ``accubench reports``: what the workspace holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from accubench.cli.dataset_health import check_dataset
from accubench.cli.deleting import delete_dataset, delete_model, delete_report
from accubench.cli.options import (
    DatabaseOption,
    DebugOption,
    EveryOption,
    InputSizeOption,
    JsonOption,
    LimitOption,
    ScoresOutputOption,
    WorkspaceOption,
    parse_size,
)
from accubench.cli.output import print_json, print_table
from accubench.cli.session import clear_errors, open_workspace

if TYPE_CHECKING:
    from accubench.records.any_report import AnyReport
    from accubench.records.model import Model
    from accubench.workspace import FoundReport, Workspace

__all__ = ["datasets_app", "models_app", "reports_app", "result_of"]

models_app = typer.Typer(help="Models in the workspace: list, show, import, delete.", no_args_is_help=True)
datasets_app = typer.Typer(help="Datasets in the workspace: list, show, import, check, delete.", no_args_is_help=True)
reports_app = typer.Typer(help="Reports in the workspace: list, show, export, delete.", no_args_is_help=True)

models_app.command("delete")(delete_model)
datasets_app.command("delete")(delete_dataset)
datasets_app.command("check")(check_dataset)
reports_app.command("delete")(delete_report)

_DONE = {"accuracy": "evaluated", "comparison": "compared", "distance": "compared"}
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A name or id in the workspace, or a path.")]


@models_app.command("list")
def list_models(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all models."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        models = opened.models()
        if json_output:
            print_json({"models": [model.model_dump(mode="json") for model in models]})
            return
        rows = [
            (
                f"{model.name} (version {model.version})",
                model.description.format,
                str(model.description.class_count),
                f"{model.description.parameters:,}",
                f"{sum(file.size_bytes for file in model.files) / 1e6:.1f} MB",
                model.id,
            )
            for model in models
        ]
        print_table(("Model", "Format", "Classes", "Parameters", "Size", "Id"), rows, "No models yet.")


@models_app.command("import")
def import_model(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A file of the model, or a folder with one.")],
    name: Annotated[
        str | None, typer.Option("--name", help="What to call it (default: the name of file or folder).")
    ] = None,
    input_size: InputSizeOption = None,
    output: ScoresOutputOption = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Import a model and show what its file says of it."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        size = parse_size(input_size)
        imported = opened.import_model(path, name=name, input_size_hw=size, scores_output=output)
        _show_model(opened, imported, json_output=json_output)


@models_app.command("show")
def show_model(
    name: NameArgument,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Show everything known of a model, and the accuracy configuration inferred from it."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        _show_model(opened, opened.model(name), json_output=json_output)


@datasets_app.command("list")
def list_datasets(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all datasets."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        datasets = opened.datasets()
        if json_output:
            print_json({"datasets": [dataset.model_dump(mode="json") for dataset in datasets]})
            return
        rows = [
            (
                f"{dataset.name} (version {dataset.version})",
                dataset.layout,
                str(dataset.n_images),
                str(len(dataset.class_ids)) if dataset.annotated else "not annotated",
                dataset.archive or dataset.source,
            )
            for dataset in datasets
        ]
        print_table(("Dataset", "Layout", "Images", "Classes", "Source"), rows, "No datasets yet.")


@datasets_app.command("import")
def import_dataset(
    source: Annotated[Path, typer.Argument(metavar="PATH", help="A folder, an archive, or a CSV or TSV table.")],
    name: Annotated[str | None, typer.Option("--name", help="What to call it (default: the folder's name).")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Which of train, val, test.")] = None,
    limit: LimitOption = None,
    every: EveryOption = None,
    annotations: Annotated[str | None, typer.Option("--annotations", metavar="FILE", help="Annotation file.")] = None,
    labels: Annotated[
        str | None, typer.Option("--labels", metavar="FILE", help="Names of the dataset's classes.")
    ] = None,
    path_column: Annotated[str | None, typer.Option("--path-column", help="Column of image paths in a table.")] = None,
    label_column: Annotated[str | None, typer.Option("--label-column", help="Column of classes in a table.")] = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Import a dataset by reference and show what its check found."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        dataset = opened.import_dataset(
            source,
            name=name,
            split=split,
            limit=limit,
            every=every,
            annotations=annotations,
            labels=labels,
            path_column=path_column,
            label_column=label_column,
        )
        _show_dataset(dataset.model_dump(mode="json"), [str(finding) for finding in dataset.findings], json_output)


@datasets_app.command("show")
def show_dataset(
    name: NameArgument,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Check a dataset again and show what is known of it."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        dataset = opened.dataset(name)
        _show_dataset(dataset.model_dump(mode="json"), [str(finding) for finding in dataset.findings], json_output)


@reports_app.command("list")
def list_reports(
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """List all reports of all kinds, oldest first."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        reports = opened.all_reports()
        if json_output:
            print_json({"reports": [report.record.model_dump(mode="json") for report in reports]})
            return
        columns = ("Report", "Made", "Kind", "Model", "Dataset", "Result", "Images")
        print_table(columns, map(_report_row, reports), "No reports yet.")


def _report_row(report: FoundReport) -> tuple[str, ...]:
    from accubench.records.any_report import REPORT_KINDS

    record = report.record
    return (
        report.id,
        f"{record.created_at.astimezone():%Y-%m-%d %H:%M}",
        REPORT_KINDS[record.kind],
        " and ".join(model.model_name for model in record.evaluated_models),
        record.dataset_name,
        result_of(record),
        f"{report.summary.n} {_DONE[record.kind]}, {report.summary.n_failed} failed",
    )


def result_of(record: AnyReport) -> str:
    """The one number of a report that says most."""
    from accubench.export import DASH, distance_text, percent_text, signed_points_text

    if record.kind == "accuracy":
        top1 = record.summary.top1
        return f"top-1 {percent_text(top1.value)}" if top1 else DASH
    if record.kind == "comparison":
        difference, verdict = record.summary.difference, record.summary.verdict
        if difference is not None and verdict is not None:
            return f"{signed_points_text(difference.value)} points, {verdict.outcome}"
        agreement = record.summary.agreement
        return DASH if agreement is None else f"agreement {percent_text(agreement.value)}"
    mse = next((each.mean for each in record.outputs[0].distributions if each.measure == "mse"), None)
    return DASH if mse is None else f"mean squared error {distance_text(mse)}"


def _show_model(workspace: Workspace, model: Model, *, json_output: bool) -> None:
    from accubench.cli.description import model_document, show_model_description

    if json_output:
        print_json(model_document(workspace, model))
    else:
        show_model_description(workspace, model)


def _show_dataset(document: dict[str, object], findings: list[str], json_output: bool) -> None:
    if json_output:
        print_json(document)
        return
    from accubench.cli.description import show_dataset_description

    show_dataset_description(document, findings)
