"""Which images a subset holds: by the hash of their names, whatever order they are listed in."""

from __future__ import annotations

import hashlib
import math
from collections import Counter

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from accubench.datasets import choose_subset, subset_rule
from accubench.datasets.subsets import choose_every

CLASSES = st.one_of(st.none(), st.integers(0, 4))
IMAGES = st.dictionaries(st.text(min_size=1, max_size=5), CLASSES, max_size=30)
FEW = st.integers(0, 35)


def manifest_of(images):
    return pl.DataFrame(
        {"image_name": list(images), "dataset_class": list(images.values())},
        schema={"image_name": pl.String, "dataset_class": pl.Int64},
    )


def chosen(images, n, *, stratified, without=()):
    rows = choose_subset(manifest_of(images), n, stratified=stratified, without=without)
    return [list(images)[row] for row in rows]


@given(IMAGES, FEW, st.booleans())
def test_a_subset_has_the_size_asked_for_in_the_order_of_the_dataset(images, n, stratified):
    rows = choose_subset(manifest_of(images), n, stratified=stratified)

    assert rows.dtype == np.int64
    assert len(rows) == min(n, len(images))
    assert (np.diff(rows) > 0).all()


@given(IMAGES, FEW, st.booleans(), st.randoms())
def test_the_order_of_the_dataset_does_not_matter(images, n, stratified, random):
    shuffled = list(images.items())
    random.shuffle(shuffled)

    assert set(chosen(images, n, stratified=stratified)) == set(chosen(dict(shuffled), n, stratified=stratified))


@given(IMAGES, FEW, FEW)
def test_a_smaller_subset_lies_in_a_larger_one(images, one, other):
    small, large = sorted((one, other))

    assert set(chosen(images, small, stratified=False)) <= set(chosen(images, large, stratified=False))


@given(IMAGES, FEW)
def test_without_classes_the_lowest_hashes_are_taken(images, n):
    expected = sorted(images, key=lambda name: hashlib.sha256(name.encode()).hexdigest())[:n]

    assert set(chosen(images, n, stratified=False)) == set(expected)


@given(IMAGES, FEW)
def test_stratified_every_class_is_within_one_image_of_its_share(images, n):
    counts, taken = Counter(images.values()), Counter(images[name] for name in chosen(images, n, stratified=True))
    n = min(n, len(images))

    for one, count in counts.items():
        assert abs(taken[one] - n * count / len(images)) < 1


@given(IMAGES, FEW)
def test_stratified_each_class_gives_its_lowest_hashes(images, n):
    taken = set(chosen(images, n, stratified=True))

    for one in set(images.values()):
        members = sorted(
            (name for name in images if images[name] == one), key=lambda name: hashlib.sha256(name.encode()).digest()
        )
        assert {name for name in members if name in taken} == set(members[: len(taken & set(members))])


@given(st.sets(st.text(min_size=1, max_size=5), min_size=1, max_size=30), st.data())
def test_with_one_image_per_class_no_class_is_preferred(names, data):
    """Seats for a few of many equal classes go by hash: the same images as without classes."""
    classes = data.draw(st.permutations(range(len(names))))
    images = dict(zip(names, classes, strict=True))
    n = data.draw(st.integers(0, len(names)))

    assert chosen(images, n, stratified=True) == chosen(images, n, stratified=False)


@given(IMAGES, FEW, st.booleans(), st.sets(st.integers(0, 29)))
def test_rows_left_out_count_as_not_there(images, n, stratified, without):
    rest = {name: one for row, (name, one) in enumerate(images.items()) if row not in without}

    assert chosen(images, n, stratified=stratified, without=without) == chosen(rest, n, stratified=stratified)


def test_the_rule_is_said_with_the_number_of_images():
    assert "125 readable images" in subset_rule(125, stratified=True)
    assert "lowest SHA-256" in subset_rule(125, stratified=True)
    assert "class" not in subset_rule(125, stratified=False)


def every(images, k):
    return [list(images)[row] for row in choose_every(manifest_of(images), k)]


@given(IMAGES, st.integers(1, 35))
def test_every_kth_image_in_the_order_of_classes_and_then_of_hashes_is_chosen(images, k):
    ordered: list[str] = []
    for of_class in sorted(set(images.values()), key=lambda each: (each is None, each or 0)):
        names = [name for name in images if images[name] == of_class]
        ordered += sorted(names, key=lambda name: hashlib.sha256(name.encode()).hexdigest())

    assert every(images, k) == [name for name in images if name in ordered[::k]]


@given(IMAGES, st.integers(1, 35), st.randoms())
def test_every_kth_image_does_not_depend_on_the_order_of_the_dataset_and_keeps_the_shares_of_classes(images, k, random):
    shuffled = list(images.items())
    random.shuffle(shuffled)

    found = every(images, k)

    assert set(found) == set(every(dict(shuffled), k))
    assert len(found) == math.ceil(len(images) / k)
    for of_class, count in Counter(images.values()).items():
        assert abs(sum(images[name] == of_class for name in found) - count / k) < 1
