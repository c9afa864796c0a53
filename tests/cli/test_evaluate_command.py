import json
import shutil

import polars as pl
import pytest

from accubench.records.report import EXPORT_COLUMNS
from cli_runner import run_accubench
from small_world import write_dataset, write_model


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory, colour_model, colour_dataset):
    """A folder whose workspace holds one evaluation, and what the command printed."""
    folder = tmp_path_factory.mktemp("evaluated")
    return folder, run_accubench("evaluate", colour_model, colour_dataset, cwd=folder)


def test_the_report_is_printed_with_counts_interval_and_origins(evaluated):
    _, done = evaluated

    assert done.returncode == 0, done.stderr
    assert "top-1" in done.stdout
    assert "90.00 %   135 of 150 right, 95 % interval 84.16 to 93.85 %" in done.stdout
    assert "150 evaluated, 0 failed" in done.stdout
    assert "onnx metadata 'color'" in done.stdout
    assert "expected to take about" in done.stderr


def test_json_is_the_only_thing_on_standard_output(evaluated, colour_model, colour_dataset):
    folder, _ = evaluated
    done = run_accubench("evaluate", colour_model, colour_dataset, "--json", cwd=folder)

    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["summary"]["top1"]["right"] == 135
    assert document["summary"]["n_failed"] == 0
    assert document["reused_predictions"] is True
    assert document["passed"] is True


def test_exported_columns_are_the_promised_ones_in_dataset_order(evaluated, colour_model, colour_dataset):
    folder, _ = evaluated
    exports = [f"--export={folder / 'out'}{suffix}" for suffix in (".csv", ".parquet", ".json", ".html")]

    done = run_accubench("evaluate", colour_model, colour_dataset, *exports, cwd=folder)

    assert done.returncode == 0, done.stderr
    csv, parquet = pl.read_csv(folder / "out.csv"), pl.read_parquet(folder / "out.parquet")
    assert csv.columns == parquet.columns == list(EXPORT_COLUMNS)
    assert csv["image_name"].to_list() == [f"image_{row:05d}.png" for row in range(150)]
    assert csv["predicted_confidence"].to_list() == parquet["predicted_confidence"].to_list()
    assert json.loads((folder / "out.json").read_text())
    assert "<html" in (folder / "out.html").read_text()


@pytest.mark.parametrize(
    ("gate", "status"),
    [
        ("top1=0.9", 0),
        ("top1=0.91", 1),
        ("top1.low=0.84", 0),
        ("top1.low=0.85", 1),
        ("top2=0.9", 0),
        ("top3=1", 0),
        ("macro_f1=0.95", 1),
    ],
)
def test_a_missed_gate_ends_with_status_one(evaluated, colour_model, colour_dataset, gate, status):
    folder, _ = evaluated
    done = run_accubench("evaluate", colour_model, colour_dataset, "--fail-under", gate, cwd=folder)

    assert done.returncode == status
    assert ("MISSED" in done.stdout) == bool(status)


def test_failed_images_miss_a_gate_unless_allowed(tmp_path, colour_model):
    folder = write_dataset(tmp_path / "images", 12)
    (folder / "image_00003.png").write_bytes(b"")
    arguments = ("evaluate", colour_model, folder, "--fail-under", "top1=0.5")

    strict = run_accubench(*arguments, cwd=tmp_path)
    lenient = run_accubench(*arguments, "--max-failed", "1", cwd=tmp_path)
    without_gate = run_accubench("evaluate", colour_model, folder, cwd=tmp_path)

    assert (strict.returncode, lenient.returncode, without_gate.returncode) == (1, 0, 0)
    assert "image_00003.png" in strict.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "MODEL"], "Give a model and a dataset"),
        (["evaluate", "nothing.onnx", "DATA"], "no file and no model in the workspace"),
        (["evaluate", "MODEL", "nowhere"], "no path and no dataset called 'nowhere'"),
        (["evaluate", "MODEL", "DATA", "--config", "absent.yaml"], "no configuration file 'absent.yaml'"),
        (["evaluate", "MODEL", "DATA", "--fail-under", "top1=57"], "'top1=57' is no gate"),
        (["evaluate", "MODEL", "DATA", "--fail-under", "top4=0.5"], "no top4 to hold a gate against"),
        (["evaluate", "MODEL", "DATA", "--export", "report.xlsx"], ".csv, .parquet, .json"),
        (["evaluate", "MODEL", "DATA", "--device", "TPU"], "no device 'TPU'"),
        (["evaluate", "MODEL", "DATA", "--split", "test"], "split"),
        (["evaluate", "no*.onnx", "DATA"], "No file matches"),
        (["benchmark", "MODEL", "--seconds", "0"], "more than 0"),
        (["reports", "show", "r-absent"], "no report 'r-absent'"),
    ],
)
def test_wrong_usage_is_one_clear_paragraph_and_status_two(evaluated, colour_model, colour_dataset, arguments, message):
    folder, _ = evaluated
    known = {"MODEL": colour_model, "DATA": colour_dataset}

    done = run_accubench(*[known.get(argument, argument) for argument in arguments], cwd=folder)

    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_debug_shows_the_traceback(tmp_path, colour_dataset):
    done = run_accubench("evaluate", "nothing.onnx", colour_dataset, "--debug", cwd=tmp_path)

    assert done.returncode != 0
    assert "Traceback" in done.stderr


def test_a_wrong_export_is_refused_before_anything_is_inferred(tmp_path, colour_model, colour_dataset):
    done = run_accubench("evaluate", colour_model, colour_dataset, "--export", "out.xlsx", cwd=tmp_path)

    assert done.returncode == 2
    assert "images to go" not in done.stderr


def test_several_models_and_a_glob_give_one_table(tmp_path, colour_dataset):
    for name in ("a model.onnx", "b.onnx"):
        write_model(tmp_path / "models" / name, gain=ord(name[0]))

    text = run_accubench("evaluate", "models/*.onnx", colour_dataset, cwd=tmp_path)
    document = run_accubench("evaluate", "models/*.onnx", "nothing.onnx", colour_dataset, "--json", cwd=tmp_path)

    assert text.returncode == 0, text.stderr
    assert "a model" in text.stdout
    assert text.stdout.count("90.00 %") == 2
    assert document.returncode == 2
    parsed = json.loads(document.stdout)
    assert [report["model_name"] for report in parsed["reports"]] == ["a model", "b"]
    assert parsed["errors"][0]["model"] == "nothing.onnx"


def test_a_markdown_summary_is_appended(evaluated, colour_model, colour_dataset):
    folder, _ = evaluated
    for _ in range(2):
        run_accubench("evaluate", colour_model, colour_dataset, "--summary", "summary.md", cwd=folder)

    text = (folder / "summary.md").read_text()
    assert text.count("135 / 150") == 2


def test_hostile_names_are_shown_without_their_power(tmp_path, colour_model):
    folder = write_dataset(tmp_path / "images", 3)
    hostile = "<script>alert('1')</script> [red]\x1b[31m \"q\".png".replace("/", "_")
    shutil.move(folder / "image_00000.png", folder / hostile)
    (folder / hostile).write_bytes(b"")
    (folder / "val.txt").write_text(f"{hostile}\t0\nimage_00001.png\t1\nimage_00002.png\t2\n")

    done = run_accubench("evaluate", colour_model, folder, "--export", "report.html", "--export", "r.csv", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "[red]" in done.stdout
    assert "<script>alert" not in (tmp_path / "report.html").read_text()
    assert pl.read_csv(tmp_path / "r.csv")["image_name"][0] == hostile


def test_the_workspace_can_be_chosen_by_option_and_environment(tmp_path, colour_model, colour_dataset):
    by_option = tmp_path / "by option"
    by_environment = tmp_path / "by environment"

    run_accubench("evaluate", colour_model, colour_dataset, "--workspace", by_option, cwd=tmp_path)
    run_accubench("evaluate", colour_model, colour_dataset, cwd=tmp_path, ACCUBENCH_WORKSPACE=str(by_environment))

    assert (by_option / "catalogue.sqlite").is_file()
    assert (by_environment / "catalogue.sqlite").is_file()
    assert not (tmp_path / "accubench-workspace").exists()


def test_the_catalogue_can_live_elsewhere(tmp_path, colour_model, colour_dataset):
    url = f"sqlite:///{tmp_path / 'elsewhere.sqlite'}"

    done = run_accubench("evaluate", colour_model, colour_dataset, "--database", url, cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "elsewhere.sqlite").is_file()
    assert not (tmp_path / "accubench-workspace" / "catalogue.sqlite").exists()
