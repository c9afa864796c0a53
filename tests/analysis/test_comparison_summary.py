"""The summary of a comparison against a short polars script, SciPy and statsmodels."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from accubench.analysis import compare_scores, label_flips, summarize_comparison
from accubench.analysis.paired import PairedCounts, mcnemar, newcombe, tango
from accubench.records.comparison import FlipCounts
from accubench.records.report import ScoreReading

LOGITS = ScoreReading(kind="logits", reason="graph")
CLASSES = 8


def table_of(seed, rows=300, *, annotated=1.0, failed=0.1, noise=1.0, slip=1):
    """A comparison of two models whose outputs are `slip` apart, with a share of annotated and of failed images."""
    random = np.random.default_rng(seed)
    classes = random.integers(0, CLASSES, rows)
    parent_nk = random.normal(size=(rows, CLASSES + slip)) + 2 * np.eye(CLASSES + slip)[classes + slip]
    optimised_nk = parent_nk[:, slip:] + random.normal(scale=noise, size=(rows, CLASSES))
    lost = random.random((2, rows)) < failed / 2
    table = compare_scores(
        optimised_nk,
        parent_nk,
        optimised_reading=LOGITS,
        parent_reading=LOGITS,
        parent_outputs=range(slip, CLASSES + slip),
        compared_n=~lost.any(axis=0),
        annotated_n=np.where(random.random(rows) < annotated, classes, -1),
        optimised_evaluated_n=~lost[0],
        parent_evaluated_n=~lost[1],
    )
    names = pl.Series("image_name", [f"{row:04d}.png" for row in range(rows)])
    status = pl.Series("status", np.where(lost.any(axis=0), "failed", "compared"))
    return table.with_columns(names, status), classes


def summary_of(table, **options):
    return summarize_comparison(table, **({"margin": 0.01, "class_name": lambda _: None} | options))


tables = st.builds(
    lambda seed, annotated, failed, noise: table_of(seed, 80, annotated=annotated, failed=failed, noise=noise)[0],
    st.integers(0, 10_000),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.0, 0.3]),
    st.sampled_from([0.0, 0.5, 2.0]),
)


@given(tables)
def test_counts_are_those_of_a_short_polars_script(table):
    both = table.drop_nulls(["optimised_class", "parent_class"])
    # Outputs of the parent are one further on: it has a background class.
    judged = both.drop_nulls("annotated_class").with_columns(
        right=pl.col("optimised_class") == pl.col("annotated_class"),
        was_right=pl.col("parent_class") == pl.col("annotated_class") + 1,
        same=pl.col("optimised_class") + 1 == pl.col("parent_class"),
    )
    counted = {(was_right, right): n for was_right, right, n in judged.group_by("was_right", "right").len().rows()}
    same = (both["optimised_class"] + 1 == both["parent_class"]).sum()
    moved = len(judged.filter(~pl.col("right") & ~pl.col("was_right") & ~pl.col("same")))

    found = summary_of(table)

    assert (found.n_images, found.n, found.n_failed) == (len(table), len(both), len(table) - len(both))
    assert found.agreement is None if not len(both) else found.agreement.count == same
    assert found.flips.total == len(both) - same
    assert found.flips.changed == len(both) - same - found.flips.broken - found.flips.fixed - found.flips.moved
    assert (found.flips.broken, found.flips.fixed, found.flips.moved) == (
        counted.get((True, False), 0),
        counted.get((False, True), 0),
        moved,
    )
    if not len(judged):
        assert (found.outcomes, found.difference, found.mcnemar, found.verdict) == (None, None, None, None)
    else:
        assert found.outcomes.both_right == counted.get((True, True), 0)
        assert found.outcomes.both_wrong == counted.get((False, False), 0)
        assert found.outcomes.n == found.difference.n == len(judged)
        change = judged["right"].mean() - judged["was_right"].mean()
        assert found.difference.value == pytest.approx(change, abs=1e-12)


def test_figures_are_those_of_statsmodels_scipy_and_scikit_learn():
    table, classes = table_of(11, 1000, noise=1.5)
    found = summary_of(table)

    compared = (table["status"] == "compared").to_numpy()
    both, truth = table.filter(compared), classes[compared]
    flips = (both["agreed"] == False).sum()  # noqa: E712  # a column
    change = accuracy_score(truth, both["optimised_class"]) - accuracy_score(truth, both["parent_class"] - 1)
    assert found.difference.value == pytest.approx(change, abs=1e-12)
    low, high = proportion_confint(len(both) - flips, len(both), method="wilson")
    assert (found.agreement.low, found.agreement.high) == pytest.approx((low, high), rel=1e-12)
    assert found.ceiling == pytest.approx(binomtest(flips, len(both)).proportion_ci(0.95, "exact").high, abs=1e-9)
    outcomes = found.outcomes
    two_by_two = [[outcomes.both_right, outcomes.broken], [outcomes.fixed, outcomes.both_wrong]]
    assert found.mcnemar.exact_p == pytest.approx(statsmodels_mcnemar(two_by_two, exact=True).pvalue, rel=1e-9)
    counts = PairedCounts(**outcomes.model_dump())
    assert (found.difference.low, found.difference.high) == newcombe(counts)
    assert (found.difference.tango_low, found.difference.tango_high) == tango(counts)
    assert (found.verdict.interval, found.verdict.margin) == ("newcombe", 0.01)
    assert found.mean_kl == pytest.approx(both["kl_divergence"].mean(), rel=1e-12)
    assert found.top_k_kept.value == pytest.approx(both["top_classes_kept"].mean() / 5, rel=1e-12)
    in_top = found.top_k_kept.parent_class_in_top_k
    assert (in_top.count, in_top.n) == ((both["parent_class_rank"] <= 4).sum(), len(both))


@given(tables, st.integers(0, 10_000))
def test_a_summary_does_not_depend_on_the_order_of_images(table, seed):
    first, second = summary_of(table), summary_of(table.sample(fraction=1, shuffle=True, seed=seed))

    assert second.mean_kl == pytest.approx(first.mean_kl, rel=1e-12)
    # The first twenty names depend on the order.
    rest = {"mean_kl": None, "only_optimised": (), "only_parent": ()}
    assert second.model_copy(update=rest) == first.model_copy(update=rest)


def test_agreement_and_flips_are_the_same_with_and_without_annotations():
    annotated, plain = (summary_of(table_of(3, annotated=share)[0]) for share in (1.0, 0.0))

    for name in ("n", "n_failed", "agreement", "ceiling", "top_k_kept", "mean_kl"):
        assert getattr(plain, name) == getattr(annotated, name)
    assert plain.flips == FlipCounts(changed=annotated.flips.total)
    assert (plain.difference, plain.labelled_flips) == (None, None)


def test_the_ceiling_holds_the_change_of_accuracy():
    for seed in range(20):
        found = summary_of(table_of(seed)[0])
        assert abs(found.difference.value) <= found.ceiling


def test_images_that_only_one_model_was_evaluated_on_are_named():
    table = pl.DataFrame(
        {
            "image_name": [f"{row:02d}.png" for row in range(30)],
            "status": ["failed"] * 30,
            "optimised_class": [0] * 25 + [None] * 5,
            "parent_class": [None] * 25 + [0, 0, 0, None, None],
            **{name: [None] * 30 for name in ("flip", "annotated_class", "kl_divergence", "optimised_annotated_rank")},
            **{name: pl.Series([None] * 30, dtype=pl.Int32) for name in ("parent_class_rank", "top_classes_kept")},
        }
    )
    found = summary_of(table)

    assert (found.n, found.n_failed, found.n_only_optimised, found.n_only_parent) == (0, 30, 25, 3)
    assert found.only_optimised == tuple(f"{row:02d}.png" for row in range(20))
    assert found.only_parent == ("25.png", "26.png", "27.png")
    assert (found.agreement, found.ceiling, found.top_k_kept, found.mean_kl) == (None, None, None, None)


def flipped(classes):
    """A table of annotated images: per class, how many are broken, fixed, and right by both."""
    rows = [
        (class_id, flip)
        for class_id, counts in enumerate(classes)
        for flip, count in zip(("broken", "fixed", None), counts, strict=True)
        for _ in range(count)
    ]
    ids, flips = (list(column) for column in zip(*rows, strict=True))
    n = len(rows)
    return pl.DataFrame(
        {
            "image_name": [str(row) for row in range(n)],
            "status": ["compared"] * n,
            "optimised_class": [0] * n,
            "parent_class": [0] * n,
            "parent_class_rank": [0] * n,
            "flip": flips,
            "annotated_class": ids,
            "optimised_annotated_rank": [1 if flip == "broken" else 0 for flip in flips],
            "kl_divergence": [0.0] * n,
            "top_classes_kept": [5] * n,
            "agreed": [flip is None for flip in flips],
        },
        schema_overrides={"flip": pl.String},
    )


def test_classes_hurt_are_listed_by_q_value_with_the_correction_of_statsmodels():
    classes = [(12, 0, 8), (3, 1, 16), (0, 9, 11), (5, 5, 10), (2, 0, 18), (4, 0, 5), (0, 0, 20)]
    found = summary_of(flipped(classes), class_name=lambda class_id: f"name {class_id}")

    tested = [number for number, counts in enumerate(classes) if sum(counts) >= 10]
    p = [mcnemar(classes[number][0], classes[number][1])[0] for number in tested]
    q = dict(zip(tested, multipletests(p, method="fdr_bh")[1], strict=True))
    assert found.n_classes_tested == len(tested) == 6
    assert [change.class_id for change in found.classes] == [0, 4, 1]
    assert [change.q for change in found.classes] == pytest.approx([q[0], q[4], q[1]], rel=1e-12)
    first = found.classes[0]
    assert (first.name, first.n, first.broken, first.fixed, first.difference) == ("name 0", 20, 12, 0, -0.6)


def test_no_more_than_twenty_classes_are_listed_and_all_are_counted():
    found = summary_of(flipped([(1, 0, 10)] * 30))
    assert [change.class_id for change in found.classes] == list(range(20))
    assert found.n_classes_tested == 30


def test_a_class_with_too_few_images_is_not_tested():
    found = summary_of(flipped([(4, 0, 5), (4, 0, 6)]))
    assert [change.class_id for change in found.classes] == [1]
    assert (found.n_classes_tested, found.min_support) == (1, 10)
    assert summary_of(flipped([(4, 0, 5), (4, 0, 6)]), min_support=5).n_classes_tested == 2


@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.5]))
def test_with_all_flips_labelled_the_difference_is_that_of_the_annotated_dataset(seed, annotated):
    table, classes = table_of(seed, 60, annotated=annotated)
    known = summary_of(table_of(seed, 60)[0])
    labels = {f"{row:04d}.png": int(class_id) for row, class_id in enumerate(classes)}
    labelled = label_flips(table, labels, parent_outputs=range(1, CLASSES + 1))
    found = summary_of(labelled)

    assert found.flips == known.flips
    missing = (table["flip"] == "changed").sum()
    assert found.labelled_flips == (missing or None)
    if missing:
        assert found.difference.value == pytest.approx(known.difference.value, abs=1e-12)
        assert found.difference.n == known.n
        assert (found.difference.low, found.difference.high, found.outcomes, found.classes) == (None, None, None, ())
        assert (found.difference.tango_low, found.difference.tango_high) == (
            known.difference.tango_low,
            known.difference.tango_high,
        )
        assert (found.verdict.interval, found.mcnemar) == ("tango", known.mcnemar)


def test_a_label_that_is_missing_keeps_the_difference_unknown():
    table, classes = table_of(5, annotated=0.0)
    flips = table.filter(pl.col("flip") == "changed")["image_name"].to_list()
    labels = {name: int(classes[int(name[:4])]) for name in flips[1:]}

    found = summary_of(label_flips(table, labels, parent_outputs=range(1, CLASSES + 1)))

    assert (found.difference, found.verdict, found.mcnemar) == (None, None, None)
    assert (found.labelled_flips, found.flips.changed) == (len(flips) - 1, 1)


def test_labels_of_some_flips_do_not_touch_the_outcomes_of_annotated_images():
    table, classes = table_of(5, annotated=0.5)
    flips = table.filter(pl.col("flip") == "changed")["image_name"].to_list()
    labels = {name: int(classes[int(name[:4])]) for name in flips[1:]}

    found = summary_of(label_flips(table, labels, parent_outputs=range(1, CLASSES + 1)))

    assert found.outcomes == summary_of(table).outcomes
    assert found.labelled_flips == len(flips) - 1
