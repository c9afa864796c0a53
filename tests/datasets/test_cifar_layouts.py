"""CIFAR-10 and CIFAR-100 in both versions: the pixels and classes that were written, in place, and no pickle is run."""

from __future__ import annotations

import io
import json
import pickle
import pickletools
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.configuration import infer_configuration
from accubench.datasets import load_dataset, locators, read_image
from accubench.datasets.pickled_table import PickleRefusedError, read_pickled_table
from accubench.errors import DatasetProblemsError, ImageError, UnknownLayoutError, UsageError
from accubench.images import decode
from accubench.models import load_model
from accubench.records.accuracy_configuration import Decode
from cli_runner import run_accubench

NAMES = [f"class {number}" for number in range(10)]
FINE = [f"fine {number}" for number in range(100)]


def pictures(count: int, seed: int = 1):
    """Images of shape (count, 32, 32, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), dtype=np.uint8)


def planes(images_nhwc) -> np.ndarray:
    """Rows of 3072 bytes: red, green, blue."""
    return np.ascontiguousarray(images_nhwc.transpose(0, 3, 1, 2)).reshape(len(images_nhwc), -1)


def write_binary(folder: Path, file: str, images_nhwc, *labels) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    columns = [np.asarray(each, np.uint8)[:, None] for each in labels]
    (folder / file).write_bytes(np.hstack([*columns, planes(images_nhwc)]).tobytes())
    return folder / file


def write_cifar10(folder: Path, count: int = 5) -> Path:
    write_binary(folder, "test_batch.bin", pictures(count), np.arange(count) % 10)
    for number in (1, 2):
        write_binary(folder, f"data_batch_{number}.bin", pictures(3, seed=number), [number] * 3)
    (folder / "batches.meta.txt").write_text("\n".join([*NAMES, ""]))
    return folder


def pickled(value: object, protocol: int = 2) -> bytes:
    """As Python 2 wrote it where the protocol is 2: bytes as strings in one piece."""
    if protocol > 2:
        return pickle.dumps(value, protocol)
    out = io.BytesIO()
    _Python2Pickler(out, 2).dump(value)
    return out.getvalue()


class _Python2Pickler(pickle._Pickler):  # the Python one, whose methods can be replaced
    """Writes bytes with the instructions that Python 2 had for its strings."""

    dispatch = dict(pickle._Pickler.dispatch)  # noqa: RUF012

    def save_bytes(self, value):
        short = len(value) < 256
        self.write(b"U" + bytes([len(value)]) if short else b"T" + len(value).to_bytes(4, "little"))
        self.write(value)
        self.memoize(value)

    dispatch[bytes] = save_bytes


def write_python(folder: Path, file: str, images_nhwc, labels, *, protocol: int = 2, key: bytes = b"labels") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    table = {
        b"batch_label": b"testing batch 1 of 1",
        key: [int(label) for label in labels],
        b"data": planes(images_nhwc),
        b"filenames": [b"image_%d.png" % number for number in range(len(labels))],
    }
    (folder / file).write_bytes(pickled(table, protocol))
    return folder / file


def decoded(content):
    return np.stack(
        [decode(read_image(content.root, image), Decode(color="RGB")) for image in locators(content.manifest)]
    )


def test_the_binary_version_gives_the_pixels_and_classes_that_were_written(tmp_path):
    content = load_dataset(write_cifar10(tmp_path))
    assert (content.layout, content.split, content.annotated, content.names_decide) == (
        "cifar_binary",
        "test",
        True,
        False,
    )
    assert (decoded(content) == pictures(5)).all()
    assert content.manifest["dataset_class"].to_list() == [0, 1, 2, 3, 4]
    assert content.manifest["image_name"].to_list()[:2] == ["test_batch/00000", "test_batch/00001"]
    assert content.class_names is not None
    assert content.class_names.names == tuple(NAMES)


def test_all_training_batches_belong_together_when_they_are_asked_for(tmp_path):
    content = load_dataset(write_cifar10(tmp_path / "cifar-10-batches-bin").parent, split="train")
    assert (content.split, content.manifest["dataset_class"].to_list()) == ("train", [1, 1, 1, 2, 2, 2])
    assert (decoded(content) == np.concatenate([pictures(3, 1), pictures(3, 2)])).all()
    with pytest.raises(UsageError, match="no split 'val'"):
        load_dataset(tmp_path, split="val")


def test_cifar100_takes_the_fine_classes(tmp_path):
    write_binary(tmp_path, "test.bin", pictures(4), [1, 2, 3, 4], [99, 0, 50, 7])
    (tmp_path / "fine_label_names.txt").write_text("\n".join(FINE))
    content = load_dataset(tmp_path)
    assert content.manifest["dataset_class"].to_list() == [99, 0, 50, 7]
    assert (decoded(content) == pictures(4)).all()
    assert content.class_names is not None
    assert content.class_names.names[99] == "fine 99"


@pytest.mark.parametrize("protocol", [2, 3, 4])
@pytest.mark.parametrize("count", [1, 7])
def test_the_python_version_gives_the_same_without_running_its_pickles(tmp_path, protocol, count, monkeypatch):
    write_python(tmp_path, "test_batch", pictures(count), np.arange(count) % 10, protocol=protocol)
    (tmp_path / "batches.meta").write_bytes(pickled({b"label_names": [name.encode() for name in NAMES]}, protocol))
    for name in ("load", "loads", "Unpickler"):
        monkeypatch.delattr(pickle, name)

    content = load_dataset(tmp_path)

    assert (content.layout, content.split) == ("cifar_python", "test")
    assert (decoded(content) == pictures(count)).all()
    assert content.manifest["dataset_class"].to_list() == [number % 10 for number in range(count)]
    assert content.class_names is not None
    assert content.class_names.names == tuple(NAMES)


def test_what_python_2_wrote_is_what_the_tests_write():
    """The instructions of the files of the authors: strings with a length of four bytes, and numpy's reconstruction."""
    names = [each[0].name for each in pickletools.genops(pickled({b"data": planes(pictures(2))}))]
    assert {"BINSTRING", "GLOBAL", "REDUCE", "BUILD"} <= set(names)


def test_cifar100s_python_version_has_fine_labels(tmp_path):
    write_python(tmp_path, "test", pictures(3), [5, 6, 99], key=b"fine_labels")
    (tmp_path / "meta").write_bytes(pickled({b"fine_label_names": [name.encode() for name in FINE]}))
    content = load_dataset(tmp_path)
    assert (content.layout, content.manifest["dataset_class"].to_list()) == ("cifar_python", [5, 6, 99])


class _Touches:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("protocol", [2, 4])
def test_a_hostile_pickle_runs_nothing_and_is_refused(tmp_path, protocol):
    marker = tmp_path / "marker"
    hostile = pickle.dumps({"data": _Touches(marker), "labels": [1]}, protocol)
    pickle.loads(hostile)
    assert marker.exists(), "the pickle does what it is for"
    marker.unlink()
    (tmp_path / "test_batch").write_bytes(hostile)
    with pytest.raises(DatasetProblemsError, match="which no table of images needs") as caught:
        load_dataset(tmp_path)
    assert [finding.file for finding in caught.value.findings if finding.severity == "error"] == ["test_batch"]
    assert not marker.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x80\x02T\xff\xff\xff\x7fabc.", "damaged"),
        (b"\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\x7fabc.", "damaged"),
        (b"\x80\x02]q\x00h\x00a.", "something else than a table"),
        (b"\x80\x02}q\x00((U\x01atU\x01bs.", "damaged|something else"),
        (b"\x80\x02.", "damaged"),
        (b"\x80\x02}", "damaged"),
        (b"\x80\x02cos\nsystem\n(U\x04echotR.", "wants 'os system' called"),
        (b"\x80\x02i__builtin__\neval\n.", "INST|damaged"),
        (b"\x80\x05}\x97.", "NEXT_BUFFER"),
    ],
)
def test_odd_pickles_are_refused_in_words(tmp_path, content, said):
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(PickleRefusedError, match=said):
        read_pickled_table(tmp_path / "test_batch")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\x80\x02})" + b"\x85" * 300_000 + b"K\x01s.", id="a key of 300,000 tuples in each other"),
        pytest.param(b"\x80\x02})" + b"q\x00h\x00\x86" * 60 + b"K\x01s.", id="a key that holds itself 2^60 times"),
        pytest.param(b"\x80\x02}()" + b"q\x00h\x00\x86" * 60 + b"K\x01u.", id="the same among several keys"),
        pytest.param(b"\x80\x02()" + b"q\x00h\x00\x86" * 60 + b"K\x01d.", id="the same in a dictionary made at once"),
        pytest.param(b"\x80\x04\x8c\x01a)" + b"q\x00h\x00\x86" * 60 + b"\x93.", id="such a name of a function"),
        pytest.param(b"\x80\x04)" + b"\x85" * 5000 + b"\x8c\x01a\x93.", id="a module of deep tuples"),
    ],
)
def test_what_holds_itself_many_times_is_neither_hashed_nor_printed(tmp_path, content):
    (tmp_path / "test_batch").write_bytes(content)
    with pytest.raises(PickleRefusedError, match="do not fit each other"):
        read_pickled_table(tmp_path / "test_batch")


def test_a_mark_that_lost_its_stack_is_told(tmp_path):
    """TUPLE1 takes what lies below the mark, so that the mark stands above the stack."""
    (tmp_path / "test_batch").write_bytes(b"\x80\x02NN(\x86\x85t.")
    with pytest.raises(PickleRefusedError, match="damaged"):
        read_pickled_table(tmp_path / "test_batch")


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # Python's, of a text that was damaged
@given(at=st.integers(0, 7000), patch=st.binary(min_size=1, max_size=5), cut=st.integers(0, 7000))
def test_a_damaged_pickle_is_told_and_raises_nothing_else(tmp_path_factory, at, patch, cut):
    folder = tmp_path_factory.mktemp("pickle")
    path = write_python(folder, "test_batch", pictures(2), [1, 2])
    data = bytearray(path.read_bytes())
    data[at : at + len(patch)] = patch
    path.write_bytes(bytes(data[: len(data) - cut]) or b"\x80")
    try:
        content = load_dataset(folder)
    except (DatasetProblemsError, UnknownLayoutError):  # unknown where the first byte is gone
        return
    for image in locators(content.manifest):
        assert len(read_image(content.root, image)) == 3072 + len(b"P6\n32 32\n255\n")


def test_a_batch_that_is_cut_off_or_has_unknown_classes_is_told_with_the_record(tmp_path):
    write_cifar10(tmp_path)
    path = tmp_path / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DatasetProblemsError, match=r"record 4 \(from 0\) is cut off"):
        load_dataset(tmp_path)
    write_binary(tmp_path, "test_batch.bin", pictures(3), [1, 10, 255])
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(tmp_path)
    problems = [str(finding.message) for finding in caught.value.findings if finding.code == "unknown-class"]
    assert problems == [
        "Record 1 (from 0) has class 10, but there are 10 classes.",
        "Record 2 (from 0) has class 255, but there are 10 classes.",
    ]


def test_a_batch_that_was_cut_off_after_the_check_gives_failed_images(tmp_path):
    content = load_dataset(write_cifar10(tmp_path))
    path = tmp_path / "test_batch.bin"
    path.write_bytes(path.read_bytes()[:4000])
    *_, last = locators(content.manifest)
    with pytest.raises(ImageError, match="changed after the dataset was checked"):
        read_image(content.root, last)
    with pytest.raises(ImageError, match="damaged or cut off"):
        read_image(content.root, last._replace(modified_ns=None))


@pytest.mark.real_data
def test_the_resnet_of_mlperf_tiny_gives_the_scores_of_litert_on_binary_batches(tmp_path, real_data):
    """Through the command line, on stand-ins in both original layouts: what LiteRT computes itself, image by image."""
    from ai_edge_litert.interpreter import Interpreter

    model = real_data / "models/mlperf_tiny/resnet8_cifar10_float.tflite"
    images = pictures(30, seed=5)
    interpreter = Interpreter(str(model))
    interpreter.allocate_tensors()
    (taken,), (given,) = interpreter.get_input_details(), interpreter.get_output_details()
    expected = []
    for image in images:
        interpreter.set_tensor(taken["index"], image[None].astype(np.float32))
        interpreter.invoke()
        expected.append(interpreter.get_tensor(given["index"])[0].copy())
    classes = np.argmax(expected, axis=1)
    labels = np.where(np.arange(30) % 3 == 0, (classes + 1) % 10, classes)
    write_binary(tmp_path / "binary", "test_batch.bin", images, labels)
    (tmp_path / "binary" / "batches.meta.txt").write_text("\n".join(NAMES))
    write_python(tmp_path / "python", "test_batch", images, labels)
    (tmp_path / "python" / "batches.meta").write_bytes(pickled({b"label_names": [name.encode() for name in NAMES]}))
    # 0 to 255, as it was trained: nothing in the file says so, and the habit of its format would be wrong.
    (tmp_path / "config.yaml").write_text("preprocessing:\n  - decode: {color: RGB}\n  - resize: {size: 32}\n")
    for dataset in ("binary", "python"):
        ran = run_accubench(
            "evaluate", model, dataset, "--config", "config.yaml", "--json", "--export", f"{dataset}.csv", cwd=tmp_path
        )
        assert ran.returncode == 0, ran.stderr
        top1 = json.loads(ran.stdout)["summary"]["top1"]
        assert (top1["right"], top1["n"]) == (20, 30)
        table = pl.read_csv(tmp_path / f"{dataset}.csv")
        assert table["predicted_class"].to_list() == classes.tolist()
        assert table["annotated_name"].to_list() == [NAMES[label] for label in labels]
        assert np.allclose(table["predicted_confidence"].to_numpy(), np.max(expected, axis=1), atol=1e-5)
        annotated = np.array(expected)[np.arange(30), labels]
        assert np.allclose(table["annotated_confidence"].to_numpy(), annotated, atol=1e-5)


@pytest.mark.real_data
def test_that_nothing_tells_how_the_resnet_of_mlperf_tiny_wants_its_images_is_noted(real_data):
    resolved = infer_configuration(
        load_model(real_data / "models/mlperf_tiny/resnet8_cifar10_float.tflite").description
    )
    assert "resize and crop, normalisation" in resolved.notes[0]
    assert "is assumed. Give --config if that is wrong" in resolved.notes[0]
