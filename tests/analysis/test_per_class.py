"""Per-class numbers, macro averages and confusion against scikit-learn."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix as sklearn_confusion_matrix
from sklearn.metrics import precision_recall_fscore_support
from statsmodels.stats.proportion import proportion_confint

from accubench.analysis.confusion import confusion_among, confusion_matrix, confusion_pairs, most_confused
from accubench.analysis.per_class import PER_CLASS_COLUMNS, macro_averages, per_class_table

CLASSES = 6
PAIRS = st.lists(st.tuples(st.integers(0, CLASSES - 1), st.integers(0, CLASSES - 1)), min_size=1, max_size=40).map(
    lambda pairs: tuple(np.array(pairs, np.int32).T)
)


@given(PAIRS)
def test_precision_recall_and_f1_are_those_of_scikit_learn(pairs):
    predicted, annotated = pairs
    table = per_class_table(predicted, annotated)
    class_ids = table["class_id"].to_list()
    assert class_ids == sorted({*predicted.tolist(), *annotated.tolist()})
    precision, recall, f1, support = precision_recall_fscore_support(
        annotated, predicted, labels=class_ids, zero_division=0
    )
    np.testing.assert_allclose(table["precision"].fill_null(0), precision, rtol=1e-14)
    np.testing.assert_allclose(table["recall"].fill_null(0), recall, rtol=1e-14)
    np.testing.assert_allclose(table["f1"], f1, rtol=1e-14)
    assert table["support"].to_list() == support.tolist()


@given(PAIRS)
def test_shares_are_null_exactly_where_they_are_undefined(pairs):
    table = per_class_table(*pairs)
    assert table["precision"].is_null().to_list() == (table["predicted"] == 0).to_list()
    for column in ("recall", "recall_low", "recall_high"):
        assert table[column].is_null().to_list() == (table["support"] == 0).to_list()
    assert table["f1"].null_count() == 0


@given(PAIRS)
def test_macro_averages_are_those_of_scikit_learn_over_annotated_classes(pairs):
    predicted, annotated = pairs
    labels = np.unique(annotated)
    expected = precision_recall_fscore_support(annotated, predicted, labels=labels, average="macro", zero_division=0)
    macro = macro_averages(per_class_table(predicted, annotated))
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx(expected[:3], rel=1e-13)
    assert macro.classes == len(labels)


@given(PAIRS)
def test_recall_has_the_wilson_interval_of_statsmodels(pairs):
    for row in per_class_table(*pairs).drop_nulls("recall").iter_rows(named=True):
        expected = proportion_confint(row["right"], row["support"], method="wilson")
        assert (row["recall_low"], row["recall_high"]) == pytest.approx(expected, abs=1e-12)


def test_the_table_has_the_columns_and_types_it_promises():
    table = per_class_table(np.array([1]), np.array([0]))
    assert tuple(table.columns) == tuple(PER_CLASS_COLUMNS)
    assert table.dtypes == [pl.Int32, *[pl.Int64] * 3, *[pl.Float64] * 5]


def test_rows_without_a_class_do_not_count():
    predicted, annotated = pl.Series([0, None, 1, 1]), pl.Series([0, 1, None, 0])
    assert per_class_table(predicted, annotated).select("class_id", "support", "predicted", "right").rows() == [
        (0, 2, 1, 1),
        (1, 0, 1, 0),
    ]


def test_without_annotations_there_is_no_class_to_average():
    nobody = np.array([-1, -1])
    table = per_class_table(np.array([0, 1]), nobody)
    assert len(table) == 0
    assert macro_averages(table).model_dump() == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "classes": 0}
    assert len(confusion_pairs(np.array([0, 1]), nobody)) == 0


# --- confusion ------------------------------------------------------------------------------------


@given(PAIRS)
def test_confusion_matrix_is_that_of_scikit_learn(pairs):
    predicted, annotated = pairs
    expected = sklearn_confusion_matrix(annotated, predicted, labels=range(CLASSES))
    result = confusion_matrix(predicted, annotated, CLASSES)
    assert result.dtype == np.int64
    assert result.tolist() == expected.tolist()


@given(PAIRS)
def test_pairs_are_the_nonzero_cells_of_the_matrix(pairs):
    predicted, annotated = pairs
    matrix = confusion_matrix(predicted, annotated, CLASSES)
    cells = [(int(row), int(column), int(matrix[row, column])) for row, column in np.argwhere(matrix)]
    assert confusion_pairs(predicted, annotated).rows() == cells


@given(PAIRS, st.integers(0, 10))
def test_most_confused_are_the_greatest_cells_off_the_diagonal(pairs, limit):
    predicted, annotated = pairs
    matrix = confusion_matrix(predicted, annotated, CLASSES)
    errors = [
        (int(row), int(column), int(matrix[row, column]), matrix[row, column] / matrix[row].sum())
        for row, column in np.argwhere(matrix)
        if row != column
    ]
    expected = sorted(errors, key=lambda error: (-error[2], error[0], error[1]))[:limit]
    assert most_confused(confusion_pairs(predicted, annotated), limit).rows() == expected


def test_failed_rows_are_in_no_cell():
    predicted, annotated = pl.Series([None, 1, 0]), pl.Series([0, 0, None])
    assert confusion_matrix(predicted, annotated, 2).tolist() == [[0, 1], [0, 0]]
    assert confusion_pairs(predicted, annotated).rows() == [(0, 1, 1)]


@given(PAIRS, st.permutations(range(CLASSES)), st.integers(1, CLASSES))
def test_confusion_among_chosen_classes_is_scikit_learns_with_all_others_merged(pairs, order, chosen):
    classes = order[:chosen]
    predicted, annotated = pairs

    merged = [np.where(np.isin(side, classes), side, 99) for side in (annotated, predicted)]
    expected = sklearn_confusion_matrix(*merged, labels=[*classes, 99])
    assert confusion_among(predicted, annotated, classes).tolist() == expected.tolist()


def test_confusion_among_no_classes_is_the_number_of_judged_images():
    assert confusion_among(pl.Series([1, None, 2]), pl.Series([1, 1, 3]), []).tolist() == [[2]]


def test_a_class_chosen_twice_is_refused():
    with pytest.raises(ValueError, match="chosen twice"):
        confusion_among(np.array([0]), np.array([0]), [1, 1])
