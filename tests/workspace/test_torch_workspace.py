"""Models of PyTorch through the whole of AccuBench: shown, evaluated, uploaded, run by a worker, in silence."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from job_world import ended, make_project, supervised

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from accubench.web.access import cookie_name, cookie_value
from kernel_trace import assert_silent, traced
from queued_imports import run_jobs
from small_world import CLASSES, write_dataset

torch = pytest.importorskip("torch", reason="PyTorch is not installed here: pip install 'accubench[torch]'")

METADATA = {
    "labels": list(CLASSES), "color": "RGB", "mean": [0, 0, 0], "scale": [255, 255, 255], "resize_mode": "stretch",
    "resize_size": 8, "resize_library": "opencv", "interpolation": "area", "input_size": [8, 8],
}  # fmt: skip
EVALUATE = """
import sys, accubench
accubench.evaluate(sys.argv[1], sys.argv[2], workspace="quiet")
assert "torch" in sys.modules
"""


@pytest.fixture(scope="module", params=["colours.pt2", "colours.pt"])
def colours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of PyTorch whose class is the strongest colour of an image, as `small_world` has it in ONNX."""
    path = tmp_path_factory.mktemp("torch") / request.param
    network = torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(3, 3)).eval()
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network[2].weight.copy_(20 * torch.eye(3))
        network[2].bias.zero_()
        extra, image = {"config.txt": json.dumps(METADATA)}, torch.zeros(1, 3, 8, 8)
        if path.suffix == ".pt2":
            torch.export.save(torch.export.export(network, (image,)), path, extra_files=extra)
        else:
            torch.jit.save(torch.jit.trace(network, image), str(path), _extra_files=extra)
    return path


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dataset(tmp_path_factory.mktemp("images") / "colours", 60, wrong=6)


def test_a_report_of_a_torch_model_equals_that_of_the_same_network_in_onnx(
    tmp_path: Path, colours: Path, images: Path, colour_model: Path
) -> None:
    with Workspace(tmp_path / "workspace") as workspace:
        ours, other = workspace.evaluate(colours, images), workspace.evaluate(colour_model, images)
        np.testing.assert_allclose(ours.scores(), other.scores(), atol=1e-5)
        assert ours.summary.top1 == other.summary.top1


def test_models_show_tells_what_it_is(tmp_path: Path, colours: Path) -> None:
    command = [sys.executable, "-m", "accubench", "models", "show", str(colours), "--workspace", str(tmp_path / "w")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert ("torch-export" if colours.suffix == ".pt2" else "torchscript") in shown
    assert "red" in shown


def test_an_upload_is_imported_and_has_its_page(tmp_path: Path, colours: Path) -> None:
    with Workspace(tmp_path / "workspace") as workspace:
        settings = ServerSettings(token="secret-token", roots=(tmp_path.resolve(),))
        workbench = Workbench(workspace=workspace, settings=settings)
        with TestClient(create_app(workbench), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
            client.cookies.set(cookie_name(settings), cookie_value(settings))
            sent = client.post("/models/upload", files={"files": (colours.name, colours.read_bytes())})
            assert sent.status_code == 303, sent.text
            (job,) = run_jobs(workbench)
            assert job.outcome is not None
            assert job.outcome.error is None
            page = client.get(f"/models/{job.outcome.result['model_id']}").text
    assert ("torch.export" if colours.suffix == ".pt2" else "TorchScript") in page


def test_a_worker_evaluates_it(tmp_path: Path, colours: Path, images: Path) -> None:
    with Workspace(tmp_path / "workspace") as workspace, supervised(workspace):
        job = ended(workspace, workspace.background.evaluate(make_project(workspace, colours, images)))
        assert job.state == "succeeded", workspace.jobs.log(job.id)


def test_nothing_is_sent_anywhere_while_torch_reads(tmp_path: Path, colours: Path, images: Path) -> None:
    home, trace = tmp_path / "home", tmp_path / "trace"
    home.mkdir()
    command = [*traced(trace), sys.executable, "-c", EVALUATE, str(colours), str(images)]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert_silent(trace, home)
