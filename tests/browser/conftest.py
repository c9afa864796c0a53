"""A running workbench, a browser, and a page that forgives nothing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_world import World, make_world
from running_server import RunningServer, serve
from watching import Watch

from accubench.workspace import SAMPLE_DATASET, sample_path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark all tests of this folder as slow: each starts a server and a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless browser for all tests of a process."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if executable is None:
        pytest.skip(f"no browser on PATH; looked for {', '.join(_BROWSERS)}")
    playwright.expect.set_options(timeout=15_000)
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=executable, args=list(_ARGUMENTS))
        yield running
        running.close()


@pytest.fixture
def watch(server: RunningServer) -> Watch:
    """What goes wrong in `page`; the test fails where something is left in it."""
    return Watch(server.address)


@pytest.fixture
def context(browser: Any, watch: Watch) -> Iterator[Any]:
    """A browser profile of its own: cookies, storage."""
    opened = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened.set_default_timeout(15_000)
    opened.on("page", watch.follow)
    yield opened
    opened.close()


@pytest.fixture
def page(context: Any, server: RunningServer, watch: Watch) -> Iterator[Any]:
    """A page that came in by the printed address; the test fails on any problem that `watch` saw."""
    opened = context.new_page()
    opened.goto(server.invitation)
    yield opened
    opened.close()
    assert watch.problems == []


@pytest.fixture(scope="module")
def roots(real_data_folder: Path | None) -> list[Path]:
    """Folders that the server may import from besides the module's own: the sample and, where they are, real images."""
    return [sample_path(SAMPLE_DATASET), *([real_data_folder] if real_data_folder else [])]


@pytest.fixture(scope="module")
def real_data_folder(request: pytest.FixtureRequest) -> Path | None:
    """The folder of real models and images, or None where it is absent."""
    try:
        return request.getfixturevalue("real_data")
    except pytest.skip.Exception:
        return None


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder below which the server may import."""
    return tmp_path_factory.mktemp("scratch")


@pytest.fixture(scope="module")
def server(scratch: Path, roots: list[Path]) -> Iterator[RunningServer]:
    """A running workbench on a workspace of its own."""
    with serve(scratch / "workspace", [scratch, *roots]) as running:
        yield running


@pytest.fixture(scope="module")
def world(server: RunningServer, scratch: Path) -> World:
    """A workspace whose every name is hostile."""
    return make_world(server.workspace, scratch)


@pytest.fixture
def visit(page: Any, server: RunningServer, world: World, watch: Watch) -> Any:
    """Open a page of the world by what it is."""

    def open_page(name: str) -> Any:
        response = page.goto(server.address + world.addresses()[name], wait_until="load")
        if name == "nothing there":
            assert response.status == 404
            watch.forgive("status of 404")
        else:
            assert response.status == 200, f"{name}: {response.status}"
        return page

    return open_page
