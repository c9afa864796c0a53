"""Distances of outputs against SciPy and scikit-learn, and how they are spread."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import chebyshev, cosine
from scipy.special import rel_entr, softmax
from sklearn.metrics import mean_squared_error

from accubench.analysis import distance_scores, summarize_distance
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading
from accubench.records.tensor_distance import DISTANCE_COLUMNS, DISTANCE_MEASURES

LOGITS = ScoreReading(kind="logits", reason="graph")
SIGMOID = ScoreReading(kind="logits", reason="graph", sigmoid=True)
STEPS = Quantization(scale=0.25, zero_point=128)


def distances(optimised_nk, parent_nk, **options):
    defaults = {
        "optimised_reading": None,
        "parent_reading": None,
        "quantizations": (None, None),
        "parent_outputs": range(optimised_nk.shape[1]),
        "compared_n": np.ones(len(optimised_nk), dtype=bool),
    }
    return distance_scores(optimised_nk, parent_nk, **(defaults | options))


def normal(seed, rows=30, columns=7, scale=3.0):
    return np.random.default_rng(seed).normal(scale=scale, size=(rows, columns)).astype(np.float32)


def assert_distances(table, optimised_nk, parent_nk):
    """Those of SciPy and scikit-learn, image by image."""
    for row, found in enumerate(table.iter_rows(named=True)):
        a, b = optimised_nk[row].astype(np.float64), parent_nk[row].astype(np.float64)
        assert found["mse"] == pytest.approx(mean_squared_error(b, a), rel=1e-12)
        assert found["cosine_distance"] == pytest.approx(cosine(a, b), abs=1e-12)
        assert found["max_abs_difference"] == pytest.approx(chebyshev(a, b), rel=1e-12)


@given(st.integers(0, 10_000))
def test_distances_are_those_of_scipy_and_scikit_learn(seed):
    optimised_nk, parent_nk = normal(seed, rows=4), normal(seed + 1, rows=4)
    table = distances(optimised_nk, parent_nk)

    assert_distances(table, optimised_nk, parent_nk)
    assert table.select("kl_divergence", "agreed").null_count().row(0) == (4, 4)


def test_integers_are_compared_as_the_numbers_they_stand_for():
    stored_nk = np.random.default_rng(0).integers(0, 256, (30, 7)).astype(np.uint8)
    parent_nk = normal(1)

    table = distances(stored_nk, parent_nk, quantizations=(STEPS, None))

    assert_distances(table, (stored_nk.astype(float) - 128) / 4, parent_nk)


def test_class_scores_also_have_a_divergence_and_whether_classes_agree():
    parent_nk = normal(3, columns=8)
    optimised_nk = parent_nk[:, 1:] + normal(4, scale=1.0)
    table = distances(
        optimised_nk, parent_nk, optimised_reading=LOGITS, parent_reading=LOGITS, parent_outputs=range(1, 8)
    )

    # The parent's background class has no counterpart.
    assert_distances(table, optimised_nk, parent_nk[:, 1:])
    p_nc, q_nc = softmax(parent_nk[:, 1:].astype(float), axis=1), softmax(optimised_nk.astype(float), axis=1)
    np.testing.assert_allclose(table["kl_divergence"], rel_entr(p_nc, q_nc).sum(axis=1), rtol=1e-9, atol=1e-14)
    agreed = optimised_nk.argmax(axis=1) + 1 == parent_nk.argmax(axis=1)
    assert table["agreed"].to_list() == agreed.tolist()
    assert 0 < agreed.sum() < len(agreed)


def test_sigmoid_outputs_are_compared_as_they_are():
    one_nk, other_nk = normal(1, columns=1), normal(2, columns=1)
    table = distances(one_nk, other_nk, optimised_reading=SIGMOID, parent_reading=SIGMOID, parent_outputs=[0, 1])

    assert_distances(table, one_nk, other_nk)
    assert table["agreed"].to_list() == ((one_nk > 0) == (other_nk > 0))[:, 0].tolist()


def test_a_sigmoid_output_is_compared_with_two_outputs_as_two_class_scores():
    one_nk, two_nk = normal(1, columns=1), normal(2, columns=2)
    opened_nk = np.hstack([np.zeros_like(one_nk), one_nk])

    there = distances(one_nk, two_nk, optimised_reading=SIGMOID, parent_reading=LOGITS, parent_outputs=[0, 1])
    back = distances(two_nk, one_nk, optimised_reading=LOGITS, parent_reading=SIGMOID, parent_outputs=[1, 0])

    assert_distances(there, opened_nk, two_nk)
    assert_distances(back, two_nk, opened_nk[:, ::-1])


def test_the_same_output_has_no_distance_at_all():
    values_nk = normal(5) * 1e-3
    table = distances(values_nk, values_nk, optimised_reading=LOGITS, parent_reading=LOGITS)

    for measure in DISTANCE_MEASURES:
        assert table[measure].to_list() == [0.0] * 30
    assert table["agreed"].all()


@given(st.floats(1e-7, 1e-3))
def test_a_small_angle_is_found_where_one_minus_the_cosine_would_lose_it(angle):
    table = distances(np.array([[np.cos(angle), np.sin(angle)]]), np.array([[1.0, 0.0]]))
    assert table["cosine_distance"][0] == pytest.approx(2 * np.sin(angle / 2) ** 2, rel=1e-6)


def test_an_output_that_is_all_zero_has_no_direction():
    table = distances(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 1.0], [0.0, 0.0]]))
    assert table["cosine_distance"].to_list() == [None, None]
    assert table["mse"].to_list() == [1.0, 0.5]


def test_images_that_were_not_compared_have_no_distances_and_do_not_touch_others():
    optimised_nk, parent_nk = normal(1), normal(2)
    compared_n = np.arange(30) % 3 > 0
    broken_nk = np.where(compared_n[:, np.newaxis], parent_nk, np.nan)

    table = distances(optimised_nk, broken_nk, compared_n=compared_n)

    assert table.filter(compared_n).equals(distances(optimised_nk, parent_nk).filter(compared_n))
    assert table.filter(~compared_n).null_count().row(0) == (10,) * table.width


def test_a_table_has_columns_and_types_of_the_record():
    table = distances(normal(1), normal(2))
    assert table.columns == [name for name in DISTANCE_COLUMNS if name in table.columns]
    assert table.schema == {name: getattr(pl, DISTANCE_COLUMNS[name][0]) for name in table.columns}
    assert {*DISTANCE_MEASURES, "agreed"} == set(table.columns)


def test_columns_that_do_not_match_are_refused():
    with pytest.raises(ValueError, match="5 outputs are matched"):
        distances(normal(1), normal(2), parent_outputs=range(5))


def table_of(values, output="prob"):
    """Rows of one output whose measures are all the same; None for a failed image."""
    status = ["failed" if value is None else "compared" for value in values]
    names = pl.Series("image_name", [f"{row}.png" for row in range(len(values))])
    measures = {measure: pl.Series(values, dtype=pl.Float64) for measure in DISTANCE_MEASURES}
    return pl.DataFrame({"image_name": names, "output": [output] * len(values), **measures, "status": status})


POSITIVE = st.floats(1e-12, 1e6)


@given(st.lists(st.none() | st.just(0.0) | POSITIVE, min_size=1, max_size=60))
def test_a_summary_is_that_of_numpy_and_its_bins_hold_every_image(values):
    table = table_of(values)
    found = summarize_distance(table, output="prob", columns=3, is_scores=True)

    present = np.array([value for value in values if value is not None])
    assert (found.n, found.n_failed, found.equal) == (len(present), values.count(None), (present == 0).sum())
    assert [each.measure for each in found.distributions] == (list(DISTANCE_MEASURES) if len(present) else [])
    for each in found.distributions:
        assert each.n == sum(one.count for one in each.bins) == len(present)
        expected = (present.mean(), np.median(present), *np.percentile(present, [90, 99]), present.min(), present.max())
        actual = (each.mean, each.median, each.p90, each.p99, each.least, each.greatest)
        assert actual == pytest.approx(expected, rel=1e-9)
        assert each.worst_image == f"{values.index(present.max())}.png"
        for one in each.bins:
            inside = (present >= one.low) & (present < one.high)
            # The last bin has its upper edge, too; a bin of one value is that value.
            last = one is each.bins[-1] or one.low == one.high
            assert one.count == (inside | (last & (present == one.high))).sum()


def test_bins_are_of_equal_width_on_a_logarithmic_scale_and_zeros_have_their_own():
    found = summarize_distance(table_of([0.0, 1e-6, 1.0, 1e-2, 0.0]), output="prob", columns=3, is_scores=True)
    zeros, *bins = found.distributions[0].bins

    assert (zeros.low, zeros.high, zeros.count) == (0, 0, 2)
    assert (bins[0].low, bins[-1].high) == pytest.approx((1e-6, 1.0), rel=1e-12)
    assert [one.high / one.low for one in bins] == pytest.approx([1e6 ** (1 / 20)] * 20, rel=1e-9)


@pytest.mark.parametrize(("values", "bins"), [([0.0, 0.0], [(0, 0, 2)]), ([0.5, 0.5], [(0.5, 0.5, 2)])])
def test_equal_distances_are_one_bin(values, bins):
    found = summarize_distance(table_of(values), output="prob", columns=3, is_scores=True)
    assert [(one.low, one.high, one.count) for one in found.distributions[0].bins] == bins


def test_rows_of_other_outputs_and_measures_that_do_not_apply_are_left_out():
    table = pl.concat([table_of([1.0, 2.0]), table_of([9.0], "features").with_columns(kl_divergence=None)])

    found = summarize_distance(table, output="features", columns=512, is_scores=False)

    assert (found.output, found.columns, found.is_scores, found.n) == ("features", 512, False, 1)
    assert [each.measure for each in found.distributions] == ["mse", "cosine_distance", "max_abs_difference"]
