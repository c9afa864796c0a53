"""Datasets in Parquet files, from the command line to the report."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow.parquet import encryption

from accubench import Workspace
from cli_runner import run_accubench
from small_world import write_dataset

IMAGE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


def packed(folder: Path, place: Path, *, row_group_size: int = 7) -> Path:
    """The images of a folder with a val.txt as Hugging Face packs them; one more row has no image."""
    lines = [line.split() for line in (folder / "val.txt").read_text().splitlines()]
    images = [{"bytes": (folder / name).read_bytes(), "path": name} for name, _ in lines]
    labels = [int(label) for _, label in lines]
    place.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table({"image": pa.array([*images, None], IMAGE), "label": [*labels, 0]})
    pq.write_table(table, place, row_group_size=row_group_size)
    return place


@pytest.mark.parametrize("row_group_size", [7, 1000])
def test_a_report_from_parquet_is_the_report_from_files_and_a_row_without_an_image_fails(
    tmp_path, colour_model, row_group_size
):
    files = write_dataset(tmp_path / "colours", 60, wrong=5)
    parquet = packed(files, tmp_path / "hub" / "validation-00000-of-00001.parquet", row_group_size=row_group_size)
    with Workspace(tmp_path / "workspace") as workspace:
        of_files = workspace.evaluate(colour_model, files)
        of_rows = workspace.evaluate(colour_model, parquet.parent)
        expected, table = of_files.images, of_rows.images
        same = ["image_name", "predicted_class", "predicted_confidence", "annotated_class_rank", "status"]
        assert table.head(60).select(same).equals(expected.select(same))
        last = table.row(60, named=True)
        assert (last["image_name"], last["status"]) == ("validation-00000-of-00001.parquet/60", "failed")
        assert "has no image" in last["failure"]


def cut(place: Path) -> None:
    data = pq_bytes(place)
    place.write_bytes(data[: len(data) // 2])


def pq_bytes(place: Path) -> bytes:
    pq.write_table(
        pa.table({"image": pa.array([{"bytes": b"1" * 999, "path": "a"}] * 9, IMAGE), "label": [0] * 9}), place
    )
    return place.read_bytes()


def footer_of_any_length(place: Path) -> None:
    place.write_bytes(pq_bytes(place)[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1")


def footer_of_noise(place: Path) -> None:
    data = bytearray(pq_bytes(place))
    (length,) = struct.unpack("<I", data[-8:-4])
    data[-8 - length : -8] = b"\xff" * length
    place.write_bytes(data)


def labels_damaged(place: Path) -> None:
    labels = pa.array([f"class {number}" for number in range(9)])
    table = pa.table({"label": labels, "image": pa.array([b"1"] * 9)})
    pq.write_table(table, place, compression="none", use_dictionary=False, write_page_checksum=True)
    place.write_bytes(place.read_bytes().replace(b"class 3", b"class 4", 1))


class Keys(encryption.KmsClient):
    """Wraps keys by not wrapping them."""

    def __init__(self, _):
        super().__init__()

    def wrap_key(self, key_bytes, _):
        return key_bytes.hex()

    def unwrap_key(self, wrapped_key, _):
        return bytes.fromhex(wrapped_key)


def encrypted(place: Path) -> None:
    factory = encryption.CryptoFactory(Keys)
    settings = encryption.EncryptionConfiguration(footer_key="k", column_keys={"k": ["label"]})
    properties = factory.file_encryption_properties(encryption.KmsConnectionConfig(), settings)
    table = pa.table({"image": [b"1"], "label": [1]})
    with pq.ParquetWriter(place, table.schema, encryption_properties=properties) as writer:
        writer.write_table(table)


def table_of(**columns: object) -> Callable[[Path], None]:
    return lambda place: pq.write_table(pa.table(columns), place)


MALFORMED = {
    "empty": (lambda place: place.write_bytes(b""), "no Parquet file"),
    "another format": (lambda place: place.write_bytes(b"<script>alert(1)</script>" * 9), "no Parquet file"),
    "cut off": (cut, "no Parquet file, or it was cut off"),
    "footer of any length": (footer_of_any_length, "cannot be read"),
    "footer of noise": (footer_of_noise, "cannot be read"),
    "encrypted": (encrypted, "encrypted"),
    "damaged labels": (labels_damaged, "cannot be read"),
    "lists of images": (table_of(image=pa.array([[b"1"]]), label=[1]), "No column holds images"),
    "pixels": (table_of(image=pa.array([[[1, 2], [3, 4]]]), label=[1]), "No column holds images"),
    "texts": (table_of(image=["a.jpg"], label=[1]), "No column holds images"),
    "several classes": (table_of(image=[b"1"], label=[[1, 2]]), "an image has one class"),
    "fractions": (table_of(image=[b"1"], label=[0.5]), "whole numbers or texts"),
    "no rows": (table_of(image=pa.array([], pa.binary()), label=pa.array([], pa.int64())), "no rows"),
    "negative class": (table_of(image=[b"1"], label=[-7]), "class ids start at 0"),
    "long name": (table_of(image=pa.array([{"bytes": b"1", "path": "a" * 9999}], IMAGE)), "9,999 bytes"),
    "10,000 other columns": (table_of(**{f"column {number}": [1] for number in range(10_000)}), "No column holds"),
    "two columns of a name": (
        lambda place: pq.write_table(pa.Table.from_arrays([pa.array([b"1"])] * 2, ["image", "image"]), place),
        "No column holds images",
    ),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_file_is_refused_in_one_paragraph_that_names_it_and_nothing_is_kept(tmp_path, case):
    make, words = MALFORMED[case]
    place = tmp_path / "é ' <b>.parquet"
    make(place)

    done = run_accubench("datasets", "import", place, cwd=tmp_path, ACCUBENCH_WORKSPACE=str(tmp_path / "workspace"))

    said = " ".join(done.stderr.partition("Error:")[2].split())
    assert done.returncode == 2, done.stderr
    assert words in said
    assert place.name in said
    assert "Traceback" not in said
    assert "\n\n" not in done.stderr.strip()
    assert not list((tmp_path / "workspace").glob("datasets/*"))


def test_a_file_that_unpacks_to_far_more_than_images_do_is_refused_without_unpacking_it(tmp_path):
    bomb = pa.array([{"bytes": bytes(300 << 20), "path": None}, None], IMAGE)
    pq.write_table(
        pa.table({"image": bomb, "label": [0, 0]}),
        tmp_path / "bomb.parquet",
        compression="zstd",
        use_dictionary=False,
        write_statistics=["label"],
    )
    done = run_accubench("datasets", "import", "bomb.parquet", cwd=tmp_path)
    assert done.returncode == 2
    assert "more than 50 times" in " ".join(done.stderr.split())
