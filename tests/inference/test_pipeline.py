import threading
import time

import numpy as np
import pytest

from accubench.errors import Cancelled, ImageError
from accubench.inference import predict


def blocks_of(n, size):
    return [(number, range(start, min(start + size, n))) for number, start in enumerate(range(0, n, size))]


def identity_scores(image):
    return image * np.array([1, 2], np.float32)


def image_of(row):
    return np.float32(row + 1)


def run(blocks, *, prepare=image_of, infer=identity_scores, workers=4, finish=None, **options):
    finished = []
    predict(
        blocks,
        prepare=prepare,
        infer=infer,
        score_columns=2,
        score_dtype=np.float32,
        workers=workers,
        finish=finish or finished.append,
        **options,
    )
    return sorted(finished, key=lambda block: block.number)


@pytest.mark.parametrize("workers", [1, 2, 7])
@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 1000])
def test_every_row_gets_its_own_scores_once(n, workers):
    finished = run(blocks_of(n, 64), workers=workers)

    assert [block.number for block in finished] == list(range(-(-n // 64)))
    scores = np.concatenate([block.scores_nk for block in finished]) if finished else np.zeros((0, 2))
    assert (scores == np.arange(1, n + 1)[:, None] * [1, 2]).all()


def test_an_image_that_cannot_be_used_becomes_a_failed_row_and_the_rest_goes_on():
    def prepare(row):
        if row == 3:
            raise ImageError("The file is empty.")
        return image_of(row)

    (block,) = run(blocks_of(10, 64), prepare=prepare)

    assert block.failures == [None] * 3 + ["The file is empty."] + [None] * 6
    assert (block.scores_nk[3] == 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_scores_that_are_not_finite_make_a_failed_row(bad):
    def infer(image):
        return np.array([bad, 1], np.float32) if image == 2 else identity_scores(image)

    (block,) = run(blocks_of(3, 64), infer=infer)

    assert block.failures == [None, "The model's scores hold NaN or infinity.", None]
    assert np.isfinite(block.scores_nk).all()


def test_twenty_thousand_rows_pass_through_a_bounded_number_at_a_time():
    lock = threading.Lock()
    begun = 0
    stored = 0
    most_open = 0

    def prepare(row):
        nonlocal begun, most_open
        with lock:
            begun += 1
            most_open = max(most_open, begun - stored)
        return image_of(row)

    def finish(block):
        nonlocal stored
        time.sleep(0.0005)
        with lock:
            stored += len(block.rows)

    run(blocks_of(20_000, 64), prepare=prepare, finish=finish, open_blocks=3)

    assert stored == 20_000
    assert most_open <= 3 * 64


def test_cancelling_stops_all_workers_soon():
    done = threading.Event()

    def prepare(row):
        time.sleep(0.005)
        if row > 20:
            done.set()
        return image_of(row)

    before = threading.active_count()
    with pytest.raises(Cancelled):
        run(blocks_of(100_000, 64), prepare=prepare, cancelled=done.is_set)

    assert threading.active_count() == before


@pytest.mark.parametrize("where", ["infer", "finish", "prepare"])
def test_an_unexpected_error_ends_the_run_and_reaches_the_caller(where):
    class BrokenError(Exception):
        pass

    def broken(_anything):
        raise BrokenError

    before = threading.active_count()
    with pytest.raises(BrokenError):
        run(blocks_of(1000, 64), **{where: broken})

    assert threading.active_count() == before


@pytest.mark.parametrize("together", [1, 3, 16, 1000])
def test_rows_prepared_together_keep_their_own_scores_and_failures(together):
    def prepare(row):
        if row % 7 == 3:
            raise ImageError(f"row {row}")
        return image_of(row)

    finished = run(blocks_of(200, 64), prepare=prepare, together=together)

    scores = np.concatenate([block.scores_nk for block in finished])
    failures = [failure for block in finished for failure in block.failures]
    for row in range(200):
        failed = row % 7 == 3
        assert failures[row] == (f"row {row}" if failed else None)
        assert (scores[row] == ([0, 0] if failed else [row + 1, 2 * (row + 1)])).all()


def test_no_block_with_skipped_rows_is_finished_when_the_work_is_stopped():
    finished, inferred = [], []

    def infer(image):
        inferred.append(image)
        time.sleep(0.002)
        return identity_scores(image)

    with pytest.raises(Cancelled):
        run(
            blocks_of(10_000, 64),
            infer=infer,
            together=16,
            finish=finished.append,
            cancelled=lambda: len(inferred) > 300,
        )

    assert finished
    for block in finished:
        assert (block.scores_nk == np.array(block.rows)[:, None] * [1, 2] + [1, 2]).all()
