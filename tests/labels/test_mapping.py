"""From classes of the dataset to outputs of the model."""

from __future__ import annotations

import pytest

from accubench.errors import DatasetProblemsError, LabelError
from accubench.labels import imagenet_class_names, resolve_mapping
from accubench.records.accuracy_configuration import Annotations
from accubench.records.class_names import ClassNames


def names(*words, synsets=None, origin="labels.txt"):
    return ClassNames(names=words, synsets=synsets, origin=origin)


def resolve(class_ids, class_count, **options):
    given = {
        "annotations": Annotations(),
        "dataset_names": None,
        "names_decide": False,
        "background_class": False,
        "model_names": None,
    }
    return resolve_mapping(class_ids=tuple(class_ids), class_count=class_count, **(given | options))


def test_ids_are_outputs_where_nothing_else_is_said():
    mapping = resolve([0, 2, 999], 1000)
    assert (mapping.kind, mapping.outputs) == ("identity", {0: 0, 2: 2, 999: 999})
    assert mapping.description == "Annotation id = model output."


def test_an_offset_is_added():
    mapping = resolve([0, 998], 1001, annotations=Annotations(offset=1), background_class=True)
    assert (mapping.kind, mapping.outputs) == ("offset", {0: 1, 998: 999})
    assert mapping.description == "Annotation id + 1 = model output (output 0 is a background class)."
    assert resolve([1, 1000], 1000, annotations=Annotations(offset=-1)).outputs == {1: 0, 1000: 999}


def test_a_map_is_followed():
    mapping = resolve([3, 5], 10, annotations=Annotations(map={3: 0, 5: 9, 7: 99}))
    assert (mapping.kind, mapping.outputs) == ("map", {3: 0, 5: 9})


def test_a_map_with_gaps_or_wrong_outputs_is_an_error_with_the_lines():
    with pytest.raises(DatasetProblemsError) as caught:
        resolve([3, 5], 10, annotations=Annotations(map={3: 10}), annotation_file="val.txt", first_lines={3: 1, 5: 8})
    assert {str(finding) for finding in caught.value.findings} == {
        "val.txt:8: Class 5 of the dataset is not in annotations: map.",
        "val.txt:1: Class 3 is mapped to output 10, but the model's outputs are 0 to 9.",
    }


@pytest.mark.parametrize(
    ("class_ids", "class_count", "offset", "remedy"),
    [
        ((1, 1000), 1000, 0, "`annotations: {offset: -1}`"),
        ((5, 1000), 1000, 0, "If the first class is numbered 1, `annotations: {offset: -1}`"),
        ((0, 999), 1000, 1, "`annotations: {offset: 0}`"),
        ((0, 9), 10, -1, "`annotations: {offset: 0}`"),
        ((0, 999), 10, 0, "is it the model for this dataset?"),
        ((0, 1000), 1000, 0, "`annotations: {map: {id: output}}`"),
    ],
)
def test_ids_outside_the_model_are_told_with_line_and_remedy(class_ids, class_count, offset, remedy):
    with pytest.raises(DatasetProblemsError) as caught:
        resolve(
            class_ids, class_count, annotations=Annotations(offset=offset),
            annotation_file="val.txt", first_lines=dict.fromkeys(class_ids, 7),
        )  # fmt: skip
    assert f"is outside the model's classes 0 to {class_count - 1}" in str(caught.value)
    assert "val.txt:7: Class " in str(caught.value)
    assert remedy in str(caught.value)


def test_every_class_outside_the_model_is_told():
    with pytest.raises(DatasetProblemsError) as caught:
        resolve(range(8), 5, dataset_names=names(*"abcdefgh"))
    assert [finding.message[:13] for finding in caught.value.findings] == [
        "Class 5 ('f')",
        "Class 6 ('g')",
        "Class 7 ('h')",
    ]


@pytest.mark.parametrize(
    "options",
    [
        {"class_count": 1001},
        {"class_count": 11, "background_class": True},
        {"class_count": 4, "dataset_names": names("a", "b", "c")},
    ],
)
def test_one_output_more_than_classes_names_the_remedy(options):
    assert "`annotations: {offset: 1}` is needed" in " ".join(resolve([0, 1, 2], **options).doubts)


def test_names_that_disagree_about_ids_are_said():
    mapping = resolve([0, 1, 2], 3, dataset_names=names("cat", "dog", "bird"), model_names=names("cat", "bird", "dog"))
    assert mapping.kind == "identity"
    (doubt,) = mapping.doubts
    assert "Names disagree for 2 of 3 classes" in doubt
    assert "class 1 'dog' is taken for output 1 'bird' and by name is output 2" in doubt
    assert "by: name" in doubt


def test_names_that_agree_say_nothing():
    mapping = resolve([0, 1], 2, dataset_names=names("Cat", "dog"), model_names=names("cat, kitty", "Dog"))
    assert mapping.description == "Annotation id = model output."


def test_by_name_matches_names():
    mapping = resolve(
        [0, 1], 3, annotations=Annotations(by="name"),
        dataset_names=names("Dog", "great_white shark"), model_names=names("great white shark, man-eater", "dog", "x"),
    )  # fmt: skip
    assert (mapping.kind, mapping.outputs) == ("name", {0: 1, 1: 0})
    assert mapping.description == "The dataset's classes are matched by name to labels.txt."


def test_by_name_without_names_is_an_error():
    with pytest.raises(LabelError, match="the dataset has no class names"):
        resolve([0], 10, annotations=Annotations(by="name"))
    with pytest.raises(LabelError, match="the model has 3 outputs and no labels"):
        resolve([0], 3, annotations=Annotations(by="name"), dataset_names=names("cat", "dog", "bird"))


def test_folders_are_matched_by_name_and_never_by_position():
    model_names = names("zebra", "cat", "dog", "ant")
    mapping = resolve([0, 1], 4, dataset_names=names("ant", "zebra"), names_decide=True, model_names=model_names)
    assert mapping.outputs == {0: 3, 1: 0}


def test_synset_folders_of_a_subset_are_matched_to_an_unlabelled_model_of_imagenet():
    folders = names("tench", "parachute", synsets=("n01440764", "n03888257"), origin="folder names")
    mapping = resolve([0, 1], 1000, dataset_names=folders, names_decide=True)
    assert mapping.outputs == {0: 0, 1: 701}
    assert "by synset id" in mapping.description
    assert "assumed" in mapping.description


def test_the_offset_is_not_added_to_matched_names():
    folders = names("tench", "parachute", synsets=("n01440764", "n03888257"), origin="folder names")
    mapping = resolve(
        [0, 1], 1001, dataset_names=folders, names_decide=True, background_class=True, annotations=Annotations(offset=1)
    )
    assert mapping.outputs == {0: 1, 1: 702}
    assert "The offset 1 is not applied" in mapping.description


def test_synset_folders_are_matched_to_labels_that_are_words_only():
    words = names(*(name.split(",")[0] for name in imagenet_class_names().names))
    folders = names("crane", "crane", synsets=("n02012849", "n03126707"), origin="folder names")
    mapping = resolve([0, 1], 1000, dataset_names=folders, names_decide=True, model_names=words)
    assert mapping.outputs == {0: 134, 1: 517}


def test_a_thousand_labels_fit_a_thousand_and_one_outputs():
    model_names = ClassNames(names=imagenet_class_names().names, origin="labels.txt")
    mapping = resolve([0], 1001, dataset_names=names("goldfish"), names_decide=True, model_names=model_names)
    assert mapping.outputs == {0: 2}


@pytest.mark.parametrize("labels", [None, names("LABEL_0", "LABEL_1", "LABEL_2"), names("0", "1", "2")])
def test_as_many_folders_as_outputs_are_taken_in_sorted_order_with_a_warning(labels):
    mapping = resolve([0, 2], 3, dataset_names=names("a", "b", "c"), names_decide=True, model_names=labels)
    assert (mapping.kind, mapping.outputs) == ("identity", {0: 0, 2: 2})
    (doubt,) = mapping.doubts
    assert doubt.startswith("The model has no labels, so the dataset's 3 classes in sorted order")


def test_folders_count_from_the_offset_where_a_background_class_comes_first():
    mapping = resolve(
        [0, 2], 4, dataset_names=names("a", "b", "c"), names_decide=True, annotations=Annotations(offset=1)
    )
    assert (mapping.kind, mapping.outputs) == ("offset", {0: 1, 2: 3})
    assert "counted from 1" in mapping.description


def test_a_subset_of_folders_is_never_taken_in_sorted_order():
    with pytest.raises(LabelError, match="3 classes, known by name only \\(a, b, c\\), but the model has 10 outputs"):
        resolve([0, 1, 2], 10, dataset_names=names("a", "b", "c"), names_decide=True)


def test_a_thousand_folders_of_which_most_are_imagenet_are_not_taken_in_sorted_order():
    words = sorted({name.split(",")[0] for name in imagenet_class_names().names} - {"tench"})
    folders = names(*words, *(f"zz{n}" for n in range(1000 - len(words))), origin="folder names")
    with pytest.raises(LabelError, match="match none of the model's labels"):
        resolve(range(1000), 1000, dataset_names=folders, names_decide=True)


def test_names_without_a_match_are_listed_with_the_closest_labels_and_the_remedies():
    with pytest.raises(LabelError) as caught:
        resolve(
            [0, 1, 2], 3, dataset_names=names("cta", "dog", "qqqq"), names_decide=True,
            model_names=names("cat", "dog", "bird"),
        )  # fmt: skip
    text = str(caught.value)
    assert text.startswith("2 of the dataset's classes match none of the model's labels (labels.txt)")
    assert "'cta' (closest is 'cat')" in text
    assert "'qqqq'\n" in text
    assert "`annotations: {map: {id: output}}`" in text


def test_two_classes_for_one_output_are_an_error():
    with pytest.raises(LabelError, match="'Cat' and 'cat' of the dataset both match output 0"):
        resolve([0, 1], 2, dataset_names=names("Cat", "cat"), names_decide=True, model_names=names("cat", "dog"))


def test_labels_of_another_number_than_outputs_are_an_error():
    with pytest.raises(LabelError, match=r"labels\.txt has 2 class names, but the model has 5 outputs"):
        resolve([0], 5, model_names=names("cat", "dog"))


def test_classes_without_images_need_no_match():
    mapping = resolve([1], 2, dataset_names=names("nothing", "cat"), names_decide=True, model_names=names("dog", "cat"))
    assert mapping.outputs == {1: 1}
