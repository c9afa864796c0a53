"""Scores of two models are joined by image, in whatever order and parts they lie."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from accubench.analysis.flips import compare_scores
from accubench.records.predictions import Predictions
from accubench.records.report import ScoreReading
from accubench.storage import Part, Store
from accubench.tasks.paired_scores import join_images, over_blocks

N, CLASSES = 300, 5
READING = ScoreReading(kind="logits", reason="test")


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "workspace")
    yield opened
    opened.close()


def kept(store, name, scores_nk, *, part_rows, failed=()):
    """Scores as predictions keep them; those of failed images are zeros."""
    predictions = Predictions(
        id=name,
        key=name,
        model_id="m",
        dataset_id="d",
        n_images=len(scores_nk),
        score_columns=scores_nk.shape[1],
        score_dtype="float32",
        part_rows=part_rows,
        state="complete",
        engine="none",
        device="CPU",
        precision="f32",
        execution_precision="f32",
        scores_output="scores",
        preprocessing=(),
        versions={},
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
    folder = store.parts(predictions)
    folder.prepare()
    for number in range(predictions.n_parts):
        rows = range(number * part_rows, min((number + 1) * part_rows, len(scores_nk)))
        failures = ["cannot be read" if row in failed else None for row in rows]
        shown = scores_nk[rows.start : rows.stop].copy()
        shown[[failure is not None for failure in failures]] = 0
        folder.write(number, Part(first_row=rows.start, scores_nk=shown, failures=failures))
    return predictions


@pytest.fixture
def scores(request):
    random = np.random.default_rng(7)
    parent_nk = random.normal(size=(N, CLASSES)).astype(np.float32)
    return parent_nk + random.normal(scale=0.5, size=(N, CLASSES)).astype(np.float32), parent_nk


def compared(store, pair, ours, theirs, *, threads=2):
    def compare_block(block):
        return compare_scores(
            block.optimised_nk,
            block.parent_nk,
            optimised_reading=READING,
            parent_reading=READING,
            parent_outputs=range(CLASSES),
            compared_n=block.compared_n,
            annotated_n=np.full(len(block.optimised_nk), -1),
            optimised_evaluated_n=block.optimised_evaluated_n,
            parent_evaluated_n=block.parent_evaluated_n,
        )

    images = join_images(pl.Series(ours), pl.Series(theirs))
    return over_blocks(store, pair, images, compare_block, threads=threads)


def test_shuffled_subset_and_partly_failed_predictions_give_the_same_rows_by_name(store, scores):
    ours_nk, theirs_nk = scores
    names = [f"image_{row}.png" for row in range(N)]
    whole = compared(
        store, (kept(store, "o", ours_nk, part_rows=64), kept(store, "p", theirs_nk, part_rows=64)), names, names
    )
    differs = ours_nk.argmax(axis=1) != theirs_nk.argmax(axis=1)
    assert whole["flip"].is_not_null().to_list() == differs.tolist()
    assert whole["image_name"].to_list() == names

    order = np.random.default_rng(3).permutation(N)[:250]
    pair = (
        kept(store, "o2", ours_nk, part_rows=32, failed={10, 99}),
        kept(store, "p2", theirs_nk[order], part_rows=128, failed={7}),
    )
    table = compared(store, pair, names, [names[row] for row in order])

    lost = {names[10], names[99], names[order[7]], *(names[row] for row in range(N) if row not in order)}
    good = table.filter(status="compared")
    assert set(table.filter(status="failed")["image_name"]) == lost
    assert good.drop("position").equals(whole.filter(~pl.col("image_name").is_in(lost)).drop("position"))
    assert table["image_name"].to_list() == names
    reasons = dict(table.select("image_name", "failure").rows())
    assert reasons[names[10]].startswith("optimised model: cannot be read")
    assert reasons[names[order[7]]] == "parent model: cannot be read"
    absent = next(names[row] for row in range(N) if row not in order and row not in {10, 99})
    assert reasons[absent] == "parent model: the image is not among those that it was evaluated on"


def test_images_that_only_the_parent_has_come_last_with_its_class(store, scores):
    ours_nk, theirs_nk = scores
    names = [f"image_{row}.png" for row in range(N)]
    pair = (kept(store, "o", ours_nk[:200], part_rows=64), kept(store, "p", theirs_nk, part_rows=64))
    table = compared(store, pair, names[:200], names)

    only_parent = table[200:]
    assert only_parent["image_name"].to_list() == names[200:]
    assert only_parent["parent_class"].to_list() == theirs_nk[200:].argmax(axis=1).tolist()
    assert only_parent["optimised_class"].null_count() == 100
    assert set(only_parent["position"]) == {-1}


@pytest.mark.parametrize(("part_rows", "threads"), [(1, 4), (300, 1), (64, 3)])
def test_rows_do_not_depend_on_parts_or_threads(store, scores, part_rows, threads):
    names = [f"image_{row}.png" for row in range(N)]
    pair = tuple(kept(store, f"{n}-{part_rows}", each, part_rows=part_rows) for n, each in enumerate(scores))
    reference = tuple(kept(store, f"{n}-reference", each, part_rows=100) for n, each in enumerate(scores))
    found = compared(store, pair, names, names, threads=threads)
    assert found.equals(compared(store, reference, names, names, threads=1))


def test_no_image_at_all_gives_the_columns(store, scores):
    pair = tuple(kept(store, str(n), each, part_rows=64) for n, each in enumerate(scores))
    images = join_images(pl.Series(["a"]), pl.Series(["a"]))[:0]
    found = over_blocks(store, pair, images, lambda block: pl.DataFrame({"rows": block.parent_nk[:, 0]}), threads=1)
    assert (len(found), found.columns) == (0, ["image_name", "position", "rows", "failure", "status"])
