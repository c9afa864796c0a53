"""Which outputs of two models mean the same class."""

from __future__ import annotations

import pytest

from accubench.errors import LabelError
from accubench.labels import imagenet_class_names
from accubench.labels.matching import ClassSet, match_outputs
from accubench.records.class_names import ClassNames
from accubench.records.report import LabelMapping

COLOURS = ("red", "green", "blue")


def classes(count=None, *labels, background=False, mapping=None):
    names = ClassNames(names=labels, origin="labels.txt") if labels else None
    return ClassSet(class_count=count or len(labels), names=names, background=background, mapping=mapping)


def offset(by, *class_ids):
    outputs = {class_id: class_id + by for class_id in class_ids}
    return LabelMapping(kind="offset" if by else "identity", description="", outputs=outputs)


def mapped(**outputs):
    return LabelMapping(kind="map", description="", outputs={int(key[1:]): value for key, value in outputs.items()})


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (classes(None, *COLOURS), classes(None, *COLOURS)),
        (classes(None, *COLOURS), classes(None, "Red", "GREEN", "blue")),
        (classes(None, *COLOURS), classes(3)),
        (classes(3), classes(3)),
        (classes(None, "LABEL_0", "LABEL_1", "LABEL_2"), classes(None, *COLOURS)),
        (classes(3, mapping=offset(0, 0, 2)), classes(3, mapping=offset(0, 0, 2))),
        (classes(3, mapping=mapped(c7=0, c8=1)), classes(3, mapping=mapped(c7=0, c8=1))),
    ],
)
def test_as_many_outputs_are_the_same_where_nothing_says_otherwise(ours, theirs):
    matching = match_outputs(ours, theirs)
    assert (matching.kind, matching.parent_outputs) == ("identity", (0, 1, 2))
    assert "3 outputs" in matching.description


def test_what_is_only_assumed_is_said():
    assert "taken to mean" in match_outputs(classes(3), classes(3)).description
    assert "taken to mean" not in match_outputs(classes(None, *COLOURS), classes(None, *COLOURS)).description


def test_labels_in_another_order_are_found_by_name():
    matching = match_outputs(classes(None, *COLOURS), classes(None, "blue", "red", "green"))
    assert (matching.kind, matching.parent_outputs) == ("names", (1, 2, 0))
    assert "3 of 3" in matching.description


def test_a_background_class_that_only_one_model_has_moves_all_others_by_one():
    with_background = classes(None, "background", *COLOURS)
    matching = match_outputs(classes(None, *COLOURS), with_background)
    assert (matching.kind, matching.parent_outputs) == ("offset", (1, 2, 3))
    matching = match_outputs(with_background, classes(None, *COLOURS))
    assert (matching.kind, matching.parent_outputs) == ("offset", (-1, 0, 1, 2))
    assert "1 output of the optimised model has none" in matching.description


def test_a_background_class_is_enough_without_labels():
    assert match_outputs(classes(4, background=True), classes(3)).parent_outputs == (-1, 0, 1, 2)
    assert match_outputs(classes(3), classes(4, background=True)).parent_outputs == (1, 2, 3)


def test_offsets_of_annotations_hold_for_classes_that_no_image_has():
    matching = match_outputs(classes(5, mapping=offset(1, 0, 2)), classes(4, mapping=offset(0, 0, 2)))
    assert (matching.kind, matching.parent_outputs) == ("offset", (-1, 0, 1, 2, 3))
    assert "annotations" in matching.description


def test_maps_of_annotations_match_only_the_classes_they_name():
    ours, theirs = classes(3, mapping=mapped(c0=2, c1=1)), classes(4, mapping=mapped(c0=0, c1=3))
    matching = match_outputs(ours, theirs)
    assert (matching.kind, matching.parent_outputs) == ("annotations", (-1, 3, 0))


def test_synset_ids_match_where_spellings_differ():
    known = imagenet_class_names()
    assert known.synsets is not None
    turned = ClassNames(names=tuple(f"{n}, x" for n in known.names[::-1]), synsets=known.synsets[::-1], origin="other")
    matching = match_outputs(ClassSet(class_count=1000, names=known), ClassSet(class_count=1000, names=turned))
    assert matching.parent_outputs == tuple(range(999, -1, -1))


def test_a_few_labels_that_are_spelled_differently_do_not_hide_the_same_order():
    theirs = [f"class number {number}" for number in range(100)]
    ours = ["entirely else", *theirs[1:]]
    matching = match_outputs(classes(None, *ours), classes(None, *theirs))
    assert (matching.kind, matching.parent_outputs) == ("identity", tuple(range(100)))


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (classes(None, *COLOURS), classes(None, "cat", "dog", "cow"), "'red', 'green', 'blue'.*'cat', 'dog', 'cow'"),
        (classes(None, *COLOURS), classes(None, "red", "green"), "'blue'.*none of its parent"),
        (classes(3), classes(5), "has 3 outputs and its parent has 5"),
        (classes(5), classes(4), "has 5 outputs and its parent has 4"),
        (classes(3, mapping=offset(0, 0, 1)), classes(5, mapping=offset(0, 0, 1)), "nothing says which"),
        # Ids that nobody chose are no evidence against labels.
        (
            classes(None, *COLOURS, mapping=offset(0, 0, 1)),
            classes(None, "cat", "dog", "cow", mapping=offset(0, 0, 1)),
            "different classes",
        ),
    ],
)
def test_other_classes_are_refused_with_what_was_found_and_what_to_do(ours, theirs, said):
    with pytest.raises(LabelError, match=f"(?s){said}.*annotations"):
        match_outputs(ours, theirs)


def test_a_map_decides_where_labels_have_nothing_in_common():
    ours = classes(None, *COLOURS, mapping=mapped(c0=0, c1=1, c2=2))
    theirs = classes(None, "rouge", "vert", "bleu", mapping=mapped(c0=0, c1=1, c2=2))
    matching = match_outputs(ours, theirs)
    assert (matching.kind, matching.parent_outputs) == ("identity", (0, 1, 2))
    assert "by the dataset's annotations" in matching.description


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (classes(None, *COLOURS, mapping=offset(0, 0, 1)), classes(None, *COLOURS, mapping=offset(1, 0, 1))),
        (classes(4, background=True, mapping=offset(2, 0, 1)), classes(3, mapping=offset(0, 0, 1))),
    ],
)
def test_two_sources_that_contradict_each_other_are_refused(ours, theirs):
    with pytest.raises(LabelError, match="not clear which classes"):
        match_outputs(ours, theirs)
