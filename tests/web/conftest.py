"""A workbench in an empty workspace, and a browser's worth of a client that has been let in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from accubench.web import ServerSettings, Workbench, create_app
from accubench.web.access import cookie_name, cookie_value
from accubench.web.server_log import SERVER_LOG
from accubench.workspace import Workspace

TOKEN = "secret-token"


@pytest.fixture
def workbench(tmp_path: Path) -> Iterator[Workbench]:
    """A workbench over an empty workspace; files below the test's own folder may be imported."""
    with Workspace(tmp_path / "workspace") as workspace:
        yield Workbench(workspace=workspace, settings=ServerSettings(token=TOKEN, roots=(tmp_path.resolve(),)))
    log = tmp_path / "workspace" / "logs" / SERVER_LOG
    if log.is_file():
        print(log.read_text(encoding="utf-8"))  # pytest shows it where the test failed


@pytest.fixture
def stranger(workbench: Workbench) -> Iterator[TestClient]:
    """A client that does not know the token; it does not follow redirects."""
    with TestClient(create_app(workbench), base_url="http://127.0.0.1:8000", follow_redirects=False) as client:
        yield client


@pytest.fixture
def client(stranger: TestClient, workbench: Workbench) -> TestClient:
    """A client with the cookie; it does not follow redirects, so that a form's answer can be looked at."""
    stranger.cookies.set(cookie_name(workbench.settings), cookie_value(workbench.settings))
    return stranger
