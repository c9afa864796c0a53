"""Numerics checks as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from accubench.cli.rendering import make_console, make_table
from accubench.cli.text import plain
from accubench.export import (
    CHECK_TITLES,
    check_cells,
    check_sentence,
    checked_classes,
    checked_images,
    percent_text,
    plural,
)

if TYPE_CHECKING:
    from rich.console import Console

    from accubench.records.numerics_check import NumericsCheck

__all__ = ["show_check"]

_IMAGES_SHOWN = 10
_STYLES = {"agree": "bold green", "undecided": "bold", "differ": "bold red", "nothing": "bold"}


def show_check(check: NumericsCheck, *, least: float | None = None) -> None:
    """Print the headline, the waterfall, warnings, images that changed their class, and what was not possible.

    Args:
        check: What to show.
        least: The agreement that was asked for.
    """
    console = make_console()
    console.print()
    console.print(Text(f"{plain(check.model_name)} on {plain(check.dataset_name)}", style="bold"))
    console.print(Text(f"{check.processor.name}. {checked_images(check)}", style="dim"))
    console.print()
    console.print(Text(check_sentence(check), style=_STYLES[check.outcome]))
    for finding in check.findings:
        console.print(Text(f"Warning: {plain(str(finding))}", style="yellow"))
    if check.steps:
        _show_steps(console, check)
        _show_flipped(console, check)
    for note in check.notes:
        console.print(plain(note))
    if check.n_failed:
        console.print(f"{plural(check.n_failed, 'image')} could not be evaluated in every step.")
    _show_gate(console, check, least)
    console.print(Text(f"Check {check.id}, {check.duration_s:.1f} s", style="dim"))


def _show_steps(console: Console, check: NumericsCheck) -> None:
    table = make_table(*CHECK_TITLES, title="\nFrom step to step")
    for step in check.steps:
        table.add_row(*check_cells(step))
    console.print(table)


def _show_flipped(console: Console, check: NumericsCheck) -> None:
    if not check.flipped:
        return
    table = make_table("Image", *(step.title for step in check.steps), title="\nImages that changed their class")
    for image in check.flipped[:_IMAGES_SHOWN]:
        table.add_row(*map(plain, (image.image_name, *checked_classes(image))))
    console.print(table)
    if check.n_flipped > _IMAGES_SHOWN:
        console.print(f"and {check.n_flipped - _IMAGES_SHOWN} more.")


def _show_gate(console: Console, check: NumericsCheck, least: float | None) -> None:
    if least is None:
        return
    change = check.steps[-1].first if check.steps else None
    if change is None:
        console.print(Text("Gate missed: there was no other engine or execution to agree with.", style="bold red"))
        return
    met = change.agreement.value >= least
    said = f"agreement {percent_text(change.agreement.value)}, asked for {percent_text(least)}"
    console.print(Text(f"Gate {'met' if met else 'missed'}: {said}", style="bold green" if met else "bold red"))
