"""A disk that runs full at any moment: a clear error, nothing half-imported, and the same call goes on later."""

import shutil
import subprocess

import numpy as np
import polars as pl
import pytest

from accubench import Workspace
from accubench.errors import StorageFullError
from accubench.storage.disk import whole_file, whole_folder
from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, sample_path
from cli_runner import run_accubench
from small_world import write_dataset

ROWS = 1500


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, colour_model):
    """A dataset, and what an evaluation leaves behind where there is space."""
    folder = tmp_path_factory.mktemp("undisturbed")
    dataset = write_dataset(folder / "images", ROWS, wrong=20)
    with Workspace(folder / "workspace") as workspace:
        workspace.evaluate(colour_model, dataset)
    return dataset, stored_bytes(folder / "workspace")


@pytest.fixture
def small_disk(tmp_path):
    """Mounts a disk of some kilobytes; called again it grows."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = []

    def resize(kilobytes):
        options = f"size={kilobytes}k" + (",remount" if mounted else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)], capture_output=True, check=False
        )
        if done.returncode and not mounted:
            pytest.skip(f"a small disk cannot be mounted here: {done.stderr.decode().strip()}")
        mounted.append(place)
        return place

    if shutil.which("mount") is None:
        pytest.skip("there is no mount command here")
    yield resize
    if mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def stored_bytes(workspace):
    parts = {path.name: path.read_bytes() for path in sorted(workspace.glob("predictions/*/*"))}
    (table,) = {path.read_bytes() for path in workspace.glob("reports/*/table.parquet")}
    return parts, table


def n_folders(workspace):
    return {kind: len(list(workspace.glob(f"{kind}/*"))) for kind in ("models", "datasets", "predictions", "reports")}


@pytest.mark.slow
@pytest.mark.parametrize("check", [False, True])
def test_wherever_the_disk_runs_full_the_same_call_continues_to_the_same_bytes(
    small_disk, undisturbed, colour_model, check
):
    dataset, expected = undisturbed
    workspace = small_disk(12) / "workspace"
    said = []

    for kilobytes in range(12, 1000, 8):
        small_disk(kilobytes)
        try:
            with Workspace(workspace) as opened:
                report = opened.evaluate(colour_model, dataset, check=check)
            break
        except StorageFullError as error:
            said.append(str(error))
        assert not list(workspace.rglob("*.unfinished"))
    else:
        pytest.fail("a megabyte should be enough")

    assert stored_bytes(workspace) == expected
    assert n_folders(workspace) == {"models": 1, "datasets": 1, "predictions": 1, "reports": 1}
    assert all(text.startswith("The disk is full: ") for text in said)
    assert all(any(file in text for text in said) for file in ("catalogue.sqlite", ".onnx"))
    assert not [finding for finding in report.record.findings if finding.code == "numerics-not-checked"]


@pytest.mark.slow
def test_a_disk_that_is_full_when_the_report_is_written_keeps_the_scores_and_no_half_report(
    small_disk, undisturbed, colour_model
):
    dataset, expected = undisturbed
    workspace = small_disk(4000) / "workspace"

    def fill(told):
        if told.message == "Computing the report from stored scores.":
            small_disk(shutil.disk_usage(workspace).used // 1024)

    with Workspace(workspace, progress=fill) as opened:
        with pytest.raises(StorageFullError, match=r"The disk is full: .*/reports/"):
            opened.evaluate(colour_model, dataset, check=False)
        assert n_folders(workspace) == {"models": 1, "datasets": 1, "predictions": 1, "reports": 0}

    small_disk(4000)
    with Workspace(workspace) as opened:
        assert opened.evaluate(colour_model, dataset, check=False).record.reused_predictions
    assert stored_bytes(workspace) == expected


@pytest.mark.slow
def test_an_optimised_model_that_does_not_fit_is_told_as_a_full_disk_and_leaves_nothing(small_disk):
    place = small_disk(4000)
    with Workspace(place / "workspace") as workspace:
        model = workspace.model(sample_path(SAMPLE_MODEL))
        dataset = workspace.dataset(sample_path(SAMPLE_DATASET))
        used = shutil.disk_usage(place).used
        small_disk(used // 1024 + 60)

        with pytest.raises(StorageFullError, match="The disk is full: "):
            workspace.quantize(model, dataset, subset_size=10)

        assert [each.name for each in workspace.models()] == [model.name]
        assert n_folders(place / "workspace")["models"] == 1
        small_disk(4000)
        assert workspace.quantize(model, dataset, subset_size=10).parent_id == model.id


def test_a_table_that_does_not_fit_leaves_neither_file_nor_folder(small_disk):
    table = pl.DataFrame({"number": np.random.default_rng(0).integers(0, 2**62, 10_000)})
    folder = small_disk(40) / "datasets" / "one"

    with (
        pytest.raises(StorageFullError, match=r"manifest\.parquet could not be written"),
        whole_folder(folder),
        whole_file(folder / "manifest.parquet") as temporary,
    ):
        table.write_parquet(temporary)

    assert list(folder.parent.iterdir()) == []


def test_the_command_ends_with_one_paragraph_and_status_two(small_disk, undisturbed, colour_model, tmp_path):
    dataset, _ = undisturbed
    folder = small_disk(100)

    full = run_accubench("evaluate", colour_model, dataset, "--workspace", folder / "workspace", cwd=tmp_path)
    small_disk(2000)
    continued = run_accubench("evaluate", colour_model, dataset, "--workspace", folder / "workspace", cwd=tmp_path)

    assert full.returncode == 2
    assert full.stdout == ""
    assert "Error: The disk is full: " in full.stderr
    assert "Traceback" not in full.stderr
    assert continued.returncode == 0, continued.stderr


def test_an_export_that_does_not_fit_leaves_nothing_and_the_report_stays(
    small_disk, undisturbed, colour_model, tmp_path
):
    dataset, _ = undisturbed
    target = small_disk(8) / "report.csv"

    full = run_accubench("evaluate", colour_model, dataset, "--export", target, cwd=tmp_path)
    left = list(target.parent.iterdir())
    small_disk(2000)
    again = run_accubench("reports", "export", "latest", target, cwd=tmp_path)

    assert full.returncode == 2
    assert "the disk is full" in " ".join(full.stderr.split())
    assert left == []
    assert again.returncode == 0, again.stderr
    assert len(pl.read_csv(target)) == ROWS
