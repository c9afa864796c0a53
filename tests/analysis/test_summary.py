"""The summary of a report's table against scikit-learn on the same images."""

import numpy as np
import polars as pl
import pytest
from scipy.special import softmax
from sklearn.metrics import accuracy_score, log_loss, precision_recall_fscore_support

from accubench.analysis.rows import score_table
from accubench.analysis.summary import summarize
from accubench.records.report import ScoreReading

CLASSES = 9
OPTIONS = {"top_k": (1, 5), "class_count": CLASSES, "calibration_bins": 15}


def report_table(n=400, *, failed_share=0.05, annotated_share=1.0):
    """Scores drawn to favour the annotated class, and the table made of them."""
    rng = np.random.default_rng(21)
    annotated = rng.integers(0, CLASSES, n).astype(np.int32)
    scores_nk = rng.normal(0, 1, (n, CLASSES)).astype(np.float32)
    scores_nk[np.arange(n), annotated] += 1.5
    scores_nk[::10, 3] = scores_nk[::10].max(axis=1)
    evaluated = rng.uniform(size=n) >= failed_share
    annotated[rng.uniform(size=n) >= annotated_share] = -1
    reading = ScoreReading(kind="logits", reason="test")
    table = score_table(scores_nk, annotated, reading, evaluated_n=evaluated).with_columns(
        pl.Series("annotated_class", annotated).replace(-1, None),
        pl.Series("status", np.where(evaluated, "evaluated", "failed")),
    )
    return scores_nk, annotated, evaluated, table


def test_every_number_is_that_of_scikit_learn_on_the_evaluated_images():
    scores_nk, annotated, evaluated, table = report_table()
    summary = summarize(table, **OPTIONS)
    predicted, known = scores_nk[evaluated].argmax(axis=1), annotated[evaluated]
    probability = softmax(scores_nk[evaluated].astype(np.float64), axis=1)

    assert (summary.n_images, summary.n, summary.n_failed) == (400, evaluated.sum(), 400 - evaluated.sum())
    top1, top5 = summary.top_k
    assert summary.top1 == top1
    assert top1.value == accuracy_score(known, predicted)
    assert (top1.k, top5.k, top1.n, top5.n) == (1, 5, summary.n, summary.n)
    expected = precision_recall_fscore_support(
        known, predicted, average="macro", labels=np.unique(known), zero_division=0
    )
    macro = summary.macro
    assert (macro.precision, macro.recall, macro.f1) == pytest.approx(expected[:3], rel=1e-12)
    calibration = summary.calibration
    assert calibration.nll == pytest.approx(log_loss(known, probability, labels=range(CLASSES)), rel=1e-12)
    brier = ((probability - np.eye(CLASSES)[known]) ** 2).sum(axis=1).mean()
    assert calibration.brier == pytest.approx(brier, rel=1e-12)
    assert sum(bin_.n for bin_ in calibration.bins) == summary.n
    assert sum(bin_.n * bin_.accuracy for bin_ in calibration.bins) == pytest.approx(top1.right)
    assert summary.mean_confidence == pytest.approx(probability.max(axis=1).mean(), rel=1e-12)
    ties = (np.sort(scores_nk[evaluated], axis=1)[:, -1] == np.sort(scores_nk[evaluated], axis=1)[:, -2]).sum()
    assert summary.n_ties == ties > 0


def test_failed_rows_change_nothing_but_their_count():
    _, _, _, table = report_table()
    with_failed = summarize(table, **OPTIONS)
    without = summarize(table.filter(pl.col("status") == "evaluated"), **OPTIONS)
    assert with_failed.model_copy(update={"n_images": without.n_images, "n_failed": 0}) == without


def test_the_order_and_the_parts_of_the_table_do_not_matter_for_counts():
    _, _, _, table = report_table()
    parts = pl.concat([table[:7], table[7:100], table[100:]], rechunk=False)
    assert summarize(parts, **OPTIONS) == summarize(table, **OPTIONS)


def test_without_annotations_the_parts_that_need_them_are_absent():
    _, _, _, table = report_table(annotated_share=0.0)
    summary = summarize(table, **OPTIONS)
    assert (summary.top_k, summary.top1, summary.macro, summary.calibration) == ((), None, None, None)
    assert summary.n > 0
    assert 0 < summary.mean_confidence < 1


def test_images_without_annotation_count_as_evaluated_but_not_for_accuracy():
    _, annotated, evaluated, table = report_table(annotated_share=0.5)
    summary = summarize(table, **OPTIONS)
    assert summary.n == evaluated.sum()
    assert summary.top1.n == (evaluated & (annotated >= 0)).sum() < summary.n


@pytest.mark.parametrize("n", [0, 5])
def test_a_table_without_an_evaluated_image_has_counts_only(n):
    _, _, _, table = report_table(n, failed_share=1.1)
    summary = summarize(table, **OPTIONS)
    assert (summary.n_images, summary.n, summary.n_failed, summary.n_ties) == (n, 0, n, 0)
    assert summary.mean_confidence is None
    assert summary.top_k == ()


def test_top_5_of_3_classes_is_top_3():
    _, _, _, table = report_table()
    summary = summarize(table, top_k=(1, 5), class_count=3, calibration_bins=15)
    assert [top.k for top in summary.top_k] == [1, 3]
