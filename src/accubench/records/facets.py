"""How the images of a view are spread over classes, ranks, confidences and tags."""

from __future__ import annotations

from accubench.records.base import Record

__all__ = ["ColumnFacet", "FacetValue", "Facets"]


class FacetValue(Record):
    """Some of the images of a view: those that share a value, or lie within the same bounds."""

    value: str
    """What they share, e.g. a class id, ``2-4`` or ``evaluated``."""
    label: str
    """The same for people, e.g. the name of the class."""
    count: int
    filters: tuple[str, ...]
    """The filters that, added to those of the view, select exactly these images."""


class ColumnFacet(Record):
    """Counts over a view by one column."""

    column: str
    values: tuple[FacetValue, ...]
    """The most frequent ones."""
    others: int = 0
    """How many further values there are."""


class Facets(Record):
    """Counts over the whole of a view, all pages together."""

    count: int
    """Images in the view."""
    predicted_class: tuple[FacetValue, ...] = ()
    """The most frequent predicted classes, most images first, then by id."""
    other_predicted_classes: int = 0
    """How many further predicted classes there are."""
    annotated_class: tuple[FacetValue, ...] = ()
    """The most frequent annotated classes, most images first, then by id."""
    other_annotated_classes: int = 0
    """How many further annotated classes there are."""
    rank: tuple[FacetValue, ...] = ()
    """Buckets of the annotated class's rank, best first; empty where no image of the view has a rank."""
    confidence: tuple[FacetValue, ...] = ()
    """Bins of equal width of the confidence in the predicted class, lowest first; empty where all images failed.
    Of two models that are compared it is the optimised one's."""
    status: tuple[FacetValue, ...] = ()
    """Evaluated (or compared) and failed images, most first."""
    tags: tuple[FacetValue, ...] = ()
    """Images by tag, most first, then by name."""
    pair: tuple[ColumnFacet, ...] = ()
    """Counts by what two models that are compared have: kind of flip, classes of both, rank of the parent's class."""
