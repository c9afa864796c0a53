from pathlib import Path

import pytest
from PIL import Image

from accubench.errors import ConfigurationError
from accubench.workspace import Workspace
from small_world import write_dataset, write_model

STEPS = """\
preprocessing:
  - decode: {color: RGB}
  - resize: {size: 8}
"""


@pytest.fixture
def project(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    model = workspace.import_model(write_model(tmp_path / "model.onnx"))
    dataset = workspace.import_dataset(write_dataset(tmp_path / "images", 20))
    report = workspace.evaluate(model, dataset)
    return workspace, report.record.project_id, Path(dataset.root)


def test_four_images_from_all_over_the_dataset_are_shown_before_and_after(project):
    workspace, project_id, _ = project

    images = workspace.preview(project_id, STEPS)

    assert [image.name for image in images] == [f"image_{row:05d}.png" for row in (2, 7, 12, 17)]
    assert [image.seen_size_hw for image in images] == [(8, 8)] * 4
    assert all(image.decoded_jpeg.startswith(b"\xff\xd8") and image.failure is None for image in images)


def test_what_the_model_sees_keeps_its_colours_whatever_the_channel_order(project):
    import io

    workspace, project_id, _ = project

    shown = [
        Image.open(io.BytesIO(workspace.preview(project_id, STEPS.replace("RGB", color))[0].seen_jpeg)).getpixel((4, 4))
        for color in ("RGB", "BGR")
    ]

    assert shown[0] == shown[1]


def test_an_image_that_cannot_be_used_says_why(project):
    workspace, project_id, root = project
    (root / "image_00007.png").write_bytes(b"no image")
    (root / "image_00012.png").unlink()

    images = workspace.preview(project_id, STEPS)

    assert [image.failure is None for image in images] == [True, False, False, True]
    assert "does not exist" in images[2].failure


def test_steps_that_do_not_end_in_the_models_input_are_refused(project):
    workspace, project_id, _ = project

    with pytest.raises(ConfigurationError, match="8 x 8"):
        workspace.preview(project_id, STEPS.replace("8", "9"))


def test_a_dataset_with_fewer_images_shows_them_all(tmp_path):
    workspace = Workspace(tmp_path / "workspace")
    report = workspace.evaluate(write_model(tmp_path / "m.onnx"), write_dataset(tmp_path / "few", 2))

    assert len(workspace.preview(report.record.project_id, STEPS)) == 2
