"""Jobs as whoever submits them sees them: records in the catalogue; a worker does the rest."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from accubench.errors import JobNotFoundError
from accubench.jobs.arguments import checked_arguments
from accubench.jobs.job_folder import JobFolder
from accubench.jobs.worker_lock import worker_is_alive
from accubench.records.job import Job, JobKind, JobState
from accubench.tasks.surroundings import Surroundings

__all__ = ["Jobs"]


class Jobs:
    """The jobs of a workspace: submit, watch, cancel.

    A job is a record in the catalogue, written in one step; the worker finds it there, so that no job is lost between
    two databases, and whoever submits needs neither the worker's database nor its libraries.

    Args:
        surroundings: Where jobs are kept, and the time.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._store = surroundings.store
        self._catalogue = surroundings.store.catalogue

    def submit(
        self,
        kind: JobKind,
        arguments: Mapping[str, object],
        *,
        title: str,
        queue: str,
        project_id: str | None = None,
        report_id: str | None = None,
    ) -> Job:
        """Queue a job.

        Args:
            kind: Which task.
            arguments: What the task is called with; see `accubench.jobs.arguments`.
            title: What a person reads.
            queue: Jobs of one queue run one after the other.
            project_id: The project it belongs to.
            report_id: The id that its report will have.

        Raises:
            UsageError: The task takes other arguments.
        """
        job = Job(
            id=self._surroundings.new_id("job"),
            kind=kind,
            title=title,
            arguments=checked_arguments(kind, arguments).model_dump(mode="json"),
            queue=queue,
            project_id=project_id,
            report_id=report_id,
            created_at=self._surroundings.now(),
        )
        self._catalogue.add_job(job)
        return job

    def cancel(self, job_id: str) -> Job:
        """Stop a job: at once where it waits, within two seconds where it runs; one that ended stays as it is.

        Raises:
            JobNotFoundError: There is no such job.
        """
        if not self._change(job_id, {"queued"}, self._cancelled) and self._change(job_id, {"running"}, _cancelling):
            self._say(job_id, "Asked to cancel.")
        # Without a worker nothing runs: its child processes died with it.
        if self.job(job_id).state == "cancelling" and not worker_is_alive(self._store):
            self._change(job_id, {"cancelling"}, self._cancelled)
        return self.job(job_id)

    def job(self, job_id: str) -> Job:
        """A job with its newest progress.

        Raises:
            JobNotFoundError: There is no such job.
        """
        job = self._catalogue.job(job_id)
        if job is None:
            raise JobNotFoundError(
                f"There is no job '{job_id}' in {self._store.folder}. List them with `accubench jobs list`."
            )
        return self._with_progress(job)

    def jobs(
        self,
        states: Collection[JobState] | None = None,
        project_id: str | None = None,
        report_id: str | None = None,
        limit: int | None = None,
    ) -> list[Job]:
        """Jobs with their newest progress, newest job first.

        Args:
            states: Only those in one of these states.
            project_id: Only those of a project.
            report_id: Only those that make a report.
            limit: Not more than that many.
        """
        found = self._catalogue.jobs(states=states, project_id=project_id, report_id=report_id, limit=limit)
        return [self._with_progress(job) for job in found]

    def log(self, job_id: str) -> str:
        """Everything that a job said so far.

        Raises:
            JobNotFoundError: There is no such job.
        """
        return JobFolder(self._store.folder, self.job(job_id).id).log()

    def log_path(self, job_id: str) -> Path:
        """The file that a job's log is in; absent until the job was begun.

        Raises:
            JobNotFoundError: There is no such job.
        """
        return JobFolder(self._store.folder, self.job(job_id).id).log_path

    # --- how ------------------------------------------------------------------------------------

    def _with_progress(self, job: Job) -> Job:
        if job.ended:
            return job
        newest = JobFolder(self._store.folder, job.id).progress()
        return job if newest is None else job.model_copy(update={"progress": newest})

    def _change(self, job_id: str, states: Collection[JobState], change: Callable[[Job], Job]) -> bool:
        job = self.job(job_id)
        return job.state in states and self._catalogue.update_job(change(job), only_if=states)

    def _cancelled(self, job: Job) -> Job:
        return job.model_copy(update={"state": "cancelled", "ended_at": self._surroundings.now()})

    def _say(self, job_id: str, text: str) -> None:
        JobFolder(self._store.folder, job_id).say(text, self._surroundings.now())


def _cancelling(job: Job) -> Job:
    return job.model_copy(update={"state": "cancelling"})
