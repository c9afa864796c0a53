"""Quantising to a goal: every candidate kept, the best one returned."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from listening import Ear, scores_of

from accubench.errors import UsageError
from accubench.models.openvino_runtime import load_openvino
from accubench.optimization import count_quantized_operations, quantize_to_goal
from accubench.optimization.goal import allowed_loss
from accubench.optimization.nncf_runtime import load_nncf
from accubench.optimization.operations import quantized_operations
from accubench.records.progress import never_cancelled
from accubench.records.quantization import AccuracyGoal, QuantizationSettings

N = 100
ALL = 8
"""Operations of the sample model that are quantised."""


def searched(network, images, validate, *, max_drop, drop_type="absolute", ear=None, **others):
    settings = QuantizationSettings(goal=AccuracyGoal(max_drop=max_drop, drop_type=drop_type))
    return quantize_to_goal(
        network,
        images,
        settings=settings,
        validate=validate,
        listen=ear or Ear(),
        cancelled=never_cancelled,
        **others,
    )


def right(n):
    values = np.zeros(N)
    values[:n] = 1
    return values


def losing(per_operation):
    """A validation in which each quantised operation costs some right images out of 90."""
    return lambda network: right(90 - per_operation * count_quantized_operations(network))


def counts(result):
    return [int(candidate.right_n.sum()) for candidate in result.candidates]


def test_a_goal_that_the_fully_quantised_network_reaches_needs_no_search(network, images):
    ear = Ear()

    result = searched(network, images, losing(1), max_drop=0.08, ear=ear)

    assert (result.reached, result.chosen, len(result.candidates)) == (True, 0, 1)
    assert result.candidates[0].layers_in_floating_point == ()
    assert count_quantized_operations(result.network) == ALL
    assert ear.of("ranking layers") == []


def test_layers_are_reverted_until_the_goal_is_reached(network, images):
    ear = Ear()

    result = searched(network, images, losing(2), max_drop=0.10, ear=ear)

    assert counts(result) == [74, 76, 78, 80]
    assert [candidate.reached for candidate in result.candidates] == [False, False, False, True]
    assert (result.reached, result.chosen) == (True, 3)
    assert count_quantized_operations(result.network) == ALL - 3
    assert [done for done, _ in ear.of("trying candidates")] == [1, 2, 3, 4]
    assert ear.of("ranking layers")[-1] == (ALL, ALL)


def test_candidates_name_the_layers_that_compute_in_floating_point_again(network, images):
    result = searched(network, images, losing(2), max_drop=0.12)

    chosen = result.candidates[result.chosen]
    assert len(chosen.layers_in_floating_point) == 2
    assert not set(chosen.layers_in_floating_point) & set(quantized_operations(result.network))
    assert set(result.candidates[1].layers_in_floating_point) < set(chosen.layers_in_floating_point)


def test_without_a_candidate_that_reaches_the_goal_the_best_of_all_is_returned(network, images):
    by_count = {8: 50, 7: 55, 6: 70, 5: 60, 4: 65, 3: 40, 2: 70, 1: 30}

    def validate(one):
        return right(by_count.get(count_quantized_operations(one), 90))

    result = searched(network, images, validate, max_drop=0.0)

    assert not result.reached
    assert not any(candidate.reached for candidate in result.candidates)
    assert max(counts(result)) == counts(result)[result.chosen] == 70
    assert count_quantized_operations(result.network) == 6  # as many right as with 2, and more in INT8
    assert len(result.candidates) > result.chosen + 1  # NNCF went on, and its last network is another


def test_the_parent_again_is_no_candidate(network, images):
    result = searched(network, images, losing(2), max_drop=0.01)

    assert not result.reached
    assert min(ALL - len(candidate.layers_in_floating_point) for candidate in result.candidates) == 1
    assert count_quantized_operations(result.network) == 1


def test_the_parent_is_validated_once_and_as_it_was_given(network, images):
    seen = []

    def validate(one):
        seen.append(one)
        return losing(2)(one)

    result = searched(network, images, validate, max_drop=0.10)

    assert [one is network for one in seen] == [True] + [False] * (len(seen) - 1)
    assert result.parent_right_n.tolist() == right(90).astype(bool).tolist()
    assert sum(count_quantized_operations(one) == 0 for one in seen) == 1


def test_what_was_validated_is_what_is_returned_with_weights_of_eight_bits(network, images):
    seen = []

    def validate(one):
        seen.append(one)
        return losing(2)(one)

    result = searched(network, images, validate, max_drop=0.10)

    assert any(one is result.network for one in seen)
    constants = [node for node in result.network.get_ordered_ops() if node.get_type_name() == "Constant"]
    assert sum(node.data.dtype == np.int8 for node in constants) == ALL - 3 - 1  # the average pooling has no weights


def test_ranking_asks_for_rows_only_where_it_may(network, images):
    asked = []

    def validate_rows(one, rows_m):
        asked.append(rows_m)
        return losing(2)(one)[rows_m]

    whole = []

    def validate(one):
        whole.append(one)
        return losing(2)(one)

    result = searched(network, images, validate, max_drop=0.10, validate_rows=validate_rows)

    assert len(whole) == 1 + len(result.candidates)
    assert len(asked) == ALL
    assert {len(rows_m) for rows_m in asked} == {len(images)}
    assert all(set(range(74, 90)) <= set(rows_m.tolist()) for rows_m in asked)  # those that quantisation made wrong


def test_real_losses_are_won_back_within_the_goal(network, images, annotated):
    """Calibrated on images that are far too dim, the network is blind; layers in floating point make it see again."""
    batches, classes = annotated
    dim = [image * 0.02 for image in images]

    def validate(one):
        return (scores_of(one, batches).argmax(1) == classes).astype(float)

    result = searched(network, dim, validate, max_drop=0.02)

    parent = int(result.parent_right_n.sum())
    assert counts(result)[0] < parent - 20
    assert result.reached
    assert counts(result)[result.chosen] >= parent - 0.02 * len(classes)
    assert 0 < count_quantized_operations(result.network) < ALL
    np.testing.assert_array_equal(validate(result.network) > 0, result.candidates[result.chosen].right_n)


def test_a_goal_is_needed(network, images):
    with pytest.raises(UsageError, match="needs a goal"):
        quantize_to_goal(
            network,
            images,
            settings=QuantizationSettings(),
            validate=losing(1),
            listen=Ear(),
            cancelled=never_cancelled,
        )


@given(parent=st.integers(0, 1000), lost=st.integers(0, 50), points=st.integers(0, 50))
def test_a_drop_of_exactly_the_goal_is_within_it(parent, lost, points):
    allowed = allowed_loss(AccuracyGoal(max_drop=points / 1000), parent, 1000)

    assert (lost <= allowed) == (lost <= points)


@given(parent=st.integers(1, 100_000), lost=st.integers(0, 1000))
def test_a_relative_drop_is_measured_by_the_parents_right_images(parent, lost):
    allowed = allowed_loss(AccuracyGoal(max_drop=lost / parent, drop_type="relative"), parent, 100_000)

    assert allowed == lost


# What is used of NNCF besides its documented functions. Where one of these fails after an upgrade of NNCF, goal.py must
# be brought in line with what quantize_with_accuracy_control_impl of that version does.


def test_nncf_asks_nothing_of_its_evaluator_that_our_judge_cannot_answer():
    load_nncf()
    from nncf.quantization.algorithms.accuracy_control import algorithm, ranker

    from accubench.optimization.goal import _Judge

    asked = set(re.findall(r"evaluator\.(\w+)", inspect.getsource(algorithm) + inspect.getsource(ranker)))
    never = {
        "collect_values_for_each_item",  # only where validate gave no values
        "collect_values_for_each_item_using_prepared_model",  # only outside of the metric mode
    }
    assert asked - never == {"is_metric_mode", "prepare_model", "validate", "validate_prepared_model"}
    assert all(callable(getattr(_Judge, name)) for name in asked - never)


def test_nncf_still_has_the_parts_of_its_search_as_they_are_used():
    load_nncf()
    from nncf.openvino.quantization.backend_parameters import BackendParameters
    from nncf.quantization.algorithms.accuracy_control import algorithm

    restorer = inspect.signature(algorithm.QuantizationAccuracyRestorer)
    assert {"ranking_subset_size", "max_drop", "drop_type", "num_ranking_workers"} <= set(restorer.parameters)
    assert list(inspect.signature(algorithm.QuantizationAccuracyRestorer.apply).parameters)[1:] == [
        "initial_model", "initial_metric_results", "quantized_model", "quantized_metric_results", "validation_dataset",
        "validation_dataset_size", "evaluator",
    ]  # fmt: skip
    assert {field.name for field in fields(algorithm.MetricResults)} == {
        "metric_value", "values_for_each_item", "preparation_time", "validation_time",
    }  # fmt: skip
    assert BackendParameters.COMPRESS_WEIGHTS == "compress_weights"


def test_nncf_still_draws_its_bars_as_they_are_taken_over():
    load_nncf()
    from nncf.common.logging.track_progress import track
    from nncf.quantization.algorithms.accuracy_control import ranker
    from nncf.quantization.algorithms.bias_correction import algorithm

    assert getattr(track.__init__, "taken_over", False)
    assert 'description="Calculating ranking scores"' in inspect.getsource(ranker)
    assert 'description="Applying Bias correction"' in inspect.getsource(algorithm)


def test_nncf_reports_only_in_the_wrappers_that_are_taken_off():
    nncf = load_nncf()

    assert inspect.unwrap(nncf.quantize) is not nncf.quantize
    assert "telemetry" not in inspect.getsource(inspect.unwrap(nncf.quantize)).partition("def quantize(")[2]


def test_openvino_still_stores_weights_of_fake_quantised_constants_as_integers():
    load_openvino()
    from openvino import _offline_transformations

    assert callable(_offline_transformations.compress_quantize_weights_transformation)
