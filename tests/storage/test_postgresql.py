"""The catalogue in PostgreSQL, where this machine has one."""

import os
import pwd
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa

from accubench import Workspace
from accubench.storage import schema
from accubench.storage.catalogue import Catalogue

pytest.importorskip("pg8000", reason="pg8000 is not installed (extra postgresql)")

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [
    Path(shutil.which("initdb") or "/nowhere/initdb").parent
]


def become_postgres() -> None:
    """PostgreSQL refuses to run as root."""
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    programs = PROGRAMS[-1]
    if not (programs / "initdb").exists():
        pytest.skip("PostgreSQL is not installed here")
    base = Path("/tmp") / f"accubench-postgresql-{os.getpid()}"
    base.mkdir(mode=0o777)
    base.chmod(0o777)
    data, port = base / "data", free_port()

    def run(program: str, *arguments: object) -> None:
        command = [str(programs / program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, preexec_fn=become_postgres, cwd=base)

    run("initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync")
    options = f"-p {port} -k {base} -h 127.0.0.1 -F"
    run("pg_ctl", "-D", data, "-o", options, "-l", base / "log", "-w", "start")
    try:
        run("createdb", "-h", "127.0.0.1", "-p", port, "-U", "postgres", "accubench")
        yield f"postgresql://postgres@127.0.0.1:{port}/accubench"
    finally:
        run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(base, ignore_errors=True)


def test_a_workspace_may_keep_its_catalogue_in_postgresql(url, tmp_path, colour_model, colour_dataset):
    with Workspace(tmp_path / "workspace", database=url) as workspace:
        first = workspace.evaluate(colour_model, colour_dataset)
        benchmark = workspace.benchmark(colour_model, seconds=0.2)
    with Workspace(tmp_path / "workspace", database=url) as workspace:
        second = workspace.evaluate("colours", "colours")

        assert second.record.reused_predictions
        assert [report.id for report in workspace.reports()] == [first.id, second.id]
        assert benchmark.runs
    assert not (tmp_path / "workspace" / "catalogue.sqlite").exists()


def test_migrations_are_applied_once(url):
    for _ in range(2):
        Catalogue(url).close()

    engine = sa.create_engine(url.replace("postgresql:", "postgresql+pg8000:"))
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalars().all() == [schema.HEAD]
    engine.dispose()
