import numpy as np
import polars as pl
import pytest

from accubench.analysis import wilson
from accubench.records.report import AccuracySummary, LabelMapping, TopK
from accubench.tasks.cautions import _low_accuracy, _many_ties, calibration_caution


def summary(right, n, *, confidence=0.9, ties=0):
    low, high = wilson(right, n)
    top1 = TopK(k=1, right=right, n=n, value=right / n, low=low, high=high)
    return AccuracySummary(n_images=n, n=n, n_failed=0, n_ties=ties, top_k=(top1,), mean_confidence=confidence)


@pytest.mark.parametrize(
    ("right", "n", "classes"), [(1, 500, 1000), (0, 30, 1000), (50, 500, 10), (140, 500, 4), (1, 500, 1001)]
)
def test_accuracy_near_chance_is_suspicious(right, n, classes):
    (finding,) = _low_accuracy(summary(right, n), classes)

    assert finding.code == "near-chance"
    assert "numbered differently" in finding.message


@pytest.mark.parametrize(
    ("right", "n", "classes"), [(0, 5, 1000), (335, 500, 1000), (20, 500, 1000), (250, 500, 4), (300, 500, 2)]
)
def test_accuracy_that_is_better_or_open_is_not(right, n, classes):
    assert _low_accuracy(summary(right, n), classes) == ()


def test_an_unsure_model_points_to_preprocessing():
    (finding,) = _low_accuracy(summary(1, 500, confidence=0.05), 1000)

    assert "check the preprocessing" in finding.message


@pytest.mark.parametrize(("ties", "said"), [(0, False), (24, False), (25, True)])
def test_many_ties_are_said_from_one_image_in_twenty_on(ties, said):
    assert bool(_many_ties(summary(300, 500, ties=ties))) is said


def test_doubts_about_the_mapping_have_room_in_its_record():
    assert LabelMapping(kind="identity", description="", outputs={}).doubts == ()


def ranks(*values):
    return pl.DataFrame({"annotated_class_rank": pl.Series(values, dtype=pl.Int32)})


def test_calibration_images_among_the_evaluated_are_said_with_the_accuracy_without_them():
    calibrated = np.array([True, False, False, False, True])
    (finding,) = calibration_caution(ranks(0, 0, 0, 3, None), calibrated, 10)
    low, high = wilson(2, 3)

    assert finding.code == "calibration-images"
    assert finding.severity == "warning"
    assert finding.message == (
        "2 of 5 images were used to calibrate this model, which flatters its accuracy; "
        f"without them top-1 is 66.67% [{low:.2%}, {high:.2%}] over 3 images."
    )


def test_without_annotations_or_other_images_no_accuracy_is_said():
    (open_,) = calibration_caution(ranks(None, None), np.array([True, False]), 10)
    (all_,) = calibration_caution(ranks(0, 0), np.array([True, True]), 10)

    assert open_.message.endswith("flatters its accuracy.")
    assert all_.message == "All 2 images were used to calibrate this model, which flatters its accuracy."


def test_without_calibration_images_nothing_is_said():
    assert calibration_caution(ranks(0, 1), np.zeros(2, bool), 10) == ()
