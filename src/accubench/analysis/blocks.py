"""Walking a large score matrix in blocks of rows, so that temporary arrays stay small."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["BLOCK_ELEMENTS", "row_blocks"]

BLOCK_ELEMENTS = 2**18
"""Scores per block: 2 MB as float64, which stays in a core's cache and made every pass here the fastest."""


def row_blocks(rows: int, columns: int, *, elements: int = BLOCK_ELEMENTS) -> Iterator[slice]:
    """Cut `rows` rows into consecutive slices of about `elements` elements each, at least one row at a time.

    >>> list(row_blocks(5, 1000, elements=2000))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, elements // max(1, columns))
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
