"""What every layout makes of files that are cut off or something else, and that a model can be evaluated on each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from layout_specimens import SPECIMENS, pictures

from accubench import Workspace
from accubench.datasets import load_dataset, locators, read_image
from accubench.datasets.content import Request
from accubench.datasets.loading import LAYOUTS
from accubench.errors import AccuBenchError
from accubench.images import decode
from accubench.records.accuracy_configuration import Decode
from small_world import metadata_of, write_model

OTHER_CONTENT = {
    "nothing": b"",
    "zeros": b"\0" * 5000,
    "the start of a pickle": b"\x80\x02\xff\xff\n\0,",
    "a web page": b"<html>404</html>\n",
    "a pointer of Git LFS": b"version https://git-lfs.github.com/spec/v1\n",
    "a folder": None,
}

every_layout = pytest.mark.parametrize("layout", SPECIMENS)


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def put(path: Path, content: bytes | None) -> None:
    """Put a file, or a folder for None, in the place of what is there."""
    if path.is_dir():
        path.rmdir()
    else:
        path.unlink()
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)


@every_layout
@pytest.mark.parametrize("share", [0, 0.1, 0.55, 0.99])  # never between two records of a batch, which nothing tells
def test_what_is_cut_off_is_told_when_it_is_loaded_or_read(tmp_path, layout, share):
    SPECIMENS[layout].write(tmp_path, pictures())
    path = tmp_path / SPECIMENS[layout].lost
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(AccuBenchError, match=r"\w"):  # noqa: PT012 - which of the two tells depends on the layout
        content = load_dataset(tmp_path)
        for image in locators(content.manifest):
            decode(read_image(content.root, image), Decode(color="RGB"))


@every_layout
@pytest.mark.parametrize("content", OTHER_CONTENT.values(), ids=OTHER_CONTENT)
def test_other_content_in_the_place_of_any_file_raises_nothing_but_our_errors(tmp_path, layout, content):
    SPECIMENS[layout].write(tmp_path, pictures())
    for path in files_of(tmp_path):
        whole = path.read_bytes()
        put(path, content)
        with suppress(AccuBenchError):
            assert load_dataset(tmp_path).manifest["image_name"].is_unique().all()
        put(path, whole)
    assert len(load_dataset(tmp_path).manifest) == len(pictures())


@pytest.mark.parametrize("kind", ["folder", "link to itself", "no text"])
def test_files_of_all_layouts_together_that_are_something_else_raise_nothing_on_the_way(tmp_path, kind):
    odd = tmp_path / "it's <b>\nodd é"
    odd.mkdir()
    for layout, specimen in SPECIMENS.items():
        specimen.write(tmp_path / layout, pictures())
        for name in {path.name for path in files_of(tmp_path / layout)}:
            place = odd / name
            if place.is_symlink() or place.exists():
                continue
            if kind == "folder":
                place.mkdir()
            elif kind == "link to itself":
                place.symlink_to(place)
            else:
                place.write_bytes(b"\xff\0\n" * 50)
    for layout in LAYOUTS:
        assert layout.sniff(Request(source=odd, folder=odd)).reason


@every_layout
def test_a_model_that_tells_the_strongest_colour_is_right_about_every_image(tmp_path, layout):
    colours = np.full((4, 32, 32, 3), 40, np.uint8)
    for place in range(len(colours)):
        colours[place, :, :, place % 3] = 200
    SPECIMENS[layout].write(tmp_path / "set", colours)
    labels = ("cat", "dog", "emu") if layout == "class_folders" else ()
    outputs = {"class_folders": 3, "ilsvrc": 1000}.get(layout, 10)
    weights = np.zeros((3, outputs), np.float32)
    weights[:, :3] = 20 * np.eye(3)
    model = write_model(tmp_path / "colours.onnx", weights_ck=weights, metadata=metadata_of(*labels))

    with Workspace(tmp_path / "workspace") as workspace:
        images = workspace.evaluate(model, tmp_path / "set").images

    assert images["status"].to_list() == ["evaluated"] * 4
    # Of a grey image all colours are as strong, and the lowest id is taken.
    assert images["predicted_class"].to_list() == ([0] * 4 if SPECIMENS[layout].grey else [0, 1, 2, 0])
