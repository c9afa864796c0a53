import errno

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from accubench.errors import StorageFullError, WorkspaceError
from accubench.storage import Part, PartFolder, rows_per_part


@pytest.fixture
def folder(tmp_path):
    parts = PartFolder(tmp_path / "predictions")
    parts.prepare()
    return parts


def random_part(rows=5, columns=7, dtype=np.float32, first_row=64):
    scores = np.random.default_rng(1).normal(scale=100, size=(rows, columns)).astype(dtype)
    failures = ["it is empty" if row == 2 else None for row in range(rows)]
    return Part(first_row=first_row, scores_nk=scores, failures=failures)


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int8, np.int32])
def test_a_part_comes_back_bit_for_bit(folder, dtype):
    part = random_part(dtype=dtype)

    folder.write(1, part)
    back = folder.read(1)

    assert back.first_row == part.first_row
    assert back.scores_nk.dtype == dtype
    assert back.scores_nk.tobytes() == part.scores_nk.tobytes()
    assert list(back.failures) == list(part.failures)


def test_polars_reads_a_part_too(folder):
    part = random_part()

    folder.write(0, part)
    table = pl.read_parquet(folder.path(0))

    assert table.columns == ["row", "failure", "scores"]
    assert table["row"].to_list() == list(range(64, 69))
    assert (table["scores"].to_numpy() == part.scores_nk).all()


def test_float_scores_are_stored_in_split_bytes_under_zstd(folder):
    folder.write(0, random_part())

    column = pq.ParquetFile(folder.path(0)).metadata.row_group(0).column(2)

    assert "BYTE_STREAM_SPLIT" in column.encodings
    assert column.compression == "ZSTD"


def test_probabilities_of_a_thousand_classes_take_less_than_their_four_bytes_each(folder):
    logits = np.random.default_rng(0).normal(scale=3, size=(256, 1000))
    exponentials = np.exp(logits)
    scores = (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32)

    folder.write(0, Part(first_row=0, scores_nk=scores, failures=[None] * 256))

    assert folder.path(0).stat().st_size / 256 < 3700


def test_the_same_rows_give_the_same_bytes(folder):
    folder.write(0, random_part())
    folder.write(1, random_part())

    assert folder.path(0).read_bytes() == folder.path(1).read_bytes()


def test_a_half_written_part_is_no_part_and_is_cleared_away(folder):
    (folder.folder / "part-000003.parquet.0a1b.unfinished").write_bytes(b"half")

    assert folder.finished() == set()
    folder.prepare()
    assert list(folder.folder.iterdir()) == []


def test_a_damaged_part_names_its_file_and_the_remedy(folder):
    folder.write(0, random_part())
    folder.path(0).write_bytes(folder.path(0).read_bytes()[:-20])

    with pytest.raises(WorkspaceError, match=r"part-000000\.parquet cannot be read .* --fresh"):
        folder.read(0)


def test_a_full_disk_leaves_no_part_and_says_how_to_go_on(folder, monkeypatch):
    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("accubench.storage.parts.pq.write_table", full)

    with pytest.raises(StorageFullError, match="run the same command again"):
        folder.write(0, random_part())
    assert list(folder.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("n_images", "columns", "rows"),
    [(1, 10, 64), (500, 1000, 64), (50_000, 1000, 256), (1_281_167, 1000, 4096), (1_281_167, 21_841, 128)],
)
def test_parts_stay_few_and_small(n_images, columns, rows):
    assert rows_per_part(n_images, columns) == rows
