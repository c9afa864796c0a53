"""How often a job's worker died without the job getting further."""

from __future__ import annotations

from typing import Any

from accubench.jobs.job_folder import JobFolder

__all__ = ["count_deaths"]


def count_deaths(folder: JobFolder, *, attempts: int, stored_parts: int = 0) -> int:
    """Count the deaths since the job last got further, and remember that an attempt begins.

    It got further where more is done than at the death before, or where it died in a stage in which it had not died.
    What is done is what the job told, or what is on disk: a part of scores is stored a moment before it is told of.

    Args:
        folder: The files of the job; an attempt that ended in good order has left them without attempts.
        attempts: How often the job was begun before.
        stored_parts: How many parts of scores the workspace has.
    """
    earlier = folder.attempts()
    if not (attempts and earlier.get("open")):
        folder.write_attempts({"open": True, "deaths": 0, "done": -1, "stages": []})
        return 0
    progress = folder.progress()
    stage, done = (progress.stage, progress.done) if progress else ("", 0)
    further = done > earlier["done"] or stored_parts > earlier.get("stored_parts", stored_parts)
    stages: list[Any] = [] if further else earlier["stages"]
    deaths = earlier["deaths"] + 1 if stage in stages else 1
    folder.write_attempts(
        {"open": True, "deaths": deaths, "done": done, "stages": [*stages, stage], "stored_parts": stored_parts}
    )
    return deaths
