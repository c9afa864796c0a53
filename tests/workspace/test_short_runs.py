"""Threads that infer, requests and models come and go many times, with and without being interrupted."""

import faulthandler
from itertools import count

from accubench import Workspace
from accubench.errors import Cancelled


def test_short_runs_in_a_row_all_end_cancelled_ones_among_them(tmp_path, colour_model, colour_dataset):
    ended = {"complete": 0, "cancelled": 0}
    faulthandler.dump_traceback_later(120, exit=True)  # a deadlock would otherwise say nothing
    try:
        for run in range(40):
            with Workspace(tmp_path, cancelled=stopping_in(run)) as workspace:
                try:
                    assert workspace.evaluate(colour_model, colour_dataset, fresh=True).summary.n == 150
                    ended["complete"] += 1
                except Cancelled:
                    ended["cancelled"] += 1
    finally:
        faulthandler.cancel_dump_traceback_later()
    assert ended["complete"] >= 20
    assert ended["cancelled"] >= 5


def stopping_in(run):
    """Every other run is stopped, some at once and some later."""
    asked = count()
    return lambda: next(asked) >= run % 5 and run % 2 == 0
