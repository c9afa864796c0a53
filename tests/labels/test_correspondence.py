"""What names of both sides say of which class is which output: permuted, shifted, spelled in other words."""

from __future__ import annotations

import random

import pytest

from accubench.labels import imagenet_class_names, read_label_file, resolve_mapping
from accubench.labels.correspondence import matches_by_name, naming_option
from accubench.labels.names import with_synsets
from accubench.records.accuracy_configuration import Annotations
from accubench.records.class_names import ClassNames

IMAGENET = imagenet_class_names()
SHARED_FIRST_WORDS = {"crane", "maillot"}
"""Two classes of ILSVRC2012 begin with these words, so that a first word alone names neither."""


def words(*names, origin="labels.txt"):
    return ClassNames(names=names, origin=origin)


def doubts_of(class_ids, class_count, *, dataset_names, model_names=None, offset=0, background_class=False):
    mapping = resolve_mapping(
        annotations=Annotations(offset=offset),
        class_ids=tuple(class_ids),
        dataset_names=dataset_names,
        names_decide=False,
        class_count=class_count,
        background_class=background_class,
        model_names=model_names,
    )
    assert mapping.outputs == {class_id: class_id + offset for class_id in class_ids}, "a proposal is never applied"
    return mapping.doubts


def first_words(names, spelled=str):
    return ClassNames(names=tuple(spelled(name.split(",")[0]) for name in names.names), origin="first words")


SPELLINGS = {
    "Keras": lambda name: name.replace(" ", "_"),
    "Caffe": str,
    "timm": str.lower,
    "title": str.title,
    "hyphens": lambda name: name.replace(" ", "-").upper(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_other_spellings_in_any_order_find_their_class_but_for_words_that_two_classes_share(spelling):
    order = list(range(1000))
    random.Random(7).shuffle(order)
    shuffled = ClassNames(names=tuple(IMAGENET.names[place] for place in order), origin="shuffled")

    found = matches_by_name(range(1000), first_words(shuffled, SPELLINGS[spelling]), IMAGENET)

    assert all(match.position == order[class_id] for class_id, match in found.items())
    unmatched = {IMAGENET.names[order[class_id]].split(",")[0] for class_id in range(1000) if class_id not in found}
    assert unmatched >= SHARED_FIRST_WORDS
    assert len(unmatched) <= 8


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "shift"), [("imagenet_2012_labels.txt", 0), ("models/coral/imagenet_1001_labels.txt", 1)]
)
def test_real_label_files_are_matched_class_by_class(real_data, file, shift):
    names = with_synsets(read_label_file(real_data / file))
    class_ids = range(shift, len(names))

    found = matches_by_name(class_ids, names, IMAGENET)

    assert {class_id: match.position for class_id, match in found.items()} == {
        class_id: class_id - shift for class_id in class_ids
    }
    assert {match.by for match in found.values()} <= {"synset id", "exact name"}


def test_every_match_says_by_what():
    model = words("tench, Tinca tinca", "great grey owl", "crane", "crane", "n01440764")
    ours = words("Tinca tinca", "tench", "Great_Grey-owl", "great grey owl", "crane", "zebra")

    found = matches_by_name(range(6), ours, model)

    assert {class_id: (match.position, match.by) for class_id, match in found.items()} == {
        0: (0, "other synonym"),
        1: (0, "first synonym"),
        2: (1, "spelling"),
        3: (1, "exact name"),
    }


def test_accents_do_not_matter_and_plurals_are_another_name():
    found = matches_by_name([0, 1], words("creme brulee", "cats"), words("Crème brûlée", "cat"))

    assert {class_id: match.position for class_id, match in found.items()} == {0: 0}


def test_permuted_ids_are_told_with_count_examples_and_the_option():
    (doubt,) = doubts_of(
        range(4), 4, dataset_names=words("cat", "dog", "bird", "fish"), model_names=words("cat", "bird", "dog", "fish")
    )

    assert doubt.startswith("Names disagree for 2 of 4 classes: class 1 'dog' is taken for output 1 'bird' and by name")
    assert "use `annotations: {by: name}`" in doubt


@pytest.mark.parametrize("shift", [-1, 1])
def test_ids_that_are_shifted_are_told_with_the_offset(shift):
    ours = IMAGENET.names[10:20]
    model = words(*(IMAGENET.names[9:19] if shift == 1 else IMAGENET.names[11:21]))
    class_ids = range(10) if shift == -1 else range(9)
    class_ids = [class_id for class_id in class_ids if 0 <= class_id + shift < 10]

    doubts = doubts_of(class_ids, 10, dataset_names=words(*ours), model_names=model)

    assert any(f"use `annotations: {{offset: {shift}}}`" in doubt for doubt in doubts)


def test_a_model_of_1000_outputs_without_labels_and_names_in_another_order_are_told():
    reversed_names = words(*reversed(IMAGENET.names))

    (doubt,) = doubts_of(range(1000), 1000, dataset_names=reversed_names)

    assert "the model has no labels; ILSVRC2012 is assumed" in doubt


def test_names_of_something_else_are_not_held_against_imagenet():
    assert doubts_of(range(1000), 1000, dataset_names=words(*(f"street {number}" for number in range(1000)))) == ()


def test_names_that_count_the_background_need_an_offset_back_where_the_model_has_none():
    doubts = doubts_of(range(1, 900), 1000, dataset_names=words("background", *IMAGENET.names))

    assert any("annotations: {offset: -1}" in doubt for doubt in doubts)


def test_annotations_that_count_the_background_as_the_model_does_say_nothing():
    names = words("background", *IMAGENET.names)

    assert doubts_of(range(1, 900), 1001, dataset_names=names, model_names=names, background_class=True) == ()


def test_names_that_are_not_all_matched_need_a_map():
    found = matches_by_name([0, 1, 2], words("cat", "dog", "zebra"), words("dog", "cat", "bird"))

    assert naming_option([0, 1, 2], found) == "annotations: {map: {id: output}}"
