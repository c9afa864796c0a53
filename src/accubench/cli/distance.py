"""``accubench distance``."""

from __future__ import annotations

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
    WorkspaceOption,
)
from accubench.cli.output import append_summary, check_outputs, print_json
from accubench.cli.session import clear_errors, open_workspace
from accubench.cli.streams import until_reader_leaves

__all__ = ["distance"]


def distance(
    optimised: OptimisedArgument,
    parent: ParentArgument,
    dataset: DatasetArgument,
    config: PairConfigOption = None,
    parent_config: ParentConfigOption = None,
    include_calibration: IncludeCalibrationOption = False,
    split: SplitOption = None,
    limit: LimitOption = None,
    every: EveryOption = None,
    annotations: AnnotationsOption = None,
    path_column: PathColumnOption = None,
    label_column: LabelColumnOption = None,
    device: DeviceOption = "CPU",
    engine: EngineOption = Engine.openvino,
    precision: PrecisionOption = Precision.f32,
    no_integer_kernels: NoIntegerKernelsOption = False,
    fresh: FreshOption = False,
    export: ExportOption = None,
    summary: SummaryOption = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Measure how far the outputs of an optimised model are from its parent's, image by image."""
    with clear_errors(debug=debug):
        check_outputs(export or (), summary)
        with open_workspace(workspace, database) as opened:
            report = opened.distance(
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
                include_calibration=include_calibration,
                fresh=fresh,
            )
            written = [report.export(path) for path in export or ()]
            if summary is not None:
                append_summary(summary, [report.markdown()])
            with until_reader_leaves():
                if json_output:
                    print_json({**report.record.model_dump(mode="json"), "sentence": report.sentence})
                    return
                from accubench.cli.pair_rendering import show_distance

                show_distance(report)
                for path in written:
                    typer.echo(f"Written: {path}")
