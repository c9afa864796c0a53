"""Settings: versions, devices, disk use, cache, logs."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from fastapi.testclient import TestClient

from accubench.web import Workbench
from accubench.workspace.housekeeping import Housekeeping


def test_versions_devices_and_places_are_shown(client: TestClient, workbench: Workbench) -> None:
    shown = client.get("/settings.json").json()

    assert shown["versions"]["openvino"]
    assert shown["workspace"] == str(workbench.workspace.folder)
    assert shown["roots"] == [str(workbench.settings.roots[0])]
    devices = {device["name"]: device for device in shown["devices"]}
    assert devices["CPU"]["available"]
    absent = [device for device in devices.values() if not device["available"]]
    assert all(device["reason"] for device in absent)


def test_every_part_of_the_workspace_is_counted_once(
    client: TestClient, workbench: Workbench, colour_model: Path
) -> None:
    workbench.workspace.import_model(colour_model)
    folder = workbench.workspace.folder
    (folder / "cache").mkdir(exist_ok=True)
    (folder / "cache" / "thumbnail").write_bytes(b"x" * 1000)

    shown = client.get("/settings.json").json()

    sizes = {part["name"]: part["size_bytes"] for part in shown["disk"]}
    on_disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert sizes["cache"] == 1000
    assert sizes["models"] >= colour_model.stat().st_size
    assert shown["used_bytes"] == sum(sizes.values()) == on_disk


def test_the_cache_can_be_cleared_and_nothing_else_goes(
    client: TestClient, workbench: Workbench, colour_model: Path
) -> None:
    workbench.workspace.import_model(colour_model)
    cached = workbench.workspace.folder / "cache" / "thumbnails" / "ab" / "abc"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"x" * 1234)

    answer = client.post("/settings/clear-cache")

    assert answer.headers["location"] == "/settings?freed=1234"
    assert "1.2 kB freed" in client.get("/settings?freed=1234").text
    assert not cached.exists()
    assert len(workbench.workspace.models()) == 1


def test_all_logs_come_as_one_archive(client: TestClient, workbench: Workbench) -> None:
    for name in ("logs/server.log", "logs/worker.log", "jobs/j-1/log.txt", "jobs/j-1/outcome.json"):
        path = workbench.workspace.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")

    answer = client.get("/settings/logs.zip")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {name: archive.read(name).decode() for name in archive.namelist()} == {
            name: name for name in ("jobs/j-1/log.txt", "logs/server.log", "logs/worker.log")
        }
    assert client.get("/settings.json").json()["n_job_logs"] == 1


def test_a_database_password_is_not_shown(workbench: Workbench, client: TestClient) -> None:
    from sqlalchemy.engine import make_url

    class Catalogue:
        url = make_url("postgresql+pg8000://someone:s3cret@host/accubench")

    class Store:
        catalogue = Catalogue()

    shown = Housekeeping(Store()).database  # type: ignore[arg-type]
    assert "s3cret" not in shown
    assert "someone" in shown


def test_a_freed_size_that_cannot_be_is_refused_kindly(client: TestClient) -> None:
    for value in ("-1", "x", "9" * 40):
        assert client.get(f"/settings?freed={value}").status_code == 422
