"""Properties of the parsers: whatever is written is read back, and nothing makes them crash."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from accubench.datasets.annotation_lines import parse_annotation_line, parse_annotation_lines
from accubench.datasets.classes import classes_of
from accubench.datasets.splits import choose_split
from accubench.datasets.table import _records
from accubench.datasets.text import shown
from accubench.errors import Finding

FILE_NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"], exclude_characters="#\"'/"),
    min_size=1,
    max_size=12,
).map(lambda name: f"{name}.jpg")
NAMES_WITH_BLANKS = st.lists(FILE_NAMES, min_size=1, max_size=3).map(" ".join)


@given(
    st.lists(st.tuples(FILE_NAMES, st.integers(0, 10**18 - 1)), min_size=1), st.sampled_from([" ", "\t", "  ", " \t"])
)
def test_every_name_and_class_is_read_back(entries, separator):
    text = "".join(f"{name}{separator}{class_id}\n" for name, class_id in entries)
    parsed, findings = parse_annotation_lines(text, "val.txt")
    assert findings == []
    assert [(entry.name, int(entry.label)) for entry in parsed] == entries
    assert [entry.line for entry in parsed] == list(range(1, len(entries) + 1))


@given(NAMES_WITH_BLANKS, st.integers(0, 1000), st.sampled_from([" ", "\t"]))
def test_names_with_blanks_are_read_back(name, class_id, separator):
    assert parse_annotation_line(f"{name}{separator}{class_id}") == (name, str(class_id))


@given(FILE_NAMES, st.text("abcxyz", min_size=1), st.text("abcxyz", min_size=1))
def test_classes_of_several_words_are_read_back(name, first, second):
    assert parse_annotation_line(f"{name} {first} {second}") == (name, f"{first} {second}")


@given(st.binary(max_size=200))
def test_any_bytes_give_entries_or_findings(data):
    text = data.decode("utf-8", errors="surrogateescape")
    entries, findings = parse_annotation_lines(text, "val.txt")
    lines = [entry.line for entry in entries] + [finding.line for finding in findings]
    assert len(lines) == len(set(lines))
    for finding in findings:
        str(finding).encode()
    classes = classes_of(entries, None, "val.txt")
    assert len(classes.ids) == len(entries)


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.text('",;\n ab')), min_size=1))
def test_whatever_python_writes_as_csv_is_read_back_with_its_line(rows):
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(["path", "class"])
    expected = []
    for row in rows:
        line = len(io.StringIO(stream.getvalue(), newline="").readlines()) + 1
        writer.writerow(row)
        if any(field.strip() for field in row) and not any("\0" in field for field in row):
            expected.append((line, list(row)))
    records, findings = _records(stream.getvalue(), "t.csv")
    assert findings == []
    assert [(record.line, record.fields) for record in records[1:]] == expected


@given(st.text())
def test_any_text_as_csv_gives_records_or_a_finding(text):
    records, findings = _records(text, "t.csv")
    assert len(findings) <= 1
    assert [record.line for record in records] == sorted(record.line for record in records)


@given(st.text())
def test_shown_names_fit_on_one_printable_line(name):
    assert shown(name).isprintable()
    assert len(shown(name)) <= 120


def test_the_order_of_splits_is_val_test_train():
    offered = {"train": "Train", "test": "test", "val": "valid"}
    assert choose_split(offered, None, what="folders")[0] == "val"
    assert choose_split({"train": "Train", "test": "test"}, None, what="folders")[0] == "test"
    assert isinstance(choose_split({"train": "Train"}, None, what="folders")[1][0], Finding)
