"""Options and arguments that several commands share, described once."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from accubench.errors import UsageError

__all__ = [
    "DatabaseOption",
    "DebugOption",
    "DeviceOption",
    "InputSizeOption",
    "JsonOption",
    "Precision",
    "PrecisionOption",
    "ScoresOutputOption",
    "WorkspaceOption",
    "parse_size",
]

# typer reads annotations at run time, so Optional stays spelled out
WorkspaceOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(
        "--workspace",
        metavar="DIR",
        envvar="ACCUBENCH_WORKSPACE",
        show_envvar=True,
        help="Where models, predictions and reports are kept (default: ./accubench-workspace).",
        rich_help_panel="Workspace",
    ),
]
DatabaseOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--database",
        metavar="URL",
        envvar="ACCUBENCH_DATABASE",
        show_envvar=True,
        help="The catalogue (default: SQLite inside the workspace).",
        rich_help_panel="Workspace",
    ),
]
DebugOption = Annotated[
    bool,
    typer.Option("--debug", help="Show the traceback of an error.", rich_help_panel="Workspace"),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on standard output and nothing else there.")
]
DeviceOption = Annotated[str, typer.Option("--device", help="OpenVINO device: CPU, GPU, NPU, AUTO.")]
InputSizeOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--input-size", metavar="HEIGHTxWIDTH", help="Size of the model's input, where the model leaves it open."
    ),
]
ScoresOutputOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--output", metavar="NAME", help="The output that holds class scores, where there are several."),
]


class Precision(str, Enum):  # noqa: UP042 - typer lists the values of a str enum
    """Execution precision."""

    f32 = "f32"
    f16 = "f16"
    bf16 = "bf16"
    default = "default"


PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="What floating-point layers are executed in; default leaves it to the device."),
]


def parse_size(text: str | None) -> tuple[int, int] | None:
    """Read ``224x224`` or ``224``.

    >>> parse_size("192x256"), parse_size("224"), parse_size(None)
    ((192, 256), (224, 224), None)
    """
    if text is None:
        return None
    height, _, width = text.lower().partition("x")
    try:
        size = int(height), int(width or height)
    except ValueError:
        size = (0, 0)
    if min(size) < 1:
        raise UsageError(f"'{text}' is no size; expected HEIGHTxWIDTH in pixels, e.g. 224x224.")
    return size
