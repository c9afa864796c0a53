"""The text search over a report's table: one box that looks where a person would look."""

from __future__ import annotations

import polars as pl

__all__ = ["SEARCHED_COLUMNS", "contains_text", "text_condition"]

SEARCHED_COLUMNS = ("image_name", "predicted_name", "optimised_name", "parent_name", "annotated_name")
"""The columns that the text search looks into."""


def contains_text(column: pl.Expr, text: str) -> pl.Expr:
    """Whether a column of text contains a text, whatever its case; null where there is no text."""
    return column.str.to_lowercase().str.contains(pl.lit(text).str.to_lowercase(), literal=True)


def text_condition(schema: pl.Schema, search: str) -> pl.Expr:
    """Whether the name of the image or of one of its classes contains a text.

    Case is ignored, and so are blanks around the text; a missing name contains nothing.

    Args:
        schema: Of the table; those of `SEARCHED_COLUMNS` that it lacks are not looked into.
        search: The text, not blank.

    >>> table = pl.DataFrame({"image_name": ["a.png", "Dog.png"], "predicted_name": ["hot dog", None]})
    >>> table.filter(text_condition(table.schema, "DOG ")).rows()
    [('a.png', 'hot dog'), ('Dog.png', None)]
    """
    wanted = search.strip()
    searched = [name for name in SEARCHED_COLUMNS if name in schema]
    return pl.any_horizontal(
        pl.lit(value=False), *(contains_text(pl.col(name), wanted).fill_null(value=False) for name in searched)
    )
