from __future__ import annotations

import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from drawn_reports import make_report, make_table
from sklearn.metrics import confusion_matrix, recall_score

from accubench.errors import UsageError
from accubench.export.figures import confidence_histogram, confusion_heatmap, per_class_bars, reliability_diagram
from accubench.records.report import Report


def judged(table: pl.DataFrame) -> pl.DataFrame:
    return table.filter(pl.col("status") == "evaluated")


def test_heatmap_of_all_classes_is_the_confusion_matrix_of_scikit_learn(report: Report, table: pl.DataFrame) -> None:
    rows = judged(table)
    expected = confusion_matrix(rows["annotated_class"], rows["predicted_class"], labels=range(12))
    figure = confusion_heatmap(report, table, classes=range(12))
    assert np.array_equal(np.asarray(figure.data[0].z), expected)


def test_heatmap_of_chosen_classes_is_that_part_of_the_matrix(report: Report, table: pl.DataFrame) -> None:
    rows = judged(table)
    expected = confusion_matrix(rows["annotated_class"], rows["predicted_class"], labels=range(12))
    chosen = [7, 2, 4]
    figure = confusion_heatmap(report, table, classes=chosen)
    assert np.array_equal(np.asarray(figure.data[0].z), expected[np.ix_(chosen, chosen)])
    assert list(figure.data[0].x) == ["drop (7)", "cone (2)", "ring (4)"]


def test_heatmap_shows_the_classes_with_most_errors_when_none_are_chosen(report: Report, table: pl.DataFrame) -> None:
    assert np.asarray(confusion_heatmap(report, table, limit=3).data[0].z).shape == (3, 3)


def test_a_class_that_the_model_does_not_have_is_refused(report: Report, table: pl.DataFrame) -> None:
    with pytest.raises(UsageError, match="Class 12 is not one of the model's 12"):
        confusion_heatmap(report, table, classes=[0, 12])


def test_bars_are_the_recall_of_scikit_learn_weakest_first(report: Report, table: pl.DataFrame) -> None:
    rows = judged(table)
    expected = recall_score(rows["annotated_class"], rows["predicted_class"], average=None, zero_division=0)
    figure = per_class_bars(report, table)
    assert np.allclose(figure.data[0].x, np.sort(expected))
    for metric in ("precision", "f1"):
        assert len(per_class_bars(report, table, metric=metric, limit=4).data[0].x) == 4


def test_reliability_diagram_has_a_dot_per_bin(report: Report) -> None:
    assert report.summary.calibration is not None
    assert list(reliability_diagram(report).data[1].y) == [each.accuracy for each in report.summary.calibration.bins]


def test_reliability_without_annotations_is_refused() -> None:
    table = make_table(5, annotated=False)
    with pytest.raises(UsageError, match="needs evaluated images with annotations"):
        reliability_diagram(make_report(table, annotated=False))


def test_histogram_holds_every_evaluated_image_once(report: Report, table: pl.DataFrame) -> None:
    assert sum(len(part.x) for part in confidence_histogram(report, table).data) == report.summary.n
    bare = make_table(20, annotated=False, failed=1)
    (part,) = confidence_histogram(make_report(bare, annotated=False), bare).data
    assert part.name == "not annotated"
    assert len(part.x) == 19


def test_a_class_name_cannot_become_a_link() -> None:
    names = ('<a href="http://example.org">x</a>', "other")
    table = make_table(40, names)
    report = make_report(table, names, model_name="<b>m</b>")
    for figure in (confusion_heatmap(report, table), per_class_bars(report, table)):
        assert not [label for label in figure.data[0].y if "<" in label]
        assert "<b>" not in figure.layout.title.text


def test_importing_the_room_loads_neither_plotly_nor_jinja() -> None:
    code = "import sys, accubench.export.figures; print([name for name in ('plotly', 'jinja2') if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
