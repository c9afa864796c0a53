"""Whether images inside of archives and Parquet files are evaluated as quickly as files, and in as little memory.

    python benchmarks/packed_images.py DATA [--rounds 7] [--copies 4] [--cold] [--model MODEL]

DATA holds imagenet-500 and models as in the development data. The same images are evaluated as files, from zip archives
(stored and deflated), from a tar archive, and from Parquet: with row groups of 100 images, compressed and not, and in a
single one. Each round evaluates every form once, in another order and all in one process, so that neither a machine
whose speed drifts nor the luck of a process favours one of them. Printed are medians with their spread, of images a
second and of CPU time, which other programs disturb less, and the peak memory of a process that evaluates a form once.
Files are in the system's cache unless `--cold` has them dropped from it before each evaluation.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from accubench import Workspace

MODEL = "coral/mobilenet_v1_0.25_128_quant.tflite"
"""The quickest model there is, so that reading has the largest share."""


def copies_of(data: Path, copies: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes of the members: the list, then every image `copies` times."""
    source = data / "imagenet-500"
    listed = [line.rsplit(" ", 1) for line in (source / "val.txt").read_text().splitlines()]
    named = [(f"{copy}_{Path(name).name}", name, label) for copy in range(copies) for name, label in listed]
    yield "val.txt", "".join(f"{new} {label}\n" for new, _, label in named).encode()
    for new, name, _ in named:
        yield f"images/{new}", (source / "images" / Path(name).name).read_bytes()


def write_files(place: Path, members: Iterator[tuple[str, bytes]]) -> Path:
    """As files in a folder."""
    for name, content in members:
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return place


def write_zip(place: Path, members: Iterator[tuple[str, bytes]], compression: int) -> Path:
    """As a zip archive."""
    path = place.with_suffix(".zip")
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return path


def write_tar(place: Path, members: Iterator[tuple[str, bytes]]) -> Path:
    """As a tar archive that is not compressed."""
    files, path = write_files(place, members), place.with_suffix(".tar")
    with tarfile.open(path, "w") as archive:
        archive.add(files, ".")
    return path


def write_parquet(
    place: Path, members: Iterator[tuple[str, bytes]], row_group_size: int, *, is_compressed: bool = True
) -> Path:
    """As a Parquet file in the form of the Hugging Face Hub: with Snappy, or as `datasets` 5 leaves images."""
    _, listed = next(members)
    labels = [int(line.rsplit(" ", 1)[1]) for line in listed.decode().splitlines()]
    path = place.with_suffix(".parquet")
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    schema = pa.schema({"image": image, "label": pa.int64()})
    compression = "snappy" if is_compressed else "none"
    with pq.ParquetWriter(path, schema, compression=compression, use_dictionary=is_compressed) as writer:
        writer.write_table(
            pa.table(
                {
                    "image": pa.array(
                        ({"bytes": content, "path": Path(name).name} for name, content in members), image
                    ),
                    "label": labels,
                }
            ),
            row_group_size=row_group_size,
        )
    return path


FORMS: dict[str, Callable[[Path, Iterator[tuple[str, bytes]]], Path]] = {
    "files": write_files,
    "zip, stored": lambda place, members: write_zip(place, members, zipfile.ZIP_STORED),
    "zip, deflated": lambda place, members: write_zip(place, members, zipfile.ZIP_DEFLATED),
    "tar": write_tar,
    "Parquet, groups of 100": lambda place, members: write_parquet(place, members, 100),
    "Parquet, plain": lambda place, members: write_parquet(place, members, 100, is_compressed=False),
    "Parquet, one group": lambda place, members: write_parquet(place, members, 1 << 20),
}


class Measured(NamedTuple):
    """Of one evaluation."""

    images_per_second: float
    """From the report."""
    cpu_s: float
    """Of all threads, with the start and the end of the evaluation."""


def measure(workspace: Workspace, model: str, dataset: Path) -> Measured:
    """One evaluation in this process."""
    begun = time.process_time()
    report = workspace.evaluate(model, dataset, config="tf-slim", fresh=True)
    assert report.record.images_per_second is not None
    return Measured(report.record.images_per_second, time.process_time() - begun)


def peak_mb_of(model: str, dataset: Path, folder: str) -> float:
    """The peak memory of this process, which evaluates once."""
    with Workspace(folder) as workspace:
        measure(workspace, model, dataset)
    return int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def drop_from_cache(place: Path) -> None:
    """Have the system forget what it keeps of a file, or of all files of a folder."""
    for path in [place] if place.is_file() else place.rglob("*"):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--copies", type=int, default=4)
    parser.add_argument("--model", default=MODEL, help="a model of DATA that is configured as TF-slim's are")
    parser.add_argument("--cold", action="store_true", help="read from the disk, not from the system's cache")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        places = {}
        for number, (form, write) in enumerate(FORMS.items()):
            places[form] = write(Path(scratch) / f"form{number}", copies_of(given.data, given.copies))
        measured: dict[str, list[Measured]] = {form: [] for form in FORMS}
        peaks_mb: dict[str, float] = {}
        model, folder = str(given.data / "models" / given.model), f"{scratch}/workspace"
        for form, place in places.items():
            with get_context("spawn").Pool(1) as pool:
                peaks_mb[form] = pool.apply(peak_mb_of, (model, place, folder))
        with Workspace(folder) as workspace:
            for round_number in range(given.rounds + 1):  # the first warms up
                for form in random.Random(round_number).sample(list(FORMS), len(FORMS)):
                    if given.cold:
                        drop_from_cache(places[form])
                    found = measure(workspace, model, places[form])
                    if round_number:
                        measured[form].append(found)
    for form, values in measured.items():
        pairs = list(zip(values, measured["files"], strict=True))
        speed = spread([each.images_per_second for each in values], ".0f")
        speeds = spread([each.images_per_second / files.images_per_second for each, files in pairs], ".3f")
        cpu = spread([each.cpu_s / files.cpu_s for each, files in pairs], ".3f")
        print(f"{form:22} {speed} images/s, {speeds} of files, CPU time {cpu}, {peaks_mb[form]:.0f} MB")


def spread(values: list[float], form: str) -> str:
    """Median, least and greatest."""
    return f"{statistics.median(values):{form}} ({min(values):{form}} to {max(values):{form}})"


if __name__ == "__main__":
    main()
