"""Calibration against numpy's quantiles and scikit-learn's log loss and Brier score."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, log_loss

from accubench.analysis.calibration import (
    LEAST_PROBABILITY,
    expected_calibration_error,
    negative_log_likelihood,
    reliability,
    squared_error,
)
from accubench.analysis.intervals import wilson

# Multiples of 1/8: many equal confidences, and sums that are exact in floating point.
ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=1, max_size=60)


def columns(rows):
    confidence, right = zip(*rows, strict=True)
    return np.array(confidence) / 8, np.array(right)


@given(ROWS, st.integers(1, 20))
def test_bins_are_those_between_numpys_quantiles(rows, bins):
    confidence, right = columns(rows)
    borders = np.unique(np.quantile(confidence, np.arange(1, bins + 1) / bins, method="inverted_cdf"))
    bin_of = np.digitize(confidence, borders, right=True)
    expected = [
        (
            confidence[bin_of == bin_].min(),
            confidence[bin_of == bin_].max(),
            (bin_of == bin_).sum(),
            right[bin_of == bin_].mean(),
        )
        for bin_ in range(len(borders))
    ]
    assert [(bin_.low, bin_.high, bin_.n, bin_.accuracy) for bin_ in reliability(confidence, right, bins)] == expected


@given(ROWS, st.integers(1, 20), st.randoms(use_true_random=False))
def test_the_order_of_the_images_does_not_matter(rows, bins, random):
    shuffled = random.sample(rows, len(rows))
    assert reliability(*columns(shuffled), bins) == reliability(*columns(rows), bins)


@given(ROWS, st.integers(1, 20))
def test_equal_confidences_share_a_bin_and_every_image_is_in_one(rows, bins):
    confidence, right = columns(rows)
    result = reliability(confidence, right, bins)
    assert sum(bin_.n for bin_ in result) == len(rows)
    assert sum(bin_.right for bin_ in result) == right.sum()
    assert all((bin_.accuracy_low, bin_.accuracy_high) == wilson(bin_.right, bin_.n) for bin_ in result)
    assert len(result) <= bins
    assert all(before.high < after.low for before, after in itertools.pairwise(result))


@given(st.integers(1, 200), st.integers(1, 20))
def test_bins_of_different_confidences_have_equal_mass(n, bins):
    confidence = np.random.default_rng(5).permutation(n) / n
    sizes = [bin_.n for bin_ in reliability(confidence, confidence > 0.5, bins)]
    assert len(sizes) == min(n, bins)
    assert max(sizes) - min(sizes) <= 1


def test_no_images_have_no_bins_and_no_error():
    assert reliability(np.array([]), np.array([], bool), 15) == ()
    assert expected_calibration_error(()) == 0.0


@given(ROWS, st.integers(1, 20))
def test_expected_calibration_error_is_the_weighted_gap(rows, bins):
    confidence, right = columns(rows)
    result = reliability(confidence, right, bins)
    # The same from the images themselves: within a bin, the sums of confidences and of right images.
    gap = sum(
        abs((confidence - right)[(confidence >= bin_.low) & (confidence <= bin_.high)].sum()) for bin_ in result
    ) / len(rows)
    assert expected_calibration_error(result) == pytest.approx(gap, abs=1e-12)
    assert 0 <= expected_calibration_error(result) <= 1


def test_a_calibrated_model_has_a_small_error_and_an_overconfident_one_its_excess():
    rng = np.random.default_rng(9)
    share = rng.uniform(0.2, 0.9, 40_000)
    right = rng.uniform(size=40_000) < share
    assert expected_calibration_error(reliability(share, right, 15)) < 0.012
    assert expected_calibration_error(reliability(share + 0.1, right, 15)) == pytest.approx(0.1, abs=0.01)


def random_probabilities(n, classes):
    return np.random.default_rng(12).dirichlet(np.full(classes, 0.3), n)


@pytest.mark.parametrize("classes", [2, 5, 100])
def test_squared_error_is_that_of_one_hot_annotations(classes):
    probabilities_nc = random_probabilities(200, classes)
    annotated = np.random.default_rng(13).integers(0, classes, 200)
    expected = ((probabilities_nc - np.eye(classes)[annotated]) ** 2).sum(axis=1)
    np.testing.assert_allclose(squared_error(probabilities_nc, annotated), expected, rtol=1e-13)


def test_the_mean_for_two_classes_is_twice_scikit_learns_binary_brier_score():
    probabilities_nc = random_probabilities(500, 2)
    annotated = np.random.default_rng(13).integers(0, 2, 500)
    brier = squared_error(probabilities_nc, annotated).mean()
    assert brier == pytest.approx(2 * brier_score_loss(annotated, probabilities_nc[:, 1]), rel=1e-12)


def test_squared_error_keeps_its_digits_when_the_model_is_almost_sure():
    tiny = 1e-12
    error = squared_error(np.array([[1 - tiny, tiny]]), np.array([0]))
    assert error[0] == pytest.approx(2 * tiny**2, rel=1e-3)


def test_squared_error_leaves_its_argument_alone():
    probabilities_nc = np.array([[0.25, 0.75]])
    squared_error(probabilities_nc, np.array([0]))
    assert probabilities_nc.tolist() == [[0.25, 0.75]]


def test_negative_log_likelihood_is_scikit_learns_log_loss():
    probabilities_nc = random_probabilities(500, 7).clip(1e-9)
    probabilities_nc /= probabilities_nc.sum(axis=1, keepdims=True)
    annotated = np.random.default_rng(13).integers(0, 7, 500)
    nll, clipped = negative_log_likelihood(probabilities_nc[np.arange(500), annotated])
    assert nll == pytest.approx(log_loss(annotated, probabilities_nc, labels=range(7)), rel=1e-12)
    assert clipped == 0


def test_impossible_annotations_are_clipped_and_counted():
    nll, clipped = negative_log_likelihood(np.array([0.0, 1e-13, LEAST_PROBABILITY, 1.0]))
    assert nll == pytest.approx(3 * -np.log(1e-12) / 4)
    assert clipped == 2


def test_no_images_have_no_likelihood():
    assert negative_log_likelihood(np.array([])) == (0.0, 0)
