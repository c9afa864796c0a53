from __future__ import annotations

import polars as pl
from drawn_reports import make_report, make_table

from accubench.errors import Finding
from accubench.export import markdown_summary
from accubench.records.gate import GateOutcome
from accubench.records.report import Report


def test_headline_intervals_counts_and_facts_are_there(report: Report, table: pl.DataFrame) -> None:
    text = markdown_summary(report, table)
    top1 = report.summary.top1
    assert top1 is not None
    assert f"| top-1 | **{100 * top1.value:.2f} %** |" in text
    assert f"{100 * top1.low:.2f}" in text
    assert f"{top1.right} / {top1.n}" in text
    assert "58 evaluated, 2 failed" in text
    assert "tutorial.yaml:2" in text
    assert "Intel(R) Xeon(R)" in text
    assert text.endswith("</details>\n")


def test_gates_are_listed_with_their_outcome(report: Report, table: pl.DataFrame) -> None:
    gates = (
        GateOutcome(condition="top1 >= 40.00 %", measured="55.17 %", value=0.5517, passed=True),
        GateOutcome(condition="failed <= 0", measured="2", value=2, passed=False),
    )
    text = markdown_summary(report, table, gates=gates)
    assert "| top1 &gt;= 40.00 % | 55.17 % | ✅ passed |" in text
    assert "| failed &lt;= 0 | 2 | ❌ **missed** |" in text


def test_the_most_confused_pair_comes_with_its_count(report: Report, table: pl.DataFrame) -> None:
    wrong = table.filter(pl.col("predicted_class") != pl.col("annotated_class"))
    most = wrong.group_by("annotated_class", "predicted_class").len()["len"].max()
    first_row = markdown_summary(report, table).split("### Most confused")[1].splitlines()[4]
    assert f"| {most} |" in first_row


def test_hostile_names_add_neither_markup_nor_table_cells() -> None:
    hostile = "a|b\n# *x* <img src=x> [y](http://z) `c` @team"
    names = (hostile, "other")
    table = make_table(30, names, image_name=lambda index: f"{hostile}{index}")
    finding = Finding(code="x", message=hostile, severity="warning")
    text = markdown_summary(make_report(table, names, model_name=hostile, findings=(finding,)), table)
    assert "<img" not in text
    assert "http://" not in text
    assert "@team" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.replace("\\|", "").count("|") in {3, 4, 5}
        assert not line.startswith("# ")


def test_without_annotations_it_says_so_and_has_no_accuracy() -> None:
    table = make_table(20, annotated=False)
    text = markdown_summary(make_report(table, annotated=False), table)
    assert "without annotations" in text
    assert "top-" not in text.split("<details>")[0]


def test_all_failed_and_no_images_are_summarised() -> None:
    for table in (make_table(4, failed=4), make_table(0, failed=0)):
        text = markdown_summary(make_report(table), table)
        assert f"0 evaluated, {len(table)} failed" in text
