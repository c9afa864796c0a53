"""Scoring some classes only, against NumPy, SciPy and scikit-learn on the columns of these classes alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax
from sklearn.metrics import top_k_accuracy_score

from accubench.analysis import class_scores, probabilities, rank_of, score_columns, tied, top_classes
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading

VALID = (2, 3, 5, 11, 17, 19)
EIGHTHS = Quantization(scale=0.125, zero_point=100)


def reading(kind, quantization=None, *, classes=VALID, sigmoid=False):
    return ScoreReading(kind=kind, reason="test", quantization=quantization, scored_classes=classes, sigmoid=sigmoid)


def annotated(n):
    return np.random.default_rng(1).choice(VALID, n).astype(np.int32)


SCORES = {
    "float32 logits": (np.random.default_rng(0).normal(0, 4, (400, 23)).astype(np.float32), None),
    "uint8 logits": (np.random.default_rng(0).integers(90, 120, (400, 23)).astype(np.uint8), EIGHTHS),
    "int8 logits": (np.random.default_rng(0).integers(-20, 20, (400, 23)).astype(np.int8), EIGHTHS),
}


@pytest.fixture(params=SCORES)
def logits(request):
    return SCORES[request.param]


def real_values(scores, quantization):
    return scores.astype(float) if quantization is None else (scores.astype(float) - 100) * 0.125


def test_predictions_ranks_and_ties_are_those_of_the_restricted_columns(logits):
    scores, quantization = logits
    truth = annotated(len(scores))
    alone = scores[:, VALID]

    found = score_columns(scores, truth, reading("logits", quantization))

    order = np.argsort(-alone.astype(float), axis=1, kind="stable")
    assert found["predicted_class"].tolist() == np.array(VALID)[order[:, 0]].tolist()
    places = np.searchsorted(VALID, truth)
    assert found["annotated_class_rank"].tolist() == np.argmax(order == places[:, None], axis=1).tolist()
    assert found["tied"].tolist() == [(row == row.max()).sum() > 1 for row in alone]


def test_confidences_are_softmax_over_the_restricted_logits(logits):
    scores, quantization = logits
    expected = scipy_softmax(real_values(scores, quantization)[:, VALID], axis=1)

    found = probabilities(scores, reading("logits", quantization))

    np.testing.assert_allclose(found[:, VALID], expected, rtol=1e-12)
    assert np.delete(found, VALID, axis=1).max() == 0


def test_probabilities_divided_by_their_sum_are_softmax_over_the_restricted_logits():
    scores, _ = SCORES["float32 logits"]
    expected = scipy_softmax(scores[:, VALID].astype(float), axis=1)

    found = probabilities(scipy_softmax(scores.astype(float), axis=1), reading("probabilities"))

    np.testing.assert_allclose(found[:, VALID], expected, rtol=1e-9)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_top_k_accuracy_is_scikit_learns_on_the_restricted_columns(k):
    scores, _ = SCORES["float32 logits"]  # no ties, which scikit-learn breaks otherwise
    truth = annotated(len(scores))
    expected = top_k_accuracy_score(truth, scores[:, VALID], k=k, labels=VALID)

    rank = score_columns(scores, truth, reading("logits"))["annotated_class_rank"]

    assert (rank < k).mean() == expected


def test_brier_is_that_of_the_restricted_probabilities():
    scores, _ = SCORES["float32 logits"]
    truth = annotated(len(scores))
    one_hot = truth[:, None] == np.array(VALID)
    expected = ((scipy_softmax(scores[:, VALID].astype(float), axis=1) - one_hot) ** 2).sum(axis=1)

    np.testing.assert_allclose(score_columns(scores, truth, reading("logits"))["squared_error"], expected, rtol=1e-9)


def test_integers_of_which_the_scored_ones_are_all_at_the_bottom_still_choose_among_these():
    scores = np.array([[0, 0, 255, 0], [0, 3, 255, 1]], np.uint8)
    found = reading("probabilities", Quantization(scale=1 / 256, zero_point=0), classes=(1, 3))

    columns = score_columns(scores, np.array([3, 3], np.int32), found)

    assert columns["predicted_class"].tolist() == [1, 1]
    assert columns["tied"].tolist() == [True, False]
    assert columns["annotated_class_rank"].tolist() == [1, 1]
    assert columns["predicted_confidence"].tolist() == [0.5, 0.75]


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.int32, np.float16, np.float32, np.float64])
def test_top_classes_name_scored_classes_only_for_every_type_of_score(dtype):
    lowest = np.iinfo(dtype).min if np.issubdtype(dtype, np.integer) else np.finfo(dtype).min
    scores = np.full((1, 23), lowest, dtype)

    restricted = class_scores(scores, reading("logits"))

    assert top_classes(restricted, len(VALID)).tolist() == [list(VALID)]
    assert tied(restricted).tolist() == [True]
    assert rank_of(restricted, np.array([19])).tolist() == [5]


def test_one_sigmoid_output_may_be_scored_on_one_of_its_two_classes():
    found = score_columns(np.array([[-3.0]]), np.array([1], np.int32), reading("logits", classes=(1,), sigmoid=True))

    assert (found["predicted_class"][0], found["predicted_confidence"][0], found["tied"][0]) == (1, 1.0, False)


def test_all_classes_scored_is_the_same_as_no_choice_of_classes(logits):
    scores, quantization = logits
    truth = annotated(len(scores))

    every = score_columns(scores, truth, reading("logits", quantization, classes=tuple(range(23))))
    none = score_columns(scores, truth, reading("logits", quantization, classes=None))

    for name, values in none.items():
        np.testing.assert_array_equal(every[name], values)
