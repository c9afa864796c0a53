"""A check as a job makes what the method of the workspace makes."""

from datetime import UTC, datetime

from accubench.jobs.work import do_work
from accubench.records.job import Job
from accubench.workspace import Workspace


def job_of(kind, **arguments):
    return Job(
        id="j-000000000-0000",
        kind=kind,
        title="Job",
        arguments=arguments,
        queue="CPU",
        state="running",
        created_at=datetime.now(UTC),
    )


def test_a_check_that_was_made_before_is_found_by_its_job(tmp_path, colour_model, colour_dataset):
    with Workspace(tmp_path / "workspace") as workspace:
        check = workspace.check(colour_model, colour_dataset, images=20)
        job = job_of("check", project_id=check.project_id, images=20)

        made = do_work(workspace._surroundings(), job)

    assert made == {"project_id": check.project_id, "check_id": check.id}


def test_an_evaluation_queued_without_a_word_checks_the_numbers(tmp_path, colour_model, colour_dataset):
    with Workspace(tmp_path / "workspace") as workspace:
        project_id = workspace.evaluate(colour_model, colour_dataset).record.project_id
        do_work(workspace._surroundings(), job_of("evaluate", project_id=project_id))
        checks = workspace.checks(project_id)
        do_work(workspace._surroundings(), job_of("evaluate", project_id=project_id, check=False, precision="bf16"))

        assert len(checks) == len(workspace.checks(project_id)) == 1
