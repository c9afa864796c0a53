"""What a running job writes, and how often its worker died."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from accubench.jobs.deaths import count_deaths
from accubench.jobs.job_folder import JobFolder
from accubench.jobs.listening import JobListener
from accubench.records.progress import Progress

NOW = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path):
    made = JobFolder(tmp_path, "j-1")
    made.prepare()
    return made


@pytest.fixture
def clock():
    times = iter(range(1000))
    return lambda: next(times) / 100  # 10 ms pass between two looks


def listen(folder, clock):
    return JobListener(folder, clock=clock, now=lambda: NOW)


def test_every_count_is_written_at_once(folder, clock):
    listener = listen(folder, clock)

    for done in range(5):
        listener(Progress(stage="evaluate", done=done, total=5, right=done))
        assert folder.progress() == Progress(stage="evaluate", done=done, total=5, right=done)


def test_messages_without_counts_are_written_four_times_a_second_and_logged_each(folder, clock):
    listener = listen(folder, clock)
    shown = []
    for number in range(100):
        listener(Progress(stage="import", message=f"file {number}"))
        shown.append(folder.progress().message)

    assert 3 < len(set(shown)) < 20
    assert folder.log().splitlines() == [f"2024-02-29 12:30:00Z  import: file {number}" for number in range(100)]


def test_a_message_keeps_the_counts_before_it(folder, clock):
    listener = listen(folder, clock)
    listener(Progress(stage="evaluate", done=64, total=64, rate=9.0, right=60, judged=64))

    listener(Progress(stage="report", message="Computing."))

    assert folder.progress() == Progress(stage="report", done=64, total=64, right=60, judged=64, message="Computing.")


def test_a_second_attempt_begins_with_the_counts_of_the_first(folder, clock):
    listen(folder, clock)(Progress(stage="evaluate", done=64, total=128))

    listen(folder, clock)(Progress(stage="load", message="Loading."))

    assert folder.progress().done == 64


@pytest.mark.parametrize("damaged", ["", "[]", "{", '{"stage": 1, "more": 2}'])
def test_damaged_files_count_as_absent(folder, damaged):
    for name in ("progress.json", "outcome.json", "attempts.json"):
        (folder.path / name).write_text(damaged)

    assert folder.progress() is None
    assert folder.outcome() is None
    if damaged.startswith('{"'):
        return
    assert folder.attempts() == {}


def died_at(folder, attempts, stage, done):
    folder.write_progress(Progress(stage=stage, done=done, total=500))
    return count_deaths(folder, attempts=attempts)


def test_deaths_are_counted_until_the_job_gets_further(folder):
    assert count_deaths(folder, attempts=0) == 0
    assert died_at(folder, 1, "evaluate", 64) == 1
    assert died_at(folder, 2, "evaluate", 128) == 1
    assert died_at(folder, 3, "report", 128) == 1
    assert died_at(folder, 4, "evaluate", 128) == 2


def test_a_part_that_is_stored_but_not_told_of_is_progress(folder):
    count_deaths(folder, attempts=0)
    folder.write_progress(Progress(stage="evaluate", done=64, total=500))

    assert count_deaths(folder, attempts=1, stored_parts=1) == 1
    assert count_deaths(folder, attempts=2, stored_parts=2) == 1
    assert count_deaths(folder, attempts=3, stored_parts=2) == 2


def test_stages_that_take_turns_at_dying_are_not_progress(folder):
    count_deaths(folder, attempts=0)
    assert died_at(folder, 1, "load", 0) == 1
    assert died_at(folder, 2, "evaluate", 0) == 1
    assert died_at(folder, 3, "load", 0) == 2


def test_an_end_in_good_order_is_no_death(folder):
    count_deaths(folder, attempts=0)
    assert died_at(folder, 1, "evaluate", 64) == 1
    folder.write_attempts({})

    assert count_deaths(folder, attempts=2) == 0
