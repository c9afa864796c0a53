"""Right classes of flips from a person: what they make of a flip, and what they leave alone."""

import polars as pl
import pytest

from accubench.analysis import label_flips

# The parent has a background class before those of the optimised model.
OUTPUTS = [1, 2, 3]


def table_of(flip="changed", optimised=0, parent=2, annotated=None):
    return pl.DataFrame(
        {
            "image_name": ["a.png", "other.png"],
            "optimised_class": [optimised, optimised],
            "parent_class": [parent, parent],
            "flip": [flip, flip],
            "annotated_class": [annotated, annotated],
        },
        schema_overrides={"annotated_class": pl.Int32, "flip": pl.String},
    )


@pytest.mark.parametrize(("label", "flip"), [(0, "fixed"), (1, "broken"), (2, "moved")])
def test_a_label_says_what_a_flip_is_through_the_matching_of_classes(label, flip):
    table = label_flips(table_of(), {"a.png": label}, parent_outputs=OUTPUTS)

    assert table.select("flip", "annotated_class").rows() == [(flip, label), ("changed", None)]


def test_a_label_of_a_class_that_the_parent_lacks_is_not_right_by_it():
    table = label_flips(table_of(parent=0), {"a.png": 1}, parent_outputs=[1, -1, 2])
    assert table["flip"].to_list() == ["moved", "changed"]


@pytest.mark.parametrize(
    "table", [table_of(flip=None, parent=1), table_of(flip="broken", annotated=1)], ids=["agreed", "annotated"]
)
def test_labels_of_images_that_need_none_change_nothing(table):
    assert label_flips(table, {"a.png": 2, "unknown.png": 0}, parent_outputs=OUTPUTS).equals(table)


def test_no_labels_change_nothing():
    assert label_flips(table_of(), {}, parent_outputs=OUTPUTS).equals(table_of())


def test_columns_keep_their_order_and_types():
    table = label_flips(table_of(), {"a.png": 0}, parent_outputs=OUTPUTS)
    assert table.schema == table_of().schema


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_no_output_is_refused(label):
    with pytest.raises(ValueError, match=r"has 0 to 2"):
        label_flips(table_of(), {"a.png": label}, parent_outputs=OUTPUTS)
