"""Which names a report shows."""

from __future__ import annotations

import pytest

from accubench.errors import LabelError
from accubench.labels import best_class_names, imagenet_class_names
from accubench.records.class_names import ClassNames
from accubench.records.report import LabelMapping


def names(*words, origin="labels.txt"):
    return ClassNames(names=words, origin=origin)


def mapping(outputs, kind="identity"):
    return LabelMapping(kind=kind, description="", outputs=outputs)


def best(class_count, **options):
    given = {"explicit": None, "model_names": None, "dataset_names": None, "mapping": None, "image_names": ()}
    return best_class_names(class_count=class_count, **(given | options))


def test_the_label_file_that_was_given_is_best():
    found = best(
        2, explicit=names("a", "b", origin="mine.txt"), model_names=names("c", "d"), dataset_names=names("e", "f")
    )
    assert (found.names, found.origin) == (("a", "b"), "mine.txt")


def test_the_model_is_better_than_the_dataset():
    found = best(2, model_names=names("c", "d"), dataset_names=names("e", "f"), mapping=mapping({0: 0, 1: 1}))
    assert found.names == ("c", "d")


def test_placeholders_are_no_names():
    labels = names("LABEL_0", "LABEL_1")
    assert best(2, model_names=labels, dataset_names=names("e", "f"), mapping=mapping({0: 0, 1: 1})).names == ("e", "f")
    assert best(2, model_names=labels) is None


def test_names_of_the_dataset_are_carried_through_a_name_mapping():
    found = best(3, dataset_names=names("a", "b"), mapping=mapping({0: 2, 1: 0}, "name"))
    assert found.names == ("b", "class 1", "a")


def test_names_of_classes_without_images_are_carried_through_an_offset():
    found = best(4, dataset_names=names("a", "b", "c"), mapping=mapping({1: 2}, "offset"))
    assert found.names == ("class 0", "a", "b", "c")


def test_names_of_a_subset_are_completed_from_imagenet():
    found = best(1000, dataset_names=names("my tench", origin="folders"), mapping=mapping({0: 0}, "name"))
    assert found.names[:2] == ("my tench", "goldfish, Carassius auratus")
    assert found.synsets == imagenet_class_names().synsets
    assert found.origin.startswith("folders; others ILSVRC2012, assumed")


@pytest.mark.parametrize(("class_count", "first"), [(1000, "tench, Tinca tinca"), (1001, "background")])
def test_imagenet_is_assumed_by_the_number_of_outputs(class_count, first):
    found = best(class_count)
    assert found.names[0] == first
    assert found.origin.endswith(f"assumed: the model has {class_count} outputs")


def test_other_numbers_of_outputs_have_no_names():
    assert best(10) is None


def test_synset_ids_in_image_names_are_evidence():
    images = ["n01440764_tench.JPEG", "x/n01443537_goldfish.JPEG", "other.JPEG", "n01484850.JPEG"]
    found = best(
        1001, image_names=images, dataset_classes=[0, 1, 7, None], mapping=mapping({0: 1, 1: 2, 7: 8}, "offset")
    )
    assert found.origin.endswith("image names carry synset ids that agree with the annotations on 2 of 2 images")


def test_synset_ids_that_contradict_the_annotations_take_the_names_away():
    images = ["n01440764_tench.JPEG", "n01443537_goldfish.JPEG"]
    assert best(1000, image_names=images, dataset_classes=[5, 6], mapping=mapping({5: 5, 6: 6})) is None


def test_background_is_put_first_or_taken_away():
    thousand = ClassNames(names=imagenet_class_names().names, origin="labels.txt")
    found = best(1001, explicit=thousand)
    assert found.names[:2] == ("background", "tench, Tinca tinca")
    assert found.synsets[1] == "n01440764"
    again = ClassNames(names=found.names, origin="labels1001.txt")
    assert best(1000, explicit=again).names == thousand.names
    assert best(3, explicit=names("a", "b"), background_class=True).names == ("background", "a", "b")


@pytest.mark.parametrize("source", ["explicit", "model_names"])
def test_a_wrong_number_of_names_is_an_error(source):
    with pytest.raises(LabelError, match=r"labels\.txt has 2 class names, but the model has 3 outputs"):
        best(3, **{source: names("a", "b")})
