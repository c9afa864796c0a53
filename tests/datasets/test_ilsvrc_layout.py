"""ILSVRC2012's validation set as it is given away: the development kit, and Kaggle's archive."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from hypothesis import given
from hypothesis import strategies as st

from accubench import Workspace
from accubench.datasets import load_dataset
from accubench.datasets.matlab import MatlabError, read_struct_array
from accubench.errors import DatasetProblemsError
from ilsvrc_writers import SYNSETS, permuted, write_images, write_kaggle, write_kit, write_meta


@pytest.mark.parametrize("images", ["", "val", "ILSVRC2012_img_val"])
@pytest.mark.parametrize("kit", ["", "data", "ILSVRC2012_devkit_t12/data"])
def test_numbers_of_the_development_kit_become_synsets_by_its_meta_file(tmp_path, images, kit):
    order, ids = permuted(), [7, 1000, 1, 7]
    write_images(tmp_path / images, 4)
    write_kit(tmp_path, ids, order, kit)
    (tmp_path / "train" / SYNSETS[0]).mkdir(parents=True)
    (tmp_path / "train" / SYNSETS[0] / f"{SYNSETS[0]}_1.JPEG").write_bytes(b"\xff\xd8\xff")

    content = load_dataset(tmp_path)

    assert (content.layout, content.split, content.annotated, content.names_decide) == ("ilsvrc", "val", True, True)
    assert content.class_names is not None
    named = [content.class_names.synsets[each] for each in content.manifest["dataset_class"]]
    assert named == [order[number - 1] for number in ids]
    assert content.class_names.synsets == tuple(sorted(SYNSETS))
    assert content.class_names.names[0] == f"words of {min(SYNSETS)}, é"
    assert content.manifest["line"].to_list() == [1, 2, 3, 4]
    assert content.manifest["image_name"].to_list() == [f"ILSVRC2012_val_{number:08d}" for number in range(1, 5)]


def test_the_ground_truth_may_be_given_for_a_folder_of_images_elsewhere(tmp_path):
    write_images(tmp_path / "images", 2)
    truth = write_kit(tmp_path / "kit", [3, 4], permuted())
    content = load_dataset(tmp_path / "images", annotations=truth)
    assert (content.layout, len(content.manifest)) == ("ilsvrc", 2)


def test_kaggles_solution_names_synsets_and_its_mapping_their_words(tmp_path):
    synsets = [SYNSETS[5], SYNSETS[900], SYNSETS[5]]
    solution = write_kaggle(tmp_path, synsets)
    for source in (tmp_path, solution):
        content = load_dataset(source)
        assert (content.layout, content.annotated, content.names_decide) == ("ilsvrc", True, True)
        assert content.class_names is not None
        assert content.manifest["image_name"].to_list()[0] == "ILSVRC2012_val_00000003"
        named = [content.class_names.synsets[each] for each in content.manifest["dataset_class"]]
        assert named == synsets[::-1]
        assert content.class_names.names[5] == f"name of {SYNSETS[5]}"


def findings_of(source: Path) -> list[tuple[str, str | None, int | None]]:
    with pytest.raises(DatasetProblemsError) as caught:
        load_dataset(source)
    return [(finding.code, finding.file, finding.line) for finding in caught.value.findings]


def test_without_its_meta_file_the_kits_order_is_not_guessed(tmp_path):
    write_images(tmp_path, 2)
    truth = write_kit(tmp_path, [3, 4], permuted(), "")
    (tmp_path / "meta.mat").unlink()
    assert findings_of(tmp_path) == [("classes-unknown", "meta.mat", None)]
    (tmp_path / "meta.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    assert findings_of(tmp_path) == [("classes-unknown", "meta.mat", None)]
    assert truth.is_file()


def test_wrong_numbers_missing_images_and_odd_lines_are_told_together(tmp_path):
    write_images(tmp_path, 3)
    truth = write_kit(tmp_path, [3, 0, 1001, 5], permuted(), "")
    truth.write_text(truth.read_text() + "-1\nseven\n7 8\n")
    assert findings_of(tmp_path) == [
        ("unreadable-line", truth.name, 2),
        ("unreadable-line", truth.name, 3),
        ("missing-image", truth.name, 4),
        ("unreadable-line", truth.name, 5),
        ("unreadable-line", truth.name, 6),
        ("unreadable-line", truth.name, 7),
        ("unlisted-images", truth.name, None),
    ]


def test_images_beyond_the_last_line_are_counted(tmp_path):
    write_images(tmp_path, 5)
    write_kit(tmp_path, [3, 4], permuted(), "")
    (finding,) = load_dataset(tmp_path).findings
    assert finding.code == "unlisted-images"
    assert finding.message.startswith("3 images")


def test_kaggles_table_must_have_its_columns_and_one_class_an_image(tmp_path):
    solution = write_kaggle(tmp_path, [SYNSETS[1], SYNSETS[2]])
    solution.write_text(
        f"ImageId,PredictionString\nILSVRC2012_val_00000001,{SYNSETS[1]} 1 2 3 4 {SYNSETS[2]} 1 2 3 4\n"
        f"ILSVRC2012_val_00000002,{SYNSETS[1]} 1 2 3\nILSVRC2012_val_00000003\n"
    )
    assert findings_of(tmp_path)[:3] == [
        ("several-classes", solution.name, 2),
        ("unreadable-line", solution.name, 3),
        ("unreadable-line", solution.name, 4),
    ]
    solution.write_text("image,label\nILSVRC2012_val_00000001,3\n")
    assert findings_of(tmp_path)[0] == ("unreadable-line", solution.name, 1)


def test_an_unpacked_kit_is_asked_for_where_only_its_archive_is_there(tmp_path):
    write_images(tmp_path, 2)
    (tmp_path / "ILSVRC2012_devkit_t12.tar.gz").write_bytes(b"\x1f\x8b")
    (finding,) = load_dataset(tmp_path).findings
    assert "ILSVRC2012_devkit_t12.tar.gz has the ground truth, but must be unpacked" in finding.message


# --- the reader of MATLAB files ---------------------------------------------------------------------


@pytest.mark.parametrize("compressed", [True, False])
def test_texts_and_numbers_are_those_that_scipy_wrote_and_reads(tmp_path, compressed):
    path = write_meta(tmp_path / "meta.mat", permuted(), compressed=compressed)
    found = read_struct_array(path, "synsets")
    expected = scipy.io.loadmat(path, squeeze_me=True)["synsets"]
    assert [each["WNID"] for each in found] == list(expected["WNID"])
    assert [each["words"] for each in found] == list(expected["words"])
    assert [each["ILSVRC2012_ID"] for each in found] == [float(number) for number in expected["ILSVRC2012_ID"]]
    assert len(found) == 1020


def test_a_file_without_such_an_array_is_told(tmp_path):
    scipy.io.savemat(tmp_path / "other.mat", {"synsets": np.eye(2)})
    with pytest.raises(MatlabError, match="has no struct array called 'synsets'"):
        read_struct_array(tmp_path / "other.mat", "synsets")


def test_a_table_that_claims_more_values_than_a_kit_has_is_refused_before_one_is_made(tmp_path):
    def element(kind: int, content: bytes) -> bytes:
        return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)

    flags, sizes = struct.pack("<II", 2, 0), struct.pack("<ii", 1, 1)
    names = bytes(8_000_000)  # fields of one letter each
    table = [element(6, flags), element(5, sizes), element(1, b"synsets"), element(5, struct.pack("<i", 1))]
    packed = zlib.compress(element(14, b"".join([*table, element(1, names)])))
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "meta.mat").write_bytes(head + struct.pack("<II", 15, len(packed)) + packed)
    with pytest.raises(MatlabError, match="claims more than 1,000,000 values"):
        read_struct_array(tmp_path / "meta.mat", "synsets")


def test_what_unpacks_to_more_than_allowed_is_refused_without_being_unpacked(tmp_path):
    bomb = zlib.compress(bytes(80 << 20), 9)
    head = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    path = tmp_path / "bomb.mat"
    path.write_bytes(head + (15).to_bytes(4, "little") + len(bomb).to_bytes(4, "little") + bomb)
    with pytest.raises(MatlabError, match="unpacks to more than"):
        read_struct_array(path, "synsets")


@given(at=st.integers(0, 3000), patch=st.binary(min_size=1, max_size=6), cut=st.integers(0, 3000))
def test_a_damaged_file_is_told_and_raises_nothing_else(tmp_path_factory, at, patch, cut):
    path = write_meta(tmp_path_factory.mktemp("mat") / "meta.mat", list(SYNSETS[:3]), compressed=False, ancestors=1)
    data = bytearray(path.read_bytes())
    data[at : at + len(patch)] = patch
    path.write_bytes(bytes(data[: len(data) - cut]))
    try:
        found = read_struct_array(path, "synsets")
    except MatlabError:
        return
    assert isinstance(found, list)


# --- real images ------------------------------------------------------------------------------------


@pytest.mark.real_data
@pytest.mark.slow
def test_kit_and_kaggle_give_the_report_of_val_txt(tmp_path, real_data):
    """The same images under ILSVRC's names: classes must come out the same, whatever order numbers have."""
    source, order = real_data / "imagenet-500", permuted()
    listed = [line.rsplit(" ", 1) for line in (source / "val.txt").read_text().splitlines()][::5]
    ids = [order.index(SYNSETS[int(number)]) + 1 for _, number in listed]
    kit, kaggle = tmp_path / "kit", tmp_path / "kaggle"
    write_kit(kit, ids, order)
    write_kaggle(kaggle, [SYNSETS[int(number)] for _, number in listed])
    (tmp_path / "plain").mkdir()
    lines = []
    for place, (name, number) in enumerate(listed, start=1):
        image = source / "images" / Path(name).name
        renamed = f"ILSVRC2012_val_{place:08d}.JPEG"
        lines.append(f"{renamed} {number}\n")
        for folder in (kit / "val", kaggle / "ILSVRC/Data/CLS-LOC/val", tmp_path / "plain"):
            folder.mkdir(exist_ok=True)
            (folder / renamed).unlink(missing_ok=True)
            (folder / renamed).symlink_to(image)
    (tmp_path / "plain" / "val.txt").write_text("".join(lines))
    model = real_data / "models" / "squeezenet1.1" / "squeezenet1.1.onnx"
    config = Path(__file__).parents[2] / "docs" / "examples" / "tutorial.yaml"
    with Workspace(tmp_path / "workspace") as workspace:
        expected = workspace.evaluate(model, tmp_path / "plain", config=config)
        for folder in (kit, kaggle):
            report = workspace.evaluate(model, folder, config=config)
            assert report.top1 == expected.top1
            same = ["predicted_class", "annotated_class", "annotated_class_rank"]
            rows = report.images.sort("image_name")
            assert rows.select(same).equals(expected.images.sort("image_name").select(same))
