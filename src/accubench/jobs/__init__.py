"""Long work in the background: queued, one at a time for each target, cancelled at any time, continued after a crash.

::

    Jobs         what there is to do and what became of it: records in the catalogue, files in jobs/<id>/
    supervise    keeps a worker process alive for as long as a server runs
    worker       takes jobs from the queue and runs each in a child process, by DBOS (never imported by a server)
    child        that process: calls the task, writes progress.json, log.txt and outcome.json
    work         which task a kind of job calls, and with what
"""

from accubench.jobs.jobs import Jobs
from accubench.jobs.supervising import supervise

__all__ = ["Jobs", "supervise"]
