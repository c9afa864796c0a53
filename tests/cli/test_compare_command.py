"""`accubench compare`, `accubench distance`, and what `accubench reports` makes of their reports."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import polars as pl
import pytest

from cli_runner import run_accubench
from small_world import write_dataset, write_model


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """Two models that agree, and one that takes every colour for another."""
    write_model(tmp_path / "parent.onnx")
    write_model(tmp_path / "optimised.onnx", gain=19)
    write_dataset(tmp_path / "images", 60, wrong=6)
    return tmp_path


def accubench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_accubench(*arguments, cwd=Path.home())


def compare(world: Path, *more: str) -> subprocess.CompletedProcess[str]:
    arguments = (world / "optimised.onnx", world / "parent.onnx", world / "images", "--workspace", world / "workspace")
    return accubench("compare", *map(str, arguments), *more)


def test_a_comparison_is_one_json_object_with_its_verdict_and_gates(world: Path) -> None:
    done = compare(world, "--no-speed", "--json", "--margin", "10%", "--require", "pass")

    document = json.loads(done.stdout)
    assert done.returncode == 0
    assert document["kind"] == "comparison"
    assert document["summary"]["outcomes"] == {"both_right": 54, "broken": 0, "fixed": 0, "both_wrong": 6}
    assert document["passed"] is True
    assert [gate["condition"] for gate in document["gates"]] == ["verdict is pass", "failed images <= 0"]
    assert "within the margin of 10 points" in document["sentence"]


def test_an_inconclusive_verdict_misses_the_gate_for_a_pass_and_meets_the_one_against_a_fail(world: Path) -> None:
    missed = compare(world, "--no-speed", "--require", "pass", "--margin", "0.001")
    met = compare(world, "--no-speed", "--require", "not-fail", "--margin", "0.001")

    assert (missed.returncode, met.returncode) == (1, 0)
    assert "Gate verdict is pass: inconclusive MISSED" in missed.stdout


@pytest.mark.slow
def test_files_are_written_and_named(world: Path) -> None:
    files = [world / name for name in ("c.html", "c.csv", "flips.csv", "log.md")]
    done = compare(
        world, "--seconds", "0.05", "--speed-rounds", "1", "--export", str(files[0]), "--export", str(files[1]),
        "--flips", str(files[2]), "--summary", str(files[3]),
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert all(path.stat().st_size for path in files)
    assert len(pl.read_csv(files[1])) == 60
    assert "Throughput" in done.stdout
    assert "60 images compared, 0 failed." in done.stdout


@pytest.mark.slow
def test_what_cannot_work_is_refused_before_anything_is_inferred(world: Path) -> None:
    for more, said in (
        (("--margin", "much"), "'much' is no margin"),
        (("--flips", str(world / "flips.txt")), "Name a .csv file"),
        (("--export", str(world / "c.pdf")), "Use one of .csv"),
        (("--flips", str(world / "missing" / "flips.csv")), "there is no folder"),
        (("--seconds", "0"), "cannot be measured"),
    ):
        done = compare(world, *more)
        assert done.returncode == 2
        assert said in " ".join(done.stderr.split())
    predictions = world / "workspace" / "predictions"
    assert not predictions.exists() or not list(predictions.iterdir())


@pytest.mark.slow
def test_reports_of_all_kinds_are_listed_shown_exported_and_deleted(world: Path) -> None:
    here = ("--workspace", str(world / "workspace"))
    compared = json.loads(compare(world, "--no-speed", "--json").stdout)["id"]
    pair = [str(world / name) for name in ("optimised.onnx", "parent.onnx", "images")]
    measured = accubench("distance", *pair, *here, "--json", "--export", str(world / "d.html"))
    distance = json.loads(measured.stdout)["id"]

    listed = accubench("reports", "list", *here).stdout
    assert compared in listed
    assert "tensor distance" in listed
    assert "both wrong" not in accubench("reports", "show", distance, *here).stdout
    assert "What became of the images" in accubench("reports", "show", compared, *here).stdout
    assert "0 of 60 images" in accubench("reports", "show", compared, "--flips", *here).stdout
    assert "60 of 60 images" in accubench("reports", "show", distance, "--sort", "mse", *here).stdout
    for report in (compared, distance):
        refused = accubench("reports", "show", report, "--erroneous", *here)
        assert refused.returncode == 2
        assert "are for accuracy reports" in " ".join(refused.stderr.split())
        assert accubench("reports", "export", report, str(world / f"{report}.csv"), *here).returncode == 0
        assert accubench("reports", "delete", report, "--yes", *here).returncode == 0
    assert "No reports yet." in accubench("reports", "list", *here).stdout
