"""``accubench datasets check``: what it finds, says and ends with."""

from __future__ import annotations

import json
import shutil

import pytest
from PIL import Image

from accubench import Workspace
from accubench.errors import Cancelled
from cli_runner import run_accubench


@pytest.fixture
def run(tmp_path):
    return lambda *arguments: run_accubench(*arguments, "--workspace", tmp_path / "ws", cwd=tmp_path)


@pytest.fixture
def ill(tmp_path, colour_dataset):
    """A dataset with a truncated image, a duplicate of another class, a tiny one, a turned and a grey JPEG."""
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
    others = ("cut.png", "tiny.png", "turned.jpg", "grey.jpg", "cmyk.jpg")
    more = [f"again.png {other}", *(f"{each} 0" for each in others)]
    (folder / "val.txt").write_text("\n".join([*lines, *more]) + "\n")
    return folder


def test_the_figures_are_those_of_what_was_planted(ill, run):
    result = run("datasets", "check", ill, "--json")
    assert result.returncode == 0, result.stderr
    health = json.loads(result.stdout)
    assert (health["n_images"], health["n_unreadable"], health["n_duplicates"]) == (26, 1, 1)
    assert health["unreadable"][0]["image_name"] == "cut.png"
    assert "PNG" in health["unreadable"][0]["reason"]
    assert health["n_contradicting"] == 1
    assert "again.png" in health["duplicates"][0]["image_names"]
    assert "tiny.png" in {each["image_name"] for each in health["small"]}
    assert (health["n_turned"], health["n_gray"], health["n_cmyk"]) == (1, 1, 1)


def test_the_text_names_images_and_gates_decide_the_status(ill, run):
    result = run("datasets", "check", ill, "--max-unreadable", "0")
    assert result.returncode == 1
    assert "1 image cannot be decoded" in result.stdout
    assert "at least one of them is wrong" in " ".join(result.stdout.split())
    assert "cut.png" in result.stdout
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
        looked = messages.count("check")
        Image.new("RGB", (60, 40), "blue").save(ill / "turned.jpg")
        changed = workspace.check_dataset(ill)
        assert (changed.n_turned, changed.dataset_id != first.dataset_id) == (0, True)
        assert messages.count("check") > looked


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
