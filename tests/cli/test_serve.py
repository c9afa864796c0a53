"""``accubench serve`` as a process: its address, its end, and what it refuses."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from pathlib import Path

import pytest

from accubench.workspace import SAMPLE_DATASET, SAMPLE_MODEL, Workspace, sample_path
from cli_runner import run_accubench

TOKEN = "a-token-of-this-test"
END_S = 3 + 3  # the promise is three seconds; a busy machine gets three more


class Served:
    """A running server."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.first_line = process.stdout.readline()
        self.second_line = process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", self.first_line)
        assert found, self.first_line + (process.stderr.read() if process.stderr and process.poll() is not None else "")
        self.address, self.port = found[0], int(found[1])

    def open(self, path: str) -> HTTPResponse:
        """An answer, asked for as a program does."""
        request = urllib.request.Request(self.address + path, headers={"Authorization": f"Bearer {TOKEN}"})
        return urllib.request.urlopen(request, timeout=60)

    def get(self, path: str) -> str:
        """The body of an answer."""
        with self.open(path) as answer:
            return answer.read().decode()


@contextlib.contextmanager
def served(folder: Path, *arguments: str) -> Iterator[Served]:
    """Start a server on a free port; kill it where the test left it running."""
    command = [sys.executable, "-m", "accubench", "serve", "--port", "0", "--workspace", str(folder), *arguments]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "ACCUBENCH_TOKEN": TOKEN}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Served(process)
        finally:
            if process.poll() is None:
                process.kill()


def descendants_of(process_id: int) -> set[int]:
    """Process ids of children, their children and so on."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = {process_id}
    for _ in range(10):
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {process_id}


def runs(process_id: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def long_job(folder: Path) -> str:
    """Queue work that takes longer than any test; returns the job's id."""
    with Workspace(folder) as workspace:
        model = workspace.import_model(sample_path(SAMPLE_MODEL))
        dataset = workspace.import_dataset(sample_path(SAMPLE_DATASET))
        first = workspace.background.create_project(model.id, dataset.id)
        workspace.jobs.cancel(first.id)
        assert first.project_id is not None
        return workspace.background.benchmark(first.project_id, 600).id


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_time_with_a_running_job_its_stream_and_half_an_upload(tmp_path: Path, number: int) -> None:
    job_id = long_job(tmp_path)
    with served(tmp_path) as server, server.open(f"jobs/{job_id}/events") as stream:
        while (line := stream.readline().decode()) and '"state": "running"' not in line:
            pass
        below = descendants_of(server.process.pid)
        with socket.create_connection(("127.0.0.1", server.port)) as slow:
            slow.sendall(
                f"POST /models/upload HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n--x".encode()
            )
            time.sleep(0.3)
            begun = time.monotonic()
            server.process.send_signal(number)
            status = server.process.wait(30)
            seconds = time.monotonic() - begun

    assert line
    assert status == 0
    assert seconds < END_S
    assert len(below) >= 2  # the worker, and the process that measures
    assert not any(map(runs, below))


def test_it_says_where_it_is_and_how_to_stop_it(tmp_path: Path) -> None:
    with served(tmp_path) as server:
        assert server.first_line == f"AccuBench workbench: {server.address}?token={TOKEN}\n"
        assert "Ctrl-C" in server.second_line
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(server.address, timeout=20)
        server.process.terminate()
        assert server.process.wait(20) == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = run_accubench("serve", "--port", port, "--workspace", tmp_path / "ws", cwd=tmp_path)

    assert ended.returncode == 2
    assert f"Port {port} is in use" in ended.stderr
    assert "--port" in ended.stderr
    assert ended.stdout == ""
    assert not (tmp_path / "ws").exists()


def test_other_machines_are_let_in_with_a_long_token_only(tmp_path: Path) -> None:
    ended = run_accubench("serve", "--host", "0.0.0.0", "--port", 0, "--token", "too-short", cwd=tmp_path)

    assert ended.returncode == 2
    assert "--token" in ended.stderr
    assert "16 characters" in ended.stderr


def test_that_traffic_is_not_encrypted_is_said(tmp_path: Path) -> None:
    with served(tmp_path, "--host", "0.0.0.0") as server:
        server.process.terminate()
        _, errors = server.process.communicate(timeout=20)
    assert "not encrypted" in errors


def test_a_root_that_is_not_there_is_refused(tmp_path: Path) -> None:
    ended = run_accubench("serve", "--root", tmp_path / "nowhere", cwd=tmp_path)

    assert ended.returncode == 2
    assert "There is no folder" in ended.stderr


def test_roots_are_resolved_and_shown(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with served(tmp_path / "ws", "--root", str(tmp_path / "link"), "--root", str(tmp_path / "real")) as server:
        assert f'"roots":["{tmp_path.resolve() / "real"}"]' in server.get("settings.json")
        server.process.terminate()
        assert server.process.wait(20) == 0
