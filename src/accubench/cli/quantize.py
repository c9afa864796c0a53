"""``accubench quantize``."""

from __future__ import annotations

import shlex
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Optional

import typer

from accubench.cli.options import (
    DatabaseOption,
    DebugOption,
    DeviceOption,
    EveryOption,
    JsonOption,
    LimitOption,
    WorkspaceOption,
    parse_share,
)
from accubench.cli.session import GATE_MISSED, clear_errors, open_workspace

if TYPE_CHECKING:
    from accubench.records.model import Model
    from accubench.records.quantization import AccuracyOutcome, QuantizationRecipe

__all__ = ["quantize", "show_quantized"]


class Preset(str, Enum):  # noqa: UP042 - typer lists the values of a str enum
    """Preset of the quantisation."""

    performance = "performance"
    mixed = "mixed"


class Drop(str, Enum):  # noqa: UP042
    """What a drop of accuracy is measured in."""

    absolute = "absolute"
    relative = "relative"


def quantize(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model file, or a name in the workspace.")],
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="Images to calibrate on: a path, or a name in the workspace.")
    ],
    config: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--config",
            metavar="FILE",
            help="Accuracy configuration (YAML), or the name of a preset (default: inferred from the model).",
        ),
    ] = None,
    preset: Annotated[
        Preset,
        typer.Option("--preset", help="mixed: asymmetric activations, slower and for some models more accurate."),
    ] = Preset.performance,
    subset_size: Annotated[
        int, typer.Option("--subset-size", metavar="N", min=1, help="Images to calibrate on, at most.")
    ] = 300,
    ignore_layer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--ignore-layer", metavar="NAME", help="A layer that stays in floating point."),
    ] = None,
    max_drop: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--max-drop",
            metavar="SHARE",
            help="Greatest drop of top-1 accuracy, 0.01 or 1%: layers go back to floating point until it is reached.",
        ),
    ] = None,
    drop_type: Annotated[
        Drop,
        typer.Option("--drop-type", help="absolute: 1% is one point; relative: one percent of the parent's accuracy."),
    ] = Drop.absolute,
    validation: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--validation",
            metavar="DATASET",
            help="Annotated images to measure the drop on (default: those of DATASET that are not calibrated on).",
        ),
    ] = None,
    limit: LimitOption = None,
    every: EveryOption = None,
    name: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--name", help="What to call the new model (default: MODEL's name with -int8)."),
    ] = None,
    device: DeviceOption = "CPU",
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Quantise a floating-point model to INT8, as a new model of the workspace.

    Exit status: 0 done, 1 the greatest drop was not kept to (the best model is kept), 2 wrong usage or unusable input.
    """
    with clear_errors(debug=debug):
        share = None if max_drop is None else parse_share(max_drop, "drop of accuracy")
        with open_workspace(workspace, database) as opened:
            parent, images = opened.model(model), opened.dataset(dataset, limit=limit, every=every)
            made = opened.quantize(
                parent,
                images,
                config=config,
                validation=validation,
                preset=preset.value,
                subset_size=subset_size,
                ignored_layers=ignore_layer or (),
                max_drop=share,
                drop_type=drop_type.value,
                name=name,
                device=device,
            )
        if json_output:
            print(made.model_dump_json())
        else:
            show_quantized(made, parent)
            _show_next(made, parent)
        outcome = None if made.recipe is None else made.recipe.outcome
        if outcome is not None and not outcome.reached:
            raise typer.Exit(GATE_MISSED)


def show_quantized(made: Model, parent: Model) -> None:
    """Print what was made of a model, and how."""
    from accubench.cli.rendering import make_console, make_table
    from accubench.cli.text import plain

    recipe = made.recipe
    assert recipe is not None
    console = make_console()
    console.print(f"{plain(made.name)} version {made.version}, made from {plain(parent.name)} version {parent.version}")
    table = make_table("", "")
    table.show_header = False
    for title, text in _facts(made, parent, recipe):
        table.add_row(title, plain(text))
    console.print(table)
    if recipe.outcome is not None:
        _show_outcome(recipe.outcome)


def _show_next(made: Model, parent: Model) -> None:
    from accubench.cli.rendering import make_console
    from accubench.cli.text import plain

    assert made.recipe is not None
    words = ("accubench", "compare", made.name, parent.name, made.recipe.subset.dataset_name)
    make_console().print(f"Next: {plain(shlex.join(words))}", soft_wrap=True)


def _facts(made: Model, parent: Model, recipe: QuantizationRecipe) -> list[tuple[str, str]]:
    subset, settings = recipe.subset, recipe.settings
    failed = f" ({subset.n_failed} could not be read and do not count)" if subset.n_failed else ""
    images = "image" if subset.n == 1 else "images"
    facts = [
        ("Size", f"{made.size_bytes / 1e6:.2f} MB, parent {parent.size_bytes / 1e6:.2f} MB"),
        ("Quantised operations", str(recipe.quantized_operations)),
        ("Preset", settings.preset),
        ("Calibrated on", f"{subset.n} {images} of {subset.dataset_name} version {subset.dataset_version}{failed}"),
        ("Chosen by", subset.rule),
    ]
    if settings.ignored_layers:
        facts.append(("Ignored layers", ", ".join(settings.ignored_layers)))
    return facts


def _show_outcome(outcome: AccuracyOutcome) -> None:
    from accubench.cli.rendering import make_console, make_table
    from accubench.cli.text import plain
    from accubench.export import interval_text, percent_text

    console, goal, parent = make_console(), outcome.goal, outcome.parent_top1
    unit = "points" if goal.drop_type == "absolute" else "percent of the parent's"
    table = make_table("Candidate", "Top-1", "95 % interval", f"Drop in {unit}", "Layers in floating point")
    for candidate in outcome.candidates:
        chosen = ", kept" if candidate.number == outcome.chosen else ""
        table.add_row(
            f"{candidate.number}{chosen}",
            percent_text(candidate.top1.value),
            interval_text(candidate.top1),
            f"{candidate.drop * 100:.2f}",
            plain(", ".join(candidate.layers_in_floating_point)) or "none",
        )
    table.add_row("parent", percent_text(parent.value), interval_text(parent), "", "all")
    console.print(table)
    reached = "reached" if outcome.reached else "NOT REACHED; the best candidate was kept"
    failed = f", {outcome.n_failed} could not be read" if outcome.n_failed else ""
    console.print(
        f"Goal: at most {goal.max_drop * 100:g} {unit} less on {outcome.n_validation} images{failed}: {reached}."
    )
