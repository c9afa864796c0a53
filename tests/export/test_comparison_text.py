"""The sentences of comparisons: one for every outcome, true to the numbers."""

from __future__ import annotations

import polars as pl
import pytest
from drawn_comparisons import make_comparison, make_comparison_table, make_speed

from accubench.analysis.intervals import wilson
from accubench.analysis.paired import PairedCounts, newcombe
from accubench.export.comparison_text import (
    agreement_sentence,
    comparison_sentence,
    flips_sentence,
    speed_sentence,
    verdict_sentence,
)
from accubench.records.comparison import Comparison, SpeedComparison

MINUS = "\N{MINUS SIGN}"


def small_loss(*, speed: SpeedComparison | None = None, annotated: bool = True, failed: int = 0) -> Comparison:
    """375 images, 6 broken and 5 fixed: a loss of 0.27 points."""
    table = make_comparison_table(
        both_right=210, broken=6, fixed=5, moved=4, both_wrong=150, failed=failed, annotated=annotated
    )
    return make_comparison(table, speed=speed)


def bounds(*, both_right: int, broken: int, fixed: int, both_wrong: int) -> str:
    low, high = newcombe(PairedCounts(both_right=both_right, broken=broken, fixed=fixed, both_wrong=both_wrong))
    return f"{100 * low:+.2f} to {100 * high:+.2f}".replace("-", MINUS)


def test_an_inconclusive_comparison_says_how_many_images_would_settle_it() -> None:
    comparison = small_loss(speed=make_speed(1.94))
    verdict, interval = comparison.summary.verdict, bounds(both_right=210, broken=6, fixed=5, both_wrong=154)

    assert verdict is not None
    assert comparison_sentence(comparison) == (
        "shapes-int8 is 1.94 times as fast as shapes and loses 0.27 points of top-1 accuracy "
        f"(95 % interval {interval}) on 375 images: too few images to tell whether that is within the margin of "
        f"1 point; about {verdict.images_needed:,} would settle it."
    )
    assert verdict_sentence(comparison).startswith(f"Inconclusive: {MINUS}1 point lies inside")


def test_without_measured_speed_the_sentence_speaks_of_accuracy_alone() -> None:
    said = comparison_sentence(small_loss())

    assert said.startswith("shapes-int8 loses 0.27 points of top-1 accuracy (95 % interval ")
    assert ") on 375 images, compared with shapes: too few images" in said


def test_a_pass_is_within_the_margin() -> None:
    table = make_comparison_table(both_right=2100, broken=6, fixed=5, both_wrong=150)
    comparison = make_comparison(table, speed=make_speed(3.02))

    assert comparison_sentence(comparison).endswith(" on 2,261 images: within the margin of 1 point.")
    interval = bounds(both_right=2100, broken=6, fixed=5, both_wrong=150)
    assert verdict_sentence(comparison) == (
        f"Pass: the whole 95 % interval (Newcombe), {interval} points, is above {MINUS}1 point."
    )


def test_a_fail_is_a_loss_beyond_the_margin_that_was_asked_for() -> None:
    comparison = make_comparison(make_comparison_table(both_right=300, broken=60, both_wrong=40), margin=0.025)

    assert comparison_sentence(comparison).endswith(": a loss beyond the margin of 2.5 points.")
    assert verdict_sentence(comparison).endswith(f" points, is below {MINUS}2.5 points.")


def test_a_loss_as_large_as_the_margin_is_settled_by_no_number_of_images() -> None:
    comparison = make_comparison(make_comparison_table(both_right=97, broken=2, fixed=1))

    assert "no number of images tells on which side it is" in comparison_sentence(comparison)
    assert verdict_sentence(comparison).endswith("so that no number of images settles it.")


def test_more_fixed_than_broken_is_a_gain() -> None:
    comparison = make_comparison(make_comparison_table(both_right=2100, broken=2, fixed=15, both_wrong=150))

    assert "shapes-int8 gains 0.57 points of top-1 accuracy" in comparison_sentence(comparison)


def test_as_many_fixed_as_broken_is_the_same_accuracy() -> None:
    comparison = make_comparison(make_comparison_table(both_right=900, broken=2, fixed=2))

    assert "shapes-int8 has the same top-1 accuracy (95 % interval " in comparison_sentence(comparison)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (1.94, "is 1.94 times as fast as shapes"),
        (1.04, "is as fast as shapes"),
        (0.97, "is as fast as shapes"),
        (0.8, "is 0.80 times as fast as shapes"),
        (12.34, "is 12.3 times as fast as shapes"),
    ],
)
def test_a_ratio_near_one_is_called_as_fast(ratio: float, said: str) -> None:
    assert said in comparison_sentence(small_loss(speed=make_speed(ratio)))


def test_without_annotations_agreement_puts_a_ceiling_on_the_change() -> None:
    comparison = small_loss(speed=make_speed(1.94), annotated=False)
    summary = comparison.summary

    assert summary.ceiling is not None
    assert comparison_sentence(comparison) == (
        "shapes-int8 is 1.94 times as fast as shapes and predicts the same class on 96.00 % of 375 images; "
        f"accuracy cannot have changed by more than {100 * summary.ceiling:.2f} points (95 % confidence)."
    )
    low, high = wilson(360, 375)
    assert f"360 of 375 images, 96.00 % (95 % interval {100 * low:.2f} to {100 * high:.2f} %)" in agreement_sentence(
        comparison
    )
    assert verdict_sentence(comparison).endswith("Label the flips to know the difference.")
    assert flips_sentence(comparison) == "15 of 375 images are predicted as another class: 15 without annotation."


def test_with_no_flip_at_all_there_is_nothing_to_label() -> None:
    comparison = make_comparison(make_comparison_table(both_right=210, annotated=False))

    assert "shapes-int8 and shapes predict the same class on all 210 images;" in comparison_sentence(comparison)
    assert flips_sentence(comparison) == "Both models predict the same class on all 210 images."
    assert verdict_sentence(comparison) == "No verdict: without annotations only agreement is known."


def labelled(count: int) -> Comparison:
    """A comparison without annotations of which a person labelled that many of the 15 flips, all as broken."""
    table = make_comparison_table(both_right=210, broken=6, fixed=5, moved=4, both_wrong=150, annotated=False)
    chosen = (pl.col("flip").is_not_null().cum_sum() <= count) & pl.col("flip").is_not_null()
    return make_comparison(
        table.with_columns(
            pl.when(chosen).then(pl.lit("broken")).otherwise("flip").alias("flip"),
            pl.when(chosen).then("parent_class").otherwise("annotated_class").alias("annotated_class"),
        ),
        labels_source="flips.csv",
    )


def test_labels_of_all_flips_give_the_difference_and_say_that_nothing_else_is_labelled() -> None:
    comparison = labelled(15)
    difference = comparison.summary.difference

    assert difference is not None
    interval = f"{100 * difference.tango_low:+.2f} to {100 * difference.tango_high:+.2f}".replace("-", MINUS)
    said = comparison_sentence(comparison)
    assert f"loses 4.00 points of top-1 accuracy (95 % interval {interval})" in said
    assert " on 375 images, of which only the 15 flips are labelled, compared with shapes: a loss beyond" in said
    assert "(Tango)" in verdict_sentence(comparison)


def test_labels_of_some_flips_are_counted_and_judge_nothing() -> None:
    comparison = labelled(14)

    assert comparison_sentence(comparison).endswith("; 14 of 15 flips are labelled.")
    assert verdict_sentence(comparison) == "No verdict: 1 flip has no label yet; label them all."
    assert "14 broken, 1 without annotation" in flips_sentence(comparison)


def test_images_without_annotation_are_not_counted_as_annotated() -> None:
    table = make_comparison_table(both_right=300, both_wrong=75)
    some = pl.int_range(pl.len()) < 200
    columns = ("annotated_class", "annotated_name", "optimised_annotated_rank", "parent_annotated_rank")
    comparison = make_comparison(table.with_columns(pl.when(some).then(column).alias(column) for column in columns))

    assert " on 200 annotated of 375 images" in comparison_sentence(comparison)


def test_failed_images_are_told() -> None:
    assert comparison_sentence(small_loss(failed=2)).endswith(" would settle it. 2 images failed.")


def test_nothing_compared_says_why() -> None:
    failed = make_comparison(make_comparison_table(failed=10))
    left_out = make_comparison(make_comparison_table(), n_left_out=30)

    assert comparison_sentence(failed) == "No image could be compared: 10 of 10 images failed."
    assert "was calibrated on all 30 images" in comparison_sentence(left_out)
    assert "the dataset has none" in comparison_sentence(make_comparison(make_comparison_table()))
    for comparison in (failed, left_out):
        assert verdict_sentence(comparison) == "No verdict: no image was compared."
        assert flips_sentence(comparison) == agreement_sentence(comparison) == "No image was compared."


def test_images_that_one_model_failed_on_are_told_by_its_name() -> None:
    table = make_comparison_table(failed=3).with_columns(pl.Series("parent_class", [1, None, None], dtype=pl.Int32))

    assert comparison_sentence(make_comparison(table)).endswith("1 image could be evaluated by shapes only.")


def test_speed_is_told_with_the_spread_of_its_rounds() -> None:
    assert speed_sentence(small_loss(speed=make_speed(2.0))) == (
        "Throughput 400.0 against 200.0 images/s, 2.00 times as fast (rounds 1.92 to 2.08); "
        "latency 2.22 against 4.00 ms, 1.80 times as fast (rounds 1.73 to 1.87). "
        "Both models in turns, 5 rounds of 1 s each; medians."
    )
    assert "rounds" not in speed_sentence(small_loss(speed=make_speed(2.0, rounds=1)))
    assert speed_sentence(small_loss()) == "Speed was not measured."
