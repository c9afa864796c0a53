"""``accubench evaluate``."""

from __future__ import annotations

import glob
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from accubench.cli.options import (
    AnnotationsOption,
    DatabaseOption,
    DebugOption,
    DeviceOption,
    Engine,
    EngineOption,
    EveryOption,
    ExportOption,
    FreshOption,
    InputSizeOption,
    JsonOption,
    LabelColumnOption,
    LimitOption,
    MaxFailedOption,
    NoIntegerKernelsOption,
    PathColumnOption,
    Precision,
    PrecisionOption,
    ScoresOutputOption,
    SplitOption,
    SummaryOption,
    ValidLabelsOption,
    WorkspaceOption,
    parse_size,
)
from accubench.cli.output import append_summary, check_outputs
from accubench.cli.session import GATE_MISSED, UNUSABLE, clear_errors, open_workspace
from accubench.cli.streams import until_reader_leaves
from accubench.errors import AccuBenchError, UsageError

if TYPE_CHECKING:
    from accubench.records.gate import GateOutcome
    from accubench.workspace import AccuracyReport

__all__ = ["evaluate"]


def evaluate(
    models_and_dataset: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL... DATASET",
            help="Model files, or names in the workspace, or a quoted glob; last the dataset: a path or a name.",
            show_default=False,
        ),
    ],
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--config",
            metavar="FILE",
            help="Accuracy configuration (YAML), or the name of a preset (default: inferred from the model).",
        ),
    ] = None,
    labels: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--labels", metavar="FILE", help="Names of the model's classes, one a line or JSON."),
    ] = None,
    split: SplitOption = None,
    limit: LimitOption = None,
    every: EveryOption = None,
    annotations: AnnotationsOption = None,
    path_column: PathColumnOption = None,
    label_column: LabelColumnOption = None,
    valid_labels: ValidLabelsOption = False,
    device: DeviceOption = "CPU",
    engine: EngineOption = Engine.openvino,
    precision: PrecisionOption = Precision.f32,
    no_integer_kernels: NoIntegerKernelsOption = False,
    input_size: InputSizeOption = None,
    output: ScoresOutputOption = None,
    no_check: Annotated[
        bool,
        typer.Option("--no-check", help="Do not check the numbers at the first evaluation."),
    ] = False,
    fresh: FreshOption = False,
    fail_under: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--fail-under",
            metavar="METRIC=SHARE",
            help="End with status 1 below it: top1=0.57, or top1.low=0.55 for the interval's lower bound.",
        ),
    ] = None,
    max_failed: MaxFailedOption = None,
    export: ExportOption = None,
    summary: SummaryOption = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Evaluate one or several models on a dataset: the accuracy report.

    Scores are stored: run again, unfinished predictions are continued and finished ones reused.
    Exit status: 0 done, 1 a gate was missed, 2 wrong usage or unusable input.
    """
    with clear_errors(debug=debug):
        from accubench.workspace import check_gates, parse_gate

        gates = [parse_gate(text) for text in fail_under or ()]
        models, dataset = _split_arguments(models_and_dataset)
        if len(models) > 1 and export:
            raise UsageError("--export takes one model; with several, use `accubench reports export` for each.")
        check_outputs(export or (), summary)
        with open_workspace(workspace, database) as opened:
            found = opened.dataset(
                dataset,
                split=split,
                limit=limit,
                every=every,
                annotations=_text(annotations),
                path_column=path_column,
                label_column=label_column,
            )

            def run(model: str) -> AccuracyReport:
                with opened.unusable_taken_back():
                    return opened.evaluate(
                        opened.model(model, input_size_hw=parse_size(input_size), scores_output=output),
                        found,
                        config=config,
                        device=device,
                        engine=engine.value,
                        precision=precision.value,
                        integer_kernels=not no_integer_kernels,
                        labels=labels,
                        valid_labels=valid_labels,
                        fresh=fresh,
                        check=not no_check,
                    )

            reports, problems = _run_all(run, models)
            outcomes = [check_gates(report, gates, max_failed=max_failed) for report in reports]
            for path in export or ():
                reports[0].export(path)
            if summary:
                append_summary(summary, [report.markdown(each) for report, each in zip(reports, outcomes, strict=True)])
            with until_reader_leaves():
                if json_output:
                    _print_json(reports, outcomes, problems)
                else:
                    _print_text(reports, outcomes, export or [])
    if problems:
        raise typer.Exit(UNUSABLE)
    if not all(outcome.passed for several in outcomes for outcome in several):
        raise typer.Exit(GATE_MISSED)


def _split_arguments(arguments: list[str]) -> tuple[list[str], str]:
    if len(arguments) < 2:
        raise UsageError("Give a model and a dataset: accubench evaluate MODEL DATASET.")
    *patterns, dataset = arguments
    models: list[str] = []
    for pattern in patterns:
        if not glob.has_magic(pattern) or Path(pattern).exists():
            models.append(pattern)
            continue
        matches = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207 - patterns may be absolute
        if not matches:
            raise UsageError(f"No file matches '{pattern}'.")
        models += _without_companions(matches)
    return models, dataset


def _without_companions(paths: list[str]) -> list[str]:
    """Leave out weights files whose model file is there too."""
    stems = {Path(path).with_suffix("") for path in paths if Path(path).suffix in {".xml", ".prototxt"}}
    companions = {".bin", ".caffemodel"}
    return [path for path in paths if not (Path(path).suffix in companions and Path(path).with_suffix("") in stems)]


def _run_all(run: Any, models: list[str]) -> tuple[list[AccuracyReport], list[tuple[str, str]]]:
    """Evaluate one model after the other; with several, one that cannot be used does not spoil the others."""
    if len(models) == 1:
        return [run(models[0])], []
    reports: dict[str, AccuracyReport] = {}
    problems: list[tuple[str, str]] = []
    for model in models:
        try:
            report = run(model)
            reports.setdefault(report.record.model_id, report)
        except AccuBenchError as error:
            problems.append((model, str(error)))
            print(f"Error: {model}: {error}", file=sys.stderr)
    return list(reports.values()), problems


def _print_text(reports: list[AccuracyReport], outcomes: list[tuple[GateOutcome, ...]], exported: list[Path]) -> None:
    from accubench.cli.rendering import make_console, show_gates, show_report, show_several

    if len(reports) == 1:
        show_report(reports[0])
    elif reports:
        show_several(reports)
    for several in outcomes:
        show_gates(several)
    console = make_console()
    for path in exported:
        console.print(f"Written: {path}")


def _print_json(
    reports: list[AccuracyReport], outcomes: list[tuple[GateOutcome, ...]], problems: list[tuple[str, str]]
) -> None:
    documents = [_document(report, several) for report, several in zip(reports, outcomes, strict=True)]
    if len(documents) == 1 and not problems:
        print(json.dumps(documents[0], ensure_ascii=False))
    else:
        errors = [{"model": model, "error": error} for model, error in problems]
        print(json.dumps({"reports": documents, "errors": errors}, ensure_ascii=False))


def _document(report: AccuracyReport, outcomes: tuple[GateOutcome, ...]) -> dict[str, Any]:
    document: dict[str, Any] = report.record.model_dump(mode="json")
    summary = document["summary"]
    for top in summary["top_k"]:
        summary[f"top{top['k']}"] = top
    gates = [outcome.model_dump(mode="json") for outcome in outcomes]
    return {**document, "gates": gates, "passed": all(outcome.passed for outcome in outcomes)}


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)
