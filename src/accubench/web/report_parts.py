"""Small records that the parts of a report's page are made of."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

__all__ = ["Column", "Link", "Pager", "Part", "pager"]


class Part(BaseModel):
    """A part of a page's record."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Link(Part):
    """Somewhere to go."""

    label: str
    address: str
    current: bool = False
    """Whether this is where one is."""
    count: int | None = None
    """How many things are there, where that is worth saying."""


class Column(Part):
    """The head of a column; a click sorts by it."""

    name: str
    title: str
    address: str
    sorted: str
    """As `aria-sort` has it: ``ascending``, ``descending`` or ``none``."""
    number: bool = False
    """Whether it holds numbers."""


class Pager(Part):
    """Which rows of all are on this page, and where the others are."""

    count: int
    """Rows on all pages."""
    first: int
    """Number of the page's first row, from 1; 0 where there is none."""
    last: int
    page: int
    pages: int
    previous: str | None
    next: str | None
    start: str | None
    """Address of the first page, where this is another."""
    end: str | None
    """Address of the last page, where this is another."""


def pager(count: int, page: int, size: int, address_of: Callable[[int], str]) -> Pager:
    """Where a page stands among the others; a page behind the last one is the last one.

    Args:
        count: Rows on all pages.
        page: From 1.
        size: Rows of a page.
        address_of: Gives the address of a page by its number.
    """
    pages = max(1, -(-count // size))
    here = min(page, pages)

    def address(number: int) -> str | None:
        return address_of(number) if 1 <= number <= pages and number != here else None

    return Pager(
        count=count,
        first=min(count, (here - 1) * size + 1),
        last=min(count, here * size),
        page=here,
        pages=pages,
        previous=address(here - 1),
        next=address(here + 1),
        start=address(1),
        end=address(pages),
    )
