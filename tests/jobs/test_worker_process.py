"""The worker as a process: alone, quiet, and deaf to pickles."""

from __future__ import annotations

import base64
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from job_world import ended, make_project, supervised, until, worker_of

from accubench.workspace import Workspace
from kernel_trace import assert_silent, traced
from small_world import write_dataset


class Hostile:
    """Runs a command when it is unpickled."""

    def __init__(self, witness):
        self.witness = witness

    def __reduce__(self):
        return os.system, (f"touch {self.witness}",)


def hostile_text(witness):
    return base64.b64encode(pickle.dumps({"args": (Hostile(witness),), "kwargs": {}})).decode()


def in_queue(workspace, statement, *values):
    with closing(sqlite3.connect(workspace.folder / "jobs.sqlite")) as connection, connection:
        return connection.execute(statement, values).fetchall()


def start_worker(workspace, *options):
    command = [sys.executable, "-m", "accubench", "worker", "--workspace", str(workspace.folder), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_pickled_row_is_refused_and_other_jobs_run(workspace, project_id, tmp_path):
    witness = tmp_path / "witness"
    with supervised(workspace):
        first = workspace.background.benchmark(project_id, 3)
        hostile = workspace.background.benchmark(project_id, 0.1)
        behind = workspace.background.benchmark(project_id, 0.1)
        until(lambda: workspace.jobs.job(first.id).progress)
        until(lambda: len(in_queue(workspace, "SELECT 1 FROM workflow_status")) == 3)
        in_queue(
            workspace,
            "UPDATE workflow_status SET serialization = 'py_pickle', inputs = ? WHERE workflow_uuid = ?",
            hostile_text(witness),
            hostile.id,
        )
        refused = ended(workspace, hostile)

        assert ended(workspace, first).state == ended(workspace, behind).state == "succeeded"
        assert refused.state == "failed"
        assert "jobs.sqlite" in refused.outcome.error
        assert not witness.exists()
    assert "Pickled content in the database of jobs is refused." in (workspace.folder / "logs/worker.log").read_text()


def test_pickles_in_what_dbos_keeps_of_steps_and_results_are_not_read(workspace, colour_model, project_id, tmp_path):
    witness = tmp_path / "witness"
    with supervised(workspace):
        done = workspace.background.import_model(colour_model)
        assert ended(workspace, done).state == "succeeded"
    in_queue(
        workspace,
        "UPDATE workflow_status SET status = 'PENDING', serialization = 'py_pickle', inputs = ?, output = ?",
        hostile_text(witness),
        hostile_text(witness),
    )
    in_queue(workspace, "UPDATE operation_outputs SET serialization = 'py_pickle', output = ?", hostile_text(witness))

    with supervised(workspace):
        job = workspace.background.import_model(colour_model)
        assert ended(workspace, job).state == "succeeded"
    assert not witness.exists()


def test_the_replaced_part_of_dbos_is_the_one_that_unpickles(tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom accubench.jobs.engine import configure_engine\n"
        "configure_engine(Path(sys.argv[1]))\nfrom dbos import _serialization as s\n"
        "try:\n    s.deserialize_args(sys.argv[2], 'py_pickle', s.DBOSPortableJSON)\n"
        "except ValueError as error:\n    print(error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path), hostile_text(tmp_path / "witness")]

    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert done.stdout == "Pickled content in the database of jobs is refused.\n"
    assert not (tmp_path / "witness").exists()


def test_the_queue_tells_the_time_in_fractions_of_seconds_with_any_sqlite():
    code = (
        "import sqlite3, sys\nfrom accubench.jobs.engine import QueueConnection\n"
        "connection = sqlite3.connect(':memory:', factory=QueueConnection)\n"
        "print(connection.execute(\"SELECT unixepoch('subsec') * 1000\").fetchone()[0])"
    )
    before = datetime.now(UTC).timestamp() * 1000

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert before - 1 <= float(done.stdout) <= datetime.now(UTC).timestamp() * 1000 + 1


def test_a_second_worker_says_so_and_ends(workspace):
    with start_worker(workspace) as first:
        until((workspace.folder / "jobs.sqlite").exists)
        with start_worker(workspace) as second:
            assert second.wait(20) == 2
            assert "Another worker is running" in second.stderr.read()
        assert first.poll() is None
        first.terminate()
        assert first.wait(10) == 0


def test_a_second_worker_may_wait_for_the_end_of_the_first(workspace, colour_model):
    with start_worker(workspace) as first:
        until((workspace.folder / "jobs.sqlite").exists)
        with start_worker(workspace, "--wait") as second:
            first.kill()
            job = workspace.background.import_model(colour_model)
            assert ended(workspace, job).state == "succeeded"
            second.terminate()
            assert second.wait(10) == 0


def test_nothing_is_said_in_the_terminal_and_nothing_advertised_in_the_log(workspace, colour_model):
    with start_worker(workspace) as worker:
        job = workspace.background.import_model(colour_model)
        assert ended(workspace, job).state == "succeeded"
        worker.terminate()
        said, complained = worker.communicate(timeout=10)

    assert said == ""
    assert complained == "Doing jobs until Ctrl-C; messages go to logs/worker.log in the workspace.\n"
    log = (workspace.folder / "logs/worker.log").read_text().splitlines()
    assert len(log) == 2
    assert all("accubench.jobs: Worker" in line for line in log)


@pytest.mark.slow
def test_the_kernel_sees_no_socket_and_no_writing_below_home(tmp_path, colour_model):
    home, trace = tmp_path / "home", tmp_path / "trace"
    command = [*traced(trace), sys.executable, "-m", "accubench", "worker"]
    home.mkdir()
    environment = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "DBOS__CLOUD": "true"}
    with Workspace(tmp_path / "workspace") as workspace:
        project_id = make_project(workspace, colour_model, write_dataset(tmp_path / "data", 20))
        with subprocess.Popen([*command, "--workspace", str(workspace.folder)], env=environment) as watched:
            job = workspace.background.evaluate(project_id)
            assert ended(workspace, job, seconds=120).state == "succeeded"
            (worker,) = [pid for pid in worker_of(workspace) if pid != watched.pid]
            os.kill(worker, 15)
            assert watched.wait(20) == 0

    assert_silent(trace, home)


def test_what_the_queue_keeps_of_jobs_that_ended_long_ago_is_deleted(workspace, colour_model):
    with supervised(workspace):
        old, new = (ended(workspace, workspace.background.import_model(colour_model)) for _ in range(2))
    long_ago = int((datetime.now(UTC) - timedelta(days=8)).timestamp() * 1000)
    in_queue(
        workspace,
        "UPDATE workflow_status SET created_at = ?, updated_at = ?, completed_at = ? WHERE workflow_uuid = ?",
        long_ago,
        long_ago,
        long_ago,
        old.id,
    )

    with supervised(workspace):
        assert ended(workspace, workspace.background.import_model(colour_model)).state == "succeeded"

    kept = {row[0] for row in in_queue(workspace, "SELECT workflow_uuid FROM workflow_status")}
    assert old.id not in kept
    assert new.id in kept
    assert workspace.jobs.job(old.id).state == "succeeded"


def test_who_submits_needs_neither_dbos_nor_its_database(workspace, colour_model):
    code = (
        "import sys\nfrom accubench.workspace import Workspace\n"
        "workspace = Workspace(sys.argv[1])\nworkspace.background.import_model(sys.argv[2])\n"
        "workspace.jobs.jobs()\nprint('dbos' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(workspace.folder), str(colour_model)]

    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "False\n"
    assert not (workspace.folder / "jobs.sqlite").exists()
