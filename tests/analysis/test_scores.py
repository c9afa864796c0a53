"""Dequantisation, softmax and the verdict of the numbers, against SciPy and by hand."""

import math

import hypothesis.extra.numpy as numpy_strategies
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis.ranking import predicted_class, tied
from accubench.analysis.scores import (
    ScoreRange,
    class_scores,
    dequantize,
    double_softmax_bounds,
    looks_like_probabilities,
    probabilities,
    softmax,
)
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading

LOGITS = ScoreReading(kind="logits", reason="the graph does not end in Softmax")
PROBABILITIES = ScoreReading(kind="probabilities", reason="the graph ends in Softmax")
FINITE = numpy_strategies.arrays(
    np.float32, st.tuples(st.integers(1, 5), st.integers(2, 6)), elements=st.floats(-(2.0**100), 2.0**100, width=32)
)


@given(FINITE)
def test_softmax_is_scipys(scores_nk):
    result = softmax(scores_nk)
    assert result.dtype == np.float64
    np.testing.assert_allclose(result, scipy.special.softmax(scores_nk.astype(np.float64), axis=1), rtol=1e-13)
    np.testing.assert_allclose(result.sum(axis=1), 1, rtol=1e-14)


def test_softmax_leaves_its_argument_alone():
    scores_nk = np.array([[1.0, 2.0]])
    softmax(scores_nk)
    assert scores_nk.tolist() == [[1.0, 2.0]]


def test_small_probabilities_are_kept_and_not_rounded_to_0():
    assert softmax(np.array([[0.0, -100.0]], np.float32))[0, 1] == pytest.approx(math.exp(-100), rel=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32])
def test_dequantisation_subtracts_the_zero_point_before_it_scales(dtype):
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    quantization = Quantization(scale=0.00390625, zero_point=-128)
    result = dequantize(np.array([[low, 0, high]], dtype), quantization)
    assert result.tolist() == [[(low + 128) / 256, 0.5, (high + 128) / 256]]


def test_quantised_logits_go_through_softmax_after_dequantisation():
    reading = LOGITS.model_copy(update={"quantization": Quantization(scale=0.1, zero_point=100)})
    scores_nk = np.array([[100, 110, 250]], np.uint8)
    expected = scipy.special.softmax(np.array([[0.0, 1.0, 15.0]]), axis=1)
    np.testing.assert_allclose(probabilities(scores_nk, reading), expected, rtol=1e-12)


def test_probabilities_are_not_touched():
    scores_nk = np.array([[0.1, 0.7, 0.3]], np.float32)  # does not sum to 1: that is the model's affair
    assert probabilities(scores_nk, PROBABILITIES).tolist() == scores_nk.astype(np.float64).tolist()


@given(st.floats(-700, 700))
def test_one_logit_gives_sigmoid_and_its_complement(logit):
    reading = LOGITS.model_copy(update={"sigmoid": True})
    row = probabilities(np.array([[logit]]), reading)[0]
    np.testing.assert_allclose(row, [scipy.special.expit(-logit), scipy.special.expit(logit)], rtol=1e-12)


@given(st.integers(0, 255))
def test_one_quantised_probability_gives_two_classes(number):
    quantization = Quantization(scale=1 / 256, zero_point=0)
    reading = PROBABILITIES.model_copy(update={"sigmoid": True, "quantization": quantization})
    scores_nk = np.array([[number]], np.uint8)
    assert probabilities(scores_nk, reading).tolist() == [[1 - number / 256, number / 256]]
    scores_nc = class_scores(scores_nk, reading)
    assert predicted_class(scores_nc).tolist() == [int(number > 128)]  # 0.5 is a tie: the lowest id
    assert tied(scores_nc).tolist() == [number == 128]


def test_the_least_positive_logit_predicts_class_1_though_its_probability_rounds_to_a_half():
    reading = LOGITS.model_copy(update={"sigmoid": True})
    scores_nc = class_scores(np.array([[1e-30], [0.0]], np.float32), reading)
    assert predicted_class(scores_nc).tolist() == [1, 0]
    assert tied(scores_nc).tolist() == [False, True]


# --- what the numbers say -------------------------------------------------------------------------


@given(FINITE)
def test_softmax_of_anything_looks_like_probabilities(scores_nk):
    assert looks_like_probabilities(softmax(scores_nk).astype(np.float32))


@pytest.mark.parametrize(
    "rows",
    [
        [[0.2, 0.8], [-0.1, 1.1]],  # negative
        [[0.2, 0.8], [0.2, 0.81]],  # sums to 1.01
        [[0.2, 0.8], [10.66, 3.0]],
        [[0.5, 0.5], [0.2, 0.3]],
        [],
    ],
)
def test_one_row_that_is_no_distribution_speaks_against_probabilities(rows):
    assert not looks_like_probabilities(np.array(rows).reshape(-1, 2))


def test_one_column_between_0_and_1_looks_like_a_probability():
    assert looks_like_probabilities(np.array([[0.0], [0.3], [1.0]]))
    assert not looks_like_probabilities(np.array([[0.3], [-2.0]]))


def test_quantised_softmax_looks_like_probabilities_though_rounding_moves_its_sum():
    rng = np.random.default_rng(1)
    exact = scipy.special.softmax(rng.normal(0, 3, (50, 1001)), axis=1)
    scores_nk = np.round(exact * 256).clip(0, 255).astype(np.uint8)
    assert abs(scores_nk.sum(axis=1) / 256 - 1).max() > 0.05
    assert ScoreRange.of(scores_nk, Quantization(scale=1 / 256, zero_point=0)).looks_like_probabilities


def test_quantised_logits_do_not_look_like_probabilities():
    scores_nk = np.random.default_rng(1).integers(0, 256, (50, 1001)).astype(np.uint8)
    assert not ScoreRange.of(scores_nk, Quantization(scale=0.1, zero_point=60)).looks_like_probabilities


def test_quantised_numbers_above_1_are_no_probabilities_however_much_rounding_may_move_their_sum():
    scores_nk = np.zeros((1, 1001), np.uint8)
    scores_nk[0, 7] = 200
    assert not ScoreRange.of(scores_nk, Quantization(scale=1 / 128, zero_point=0)).looks_like_probabilities


@given(FINITE, st.integers(0, 5), st.integers(0, 5))
def test_ranges_of_parts_merge_into_the_range_of_the_whole_in_any_order(scores_nk, cut, other_cut):
    first, second = sorted((min(cut, len(scores_nk)), min(other_cut, len(scores_nk))))
    parts = [ScoreRange.of(part) for part in (scores_nk[:first], scores_nk[first:second], scores_nk[second:])]
    a, b, c = parts
    whole = ScoreRange.of(scores_nk)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == c.merge(a).merge(b) == whole
    assert whole.merge(ScoreRange(columns=whole.columns)) == whole
    assert (whole.rows, whole.low, whole.high) == (len(scores_nk), scores_nk.min(), scores_nk.max())


def test_rows_of_failed_images_are_skipped():
    scores_nk = np.array([[0.2, 0.8], [np.nan, 0.5], [np.inf, -np.inf]])
    assert ScoreRange.of(scores_nk) == ScoreRange.of(scores_nk[:1])


def test_ranges_of_different_models_do_not_merge():
    with pytest.raises(ValueError, match="2 and 3 columns"):
        ScoreRange(columns=2).merge(ScoreRange(columns=3))


# --- warnings -------------------------------------------------------------------------------------


def codes(scores_nk, reading):
    return [finding.code for finding in ScoreRange.of(scores_nk).warnings(reading)]


@pytest.mark.parametrize("classes", [3, 10, 1000])
def test_softmax_applied_twice_is_noticed(classes):
    logits = np.random.default_rng(3).normal(0, 4, (200, classes))
    once, twice = softmax(logits), softmax(softmax(logits))
    assert codes(twice.astype(np.float32), PROBABILITIES) == ["double-softmax"]
    assert codes(once.astype(np.float32), PROBABILITIES) == []
    assert codes(logits.astype(np.float32), LOGITS) == []


def test_undecided_probabilities_with_impossible_classes_are_no_double_softmax():
    assert codes(np.array([[0.5, 0.5, 0.0]]), PROBABILITIES) == []  # softmax of probabilities is never below 0.21


@given(FINITE)
def test_double_softmax_stays_within_its_bounds(scores_nk):
    low, high = double_softmax_bounds(scores_nk.shape[1])
    twice = softmax(softmax(scores_nk))
    assert twice.min() >= low * (1 - 1e-12)
    assert twice.max() <= high * (1 + 1e-12)


def test_a_one_hot_row_reaches_both_bounds():
    low, high = double_softmax_bounds(3)
    np.testing.assert_allclose(softmax(np.array([[1.0, 0.0, 0.0]])), [[high, low, low]], rtol=1e-14)


def test_probabilities_read_as_logits_are_noticed_before_softmax_is_applied_to_them():
    (finding,) = ScoreRange.of(np.array([[0.1, 0.9]])).warnings(LOGITS)
    assert (finding.code, finding.severity) == ("scores-look-like-probabilities", "warning")
    assert LOGITS.reason in finding.message
    assert "outputs: {scores: probabilities}" in finding.message


def test_logits_read_as_probabilities_are_noticed():
    (finding,) = ScoreRange.of(np.array([[10.66, -3.0]])).warnings(PROBABILITIES)
    assert finding.code == "scores-are-no-probabilities"
    assert "from -3 to 10.66" in finding.message
    assert "outputs: {scores: logits}" in finding.message


@pytest.mark.parametrize("reading", [LOGITS, PROBABILITIES])
def test_no_scores_give_no_warning(reading):
    assert ScoreRange(columns=10).warnings(reading) == ()


def test_one_column_of_small_logits_is_no_reason_to_warn():
    assert codes(np.array([[0.2], [0.7]]), LOGITS.model_copy(update={"sigmoid": True})) == []
