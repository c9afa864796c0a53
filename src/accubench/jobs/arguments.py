"""The arguments of a job, checked before it is queued and when it is begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from accubench.errors import UsageError
from accubench.records.base import Record
from accubench.records.job import JobKind
from accubench.records.job_arguments import ARGUMENTS

__all__ = ["checked_arguments"]


def checked_arguments(kind: JobKind, arguments: Mapping[str, object]) -> Record:
    """The arguments of a job as a record.

    Raises:
        UsageError: There is no such kind, or it takes other arguments.

    >>> checked_arguments("benchmark", {"project_id": "p-1", "seconds": 2})
    BenchmarkArguments(project_id='p-1', seconds=2.0)
    """
    if kind not in get_args(JobKind):
        raise UsageError(f"There is no kind of job called '{kind}'; expected one of {', '.join(get_args(JobKind))}.")
    try:
        return ARGUMENTS[kind].model_validate(dict(arguments))
    except ValueError as error:
        raise UsageError(f"A job of kind '{kind}' cannot be queued with these arguments: {error}") from error
