"""How often a job's worker died without the job getting further."""

from __future__ import annotations

from typing import Any

from accubench.jobs.job_folder import JobFolder

__all__ = ["count_deaths"]


def count_deaths(folder: JobFolder, *, attempts: int) -> int:
    """Count the deaths since the job last got further, and remember that an attempt begins.

    It got further where more is done than at the death before, or where it died in a stage in which it had not died.

    Args:
        folder: The files of the job; an attempt that ended in good order has left them without attempts.
        attempts: How often the job was begun before.
    """
    earlier = folder.attempts()
    if not (attempts and earlier.get("open")):
        folder.write_attempts({"open": True, "deaths": 0, "done": -1, "stages": []})
        return 0
    progress = folder.progress()
    stage, done = (progress.stage, progress.done) if progress else ("", 0)
    stages: list[Any] = earlier["stages"] if done <= earlier["done"] else []
    deaths = earlier["deaths"] + 1 if stage in stages else 1
    folder.write_attempts({"open": True, "deaths": deaths, "done": done, "stages": [*stages, stage]})
    return deaths
