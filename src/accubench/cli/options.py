"""Options and arguments that several commands share, described once."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Optional

import typer

from accubench.errors import UsageError

__all__ = [
    "AnnotationsOption",
    "DatabaseOption",
    "DatasetArgument",
    "DebugOption",
    "DeviceOption",
    "Engine",
    "EngineOption",
    "EveryOption",
    "ExportOption",
    "FreshOption",
    "IncludeCalibrationOption",
    "InputSizeOption",
    "JsonOption",
    "LabelColumnOption",
    "LimitOption",
    "MaxFailedOption",
    "NoIntegerKernelsOption",
    "OptimisedArgument",
    "PairConfigOption",
    "ParentArgument",
    "ParentConfigOption",
    "PathColumnOption",
    "Precision",
    "PrecisionOption",
    "ScoresOutputOption",
    "SplitOption",
    "SummaryOption",
    "ValidLabelsOption",
    "WorkspaceOption",
    "parse_share",
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


SplitOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--split", help="Which of train, val, test, where the dataset has several."),
]
LimitOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(
        "--limit", metavar="N", min=1, help="Only N of the images, chosen by the hash of their names, classes kept."
    ),
]
EveryOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--every", metavar="K", min=1, help="Only every K-th image, classes kept in proportion."),
]
AnnotationsOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--annotations", metavar="FILE", help="The annotation file, where it is not found."),
]
PathColumnOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--path-column", metavar="NAME", help="Column of image paths in a table."),
]
LabelColumnOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--label-column", metavar="NAME", help="Column of classes in a table."),
]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Infer anew even where scores are stored.")]
ValidLabelsOption = Annotated[
    bool,
    typer.Option("--valid-labels", help="Score only the annotated classes, as if the model had no others."),
]
ExportOption = Annotated[
    Optional[list[Path]],  # noqa: UP045
    typer.Option("--export", metavar="FILE", help="Write the report: .csv, .parquet, .json or .html."),
]
SummaryOption = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option("--summary", metavar="FILE", help="Append a Markdown summary, for the logs of a build server."),
]
MaxFailedOption = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option("--max-failed", metavar="N", min=0, help="Failed images allowed (default: 0 with a gate)."),
]
OptimisedArgument = Annotated[
    str, typer.Argument(metavar="OPTIMISED", help="The optimised model: a file, or a name in the workspace.")
]
ParentArgument = Annotated[
    str, typer.Argument(metavar="PARENT", help="The model that it was made from, or any with the same classes.")
]
DatasetArgument = Annotated[
    str, typer.Argument(metavar="DATASET", help="Images: a path, or a name in the workspace; annotated or not.")
]
PairConfigOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option(
        "--config",
        metavar="FILE",
        help="Accuracy configuration of both models (default: that of the calibration, or what each model says).",
    ),
]
ParentConfigOption = Annotated[
    Optional[str],  # noqa: UP045
    typer.Option("--parent-config", metavar="FILE", help="Accuracy configuration of the parent, where it differs."),
]
IncludeCalibrationOption = Annotated[
    bool, typer.Option("--include-calibration", help="Take in images that a model was calibrated on, with a warning.")
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


class Engine(str, Enum):  # noqa: UP042 - typer lists the values of a str enum
    """Who executes the model."""

    openvino = "openvino"
    onnxruntime = "onnxruntime"
    litert = "litert"


EngineOption = Annotated[
    Engine,
    typer.Option("--engine", help="Who executes: OpenVINO, or a reference for ONNX or TensorFlow Lite models."),
]
NoIntegerKernelsOption = Annotated[
    bool,
    typer.Option("--no-integer-kernels", help="Let OpenVINO compute quantised layers in floating point."),
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


def parse_share(text: str, what: str, *, up_to_one: bool = False) -> float:
    """Read ``0.01`` or ``1%`` as a share from 0 to below 1, or to 1 itself.

    Raises:
        UsageError: It is none; `what` names what was asked for.

    >>> parse_share("0.01", "margin"), parse_share("1%", "margin"), parse_share("0", "margin")
    (0.01, 0.01, 0.0)
    """
    number, percent, rest = text.strip().partition("%")
    try:
        value = float(number) / (100 if percent else 1)
    except ValueError:
        value = -1.0
    if rest or not 0 <= value <= 1 or (value == 1 and not up_to_one):
        raise UsageError(f"'{text}' is no {what}; expected a share such as 0.01, or a percentage such as 1%.")
    return value
