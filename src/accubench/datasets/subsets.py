"""Choosing some images of a dataset by a rule that anybody can repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["choose_subset", "subset_rule"]


def choose_subset(
    manifest: pl.DataFrame, n: int, *, stratified: bool, without: Collection[int] = ()
) -> NDArray[np.int64]:
    """Choose images by the hash of their names, so that the choice depends on nothing but names and classes.

    Images are ordered by the SHA-256 of their name in UTF-8, and the first n are taken.
    Stratified, each class gets seats in proportion to its images by the method of the largest remainder; equal
    remainders are served in the order of the hash of the image that the seat would bring in, so that no part of the
    list of classes is preferred where there are more classes than seats.
    Within a class the images of the lowest hashes are taken.

    Not stratified, a smaller subset is always part of a larger one.

    Args:
        manifest: Images with the columns of `MANIFEST_COLUMNS`; images without a class count as a class of their own.
        n: How many images are wanted; all are taken where there are fewer.
        stratified: Whether classes are kept in proportion.
        without: Rows that are left out before the rule is applied, such as images that cannot be read.

    Returns:
        Rows of the manifest, ascending, shape (min(n, rows that are not left out),).

    >>> names = pl.Series("image_name", ["a.png", "b.png", "c.png"])
    >>> choose_subset(pl.DataFrame([names]), 2, stratified=False).tolist()
    [1, 2]
    """
    names: list[str] = manifest["image_name"].to_list()
    left_out = frozenset(without)
    digests = [hashlib.sha256(name.encode()).digest() for name in names]
    ordered = sorted((row for row in range(len(names)) if row not in left_out), key=digests.__getitem__)
    n = max(0, min(n, len(ordered)))
    if not stratified:
        return np.sort(np.array(ordered[:n], np.int64))
    classes: list[int | None] = manifest["dataset_class"].to_list()
    of_class: dict[int | None, list[int]] = {}
    for row in ordered:
        of_class.setdefault(classes[row], []).append(row)
    groups = list(of_class.values())
    seats = _seats(groups, n, digests)
    return np.sort(np.array([row for group, count in zip(groups, seats, strict=True) for row in group[:count]], int))


def subset_rule(n: int, *, stratified: bool) -> str:
    """A sentence that says which images `choose_subset` takes.

    >>> subset_rule(300, stratified=False)
    'The 300 readable images whose names have the lowest SHA-256.'
    """
    images = "image" if n == 1 else "images"
    if not stratified:
        return f"The {n} readable {images} whose names have the lowest SHA-256."
    return (
        f"{n} readable {images}: every class has seats in proportion to its images (largest remainder, equal "
        "remainders in the order of the next image's hash), and gives them to its images whose names have the lowest "
        "SHA-256."
    )


def _seats(groups: Sequence[Sequence[int]], n: int, digests: Sequence[bytes]) -> list[int]:
    """How many of n seats each group gets; a group's rows are in the order in which they take them."""
    total = sum(len(group) for group in groups)
    shares = [divmod(n * len(group), total) for group in groups] if total else []
    seats = [whole for whole, _ in shares]
    waiting = [place for place, (_, remainder) in enumerate(shares) if remainder]
    waiting.sort(key=lambda place: (-shares[place][1], digests[groups[place][seats[place]]]))
    for place in waiting[: n - sum(seats)]:
        seats[place] += 1
    return seats
