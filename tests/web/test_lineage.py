"""A parent and its optimised children: on their pages, in the table of projects, in the history of reports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.testclient import TestClient

from accubench import Workspace
from accubench.records.project import ProjectOverview
from accubench.records.quantization import AccuracyGoal, AccuracyOutcome, Candidate
from accubench.records.top_k import TopK
from accubench.web import ServerSettings, Workbench, create_app
from accubench.workspace.comparison_report import ComparisonReport
from small_world import write_dataset, write_model

PARENT, CHILD = "<script>parent</script>", "<script>child</script>"


@dataclass(frozen=True, slots=True)
class Family:
    """A model, what was made of it, and the reports of both."""

    client: TestClient
    workspace: Workspace
    parent: ProjectOverview
    child: ProjectOverview
    comparison: ComparisonReport
    distance_id: str

    def json(self, address: str, **query: Any) -> Any:
        """What a page shows, as a record."""
        return self.client.get(f"{address}.json", params=query).json()

    def projects(self, **query: Any) -> list[tuple[str, int]]:
        """Ids and depths of the table's rows."""
        return [(row["id"], row["depth"]) for row in self.json("/projects", **query)["projects"]]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    folder = tmp_path_factory.mktemp("family")
    with Workspace(folder / "workspace") as workspace:
        model = workspace.import_model(write_model(folder / "colours.onnx"), name=PARENT)
        dataset = workspace.import_dataset(write_dataset(folder / "shades", 40, wrong=4))
        small = workspace.quantize(model, dataset, subset_size=10, name=CHILD)
        parent_report = workspace.evaluate(model, dataset)
        child_report = workspace.evaluate(small, dataset)
        comparison = workspace.compare(small, model, dataset, speed_rounds=0)
        distance = workspace.distance(small, model, dataset)
        other = workspace.import_model(write_model(folder / "another.onnx", gain=1), name="another")
        workspace.evaluate(other, dataset)
        app = create_app(Workbench(workspace=workspace, settings=ServerSettings(token="family")))
        headers = {"Authorization": "Bearer family"}
        with TestClient(app, base_url="http://127.0.0.1:8000", headers=headers, follow_redirects=False) as client:
            yield Family(
                client=client,
                workspace=workspace,
                parent=workspace.project(parent_report.record.project_id),
                child=workspace.project(child_report.record.project_id),
                comparison=comparison,
                distance_id=distance.id,
            )


def test_children_stand_under_their_parent_however_the_table_is_sorted(family):
    parent, child = family.parent.project.id, family.child.project.id

    for sort in ("model", "precision", "top1", "difference", "created"):
        for descending in (True, False):
            rows = family.projects(sort=sort, descending=descending)
            assert len(rows) == 3
            at = rows.index((parent, 0))
            assert rows[at + 1] == (child, 1), sort


def test_a_child_whose_parent_is_filtered_out_stands_alone(family):
    assert family.projects(q="int8") == [(family.child.project.id, 0)]
    assert family.projects(q="fp32 another")[0][1] == 0


def test_the_table_shows_the_difference_to_the_parent(family):
    page = family.json("/projects")

    marks = {row["id"]: row["mark"] for row in page["projects"]}
    difference = family.comparison.summary.difference
    assert difference is not None
    assert marks[family.child.project.id]["difference"] == difference.value
    assert marks[family.child.project.id]["report_id"] == family.comparison.id
    assert marks[family.parent.project.id] is None
    assert "To parent" in [column["title"] for column in page["columns"]]
    assert f'href="/reports/{family.comparison.id}"' in family.client.get("/projects").text


def test_projects_of_a_lineage_link_to_each_other(family):
    parent, child = (f"/projects/{each.project.id}" for each in (family.parent, family.child))

    assert family.json(child)["parent"]["address"] == parent
    (only,) = family.json(parent)["children"]
    assert only["address"] == child
    assert only["mark"]["report_id"] == family.comparison.id
    assert f'href="{parent}"' in family.client.get(child).text
    assert f'href="{child}"' in family.client.get(parent, params={"tab": "details"}).text


def test_the_history_holds_all_three_kinds_newest_first(family):
    rows = family.json(f"/projects/{family.child.project.id}")["reports"]

    assert [row["kind"] for row in rows] == ["distance", "comparison", "accuracy"]
    distance, comparison, accuracy = rows
    assert accuracy["top1"]["value"] == family.child.report.summary.top1.value
    assert comparison["flips"] == family.comparison.summary.flips.total
    assert distance["id"] == family.distance_id
    assert distance["distances"][0]["name"] == "mean squared error"
    assert {row["n"] for row in (distance, comparison)} == {30}  # without the images calibrated on
    page = family.client.get(f"/projects/{family.child.project.id}").text
    for row in rows:
        assert f'href="/reports/{row["id"]}"' in page


def test_the_newest_comparison_is_told_in_a_sentence(family):
    row = family.json(f"/projects/{family.child.project.id}")["newest_comparison"]

    assert row["sentence"] == family.comparison.sentence
    assert "Compared with &lt;script&gt;parent" in family.client.get(f"/projects/{family.child.project.id}").text


def test_a_model_tells_how_it_was_made_and_of_what(family):
    page = family.json(f"/models/{family.child.model.id}")["lineage"]
    recipe = family.child.model.recipe
    assert recipe is not None

    assert [each["address"] for each in page["ancestors"]] == [f"/models/{family.parent.model.id}"]
    facts = {fact["name"]: (fact["value"], fact["reason"]) for fact in page["recipe"]}
    assert facts["Method"][0] == "Default"
    assert facts["Calibrated on"] == ("10 images of shades", recipe.subset.rule)
    assert facts["Quantised"][0].startswith(f"{recipe.quantized_operations} ")
    assert "nncf" in facts["Made with"][0]
    assert "resize" in page["configuration_yaml"]
    assert family.json(f"/models/{family.parent.model.id}")["lineage"]["children"][0]["address"] == (
        f"/models/{family.child.model.id}"
    )
    assert "optimised from" in family.client.get("/models").text


def test_a_goal_that_was_missed_is_said_with_every_candidate(family):
    recipe = family.child.model.recipe
    assert recipe is not None
    goal = AccuracyGoal(max_drop=0.005)
    tops = [TopK(k=1, right=right, n=30, value=right / 30, low=0.5, high=0.9) for right in (27, 21, 24)]
    outcome = AccuracyOutcome(
        goal=goal,
        validation_dataset_id=family.child.dataset.id,
        n_validation=30,
        parent_top1=tops[0],
        candidates=(
            Candidate(number=0, layers_in_floating_point=(), top1=tops[1], drop=0.2, reached=False),
            Candidate(number=1, layers_in_floating_point=("conv<b>",), top1=tops[2], drop=0.1, reached=False),
        ),
        chosen=1,
        reached=False,
    )
    settings = recipe.settings.model_copy(update={"goal": goal})
    tried = recipe.model_copy(update={"outcome": outcome, "settings": settings})
    model = family.child.model.model_copy(update={"id": "m-tried", "name": "tried", "recipe": tried})
    family.workspace._store.catalogue.add_model(model)

    shown = family.json("/models/m-tried")["lineage"]

    assert "not reached: at most 0.5 points were to be lost" in shown["goal"]
    assert [(row["top1"], row["drop"], row["chosen"]) for row in shown["candidates"]] == [
        ("70.00 %", "20.00 points", False),
        ("80.00 %", "10.00 points", True),
    ]
    assert "conv&lt;b&gt;" in family.client.get("/models/m-tried").text
    family.workspace.delete_model("m-tried")


def test_names_of_a_lineage_are_shown_as_text(family):
    child, parent = family.child, family.parent
    addresses = ["/", "/projects", "/models", f"/models/{child.model.id}", f"/models/{parent.model.id}"]
    addresses += [
        f"/projects/{each.project.id}?tab={tab}" for each in (child, parent) for tab in ("analyze", "details")
    ]
    addresses += [f"/projects/{child.project.id}/reports/new?type={kind}" for kind in ("comparison", "distance")]

    for address in addresses:
        page = family.client.get(address)
        assert page.status_code == 200
        assert "<script>parent" not in page.text, address
        assert "<script>child" not in page.text, address


# --- creating reports about two models ------------------------------------------------------------


def kinds(family: Family, project: ProjectOverview) -> dict[str, Any]:
    types = family.json(f"/projects/{project.project.id}/reports/new")["types"]
    return {each["kind"]: each for each in types}


def test_every_type_says_what_it_needs(family):
    assert [need["text"] for need in kinds(family, family.child)["comparison"]["needs"]] == [
        f"parent {PARENT}",
        "annotated dataset",
    ]
    assert kinds(family, family.child)["distance"]["reason"] == ""
    actions = family.json(f"/projects/{family.child.project.id}")["actions"]
    assert [choice["kind"] for choice in actions[0]["choices"]] == ["accuracy", "comparison", "distance"]


def test_a_comparison_starts_with_the_parent_and_the_configuration_of_the_calibration(family):
    page = family.json(f"/projects/{family.child.project.id}/reports/new", type="comparison")

    assert page["start"] == "calibrated"
    assert page["check"]["valid"]
    assert page["paired"]["parents"][0]["id"] == family.parent.model.id
    assert len(page["paired"]["parents"]) == 2
    assert page["paired"]["calibration_images"] == 10
    assert page["form"]["measure_speed"]
    assert not page["form"]["include_calibration"]


@pytest.mark.parametrize("kind", ["comparison", "distance"])
def test_the_job_gets_what_was_chosen(family, kind):
    address = f"/projects/{family.child.project.id}/reports"
    text = family.json(f"{address}/new", type=kind)["text"]
    form = {"type": kind, "configuration_yaml": text, "parent_model_id": family.parent.model.id, "margin": "2,5"}

    answer = family.client.post(address, data=form | {"include_calibration": "true"})

    assert answer.status_code == 303, answer.text
    job = family.workspace.jobs.jobs()[0]
    assert job.kind == {"comparison": "compare", "distance": "distance"}[kind]
    assert job.arguments["parent_model_id"] == family.parent.model.id
    assert job.arguments["include_calibration"] is True
    assert job.arguments["configuration_yaml"] == text
    if kind == "comparison":
        assert job.arguments["margin"] == pytest.approx(0.025)
        assert job.arguments["speed_rounds"] == 0
    shown = family.client.get(answer.headers["location"]).text
    assert f'<div class="job-progress" data-job="{job.id}"' in shown
    family.workspace.jobs.cancel(job.id)


def test_each_models_own_configuration_can_be_asked_for(family):
    address = f"/projects/{family.child.project.id}/reports"
    text = family.json(f"{address}/new", type="comparison")["text"]
    form = {"type": "comparison", "configuration_yaml": text, "parent_model_id": family.parent.model.id}

    answer = family.client.post(address, data=form | {"own_configurations": "true", "measure_speed": "true"})

    assert answer.status_code == 303
    job = family.workspace.jobs.jobs()[0]
    assert job.arguments["configuration_yaml"] is None
    assert job.arguments["speed_rounds"] == 5
    family.workspace.jobs.cancel(job.id)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"margin": "lots"}, "margin"),
        ({"margin": "0"}, "margin"),
        ({"parent_model_id": "m-none"}, "model to compare with"),
        ({"parent_model_id": ""}, "model to compare with"),
        ({"configuration_yaml": "a: ["}, "Line 1"),
    ],
)
def test_what_does_not_fit_comes_back_with_the_reason(family, wrong, said):
    address = f"/projects/{family.child.project.id}/reports"
    text = family.json(f"{address}/new", type="comparison")["text"]
    form = {"type": "comparison", "configuration_yaml": text, "parent_model_id": family.parent.model.id, "margin": "3"}
    before = len(family.workspace.jobs.jobs())

    answer = family.client.post(address, data=form | {"include_calibration": "true"} | wrong)

    assert answer.status_code == 422
    assert said in answer.text
    assert 'name="include_calibration" value="true" checked' in answer.text
    if "margin" not in wrong:
        assert 'name="margin" value="3"' in answer.text
    assert len(family.workspace.jobs.jobs()) == before


def test_without_another_model_a_comparison_says_why_not(tmp_path, client, workbench):
    report = workbench.workspace.evaluate(write_model(tmp_path / "m.onnx"), write_dataset(tmp_path / "d", 3))
    address = f"/projects/{report.record.project_id}/reports"

    types = client.get(f"{address}/new.json").json()["types"]
    page = client.get(f"{address}/new", params={"type": "comparison"})
    refused = client.post(address, data={"type": "distance", "configuration_yaml": "preprocessing: [decode: {}]"})

    assert [bool(each["reason"]) for each in types] == [False, True, True]
    assert "no other model with 3 classes" in page.text
    assert 'id="create-report"' not in page.text
    assert refused.status_code == 422
    assert client.get(f"{address}/new", params={"type": "nonsense"}).status_code == 422


def test_a_child_whose_parent_was_deleted_remembers_its_name(tmp_path, client, workbench):
    workspace = workbench.workspace
    model = workspace.import_model(write_model(tmp_path / "m.onnx"), name="lost")
    dataset = workspace.import_dataset(write_dataset(tmp_path / "d", 8))
    small = workspace.quantize(model, dataset, subset_size=4)
    project_id = workspace.evaluate(small, dataset).record.project_id
    alone = client.get(f"/projects/{project_id}.json").json()["parent"]
    workspace.delete_model(model.id, with_dependents=True)

    gone = client.get(f"/projects/{project_id}.json").json()["parent"]

    assert (alone["kind"], alone["address"]) == ("model", f"/models/{model.id}")
    assert (gone["kind"], gone["name"], gone["address"]) == ("gone", "lost", "")
    assert "lost" in client.get(f"/models/{small.id}").text
    assert "lost, deleted" in client.get("/models").text
    assert client.get(f"/projects/{project_id}/reports/new").status_code == 200
