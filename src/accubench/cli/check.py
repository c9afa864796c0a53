"""``accubench check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import typer

from accubench.cli.options import (
    AnnotationsOption,
    DatabaseOption,
    DatasetArgument,
    DebugOption,
    DeviceOption,
    EveryOption,
    FreshOption,
    InputSizeOption,
    JsonOption,
    LabelColumnOption,
    LimitOption,
    NoIntegerKernelsOption,
    PathColumnOption,
    Precision,
    PrecisionOption,
    ScoresOutputOption,
    SplitOption,
    ValidLabelsOption,
    WorkspaceOption,
    parse_share,
    parse_size,
)
from accubench.cli.output import print_json
from accubench.cli.session import GATE_MISSED, clear_errors, open_workspace
from accubench.cli.streams import until_reader_leaves
from accubench.errors import UsageError

if TYPE_CHECKING:
    from accubench.records.numerics_check import NumericsCheck

__all__ = ["check"]

_MOST_DIGITS = 12


def check(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or a name in the workspace.")],
    dataset: DatasetArgument,
    images: Annotated[
        str, typer.Option("--images", metavar="N|all", help="How many images; all stores the scores of all.")
    ] = "64",
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--config", metavar="FILE", help="Accuracy configuration (YAML), or the name of a preset."),
    ] = None,
    split: SplitOption = None,
    limit: LimitOption = None,
    every: EveryOption = None,
    annotations: AnnotationsOption = None,
    path_column: PathColumnOption = None,
    label_column: LabelColumnOption = None,
    valid_labels: ValidLabelsOption = False,
    device: DeviceOption = "CPU",
    precision: PrecisionOption = Precision.f32,
    no_integer_kernels: NoIntegerKernelsOption = False,
    input_size: InputSizeOption = None,
    output: ScoresOutputOption = None,
    min_agreement: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--min-agreement", metavar="SHARE", help="End with status 1 where the last step agrees less with the first."
        ),
    ] = None,
    fresh: FreshOption = False,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Check whether the numbers are the model's own: its engine, OpenVINO in f32, and as configured, side by side.

    Exit status: 0 done, 1 the agreement asked for was missed, 2 wrong usage or unusable input.
    """
    with clear_errors(debug=debug):
        wanted = _parse_images(images)
        least = None if min_agreement is None else parse_share(min_agreement, "agreement", up_to_one=True)
        with open_workspace(workspace, database) as opened:
            made = opened.check(
                opened.model(model, input_size_hw=parse_size(input_size), scores_output=output),
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
                device=device,
                precision=precision.value,
                integer_kernels=not no_integer_kernels,
                valid_labels=valid_labels,
                images=wanted,
                fresh=fresh,
            )
        passed = _passes(made, least)
        with until_reader_leaves():
            if json_output:
                print_json(_document(made, passed=passed))
            else:
                from accubench.cli.check_rendering import show_check

                show_check(made, least=least)
    if not passed:
        raise typer.Exit(GATE_MISSED)


def _parse_images(text: str) -> int | Literal["all"]:
    if text == "all":
        return "all"
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS or int(text) < 1:
        raise UsageError(f"'{text}' is no number of images; expected a number from 1, or all.")
    return int(text)


def _passes(made: NumericsCheck, least: float | None) -> bool:
    """Whether the execution as configured agrees enough with the first step; never where nothing was compared."""
    if least is None:
        return True
    change = made.steps[-1].first if made.steps else None
    return change is not None and change.agreement.value >= least


def _document(made: NumericsCheck, *, passed: bool) -> dict[str, Any]:
    from accubench.export import check_sentence

    titles = [step.title for step in made.steps]
    return {**made.model_dump(mode="json"), "titles": titles, "sentence": check_sentence(made), "passed": passed}
