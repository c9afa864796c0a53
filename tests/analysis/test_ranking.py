"""Ranks, ties and top classes against scipy.stats.rankdata and a stable sort."""

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from accubench.analysis.ranking import failed_scores, predicted_class, rank_of, tied, top_classes

# Few distinct values, so that nearly every row has ties.
TIED_SCORES = st.one_of(
    *(
        numpy_strategies.arrays(
            dtype,
            st.tuples(st.integers(1, 6), st.integers(1, 8)),
            elements=st.integers(low, 3).map(float if np.dtype(dtype).kind == "f" else int),
        )
        for dtype, low in (
            (np.uint8, 0),
            (np.int8, -3),
            (np.int32, -3),
            (np.float16, -3),
            (np.float32, -3),
            (np.float64, -3),
        )
    )
)


def ordinal_ranks(scores_nk):
    """0-based ranks of all classes, highest score first, lower id first among equals."""
    return rankdata(-scores_nk.astype(np.float64), method="ordinal", axis=1).astype(int) - 1


@given(TIED_SCORES)
def test_rank_of_every_class_is_scipys_ordinal_rank(scores_nk):
    expected = ordinal_ranks(scores_nk)
    for class_id in range(scores_nk.shape[1]):
        class_n = np.full(len(scores_nk), class_id, np.int32)
        assert rank_of(scores_nk, class_n).tolist() == expected[:, class_id].tolist()


@given(TIED_SCORES, st.integers(1, 10))
def test_top_classes_are_the_head_of_a_stable_sort(scores_nk, k):
    expected = np.argsort(-scores_nk.astype(np.float64), axis=1, kind="stable")[:, :k]
    assert top_classes(scores_nk, k).tolist() == expected.tolist()


@given(TIED_SCORES)
def test_rank_is_0_exactly_for_the_predicted_class(scores_nk):
    predicted = predicted_class(scores_nk)
    assert (rank_of(scores_nk, predicted) == 0).all()
    other = (predicted + 1) % scores_nk.shape[1]
    assert ((rank_of(scores_nk, other) == 0) == (other == predicted)).all()


@given(TIED_SCORES)
def test_tied_means_that_the_highest_score_occurs_twice(scores_nk):
    expected = [row.tolist().count(max(row.tolist())) > 1 for row in scores_nk]
    assert tied(scores_nk).tolist() == expected


@given(TIED_SCORES)
def test_the_class_at_rank_r_is_the_one_that_top_classes_names_there(scores_nk):
    order = top_classes(scores_nk, scores_nk.shape[1])
    for rank in range(scores_nk.shape[1]):
        assert (rank_of(scores_nk, order[:, rank]) == rank).all()


def test_results_have_the_dtypes_of_the_report():
    scores_nk = np.array([[0.5, 0.5]], np.float32)
    assert predicted_class(scores_nk).dtype == np.int32
    assert rank_of(scores_nk, np.array([0])).dtype == np.int32
    assert top_classes(scores_nk, 1).dtype == np.int32
    assert tied(scores_nk).dtype == np.bool_


@pytest.mark.parametrize("dtype", [np.float32, np.uint8])
def test_blocks_of_rows_do_not_show_in_the_result(dtype):
    # 700 rows of 1000 classes are walked in three blocks.
    scores_nk = np.random.default_rng(7).integers(0, 50, (700, 1000)).astype(dtype)
    class_n = np.random.default_rng(8).integers(-1, 1000, 700)
    expected = ordinal_ranks(scores_nk)
    own = np.where(class_n < 0, -1, expected[np.arange(700), class_n])
    assert rank_of(scores_nk, class_n).tolist() == own.tolist()
    assert predicted_class(scores_nk).tolist() == (expected == 0).argmax(axis=1).tolist()
    assert top_classes(scores_nk, 5).tolist() == np.argsort(expected, axis=1)[:, :5].tolist()
    assert tied(scores_nk).tolist() == [(row == row.max()).sum() > 1 for row in scores_nk]


def test_neighbouring_float32_numbers_have_different_ranks():
    one = np.float32(1.0)
    scores_nk = np.array([[one, np.nextafter(one, np.float32(2))]])
    assert predicted_class(scores_nk).tolist() == [1]
    assert not tied(scores_nk)[0]


def test_64_bit_integers_are_compared_exactly():
    scores_nk = np.array([[2**60, 2**60 + 1, 2**60 - 1]])  # all the same number as float64
    assert rank_of(np.repeat(scores_nk, 3, axis=0), np.arange(3)).tolist() == [1, 0, 2]
    assert top_classes(scores_nk, 3).tolist() == [[1, 0, 2]]


def test_no_class_has_rank_minus_1():
    assert rank_of(np.array([[0.2, 0.8]]), np.array([-1])).tolist() == [-1]


@pytest.mark.parametrize("class_id", [-2, 2])
def test_a_class_without_a_column_is_refused(class_id):
    with pytest.raises(ValueError, match="columns 0 to 1"):
        rank_of(np.array([[0.2, 0.8]]), np.array([class_id]))


def test_no_rows_give_no_ranks():
    empty = np.empty((0, 5), np.float32)
    assert rank_of(empty, np.empty(0, np.int32)).shape == (0,)
    assert predicted_class(empty).shape == tied(empty).shape == failed_scores(empty).shape == (0,)
    assert top_classes(empty, 3).shape == (0, 3)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_rows_with_nan_or_infinity_are_failed(dtype):
    rows = [[0, 1], [np.nan, 1], [1, np.inf], [-np.inf, 1], [np.inf, -np.inf], [np.finfo(dtype).max] * 2]
    assert failed_scores(np.array(rows, dtype)).tolist() == [False, True, True, True, True, False]


def test_integers_never_fail():
    assert not failed_scores(np.array([[255, 0]], np.uint8)).any()
