"""``accubench compare``."""

from __future__ import annotations

import shlex
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from accubench.cli.options import (
    AnnotationsOption,
    DatabaseOption,
    DatasetArgument,
    DebugOption,
    DeviceOption,
    Engine,
    EngineOption,
    EveryOption,
    ExportOption,
    FreshOption,
    IncludeCalibrationOption,
    JsonOption,
    LabelColumnOption,
    LimitOption,
    MaxFailedOption,
    NoIntegerKernelsOption,
    OptimisedArgument,
    PairConfigOption,
    ParentArgument,
    ParentConfigOption,
    PathColumnOption,
    Precision,
    PrecisionOption,
    SplitOption,
    SummaryOption,
    ValidLabelsOption,
    WorkspaceOption,
    parse_share,
)
from accubench.cli.output import append_summary, check_outputs, print_json
from accubench.cli.session import GATE_MISSED, clear_errors, open_workspace
from accubench.cli.streams import until_reader_leaves
from accubench.errors import ExportError, UsageError

if TYPE_CHECKING:
    from accubench.records.gate import GateOutcome
    from accubench.workspace import ComparisonReport

__all__ = ["compare"]


class Required(str, Enum):  # noqa: UP042 - typer lists the values of a str enum
    """The verdict that a script requires."""

    passed = "pass"
    not_fail = "not-fail"


def compare(
    optimised: OptimisedArgument,
    parent: ParentArgument,
    dataset: DatasetArgument,
    config: PairConfigOption = None,
    parent_config: ParentConfigOption = None,
    margin: Annotated[
        str,
        typer.Option("--margin", metavar="SHARE", help="Greatest drop of top-1 accuracy that is accepted: 0.01 or 1%."),
    ] = "0.01",
    include_calibration: IncludeCalibrationOption = False,
    flips: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--flips", metavar="FILE.csv", help="Write the images on which the models disagree, to label."),
    ] = None,
    labels: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option("--labels", metavar="FILE.csv", help="Such a file, filled in: the right classes of the flips."),
    ] = None,
    speed_rounds: Annotated[
        int, typer.Option("--speed-rounds", metavar="N", min=1, help="Turns in which the speed of both is measured.")
    ] = 5,
    seconds: Annotated[
        float, typer.Option("--seconds", help="How long each turn measures each model under each hint.")
    ] = 1.0,
    no_speed: Annotated[bool, typer.Option("--no-speed", help="Do not measure speed.")] = False,
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
    fresh: FreshOption = False,
    require: Annotated[
        Optional[Required],  # noqa: UP045
        typer.Option(
            "--require", help="End with status 1 unless the verdict is pass, or (not-fail) pass or inconclusive."
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
    """Compare an optimised model with its parent, image by image: what it gained, what it cost, on which images.

    Stored predictions are used where there are some, others are made on the way.
    Exit status: 0 done, 1 a gate was missed, 2 wrong usage or unusable input.
    """
    with clear_errors(debug=debug):
        share = parse_share(margin, "margin")
        _check_files(export or [], flips, summary)
        with open_workspace(workspace, database) as opened:
            from accubench.workspace import check_verdict

            report = opened.compare(
                optimised,
                parent,
                opened.dataset(
                    dataset,
                    split=split,
                    limit=limit,
                    every=every,
                    annotations=None if annotations is None else str(annotations),
                    path_column=path_column,
                    label_column=label_column,
                ),
                config=config,
                parent_config=parent_config,
                device=device,
                engine=engine.value,
                precision=precision.value,
                integer_kernels=not no_integer_kernels,
                margin=share,
                include_calibration=include_calibration,
                speed_rounds=0 if no_speed else speed_rounds,
                speed_seconds=seconds,
                labels=labels,
                valid_labels=valid_labels,
                fresh=fresh,
            )
            outcomes = check_verdict(report, None if require is None else require.value, max_failed=max_failed)
            written = [report.export(path) for path in export or ()]
            if flips is not None:
                written.append(report.write_flips(flips))
            if summary is not None:
                append_summary(summary, [report.markdown(outcomes)])
            with until_reader_leaves():
                if json_output:
                    print_json(_document(report, outcomes))
                else:
                    _print_text(
                        report, outcomes, written, next_step=_next_step(report, optimised, parent, dataset, labels)
                    )
    if not all(outcome.passed for outcome in outcomes):
        raise typer.Exit(GATE_MISSED)


def _check_files(export: list[Path], flips: Path | None, summary: Path | None) -> None:
    """Refuse files that cannot be written, before the work that fills them is done."""
    from accubench.export import check_file_path

    check_outputs(export, summary)
    if flips is not None:
        if flips.suffix.lower() != ".csv":
            raise ExportError(f"Flips cannot be written to {flips}: they are a table to fill in. Name a .csv file.")
        if flips in export:
            raise UsageError(f"--flips and --export would both write {flips}. Name two files.")
        check_file_path(flips)


def _document(report: ComparisonReport, outcomes: tuple[GateOutcome, ...]) -> dict[str, Any]:
    return {
        **report.record.model_dump(mode="json"),
        "sentence": report.sentence,
        "gates": [outcome.model_dump(mode="json") for outcome in outcomes],
        "passed": all(outcome.passed for outcome in outcomes),
    }


def _print_text(
    report: ComparisonReport, outcomes: tuple[GateOutcome, ...], written: list[Path], *, next_step: str | None
) -> None:
    from accubench.cli.pair_rendering import show_comparison
    from accubench.cli.rendering import make_console, show_gates
    from accubench.cli.text import plain

    show_comparison(report)
    show_gates(outcomes)
    console = make_console()
    for path in written:
        console.print(plain(f"Written: {path}"))
    if next_step is not None:
        console.print(plain(f"Next: {next_step}"), soft_wrap=True)


def _next_step(report: ComparisonReport, optimised: str, parent: str, dataset: str, labels: Path | None) -> str | None:
    """The command that tells more: about the flips, or, where they lack labels, about accuracy."""
    flips = report.summary.flips
    if flips.changed and labels is None:
        words = ("accubench", "compare", optimised, parent, dataset, "--flips", "flips.csv")
        return f"{shlex.join(words)}; fill in right_class, then --labels flips.csv gives the change of accuracy."
    if flips.total:
        return f"accubench reports show {report.id} --flips --sort kl_divergence --descending"
    return None
