"""`accubench models`: everything known of a model, for people and as JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from model_specimens import FIXTURES, unpacked, write_onnx
from typer.testing import CliRunner

from accubench.cli.app import app


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run commands in, with room for long lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path


def run(*arguments: object) -> str:
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_a_model_is_shown_with_files_network_classes_and_preprocessing(home: Path) -> None:
    shutil.copy(FIXTURES / "tiny_uint8.tflite", home / "tiny.tflite")
    shown = " ".join(run("models", "import", "tiny.tflite").split())
    for words in (
        "format tflite",
        "file tiny.tflite (3,789 bytes, sha256 ",
        "input serving_default_image:0: 1 x 8 x 8 x 3 NHWC uint8, scale 1, zero point 0",
        "weights 128 int8, 9 float32",
        "quantised yes: 93% of the weights are integers",
        "class names 5 from TFLite metadata 'labels.txt': background, red, green, ...",
        "background likely: the first label is 'background'",
        "in the graph nothing",
        "color RGB (TFLite metadata ImageProperties)",
        "annotations: {offset: 1}",
    ):
        assert words in shown, words


def test_json_holds_the_record_the_configuration_with_origins_and_the_lineage(home: Path) -> None:
    path = write_onnx(home, metadata={"color": "BGR"})
    document = json.loads(run("models", "import", path, "--json"))
    assert json.loads(run("models", "show", "tiny", "--json")) == document
    assert document["description"]["metadata"]["color"] == "BGR"
    inferred = document["inferred_configuration"]
    assert inferred["origins"]["preprocessing.0.decode.color"] == "onnx metadata 'color'"
    assert document["quantized"] is False
    assert (document["parent_name"], document["optimized_models"], document["other_versions"]) == (None, [], [])

    write_onnx(home, metadata={"color": "RGB"})
    second = json.loads(run("models", "import", path, "--json"))
    assert (second["name"], second["version"]) == ("tiny", 2)
    assert second["other_versions"] == [{"id": document["id"], "name": "tiny", "version": 1}]


def test_an_optimised_model_and_its_parent_name_each_other(
    home: Path, colour_model: Path, colour_dataset: Path
) -> None:
    parent = json.loads(run("models", "import", colour_model, "--json"))
    run("quantize", colour_model, colour_dataset, "--json")
    child = json.loads(run("models", "show", "colours-int8", "--json"))
    assert (child["parent_name"], child["parent_id"]) == ("colours", parent["id"])
    assert f"optimised model colours-int8 (version 1, {child['id']})" in " ".join(
        run("models", "show", "colours").split()
    )
    assert "optimised from colours" in " ".join(run("models", "show", "colours-int8").split())


def test_a_model_for_which_no_configuration_can_be_inferred_is_imported_and_says_why(home: Path) -> None:
    path = write_onnx(home, shape=("n", 3, "height", "width"))
    shown = " ".join(run("models", "import", path).split())
    assert "Note: No accuracy configuration can be inferred for this model." in shown
    assert "--input-size" in shown
    document = json.loads(run("models", "show", "tiny", "--json"))
    assert document["inferred_configuration"] is None
    assert "no fixed height and width" in document["inferred_configuration_error"]


def test_a_model_whose_graph_and_metadata_both_normalise_is_warned_of(home: Path, colour_dataset: Path) -> None:
    unpacked("keras_rescaling")(home / "rescaling")
    stated = {"do_normalize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    (home / "rescaling" / "preprocessor_config.json").write_text(json.dumps(stated))
    (home / "twice.yaml").write_text("preprocessing: [decode: {}, resize: {size: 8}, normalize: {mean: 1, scale: 2}]")
    warning = "Warning: Both the model's graph and its metadata normalise."
    assert warning in run("models", "import", "rescaling")
    assert warning in run("models", "show", "rescaling")
    assert warning in run("evaluate", "rescaling", colour_dataset)
    given = run("evaluate", "rescaling", colour_dataset, "--config", "twice.yaml")
    assert "Warning: The configuration normalises, and the graph seems to do so too" in given


@pytest.mark.parametrize(
    ("files", "given", "name"),
    [
        (["resnet-50/onnx/model.onnx"], "resnet-50/onnx/model.onnx", "resnet-50"),
        (["resnet-50/model.onnx"], "resnet-50/model.onnx", "resnet-50"),
        (["resnet-50/onnx/model.onnx"], "resnet-50", "resnet-50"),
        (["resnet-50/onnx/model.onnx"], "resnet-50/onnx/..", "resnet-50"),
        (["nets/resnet.onnx"], "nets/resnet.onnx", "resnet"),
        (["nets/resnet.onnx"], "nets", "nets"),
    ],
)
def test_a_model_whose_file_says_nothing_is_called_as_its_folder(
    home: Path, files: list[str], given: str, name: str
) -> None:
    for file in files:
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        write_onnx((home / file).parent, name=Path(file).name)
    assert json.loads(run("models", "import", given, "--json"))["name"] == name


def test_a_saved_model_is_evaluated_from_its_kept_copy(home: Path, colour_dataset: Path) -> None:
    unpacked("keras_export")(home / "classifier")
    imported = json.loads(run("models", "import", "classifier/saved_model.pb", "--json"))
    assert imported["name"] == "classifier"
    shutil.rmtree(home / "classifier")
    report = json.loads(run("evaluate", "classifier", colour_dataset, "--json"))
    assert report["summary"]["n"] == 150
    assert [file["name"] for file in report["model_files"]] == [
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    ]
