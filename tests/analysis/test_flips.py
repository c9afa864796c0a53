"""A comparison's rows against SciPy and plain Python, and what must not depend on the order or choice of images."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr, softmax
from scipy.stats import rankdata

from accubench.analysis import COMPARED_COLUMNS, compare_scores
from accubench.records.comparison import COMPARISON_COLUMNS
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading

LOGITS = ScoreReading(kind="logits", reason="graph")
PROBABILITIES = ScoreReading(kind="probabilities", reason="graph")
QUANTIZATION = Quantization(scale=0.125, zero_point=10)
INTEGERS = ScoreReading(kind="logits", reason="graph", quantization=QUANTIZATION)
SIGMOID = ScoreReading(kind="logits", reason="graph", sigmoid=True)

# The optimised model has six classes, of which its parent lacks the fifth and has the others elsewhere among seven.
OUTPUTS = [3, 0, 6, 1, -1, 2]


def scores_of(seed, rows, classes, reading):
    """Scores with many ties, as the dtype of the reading."""
    values_nk = np.random.default_rng(seed).integers(0, 6, (rows, classes))
    if reading.quantization is not None:
        return values_nk.astype(np.uint8)
    if reading.kind == "probabilities":
        return (values_nk + 0.5) / (values_nk + 0.5).sum(axis=1, keepdims=True)
    return values_nk.astype(np.float32)


def probabilities_of(scores_nk, reading):
    values_nk = scores_nk.astype(np.float64)
    if reading.quantization is not None:
        values_nk = (values_nk - reading.quantization.zero_point) * reading.quantization.scale
    return softmax(values_nk, axis=1) if reading.kind == "logits" else values_nk


def drawn(seed, rows=40, readings=(LOGITS, LOGITS), outputs=OUTPUTS, parent_classes=7):
    """Arguments of `compare_scores`, some images without annotation."""
    random = np.random.default_rng(seed + 1)
    return {
        "optimised_nk": scores_of(seed, rows, len(outputs), readings[0]),
        "parent_nk": scores_of(seed + 2, rows, parent_classes, readings[1]),
        "optimised_reading": readings[0],
        "parent_reading": readings[1],
        "parent_outputs": outputs,
        "compared_n": np.ones(rows, dtype=bool),
        "annotated_n": random.integers(-1, len(outputs), rows).astype(np.int32),
    }


def compared(arguments):
    arguments = dict(arguments)
    return compare_scores(arguments.pop("optimised_nk"), arguments.pop("parent_nk"), **arguments)


def ordinal_ranks(scores_nk):
    return rankdata(-scores_nk.astype(np.float64), method="ordinal", axis=1).astype(int) - 1


def expected_row(arguments, row):
    """What the definitions say of one image, class by class."""
    outputs, annotated = arguments["parent_outputs"], int(arguments["annotated_n"][row])
    ranks = ordinal_ranks(arguments["optimised_nk"][row : row + 1])[0].tolist()
    parent_ranks = ordinal_ranks(arguments["parent_nk"][row : row + 1])[0].tolist()
    q = probabilities_of(arguments["optimised_nk"][row : row + 1], arguments["optimised_reading"])[0]
    p = probabilities_of(arguments["parent_nk"][row : row + 1], arguments["parent_reading"])[0]
    ours, theirs = ranks.index(0), parent_ranks.index(0)
    counterpart = outputs.index(theirs) if theirs in outputs else None
    agreed = counterpart == ours
    annotated_there = outputs[annotated] if annotated >= 0 else -1
    was_right, is_right = theirs == annotated_there, ours == annotated
    flip = "changed" if annotated < 0 else "broken" if was_right else "fixed" if is_right else "moved"
    common = [each for each in range(len(outputs)) if outputs[each] >= 0]
    common_p, common_q = p[[outputs[each] for each in common]], q[common]
    k = min(5, len(ranks), len(parent_ranks))
    top = {outputs[each] for each in range(len(ranks)) if ranks[each] < k}
    return {
        "optimised_class": ours,
        "parent_class": theirs,
        "parent_class_rank": None if counterpart is None else ranks[counterpart],
        "optimised_confidence": pytest.approx(q[ours], rel=1e-12),
        "optimised_confidence_in_parent_class": None
        if counterpart is None
        else pytest.approx(q[counterpart], rel=1e-12),
        "parent_confidence": pytest.approx(p[theirs], rel=1e-12),
        "flip": None if agreed else flip,
        "annotated_class": None if annotated < 0 else annotated,
        "optimised_annotated_rank": None if annotated < 0 else ranks[annotated],
        "parent_annotated_rank": None if annotated_there < 0 else parent_ranks[annotated_there],
        "kl_divergence": pytest.approx(
            rel_entr(common_p / common_p.sum(), common_q / common_q.sum()).sum(), rel=1e-9, abs=1e-12
        ),
        "top_classes_kept": len(top & {each for each in range(len(parent_ranks)) if parent_ranks[each] < k}),
        "agreed": agreed,
    }


@pytest.mark.parametrize(
    "readings",
    [(LOGITS, LOGITS), (INTEGERS, LOGITS), (PROBABILITIES, INTEGERS), (PROBABILITIES, PROBABILITIES)],
    ids=["logits", "integers and logits", "probabilities and integers", "probabilities"],
)
@pytest.mark.parametrize(
    ("outputs", "parent_classes"),
    [(list(range(6)), 6), (OUTPUTS, 7), ([1, 2, 3], 4), ([-1, 0, 1], 2)],
    ids=["same", "elsewhere", "parent has a background class", "optimised has a background class"],
)
def test_rows_are_those_of_scipy_and_the_definitions(readings, outputs, parent_classes):
    arguments = drawn(7, readings=readings, outputs=outputs, parent_classes=parent_classes)

    for row, found in enumerate(compared(arguments).iter_rows(named=True)):
        assert found == expected_row(arguments, row)


def test_a_table_has_the_columns_and_types_of_the_record():
    table = compared(drawn(1))
    assert table.schema == {name: getattr(pl, COMPARISON_COLUMNS[name][0]) for name in COMPARED_COLUMNS}
    assert [name for name in COMPARISON_COLUMNS if name in COMPARED_COLUMNS] == list(COMPARED_COLUMNS)


def test_one_sigmoid_output_is_two_classes():
    arguments = drawn(3, readings=(SIGMOID, LOGITS), outputs=[0, 1], parent_classes=2)
    one_nk = np.linspace(-2, 2, 40).reshape(-1, 1)
    two_nk = np.hstack([np.zeros_like(one_nk), one_nk])

    assert compared(arguments | {"optimised_nk": one_nk}).equals(
        compared(arguments | {"optimised_nk": two_nk, "optimised_reading": LOGITS})
    )


@given(st.integers(0, 10_000), st.data())
def test_flips_do_not_depend_on_the_order_or_the_choice_of_images(seed, data):
    arguments = drawn(seed, rows=20)
    chosen = np.array(data.draw(st.permutations(range(20)))[: data.draw(st.integers(0, 20))], dtype=int)
    rows = {name: arguments[name][chosen] for name in ("optimised_nk", "parent_nk", "compared_n", "annotated_n")}

    assert compared(arguments | rows).equals(compared(arguments)[chosen])


@given(st.integers(0, 10_000))
def test_flips_of_other_images_do_not_depend_on_those_that_failed(seed):
    arguments = drawn(seed, rows=20)
    failed_n = np.random.default_rng(seed).random(20) < 0.3
    broken_nk = arguments["parent_nk"].copy()
    broken_nk[failed_n] = np.nan

    table = compared(arguments | {"parent_nk": broken_nk, "compared_n": ~failed_n})

    assert table.filter(~failed_n).equals(compared(arguments).filter(~failed_n))
    failed = table.filter(failed_n).drop("annotated_class")
    assert failed.null_count().row(0) == (len(failed),) * failed.width


@given(st.integers(0, 10_000))
def test_images_flip_in_the_same_way_with_and_without_annotations(seed):
    arguments = drawn(seed)
    annotated = compared(arguments)
    not_annotated = compared(arguments | {"annotated_n": np.full(40, -1, np.int32)})

    assert not_annotated["agreed"].equals(annotated["agreed"])
    assert not_annotated["flip"].is_not_null().equals(annotated["flip"].is_not_null())
    assert set(not_annotated["flip"].unique()) <= {"changed", None}
    own = ("optimised_class", "parent_class", "parent_class_rank", "kl_divergence", "top_classes_kept")
    assert not_annotated.select(own).equals(annotated.select(own))


def test_an_image_that_one_model_was_evaluated_on_has_that_models_values_only():
    arguments = drawn(5, rows=6)
    compared_n = np.array([True, False, False, False, True, True])
    table = compared(
        arguments
        | {
            "compared_n": compared_n,
            "optimised_evaluated_n": np.array([True, True, False, False, True, True]),
            "parent_evaluated_n": np.array([True, False, True, False, True, True]),
        }
    )
    whole = compared(arguments)

    alone = {
        1: ["optimised_class", "optimised_confidence", "annotated_class", "optimised_annotated_rank"],
        2: ["parent_class", "parent_confidence", "annotated_class", "parent_annotated_rank"],
        3: ["annotated_class"],
    }
    for row, names in alone.items():
        expected = {name: whole.row(row, named=True)[name] if name in names else None for name in whole.columns}
        assert table.row(row, named=True) == expected
    assert table.filter(compared_n).equals(whole.filter(compared_n))


@pytest.mark.parametrize("classes", [3, 1000])
def test_values_are_the_same_to_the_last_bit_however_scores_are_cut(classes):
    random = np.random.default_rng(0)
    parent_nk = random.normal(size=(600, classes)).astype(np.float32)
    arguments = drawn(0, rows=600, outputs=list(range(classes)), parent_classes=classes) | {
        "optimised_nk": parent_nk + random.normal(scale=0.2, size=parent_nk.shape).astype(np.float32),
        "parent_nk": parent_nk,
    }
    whole = compared(arguments)
    for step in (1, 263):
        parts = [
            compared(
                arguments
                | {
                    name: arguments[name][start : start + step]
                    for name in ("optimised_nk", "parent_nk", "compared_n", "annotated_n")
                }
            )
            for start in range(0, 600, step)
        ]
        assert pl.concat(parts).equals(whole)


def test_no_images_give_no_rows():
    assert compared(drawn(0, rows=0)).shape == (0, len(COMPARED_COLUMNS))


@pytest.mark.parametrize(
    "wrong",
    [
        {"annotated_n": np.full(40, 6)},
        {"annotated_n": np.full(40, -2)},
        {"parent_outputs": [0, 1]},
        {"parent_outputs": [7, 0, 1, 2, 3, 4]},
    ],
)
def test_classes_that_the_models_do_not_have_are_refused(wrong):
    with pytest.raises(ValueError, match="output"):
        compared(drawn(0) | wrong)
