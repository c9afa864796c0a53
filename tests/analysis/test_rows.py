"""The columns of a report that follow from scores, against the functions of SciPy and numpy on the whole matrix."""

import numpy as np
import polars as pl
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from accubench.analysis.rows import SCORE_COLUMNS, score_columns, score_table
from accubench.records.model import Quantization
from accubench.records.report import REPORT_COLUMNS, ScoreReading

QUANTIZATION = Quantization(scale=0.125, zero_point=100)
READINGS = {
    "float logits": (np.float32, ScoreReading(kind="logits", reason="graph")),
    "float probabilities": (np.float32, ScoreReading(kind="probabilities", reason="graph")),
    "quantised logits": (np.uint8, ScoreReading(kind="logits", reason="graph", quantization=QUANTIZATION)),
    "quantised probabilities": (np.int8, ScoreReading(kind="probabilities", reason="graph", quantization=QUANTIZATION)),
}


def drawn(dtype, rows, classes, *, seed=0):
    """Scores with ties, and annotated classes some of which are missing."""
    rng = np.random.default_rng(seed)
    scores_nk = rng.integers(0, 30, (rows, classes)).astype(dtype)
    return scores_nk, rng.integers(-1, classes, rows).astype(np.int32)


@pytest.mark.parametrize("case", READINGS)
def test_columns_are_those_of_scipy_on_the_whole_matrix(case):
    dtype, reading = READINGS[case]
    scores_nk, annotated = drawn(dtype, 700, 1001)
    columns = score_columns(scores_nk, annotated, reading)

    real = scores_nk.astype(np.float64)
    if reading.quantization is not None:
        real = (real - 100) * 0.125
    probability = scipy.special.softmax(real, axis=1) if reading.kind == "logits" else real
    ranks = rankdata(-real, method="ordinal", axis=1) - 1
    images, known = np.arange(700), annotated >= 0
    assert (columns["predicted_class"] == ranks.argmin(axis=1)).all()
    assert (columns["annotated_class_rank"] == np.where(known, ranks[images, annotated], -1)).all()
    assert (columns["tied"] == ((real == real.max(axis=1, keepdims=True)).sum(axis=1) > 1)).all()
    np.testing.assert_allclose(columns["predicted_confidence"], probability.max(axis=1), rtol=1e-12)
    own = np.where(known, probability[images, annotated], np.nan)
    np.testing.assert_allclose(columns["annotated_confidence"], own, rtol=1e-12)
    error = ((probability - np.eye(1001)[annotated]) ** 2).sum(axis=1)
    np.testing.assert_allclose(columns["squared_error"], np.where(known, error, np.nan), rtol=1e-12)


@pytest.mark.parametrize("case", READINGS)
@pytest.mark.parametrize("classes", [3, 1000])
def test_values_are_the_same_to_the_last_bit_however_scores_are_cut(case, classes):
    dtype, reading = READINGS[case]
    scores_nk, annotated = drawn(dtype, 600, classes)
    whole = score_columns(scores_nk, annotated, reading)
    for cuts in ([1, 2, 5, 64], [263], range(1, 600)):
        parts = [
            score_columns(scores, classes_n, reading)
            for scores, classes_n in zip(np.split(scores_nk, cuts), np.split(annotated, cuts), strict=True)
        ]
        for name in SCORE_COLUMNS:
            assert np.concatenate([part[name] for part in parts]).tobytes() == whole[name].tobytes()


@given(st.integers(1, 12), st.integers(2, 6), st.integers(0, 10_000))
def test_rank_0_means_predicted_is_annotated_and_confidences_agree(rows, classes, seed):
    dtype, reading = READINGS["quantised logits"]
    scores_nk, annotated = drawn(dtype, rows, classes, seed=seed)
    columns = score_columns(scores_nk, annotated, reading)
    right = columns["predicted_class"] == annotated
    assert ((columns["annotated_class_rank"] == 0) == right).all()
    assert (columns["annotated_confidence"][right] == columns["predicted_confidence"][right]).all()
    known = annotated >= 0
    assert (columns["annotated_confidence"][known] <= columns["predicted_confidence"][known]).all()


def test_one_sigmoid_output_is_a_classifier_of_two_classes():
    reading = ScoreReading(kind="logits", reason="graph", sigmoid=True)
    columns = score_columns(np.array([[2.0], [-2.0], [0.0]], np.float32), np.array([1, 1, 0], np.int32), reading)
    sigmoid = scipy.special.expit(2.0)
    assert columns["predicted_class"].tolist() == [1, 0, 0]
    assert columns["annotated_class_rank"].tolist() == [0, 1, 0]
    assert columns["tied"].tolist() == [False, False, True]
    np.testing.assert_allclose(columns["annotated_confidence"], [sigmoid, 1 - sigmoid, 0.5], rtol=1e-12)
    np.testing.assert_allclose(columns["squared_error"], [2 * (1 - sigmoid) ** 2, 2 * sigmoid**2, 0.5], rtol=1e-12)


def test_an_annotated_class_that_is_no_output_is_refused():
    with pytest.raises(ValueError, match="columns 0 to 1"):
        score_columns(np.array([[0.2, 0.8]]), np.array([2], np.int32), READINGS["float logits"][1])


def test_the_table_has_nulls_for_failed_images_and_missing_annotations():
    scores_nk = np.array([[0.25, 0.75], [np.nan, np.inf], [0.5, 0.5], [0, 0]], np.float32)
    annotated, evaluated = np.array([1, 1, -1, -1], np.int32), np.array([True, False, True, False])
    table = score_table(scores_nk, annotated, READINGS["float probabilities"][1], evaluated_n=evaluated)
    assert table.rows() == [
        (1, 0, 0.75, 0.75, False, 0.125),
        (None,) * 6,
        (0, None, 0.5, None, True, None),
        (None,) * 6,
    ]


@pytest.mark.parametrize("rows", [0, 1, 3])
@pytest.mark.parametrize("evaluated", [False, True])
def test_the_table_has_the_reports_types_whatever_it_holds(rows, evaluated):
    scores_nk, annotated = np.zeros((rows, 4), np.float32), np.zeros(rows, np.int32)
    table = score_table(
        scores_nk, annotated, READINGS["float logits"][1], evaluated_n=np.full(rows, evaluated, np.bool_)
    )
    assert dict(table.schema) == {name: getattr(pl, REPORT_COLUMNS[name][0]) for name in SCORE_COLUMNS}
    assert len(table) == rows
