"""Layout: images in the rows of Parquet files, as the Hugging Face Hub has them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.datasets import DatasetContent, load_dataset, locators, parquet_reading, read_image
from accubench.datasets.parquet_files import class_label_names
from accubench.errors import DatasetProblemsError, ImageError, UnknownLayoutError, UsageError
from accubench.records.locator import Locator

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
CAT_DOG = ("cat", "dog")


def of_hugging_face(names: Sequence[str] | None, column: str = "label") -> dict[str, str]:
    """The metadata of a schema as the library `datasets` writes it: the features as a dictionary, in JSON."""
    label = {"dtype": "int64", "_type": "Value"} if names is None else {"names": list(names), "_type": "ClassLabel"}
    return {"huggingface": json.dumps({"info": {"features": {"image": {"_type": "Image"}, column: label}}})}


def write(
    path: Path,
    images: Sequence[tuple[bytes | None, str | None] | None],
    labels: Sequence[object] | None = None,
    *,
    names: Sequence[str] | None = CAT_DOG,
    column: str = "label",
    row_group_size: int = 100,
    **options: object,
) -> Path:
    structs = [None if image is None else {"bytes": image[0], "path": image[1]} for image in images]
    columns = {"image": pa.array(structs, IMAGE)} | ({} if labels is None else {column: pa.array(labels)})
    table = pa.table(columns).replace_schema_metadata(of_hugging_face(names, column))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, row_group_size=row_group_size, **options)
    return path


def numbered(count: int, size: int = 50) -> list[tuple[bytes, str]]:
    return [(f"{number:06}".encode() * size, f"{number:06}.jpg") for number in range(count)]


def damaged_at_row(place: Path, row: int) -> tuple[DatasetContent, list[Locator]]:
    """A file of numbered images as it was imported, which was then damaged where an image is."""
    content = load_dataset(place)
    data = bytearray(place.read_bytes())
    at = data.index(f"{row:06}".encode() * 20)
    data[at : at + 4] = b"\xff\0\xff\0"
    place.write_bytes(data)
    return content, [image._replace(modified_ns=None) for image in locators(content.manifest)]


def bytes_of(content) -> list[bytes]:
    return [read_image(content.root, image) for image in locators(content.manifest)]


def test_rows_are_images_with_the_names_and_classes_that_the_file_declares(tmp_path):
    images = numbered(5)
    content = load_dataset(write(tmp_path / "set.parquet", images, [0, 1, 1, 0, 1], row_group_size=2))

    assert (content.layout, content.split, content.annotated, content.findings) == ("parquet_images", None, True, ())
    assert content.manifest["image_name"].to_list() == [name for _, name in images]
    assert content.manifest["dataset_class"].to_list() == [0, 1, 1, 0, 1]
    assert content.manifest["size_bytes"].null_count() == 5
    assert (content.class_names.names, content.names_decide) == (CAT_DOG, False)
    assert bytes_of(content) == [image for image, _ in images]


def test_classes_written_as_names_are_matched_by_name(tmp_path):
    content = load_dataset(write(tmp_path / "set.parquet", numbered(3), ["dog", "cat", None], names=None))
    assert content.manifest["dataset_class"].to_list() == [1, 0, None]
    assert (content.class_names.names, content.names_decide) == (CAT_DOG, True)
    assert [finding.code for finding in content.findings] == ["not-annotated"]


def test_numbers_of_declared_synset_ids_are_positions_so_that_the_synset_ids_decide(tmp_path):
    synsets = ("n01440764", "n02007558")
    content = load_dataset(write(tmp_path / "set.parquet", numbered(2), [1, 0], names=synsets))
    assert (content.class_names.synsets, content.class_names.names[1]) == (synsets, "flamingo")
    assert content.names_decide


def test_minus_one_is_no_class_and_other_negative_numbers_are_refused_with_file_and_row(tmp_path):
    content = load_dataset(write(tmp_path / "a.parquet", numbered(2), [1, -1]))
    assert content.manifest["dataset_class"].to_list() == [1, None]
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(write(tmp_path / "b.parquet", numbered(3), [1, 0, -2]))
    finding = caught.value.findings[0]
    assert (finding.code, finding.file, finding.line) == ("negative-class", "b.parquet", 3)


@pytest.mark.parametrize("column", ["label", "labels", "fine_label"])
def test_usual_names_of_the_column_of_classes_are_known(tmp_path, column):
    content = load_dataset(write(tmp_path / "set.parquet", numbered(2), [1, 0], column=column))
    assert content.manifest["dataset_class"].to_list() == [1, 0]
    assert content.class_names.names == CAT_DOG


def test_columns_of_other_names_are_given_and_unknown_ones_are_refused(tmp_path):
    table = pa.table({"photo": [b"1", b"2"], "kind": ["b", "a"], "label": [7, 8]})
    pq.write_table(table, tmp_path / "set.parquet")
    content = load_dataset(tmp_path / "set.parquet", path_column="photo", label_column="kind")
    assert content.manifest["dataset_class"].to_list() == [1, 0]
    assert bytes_of(content) == [b"1", b"2"]
    assert content.manifest["image_name"].to_list() == ["set.parquet/0", "set.parquet/1"]
    with pytest.raises(UsageError, match=r"no column 'x'; it has photo, kind, label"):
        load_dataset(tmp_path / "set.parquet", path_column="x")
    with pytest.raises(UsageError, match=r"'kind' of set\.parquet does not hold images"):
        load_dataset(tmp_path / "set.parquet", path_column="kind")


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_a_column_called_img_of_plain_bytes_holds_images(tmp_path, kind):
    pq.write_table(pa.table({"img": pa.array([b"1", b"2"], kind)}), tmp_path / "set.parquet")
    content = load_dataset(tmp_path)
    assert (bytes_of(content), content.annotated) == ([b"1", b"2"], False)


def test_a_column_whose_name_reads_like_the_place_of_the_bytes_is_not_taken_for_them(tmp_path):
    table = pa.table({"image.bytes": ["text"], "image": pa.array([{"bytes": b"1", "path": "a"}], IMAGE)})
    pq.write_table(table, tmp_path / "set.parquet")
    with pytest.raises(UsageError, match=r"set\.parquet has 2 columns image\.bytes"):
        load_dataset(tmp_path)


def test_images_whose_names_are_not_unique_are_named_by_file_and_row(tmp_path):
    images = [(b"1", "image.jpg"), (b"2", "image.jpg"), (b"3", "own.jpg"), (b"4", None)]
    content = load_dataset(write(tmp_path / "set.parquet", images, [0, 0, 0, 0]))
    assert content.manifest["image_name"].to_list() == ["set.parquet/0", "set.parquet/1", "own.jpg", "set.parquet/3"]


def test_rows_without_an_image_are_failed_images_and_a_path_leads_to_the_file_beside(tmp_path):
    images = [(b"1", "a.jpg"), None, (None, "beside.jpg"), (None, "gone.jpg"), (None, "../secret"), (b"6", "f.jpg")]
    (tmp_path / "secret").write_bytes(b"secret")
    write(tmp_path / "set" / "data" / "set.parquet", images, [0] * 6)
    (tmp_path / "set" / "data" / "beside.jpg").write_bytes(b"beside")
    content = load_dataset(tmp_path / "set")
    places = locators(content.manifest)
    assert [read_image(content.root, places[row]) for row in (0, 2, 5)] == [b"1", b"beside", b"6"]
    for row in (1, 3, 4):
        with pytest.raises(ImageError, match=f"In data/set.parquet, row {row} of row group 0 has no image"):
            read_image(content.root, places[row])


def test_all_parts_of_a_split_are_one_dataset_and_missing_parts_are_told(tmp_path):
    for number in (0, 1, 3):
        write(tmp_path / "data" / f"validation-0000{number}-of-00004-0a1b.parquet", [(b"%d" % number, None)], [0])
    write(tmp_path / "data" / "train-00000-of-00001.parquet", [(b"t", None)], [0])
    content = load_dataset(tmp_path)
    assert (bytes_of(content), content.split) == ([b"0", b"1", b"3"], "val")
    assert [finding.code for finding in content.findings] == ["split-chosen", "missing-part"]
    assert bytes_of(load_dataset(tmp_path, split="train")) == [b"t"]
    with pytest.raises(UsageError, match="no split 'test'"):
        load_dataset(tmp_path, split="test")


def test_folders_of_splits_hold_parts_and_several_configurations_are_refused_with_their_names(tmp_path):
    for split in ("train", "test"):
        write(tmp_path / "plain" / split / "0000.parquet", [(split.encode(), None)], [0])
    assert bytes_of(load_dataset(tmp_path)) == [b"test"]
    write(tmp_path / "large" / "test-00000-of-00001.parquet", [(b"x", None)], [0])
    with pytest.raises(DatasetProblemsError, match="several configurations: large, plain"):
        load_dataset(tmp_path)
    assert bytes_of(load_dataset(tmp_path / "plain", split="train")) == [b"train"]


def test_parts_that_declare_other_names_do_not_belong_together(tmp_path):
    write(tmp_path / "test-00000-of-00002.parquet", numbered(1), [0])
    write(tmp_path / "test-00001-of-00002.parquet", numbered(1), [0], names=("dog", "cat"))
    with pytest.raises(DatasetProblemsError, match="names of the classes are others"):
        load_dataset(tmp_path)


def test_a_table_without_images_leaves_the_folder_to_other_layouts(tmp_path):
    pq.write_table(pa.table({"text": ["a"]}), tmp_path / "texts.parquet")
    with pytest.raises(UnknownLayoutError, match=r"texts\.parquet has no column of images"):
        load_dataset(tmp_path)
    with pytest.raises(DatasetProblemsError, match="No column holds images"):
        load_dataset(tmp_path / "texts.parquet")


@pytest.mark.parametrize("row_group_size", [7, 1000])
@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_any_row_can_be_read_in_any_order_by_many_threads(tmp_path, row_group_size, compression):
    images = numbered(300, size=20_000)  # 36 MB, so that batches are small beside it
    place = write(tmp_path / "set.parquet", images, row_group_size=row_group_size, compression=compression)
    content = load_dataset(place)
    places = locators(content.manifest)
    order = [*range(300), *reversed(range(0, 300, 17)), *range(0, 300, 5)]
    with ThreadPoolExecutor(8) as threads:
        read = list(threads.map(lambda row: read_image(content.root, places[row]), order))
    assert read == [images[row][0] for row in order]


@pytest.fixture
def read_rows(monkeypatch) -> list[int]:
    """The row groups of which a row was read, one entry a row, in the order of reading."""
    read: list[int] = []
    images_in = parquet_reading.images_in

    def watched(images, row_group):
        for image in images_in(images, row_group):
            read.append(row_group)
            yield image

    monkeypatch.setattr(parquet_reading, "images_in", watched)
    return read


def test_a_run_over_neighbouring_rows_reads_each_once(tmp_path, read_rows):
    content = load_dataset(write(tmp_path / "set.parquet", numbered(500, size=2000), row_group_size=500))
    places = locators(content.manifest)
    with ThreadPoolExecutor(6) as threads:
        list(threads.map(lambda row: read_image(content.root, places[row]), range(500)))
    assert len(read_rows) == 500


def test_the_next_row_group_is_read_before_it_is_asked_for(tmp_path, read_rows):
    content = load_dataset(write(tmp_path / "set.parquet", numbered(300, size=2000), row_group_size=100))
    places = locators(content.manifest)
    for row in range(100):
        read_image(content.root, places[row])
    assert (read_rows.count(0), read_rows.count(2)) == (100, 0)
    assert read_rows.count(1) > 0
    for row in range(100, 300):
        read_image(content.root, places[row])
    assert [read_rows.count(group) for group in range(3)] == [100, 100, 100]


def test_a_row_group_that_cannot_be_decoded_keeps_its_reason_when_it_was_decoded_ahead(tmp_path):
    images = numbered(40, size=10_000)
    place = write(
        tmp_path / "set.parquet",
        images,
        row_group_size=20,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
    )
    content, places = damaged_at_row(place, 21)
    assert [read_image(content.root, image) for image in places[:20]] == [image for image, _ in images[:20]]
    for row in (20, 30):
        with pytest.raises(ImageError, match=r"of row group 1 is damaged.*checksum"):
            read_image(content.root, places[row])


def test_arrow_keeps_freed_memory_and_the_environment_is_as_before():
    watched = (
        "import os, sys\n"
        "class Watch:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'pyarrow': print(os.environ.get('MIMALLOC_PURGE_DELAY'))\n"
        "sys.meta_path.insert(0, Watch())\n"
        "import accubench.workspace, accubench.storage\n"
        "print(os.environ.get('MIMALLOC_PURGE_DELAY'))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MIMALLOC_PURGE_DELAY"}
    for set_before, expected in [({}, ["5000", "None"]), ({"MIMALLOC_PURGE_DELAY": "7"}, ["7", "7"])]:
        child = [sys.executable, "-c", watched]
        printed = subprocess.check_output(child, env={**environment, **set_before}, text=True).split()
        assert printed[-2:] == expected  # polars looks for it earlier, without loading it


def test_a_damaged_page_fails_its_rows_and_leaves_those_before_it(tmp_path):
    images = numbered(200, size=10_000)
    place = write(
        tmp_path / "set.parquet",
        images,
        compression="none",
        use_dictionary=False,
        write_page_checksum=True,
        write_batch_size=10,
    )
    content, places = damaged_at_row(place, 97)
    assert read_image(content.root, places[0]) == images[0][0]
    with pytest.raises(ImageError, match=r"In set\.parquet, row 97 of row group 0 is damaged"):
        read_image(content.root, places[97])
    assert read_image(content.root, places[110]) == images[110][0]  # in the next row group


def test_a_file_that_changed_after_the_check_gives_no_image(tmp_path):
    place = write(tmp_path / "set.parquet", numbered(3))
    content = load_dataset(place)
    os.utime(place, ns=(1, 1))
    with pytest.raises(ImageError, match="changed after the dataset was checked"):
        bytes_of(content)


@pytest.mark.parametrize("member", ["parquet:0,9,0", "parquet:99,0,0", "parquet:0,0,999"])
def test_a_place_that_the_file_does_not_have_is_a_failed_image(tmp_path, member):
    write(tmp_path / "set.parquet", numbered(3))
    with pytest.raises(ImageError, match=r"In set\.parquet"):
        read_image(tmp_path, Locator("set.parquet", member))


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: json.dumps({"info": {"features": {"label": value}}}).encode()
    )
)
def test_metadata_of_strangers_gives_names_or_none(data):
    names = class_label_names({b"huggingface": data}, "label")
    assert names is None or all(isinstance(name, str) for name in names)
