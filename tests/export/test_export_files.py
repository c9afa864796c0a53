from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import polars as pl
import pytest
from drawn_reports import make_report, make_table
from hypothesis import given, settings
from hypothesis import strategies as st

from accubench.errors import ExportError
from accubench.export import export_report
from accubench.export.files import _reason, write_atomically
from accubench.export.tables import csv_bytes, json_bytes, parquet_bytes
from accubench.records.report import EXPORT_COLUMNS, Report

HOSTILE = (
    "=1+1",
    "+a",
    "-b",
    "@c",
    'quo"te',
    "com,ma",
    "new\nline",
    "cr\rx",
    " leading",
    "é\u2028ü",
    "<script>",
    "",
    "'",
)


def no_picture(_name: str, _side: int) -> None:
    return None


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def hostile_table() -> pl.DataFrame:
    return make_table(len(HOSTILE), failed=1, image_name=lambda index: HOSTILE[index])


def test_csv_read_by_polars_equals_the_table() -> None:
    table = hostile_table()
    schema = table.select(EXPORT_COLUMNS).schema
    again = pl.read_csv(csv_bytes(table), schema=schema)
    assert again.equals(table.select(EXPORT_COLUMNS))


def test_csv_read_by_the_standard_library_has_the_same_names_and_floats() -> None:
    table = hostile_table()
    rows = list(csv.DictReader(io.StringIO(csv_bytes(table).decode(), newline="")))
    assert tuple(rows[0]) == EXPORT_COLUMNS
    assert [row["image_name"] for row in rows] == list(HOSTILE)
    assert [float(row["predicted_confidence"]) for row in rows[:-1]] == table["predicted_confidence"].to_list()[:-1]
    assert rows[-1]["predicted_class"] == rows[-1]["predicted_confidence"] == ""
    assert rows[-1]["status"] == "failed"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=30))
def test_confidences_in_csv_and_json_read_back_as_the_same_double(values: list[float]) -> None:
    table = make_table(len(values), failed=0).with_columns(predicted_confidence=pl.Series(values, dtype=pl.Float64))
    from_csv = [float(row["predicted_confidence"]) for row in csv.DictReader(io.StringIO(csv_bytes(table).decode()))]
    from_json = json.loads(json_bytes(make_report(table), table))["images"]
    assert from_csv == values
    assert [row["predicted_confidence"] for row in from_json] == values


def test_parquet_reads_back_equal_with_the_same_types() -> None:
    table = hostile_table()
    again = pl.read_parquet(io.BytesIO(parquet_bytes(table)))
    assert again.equals(table.select(EXPORT_COLUMNS))
    assert again.schema == table.select(EXPORT_COLUMNS).schema


def test_json_holds_the_report_record_and_one_object_per_image(report: Report) -> None:
    table = hostile_table()
    content = json.loads(json_bytes(report, table), parse_constant=pytest.fail)
    assert list(content) == ["report", "images"]
    assert Report.model_validate_json(json.dumps(content["report"])) == report
    assert content["images"] == table.select(EXPORT_COLUMNS).to_dicts()
    assert list(content["images"][0]) == list(EXPORT_COLUMNS)


def test_json_has_null_where_a_number_is_not_finite(report: Report, table: pl.DataFrame) -> None:
    odd = report.model_copy(update={"duration_s": float("nan")})
    odd_table = table.with_columns(annotated_confidence=pl.lit(float("inf")))
    content = json.loads(json_bytes(odd, odd_table), parse_constant=pytest.fail)
    assert content["report"]["duration_s"] is None
    assert content["images"][0]["annotated_confidence"] is None


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json", ".html", ".HTML"])
@pytest.mark.parametrize("images", [0, 3])
def test_every_form_is_written_complete_and_alone(tmp_path: Path, suffix: str, images: int) -> None:
    table = make_table(images, failed=min(images, 1))
    path = tmp_path / f"report{suffix}"
    export_report(path, make_report(table), table, image_jpeg=no_picture)
    assert names_in(tmp_path) == [path.name]
    assert path.stat().st_size > 0


def test_a_written_file_has_the_permissions_of_any_new_file(
    tmp_path: Path, report: Report, table: pl.DataFrame
) -> None:
    (tmp_path / "other").touch()
    export_report(tmp_path / "report.csv", report, table, image_jpeg=no_picture)
    assert (tmp_path / "report.csv").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_the_longest_legal_name_can_be_written(tmp_path: Path, report: Report, table: pl.DataFrame) -> None:
    path = tmp_path / f"{'n' * 251}.csv"
    export_report(path, report, table, image_jpeg=no_picture)
    assert path.is_file()


@pytest.mark.parametrize("name", ["report.xlsx", "report", "report.csv.gz"])
def test_another_suffix_is_refused_with_the_list_of_ours(
    tmp_path: Path, name: str, report: Report, table: pl.DataFrame
) -> None:
    with pytest.raises(ExportError, match=r"\.csv, \.parquet, \.json, \.html"):
        export_report(tmp_path / name, report, table, image_jpeg=no_picture)
    assert names_in(tmp_path) == []


def test_a_missing_folder_is_refused_with_what_to_try(tmp_path: Path, report: Report, table: pl.DataFrame) -> None:
    with pytest.raises(ExportError, match=r"there is no folder .*nowhere.*Create it"):
        export_report(tmp_path / "nowhere" / "report.csv", report, table, image_jpeg=no_picture)


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path, report: Report, table: pl.DataFrame) -> None:
    (tmp_path / "report.csv").mkdir()
    with pytest.raises(ExportError, match="it is a folder"):
        export_report(tmp_path / "report.csv", report, table, image_jpeg=no_picture)


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, report: Report, table: pl.DataFrame) -> None:
    path = tmp_path / "report.html"
    path.write_text("old")

    def broken(_name: str, _side: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export_report(path, report, table, image_jpeg=broken)
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["report.html"]


def test_a_full_disk_is_an_export_error_and_leaves_nothing_behind(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="file size limits are a POSIX thing")
    signal = pytest.importorskip("signal")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        with pytest.raises(ExportError, match=r"report\.csv"):
            write_atomically(tmp_path / "report.csv", b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert names_in(tmp_path) == []


def test_a_device_without_space_is_named_as_a_full_disk() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(OSError, match="No space left") as caught:
        full.write_bytes(b"x")
    assert "the disk is full" in _reason(Path("report.csv"), caught.value)
