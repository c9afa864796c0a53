"""Pieces of what reports show in a notebook: small, and readable on a light and on a dark page.

Every style is written at its element, so that nothing leaks into the notebook and nothing is lost where a style sheet
would be stripped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from accubench.export.numbers import TIMES

__all__ = ["card_row", "frame", "note", "rows_table"]

# Colours of the notebook are inherited; the greys are translucent, so that they show on any background.
_LINE = "1px solid rgba(128, 128, 128, 0.35)"
_FONT = "font-family: system-ui, sans-serif; font-variant-numeric: tabular-nums; line-height: 1.5; color: inherit;"
_QUIET = "opacity: 0.7; font-size: 12px;"
_CELL = f"padding: 4px 12px 4px 0; text-align: left; border: 0; border-bottom: {_LINE}; background: none;"
_NUMBER = _CELL.replace("left", "right")


def frame(name: str, dataset_name: str, *parts: str, foot: str) -> str:
    """A box with a title, the parts given as HTML, and a last line."""
    return (
        f'<div style="{_FONT} max-width: 880px; border: {_LINE}; border-radius: 8px; padding: 16px;">'
        f'<div style="font-size: 16px; font-weight: 600;">{escape(name)}'
        f' <span style="opacity: 0.6; font-weight: 400;">{TIMES}</span> {escape(dataset_name)}</div>'
        f"{''.join(parts)}"
        f'<div style="{_QUIET} padding-top: 8px;">{escape(foot)}</div></div>'
    )


def card_row(cards: Iterable[tuple[str, str, str]]) -> str:
    """Cards beside each other: label, value, and a note."""
    shown = "".join(
        f'<div><div style="{_QUIET}">{escape(label)}</div>'
        f'<div style="font-size: 24px; font-weight: 600; line-height: 1.3;">{escape(value)}</div>'
        f'<div style="{_QUIET}">{escape(remark)}</div></div>'
        for label, value, remark in cards
    )
    return f'<div style="display: flex; flex-wrap: wrap; gap: 8px 32px; margin: 8px 0;">{shown}</div>'


def note(text: str, *, warning: bool = False) -> str:
    """A line of small text."""
    space = "" if warning else " padding-top: 8px;"
    return f'<div style="{_QUIET}{space}">{"⚠ " if warning else ""}{escape(text)}</div>'


def rows_table(titles: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: int) -> str:
    """A table of which the last `numbers` columns hold numbers."""
    styles = (_CELL,) * (len(titles) - numbers) + (_NUMBER,) * numbers
    head = "".join(
        f'<th style="{style} font-weight: 600;">{escape(title)}</th>'
        for title, style in zip(titles, styles, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{style}">{escape(str(cell))}</td>' for cell, style in zip(row, styles, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<table style="border-collapse: collapse; font-size: 13px; margin: 0; color: inherit;">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )
