"""``accubench datasets check``: what it finds, says and ends with."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from accubench import Workspace
from accubench.errors import Cancelled
from accubench.export.health_text import health_lines, kind_table, smaller_line
from cli_runner import run_accubench
from small_world import write_model


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: run_accubench(*arguments, "--workspace", tmp_path / "ws", cwd=tmp_path)


@pytest.fixture
def ill(tmp_path, colour_dataset):
    """A dataset with a truncated image, a duplicate of another class, a tiny one, and one of each kind."""
    folder = tmp_path / "ill <b>"
    shutil.copytree(colour_dataset, folder)
    lines = (folder / "val.txt").read_text().splitlines()[:20]
    name, label = lines[0].split()
    shutil.copy(folder / name, folder / "again.png")
    (folder / "cut.png").write_bytes((folder / name).read_bytes()[:25])
    Image.new("RGB", (9, 200)).save(folder / "tiny.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (60, 40), "red").save(folder / "turned.jpg", exif=turned)
    Image.new("L", (61, 40)).save(folder / "grey.jpg")
    Image.new("CMYK", (62, 40)).save(folder / "cmyk.jpg")
    other = (int(label) + 1) % 3
    Image.new("RGBA", (63, 40)).save(folder / "alpha.png")
    Image.fromarray(np.zeros((40, 64), np.uint16)).save(folder / "deep.png")
    frames = [Image.new("RGB", (65, 40), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "animated.gif", save_all=True, append_images=frames[1:])
    others = ("cut.png", "tiny.png", "turned.jpg", "grey.jpg", "cmyk.jpg", "alpha.png", "deep.png", "animated.gif")
    more = [f"again.png {other}", *(f"{each} 0" for each in others)]
    (folder / "val.txt").write_text("\n".join([*lines, *more]) + "\n")
    return folder


def test_the_figures_are_those_of_what_was_planted(ill, run):
    result = run("datasets", "check", ill, "--json")
    assert result.returncode == 0, result.stderr
    health = json.loads(result.stdout)
    assert (health["n_images"], health["n_unreadable"], health["n_duplicates"]) == (29, 1, 1)
    assert health["unreadable"][0]["image_name"] == "cut.png"
    assert "PNG" in health["unreadable"][0]["reason"]
    assert health["n_contradicting"] == 1
    assert "again.png" in health["duplicates"][0]["image_names"]
    assert "tiny.png" in {each["image_name"] for each in health["small"]}
    assert (health["n_turned"], health["n_gray"], health["n_cmyk"]) == (1, 2, 1)
    assert (health["n_sixteen_bit"], health["n_alpha"], health["n_animated"]) == (1, 1, 1)
    by_format = {each.pop("format"): each for each in health["kinds"]}
    assert by_format["JPEG"]["n_images"] == 3
    assert {name for name, count in by_format["PNG"].items() if count == 1} == {"n_sixteen_bit", "n_alpha", "n_gray"}


def test_the_text_names_images_and_gates_decide_the_status(ill, run):
    result = run("datasets", "check", ill, "--max-unreadable", "0")
    assert result.returncode == 1
    assert "1 image cannot be decoded" in result.stdout
    assert "at least one of them is wrong" in " ".join(result.stdout.split())
    assert "cut.png" in result.stdout
    assert "1 image with more than one frame" in result.stdout
    assert re.search(r"^.*GIF +1 +0 +0 +0 +0 +0 +1 *$", result.stdout, re.MULTILINE), result.stdout
    assert run("datasets", "check", ill, "--max-unreadable", "1", "--max-duplicates", "1").returncode == 0
    assert run("datasets", "check", ill, "--max-duplicates", "0").returncode == 1
    missing = run("datasets", "check", "nowhere")
    assert missing.returncode == 2
    assert "nowhere" in missing.stderr


def test_a_known_outcome_is_not_looked_for_again_until_images_change(ill, tmp_path):
    messages = []
    with Workspace(tmp_path / "ws", progress=lambda told: messages.append(told.stage)) as workspace:
        first = workspace.check_dataset(ill)
        assert workspace.check_dataset(ill) == first
        assert workspace.dataset_health(workspace.dataset(ill)) == first
        looked = messages.count("look")
        Image.new("RGB", (60, 40), "blue").save(ill / "turned.jpg")
        changed = workspace.check_dataset(ill)
        assert (changed.n_turned, changed.dataset_id != first.dataset_id) == (0, True)
        assert messages.count("look") > looked


def test_an_outcome_of_before_kinds_were_counted_is_read_and_counted_anew(ill, tmp_path):
    with Workspace(tmp_path / "ws") as workspace:
        whole = workspace.check_dataset(ill)
        dataset = workspace.dataset_by_id(whole.dataset_id)
        (stored,) = (tmp_path / "ws").glob("datasets/*/health.json")
        later = {"n_sixteen_bit", "n_alpha", "n_animated", "kinds", "sizes_whn"}
        stored.write_text(whole.model_dump_json(exclude=later))

        old = workspace.dataset_health(dataset)

        assert old is not None
        assert old == whole.model_copy(update=dict.fromkeys(later))
        assert any("not counted" in line for line in health_lines(old))
        assert kind_table(old) == ()
        assert workspace.check_dataset(dataset).kinds == whole.kinds


def test_images_smaller_than_the_input_of_a_model_are_counted(ill, run, tmp_path):
    model = write_model(tmp_path / "colours <b>.onnx")  # takes 8 x 8 pixels
    given = run("datasets", "check", ill, "--model", model)
    assert given.returncode == 0, given.stderr
    assert "0 images smaller than the input of colours <b>, 8 × 8 pixels." in given.stdout

    with Workspace(tmp_path / "ws") as workspace:
        dataset = workspace.dataset(ill)
        health = workspace.check_dataset(dataset)
        assert workspace.smaller_than_inputs(health) == ()
        found = workspace.model(model)
        wide = found.description.input.model_copy(update={"shape": (1, 3, 40, 62)})
        description = found.description.model_copy(update={"inputs": (wide,)})
        (compared,) = workspace.smaller_than_inputs(health, [found.model_copy(update={"description": description})])
        assert (compared.size_hw, compared.n) == ((40, 62), 21 + 1 + 2)  # the colours, tiny.png, 60 and 61 wide
        old = health.model_copy(update={"sizes_whn": None})
        (unknown,) = workspace.smaller_than_inputs(old, [found])
        assert unknown.n is None
        assert "check again" in smaller_line(unknown)
        workspace.evaluate(found, dataset)

    of_project = json.loads(run("datasets", "check", ill, "--json").stdout)["smaller_than_inputs"]
    assert [(each["model_name"], each["size_hw"], each["n"]) for each in of_project] == [("colours <b>", [8, 8], 0)]


def test_images_in_an_archive_are_looked_at_where_they_are(colour_dataset, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", colour_dataset)
    with Workspace(tmp_path / "ws") as workspace:
        packed, files = workspace.check_dataset(archive), workspace.check_dataset(colour_dataset)
    own = {"dataset_id", "dataset_name", "created_at", "duration_s"}
    assert packed.model_dump(exclude=own) == files.model_dump(exclude=own)


def test_a_cancelled_check_stops_and_keeps_nothing(ill, tmp_path):
    asked = iter(range(1000))
    with Workspace(tmp_path / "ws", cancelled=lambda: next(asked) > 5) as workspace, pytest.raises(Cancelled):
        workspace.check_dataset(ill)
    with Workspace(tmp_path / "ws") as workspace:
        assert all(workspace.dataset_health(each) is None for each in workspace.datasets())
