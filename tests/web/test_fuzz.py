"""Whatever is asked of the API, as its own OpenAPI document describes it, the answer is never a server error."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from schemathesis.checks import not_a_server_error

from accubench import Workspace
from accubench.web import ServerSettings, Workbench, create_app
from small_world import write_dataset, write_model

pytestmark = pytest.mark.slow

_EXAMPLES = 15
_SKEWED_CK = np.array([[20.0, 12.0, 0.0], [0.0, 20.0, 2.0], [8.0, 0.0, 15.0]])
_ACCESS = {"Authorization": "Bearer fuzz"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Any, dict[str, list[str]]]]:
    """The application over a workspace with something of every kind, and the ids of what it holds."""
    folder = tmp_path_factory.mktemp("fuzz")
    images = write_dataset(folder / "images", 30, wrong=5)
    (images / "image_00009.png").write_bytes(b"no image")
    with Workspace(folder / "workspace") as workspace:
        model = workspace.import_model(write_model(folder / "colours.onnx", features=True))
        dataset = workspace.import_dataset(images)
        workspace.check_dataset(dataset)
        report = workspace.evaluate(model, dataset)
        optimised = workspace.import_model(write_model(folder / "optimised.onnx", weights_ck=_SKEWED_CK, features=True))
        comparison = workspace.compare(optimised, model, dataset, speed_rounds=1, speed_seconds=0.05)
        distance = workspace.distance(optimised, model, dataset)
        check = workspace.check(model, dataset)
        job = workspace.background.evaluate(report.record.project_id)
        workspace.jobs.cancel(job.id)  # its events come to an end
        workspace.background.evaluate(report.record.project_id, fresh=True)  # stays queued: nobody works here
        settings = ServerSettings(token="fuzz", roots=(folder,), allowed_hosts=("localhost", "testserver"))
        app = create_app(Workbench(workspace=workspace, settings=settings))
        yield (
            app,
            {
                "output": [each.output for each in distance.record.outputs],
                "model_id": [model.id],
                "dataset_id": [dataset.id],
                "project_id": [report.record.project_id],
                "report_id": [report.id, comparison.id, distance.id],
                "check_id": [check.id],
                "job_id": [job.id],
                "path": [str(folder / "colours.onnx"), str(images), str(folder), "/etc"],
                "image_name": ["image_00001.png", "image_00009.png"],
                "then": [f"/reports/{report.id}?view=failed", "//elsewhere.example"],
            },
        )


def _with_known_values(parameters: Any, known: dict[str, list[str]]) -> Any:
    """Half of the drawn values become values that exist; which half follows from the draw."""
    if not isinstance(parameters, dict):
        return parameters
    changed = dict(parameters)
    for name, value in changed.items():
        drawn = zlib.crc32(str(value).encode("utf-8", "replace"))
        if known.get(name) and drawn % 2:
            choice = known[name][drawn % len(known[name])]
            changed[name] = [choice] if isinstance(value, list) else choice
        elif type(value) is int and drawn % 2:
            changed[name] = value % 30
    return changed


def test_no_request_ends_in_a_server_error(world: tuple[Any, dict[str, list[str]]]) -> None:
    app, known = world
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, headers=_ACCESS)
    client = TestClient(app, base_url="http://localhost", headers=_ACCESS, follow_redirects=False)
    answered: dict[str, set[int]] = {}

    def try_operation(operation: Any) -> None:
        kind = operation.path.split("/")[1].removesuffix("s")
        ids = known | {"record_id": known.get(f"{kind}_id", [])}

        @seed(0)
        @hypothesis_settings(
            max_examples=_EXAMPLES,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def try_case(case: Any) -> None:
            case.path_parameters = _with_known_values(case.path_parameters, ids)
            case.body = _with_known_values(case.body, ids)
            response = case.call(headers=_ACCESS, allow_redirects=False)
            case.validate_response(response, checks=[not_a_server_error])
            answered.setdefault(operation.label, set()).add(response.status_code)
            if operation.label.startswith("GET") and case.formatted_path.endswith(".json"):
                shown = client.get(case.formatted_path.removesuffix(".json"), params=case.query)
                assert shown.status_code < 500, f"{shown.url} answers {shown.status_code}"

        try_case()

    operations = [result.ok() for result in schema.get_all_operations()]
    # What deletes comes last, so that the others find something.
    for operation in sorted(operations, key=lambda each: ("delete" in each.label, each.label)):
        try_operation(operation)
    assert len(answered) > 20
    unheard = [label for label, codes in answered.items() if "GET" in label and not codes & {200, 303}]
    assert unheard == [], "the fuzzer never gets through to these"
