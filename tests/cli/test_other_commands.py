import json
import subprocess
import sys

import pytest
import yaml

from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, Workspace, sample_path
from cli_runner import run_accubench


@pytest.fixture(scope="module")
def folder(tmp_path_factory, colour_model, colour_dataset):
    folder = tmp_path_factory.mktemp("commands")
    assert run_accubench("evaluate", colour_model, colour_dataset, cwd=folder).returncode == 0
    return folder


def test_models_are_listed_and_shown_with_the_configuration_inferred(folder):
    listed = run_accubench("models", "list", cwd=folder)
    shown = run_accubench("models", "show", "colours", cwd=folder)

    assert "colours (version 1)" in listed.stdout
    assert "onnx" in shown.stdout
    assert "logits" in shown.stdout
    assert "- decode:" in shown.stdout


def test_datasets_are_listed_and_shown(folder):
    listed = run_accubench("datasets", "list", "--json", cwd=folder)
    shown = run_accubench("datasets", "show", "colours", cwd=folder)

    assert [dataset["n_images"] for dataset in json.loads(listed.stdout)["datasets"]] == [150]
    assert "150" in shown.stdout


def test_reports_are_listed_shown_and_exported(folder):
    listed = json.loads(run_accubench("reports", "list", "--json", cwd=folder).stdout)["reports"]
    shown = run_accubench("reports", "show", "latest", cwd=folder)
    exported = run_accubench("reports", "export", listed[0]["id"], "out.csv", cwd=folder)

    assert "135 of 150" in shown.stdout
    assert exported.returncode == 0
    assert (folder / "out.csv").read_text().startswith("image_name,predicted_class,predicted_name,")


def test_an_empty_workspace_says_so(tmp_path):
    for kind in ("models", "datasets", "reports"):
        assert f"No {kind} yet." in run_accubench(kind, "list", cwd=tmp_path).stdout


def test_an_inferred_configuration_is_a_file_to_start_from(folder, colour_model, colour_dataset):
    inferred = run_accubench("config", "infer", "colours", cwd=folder)
    (folder / "start.yaml").write_text(inferred.stdout)

    checked = run_accubench("config", "check", "start.yaml", cwd=folder)
    evaluated = run_accubench("evaluate", colour_model, colour_dataset, "--config", "start.yaml", "--json", cwd=folder)

    assert yaml.safe_load(inferred.stdout)["preprocessing"][0] == {"decode": {"color": "RGB", "exif": "ignore"}}
    assert checked.returncode == 0
    assert json.loads(evaluated.stdout)["reused_predictions"] is True


def test_a_wrong_configuration_is_refused_with_all_its_lines(folder):
    (folder / "wrong.yaml").write_text("preprocessing:\n  - decode: {colour: RGB}\n  - resize: {size: big}\n")

    done = run_accubench("config", "check", "wrong.yaml", cwd=folder)

    assert done.returncode == 2
    assert "wrong.yaml:2" in done.stderr
    assert "wrong.yaml:3" in done.stderr


def test_schema_and_presets_are_printed(tmp_path):
    schema = json.loads(run_accubench("config", "schema", cwd=tmp_path).stdout)
    presets = run_accubench("config", "presets", cwd=tmp_path).stdout.split()

    assert "preprocessing" in schema["properties"]
    assert {"caffe-imagenet", "torchvision", "tf-slim"} <= set(presets)


def test_benchmark_prints_both_hints(folder):
    text = run_accubench("benchmark", "colours", "--seconds", "0.3", cwd=folder)
    document = json.loads(run_accubench("benchmark", "colours", "--seconds", "0.3", "--json", cwd=folder).stdout)

    assert "throughput" in text.stdout
    assert "latency" in text.stdout
    assert {"median", "p90", "p99"} <= set(text.stdout.split()) | {"median"}
    assert [run["hint"] for run in document["runs"]] == ["throughput", "latency"]
    assert document["versions"]["openvino"]


def test_the_demo_tells_the_whole_story(tmp_path):
    done = run_accubench("demo", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    for words in ("top-1", "3 failed", "Most confused", "Worst images", "What to type next", "throughput"):
        assert words in done.stdout
    for words in ("sample-int8", "Calibrated on", "60 left out", "What became of the images"):
        assert words in done.stdout
    for name in ("report.html", "comparison.html"):
        assert (tmp_path / "accubench-demo" / name).stat().st_size > 50_000


def test_the_latest_report_is_one_that_the_options_mean_something_for(tmp_path):
    sample, images = sample_path(SAMPLE_MODEL), sample_path(SAMPLE_DATASET)
    with Workspace(tmp_path / "accubench-workspace") as workspace:
        accuracy = workspace.evaluate(sample, images).id
        comparison = workspace.compare(sample, sample, images, speed_rounds=0).id

    shown = {
        option: json.loads(run_accubench("reports", "show", "latest", *option, "--json", cwd=tmp_path).stdout)["report"]
        for option in (("--erroneous",), ("--flips",), ("--search", "dog"))
    }

    assert shown == {("--erroneous",): accuracy, ("--flips",): comparison, ("--search", "dog"): comparison}


def test_every_command_has_help_and_a_mention_in_the_reference():
    from pathlib import Path

    import typer.main

    from accubench.cli.app import app

    reference = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text()
    root = typer.main.get_command(app)
    for name, command in root.commands.items():
        assert command.help, name
        assert f"accubench {name}" in reference
        for sub, nested in getattr(command, "commands", {}).items():
            assert nested.help, sub
            assert f"accubench {name} {sub}" in reference


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom accubench.cli import app\n"
        "heavy = {'numpy', 'polars', 'openvino', 'cv2', 'pydantic', 'sqlalchemy', 'pyarrow', 'PIL', 'plotly'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
