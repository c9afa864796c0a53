"""Top-k accuracy against scikit-learn."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, top_k_accuracy_score

from accubench.analysis.accuracy import top_k_accuracy, top_k_table
from accubench.analysis.intervals import wilson
from accubench.analysis.ranking import predicted_class, rank_of

RANKS = st.lists(st.integers(-1, 9), max_size=40).map(lambda ranks: np.array(ranks, np.int32))


@pytest.mark.parametrize("k", [1, 2, 5, 10])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_value_is_that_of_scikit_learn(k, dtype):
    rng = np.random.default_rng(11)
    scores_nk = rng.normal(size=(300, 11)).astype(dtype)
    annotated = rng.integers(0, 11, 300)
    result = top_k_accuracy(rank_of(scores_nk, annotated), k, class_count=11)
    assert result.value == pytest.approx(top_k_accuracy_score(annotated, scores_nk, k=k, labels=range(11)), abs=1e-15)
    assert result.right == top_k_accuracy_score(annotated, scores_nk, k=k, labels=range(11), normalize=False)
    if k == 1:
        assert result.value == accuracy_score(annotated, predicted_class(scores_nk))


@given(RANKS, st.integers(1, 12))
def test_interval_is_wilsons_over_the_images_that_count(ranks, k):
    result = top_k_accuracy(ranks, k, class_count=10)
    assert result.n == sum(ranks >= 0)
    assert (result.low, result.high) == wilson(result.right, result.n)
    assert result.low <= result.value <= result.high


@given(RANKS, st.integers(1, 12))
def test_nulls_in_polars_mean_what_minus_1_means_in_numpy(ranks, k):
    column = pl.Series([None if rank < 0 else int(rank) for rank in ranks], dtype=pl.Int32)
    assert top_k_accuracy(column, k, class_count=10) == top_k_accuracy(ranks, k, class_count=10)


@given(RANKS)
def test_accuracy_grows_with_k_and_is_1_when_all_classes_are_named(ranks):
    table = top_k_table(ranks, range(1, 11), class_count=10)
    assert [top.right for top in table] == sorted(top.right for top in table)
    assert table[-1].right == table[-1].n


def test_k_never_exceeds_the_number_of_classes():
    assert top_k_accuracy(np.array([0, 1]), 5, class_count=2).k == 2
    assert [top.k for top in top_k_table(np.array([0, 1]), (5, 1, 10), class_count=2)] == [1, 2]


def test_no_images_leave_everything_open():
    result = top_k_accuracy(np.array([-1, -1]), 1, class_count=2)
    assert (result.right, result.n, result.value, result.low, result.high) == (0, 0, 0.0, 0.0, 1.0)


def test_the_tutorials_headline():
    ranks = np.repeat([0, 3, 20], [335, 96, 69])
    top1, top5 = top_k_table(ranks, (1, 5), class_count=1000)
    assert (top1.right, top1.n, top1.value) == (335, 500, 0.67)
    assert (top5.right, top5.n, top5.value) == (431, 500, 0.862)
