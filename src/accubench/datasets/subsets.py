"""Choosing some images of a dataset by a rule that anybody can repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from accubench.errors import UsageError
from accubench.records.dataset import Subset

__all__ = ["SubsetWanted", "choose_every", "choose_subset", "subset_rule", "take_subset"]

_WAYS: tuple[Literal["limit", "every"], ...] = ("limit", "every")
_MOST = 10**12
"""Above any dataset; a longer number is a slip, and not worth a number of any length in a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetWanted:
    """A part of a dataset as it was asked for."""

    way: Literal["limit", "every"]
    number: int
    """Images at most, or K of every K-th; 1 or more."""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> SubsetWanted | None:
        """What the options ``limit`` and ``every`` ask for; None where neither is given.

        Raises:
            UsageError: Both are given, or one is no whole number of 1 or more.

        >>> SubsetWanted.of({"split": "val", "limit": "500"})
        SubsetWanted(way='limit', number=500)
        """
        given: list[Literal["limit", "every"]] = [way for way in _WAYS if way in options]
        if len(given) > 1:
            raise UsageError("Give either limit or every: both choose a part of the dataset.")
        for way in given:
            text = options[way].strip()
            if not (text.isascii() and text.isdecimal() and 1 <= int(text[:20]) <= _MOST):
                raise UsageError(f"{way} is a whole number of 1 or more, not '{options[way][:40]}'.")
            return cls(way=way, number=int(text))
        return None

    @property
    def suffix(self) -> str:
        """What tells the part apart in a name.

        >>> SubsetWanted(way="every", number=10).suffix
        '-every-10'
        """
        return f"-{self.way}-{self.number}"


def take_subset(manifest: pl.DataFrame, wanted: SubsetWanted, *, annotated: bool) -> tuple[pl.DataFrame, Subset]:
    """The chosen images of a dataset in its order, and the record that says how they were chosen.

    Names and classes decide alone: no image is opened, so one that cannot be read may be among them.

    Args:
        manifest: The whole dataset, with the columns of `MANIFEST_COLUMNS`.
        wanted: Which part.
        annotated: Whether there are classes to be kept in proportion.
    """
    n = wanted.number
    if wanted.way == "limit":
        rows, rule = (
            choose_subset(manifest, n, stratified=annotated),
            _limit_rule(len(manifest), n, annotated=annotated),
        )
    else:
        rows, rule = choose_every(manifest, n), _every_rule(n, annotated=annotated)
    classes = manifest["dataset_class"].drop_nulls().unique().sort()
    subset = Subset(
        way=wanted.way, wanted=n, n=len(rows), of_n=len(manifest), rule=rule, class_ids=tuple(classes.to_list())
    )
    return manifest[rows], subset


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
    groups = _by_class(manifest, ordered)
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
    return f"{n} readable {images}: {_STRATIFIED}"


_STRATIFIED = (
    "every class has seats in proportion to its images (largest remainder, equal remainders in the order of the next "
    "image's hash), and gives them to its images whose names have the lowest SHA-256."
)


def choose_every(manifest: pl.DataFrame, k: int) -> NDArray[np.int64]:
    """Choose every k-th image of a list that is sorted by class, and within a class by the hash of the name.

    So a class keeps its share of images to within one, however small it is, and the first image of the list is chosen.

    Args:
        manifest: Images with the columns of `MANIFEST_COLUMNS`; images without a class count as a class of their own.
        k: 1 or more; 1 chooses all.

    Returns:
        Rows of the manifest, ascending.

    >>> columns = {"image_name": ["a.png", "b.png", "c.png"], "dataset_class": [0, 0, 1]}
    >>> choose_every(pl.DataFrame(columns), 2).tolist()
    [1, 2]
    """
    names: list[str] = manifest["image_name"].to_list()
    classes: list[int | None] = manifest["dataset_class"].to_list()

    def place(row: int) -> tuple[bool, int, bytes]:
        dataset_class = classes[row]
        return dataset_class is None, dataset_class or 0, hashlib.sha256(names[row].encode()).digest()

    return np.sort(np.array(sorted(range(len(names)), key=place)[::k], np.int64))


def _by_class(manifest: pl.DataFrame, rows: Sequence[int]) -> list[list[int]]:
    """Rows of each class, in the order given."""
    classes: list[int | None] = manifest["dataset_class"].to_list()
    of_class: dict[int | None, list[int]] = {}
    for row in rows:
        of_class.setdefault(classes[row], []).append(row)
    return list(of_class.values())


def _limit_rule(of_n: int, n: int, *, annotated: bool) -> str:
    if n >= of_n:
        return f"All images: {n} were asked for, and the dataset has {of_n}."
    return f"E{_STRATIFIED.removeprefix('e')}" if annotated else "Those whose names have the lowest SHA-256."


def _every_rule(k: int, *, annotated: bool) -> str:
    if k == 1:
        return "All images: every one was asked for."
    order = "of their classes, within a class in that of" if annotated else "of"
    return f"One image of {k}: in the order {order} their names' SHA-256, the first and every further {_ordinal(k)}."


def _ordinal(number: int) -> str:
    """A number as a place in a row.

    >>> [_ordinal(number) for number in (2, 3, 11, 21, 112)]
    ['2nd', '3rd', '11th', '21st', '112th']
    """
    tens = number // 10 % 10
    return f"{number}{'th' if tens == 1 else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


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
