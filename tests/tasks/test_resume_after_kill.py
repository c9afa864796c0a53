import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from accubench import Workspace
from small_world import write_dataset, write_model

RUNNER = Path(__file__).parent / "resume_runner.py"
N_IMAGES = 1200
KILLS = 20
PART_ROWS = 64
OPEN_BLOCKS = 3


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A model and images whose files end in their row, so that decoding can be written down."""
    folder = tmp_path_factory.mktemp("world")
    dataset = write_dataset(folder / "images", N_IMAGES)
    for row in range(N_IMAGES):
        with (dataset / f"image_{row:05d}.png").open("ab") as file:
            file.write(b"%08d" % row)
    return write_model(folder / "model.onnx"), dataset


def start(workspace: Path, world: tuple[Path, Path], log: Path) -> subprocess.Popen[bytes]:
    model, dataset = world
    command = [sys.executable, str(RUNNER), str(workspace), str(model), str(dataset), str(log)]
    return subprocess.Popen(command, stderr=subprocess.PIPE)


def finished_rows(workspace: Path) -> set[int]:
    parts = workspace.glob("predictions/*/part-*.parquet")
    return {row for part in parts for row in pl.read_parquet(part, columns=["row"])["row"].to_list()}


def stored_bytes(workspace: Path) -> dict[str, bytes]:
    scores = {path.name: path.read_bytes() for path in sorted(workspace.glob("predictions/*/*.parquet"))}
    # A process may be killed after its report was kept; the next one then makes another, of the same bytes.
    (table,) = {path.read_bytes() for path in workspace.glob("reports/*/table.parquet")}
    return {**scores, "table": table}


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_as_if_nothing_had_happened(world, tmp_path):
    undisturbed = tmp_path / "undisturbed"
    with start(undisturbed, world, tmp_path / "undisturbed.log") as process:
        assert process.wait(120) == 0, process.stderr and process.stderr.read()
    expected = stored_bytes(undisturbed)
    moments = random.Random(2012)
    kills = trial = 0

    while kills < KILLS:
        trial += 1
        workspace, log = tmp_path / f"killed-{trial}", tmp_path / f"killed-{trial}.log"
        settled: list[tuple[int, set[int]]] = []  # how much of the log was written, and which rows were safe then
        trial_kills = 0
        while True:
            with start(workspace, world, log) as process:
                try:
                    assert process.wait(moments.uniform(0.2, 3.5)) == 0, process.stderr and process.stderr.read()
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
            trial_kills += 1
            settled.append((log.stat().st_size if log.exists() else 0, finished_rows(workspace)))
        kills += trial_kills

        assert stored_bytes(workspace) == expected
        decoded = log.read_bytes()
        counts = Counter(int(line) for line in decoded.split())
        assert set(counts) == set(range(N_IMAGES))
        for size, safe in settled:
            assert not safe & {int(line) for line in decoded[size:].split()}, "a finished part was computed again"
        assert sum(counts.values()) <= N_IMAGES + trial_kills * OPEN_BLOCKS * PART_ROWS

    with Workspace(workspace) as opened:
        assert opened.report("latest").summary.n == N_IMAGES
