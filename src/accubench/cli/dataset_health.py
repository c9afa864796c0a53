"""``accubench datasets check``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Optional

import typer

from accubench.cli.options import DatabaseOption, DebugOption, JsonOption, WorkspaceOption
from accubench.cli.output import print_json
from accubench.cli.session import GATE_MISSED, clear_errors, open_workspace

if TYPE_CHECKING:
    from rich.console import Console

    from accubench.records.dataset_health import DatasetHealth, HistogramBin, ImageProblem, SmallerThanInput

__all__ = ["check_dataset"]

_SHOWN = 5
_BAR = 40


def check_dataset(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="A path, or a name in the workspace.")],
    model: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--model",
            metavar="MODEL",
            help="Count images smaller than the input of this model: a path, or a name in the workspace "
            "(default: the models that have a project on the dataset).",
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Look again even where the outcome is known.")] = False,
    max_unreadable: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--max-unreadable", metavar="N", min=0, help="End with status 1 if more cannot be decoded."),
    ] = None,
    max_duplicates: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option("--max-duplicates", metavar="N", min=0, help="End with status 1 if more are there twice."),
    ] = None,
    json_output: JsonOption = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    debug: DebugOption = False,
) -> None:
    """Look at every image once: unreadable, duplicate and small ones, kinds, balance of classes, sizes."""
    with clear_errors(debug=debug), open_workspace(workspace, database) as opened:
        models = None if model is None else [opened.model(model)]
        health = opened.check_dataset(name, fresh=fresh)
        smaller = opened.smaller_than_inputs(health, models)
        missed = (max_unreadable is not None and health.n_unreadable > max_unreadable) or (
            max_duplicates is not None and health.n_duplicates > max_duplicates
        )
        if json_output:
            compared = [each.model_dump(mode="json") for each in smaller]
            print_json({**health.model_dump(mode="json"), "smaller_than_inputs": compared, "passed": not missed})
        else:
            _show(health, smaller)
        if missed:
            raise typer.Exit(GATE_MISSED)


def _show(health: DatasetHealth, smaller: tuple[SmallerThanInput, ...]) -> None:
    from rich.text import Text

    from accubench.cli.rendering import make_console
    from accubench.cli.text import plain
    from accubench.export.health_text import health_lines, smaller_line

    console = make_console()
    console.print()
    console.print(Text(f"{plain(health.dataset_name)}: {health.n_images} images", style="bold"))
    for line in health_lines(health):
        console.print(f"  {line}")
    for each in smaller:
        console.print(f"  {plain(smaller_line(each))}")
    _show_problems(console, "Unreadable", health.unreadable, health.n_unreadable)
    _show_duplicates(console, health)
    _show_problems(console, "Suspiciously small", health.small, health.n_small)
    _show_kinds(console, health)
    _show_histogram(console, "Shorter side in pixels", health.shorter_sides, "{:g}")
    _show_histogram(console, "Width / height", health.aspect_ratios, "{:.2f}")


def _show_problems(console: Console, title: str, problems: tuple[ImageProblem, ...], total: int) -> None:
    from accubench.cli.rendering import make_table
    from accubench.cli.text import plain

    if not total:
        return
    table = make_table("Image", "Why", title=f"\n{title}")
    for each in problems[:_SHOWN]:
        table.add_row(plain(each.image_name), plain(each.reason))
    console.print(table)
    if total > _SHOWN:
        console.print(f"and {total - _SHOWN} more.")


def _show_duplicates(console: Console, health: DatasetHealth) -> None:
    from accubench.cli.rendering import make_table
    from accubench.cli.text import plain
    from accubench.export.health_text import equal_names

    if not health.duplicates:
        return
    table = make_table("Images that are equal", "Classes", title="\nDuplicates")
    for group in health.duplicates[:_SHOWN]:
        classes = ", ".join("none" if each is None else str(each) for each in group.classes)
        mark = "  contradicting" if group.contradicts_itself else ""
        table.add_row(plain(equal_names(group)), f"{classes}{mark}")
    console.print(table)


def _show_kinds(console: Console, health: DatasetHealth) -> None:
    from accubench.cli.rendering import make_table
    from accubench.export.health_text import kind_table

    if not (rows := kind_table(health)):
        return
    table = make_table(*rows[0], title="\nKinds of images")
    for row in rows[1:]:
        table.add_row(*row)
    console.print(table)


def _show_histogram(console: Console, title: str, bins: tuple[HistogramBin, ...], form: str) -> None:
    from accubench.cli.rendering import make_table

    if not bins:
        return
    largest = max(each.n for each in bins)
    table = make_table(title, "Images", "", title="")
    for each in bins:
        end = "and more" if each.high is None else f"to {form.format(each.high)}"
        table.add_row(f"{form.format(each.low)} {end}", str(each.n), "█" * round(_BAR * each.n / largest))
    console.print(table)
