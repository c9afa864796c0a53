"""``accubench benchmark``."""

from __future__ import annotations

from typing import Annotated

import typer

from accubench.cli.options import (
    DatabaseOption,
    DebugOption,
    DeviceOption,
    InputSizeOption,
    JsonOption,
    Precision,
    PrecisionOption,
    WorkspaceOption,
    parse_size,
)
from accubench.cli.session import clear_errors, open_workspace

__all__ = ["benchmark"]


def benchmark(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or a name in the workspace.")],
    seconds: Annotated[float, typer.Option("--seconds", help="How long to measure under each hint.")] = 10.0,
    device: DeviceOption = "CPU",
    precision: PrecisionOption = Precision.f32,
    input_size: InputSizeOption = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Measure throughput and latency of a model, inference alone, for both performance hints."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        found = opened.model(model, input_size_hw=parse_size(input_size))
        result = opened.benchmark(found, device=device, precision=precision.value, seconds=seconds)
        if json_output:
            print(result.model_dump_json())
        else:
            from accubench.cli.rendering import show_benchmark

            show_benchmark(result, found.name)
