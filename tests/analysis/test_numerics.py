"""The numbers of a step against ten lines of numpy, and the rule for a warning on both sides of each bound."""

import numpy as np
import pytest
from scipy import stats

from accubench.analysis.numerics import change_between, compare_steps, matters
from accubench.records.model import Quantization
from accubench.records.report import ScoreReading

PROBABILITIES = ScoreReading(kind="probabilities", reason="test")


def drawn(n=200, classes=10, noise=0.4, seed=1):
    random = np.random.default_rng(seed)
    before = random.normal(0, 1, (n, classes))
    after = before + random.normal(0, noise, before.shape)
    return [np.exp(each) / np.exp(each).sum(axis=1, keepdims=True) for each in (before, after)]


def outcomes(*, both_right=0, broken=0, fixed=0, moved=0, annotated=True):
    """The change between two steps with these outcomes; `moved` images are wrong in both, the rest right in both."""
    kinds = [(0, 0)] * both_right + [(0, 1)] * broken + [(1, 0)] * fixed + [(1, 2)] * moved
    before, after = (np.eye(3)[[pair[side] for pair in kinds]] for side in (0, 1))
    annotated_n = np.zeros(len(kinds), np.int32) if annotated else np.full(len(kinds), -1, np.int32)
    return change_between(compare_steps(after, before, annotated_n, PROBABILITIES))


def test_flips_agreement_and_distances_are_those_of_numpy_and_scipy():
    before, after = drawn()
    truth = np.random.default_rng(2).integers(0, 10, len(before)).astype(np.int32)

    change = change_between(compare_steps(after, before, truth, PROBABILITIES))

    old, new = before.argmax(axis=1), after.argmax(axis=1)
    flipped = old != new
    assert change.flips.total == flipped.sum() > 10
    assert change.flips.broken == ((old == truth) & flipped).sum()
    assert change.flips.fixed == ((new == truth) & flipped).sum()
    assert change.difference.value == pytest.approx((new == truth).mean() - (old == truth).mean())
    exact = stats.binomtest(int(flipped.sum()), len(before)).proportion_ci(method="exact")
    assert (change.disagreement_low, change.disagreement_high) == pytest.approx((exact.low, exact.high))
    assert change.mean_mse == pytest.approx(((after - before) ** 2).mean())
    assert change.max_abs_difference == pytest.approx(np.abs(after - before).max())
    assert change.mean_kl_divergence == pytest.approx(stats.entropy(before, after, axis=1).mean())


def test_integers_are_compared_as_what_they_stand_for():
    before, after = (np.array([[values, 0]], np.uint8) for values in (100, 110))
    reading = ScoreReading(kind="logits", reason="test", quantization=Quantization(scale=0.5, zero_point=0))

    change = change_between(compare_steps(after, before, np.array([-1], np.int32), reading))

    assert change.max_abs_difference == 5.0
    assert change.difference is None


def test_a_shown_loss_of_accuracy_matters():
    assert matters(outcomes(both_right=90, broken=10))
    assert outcomes(both_right=90, broken=10).difference.high < 0


def test_a_loss_that_may_be_chance_does_not_matter():
    change = outcomes(both_right=61, broken=3)
    assert change.difference.value < 0
    assert not matters(change)


@pytest.mark.parametrize(("changed", "of", "warned"), [(7, 64, False), (8, 64, True), (0, 64, False), (64, 64, True)])
def test_without_annotations_the_lower_bound_of_disagreement_decides(changed, of, warned):
    change = outcomes(both_right=of - changed, broken=changed, annotated=False)

    assert (change.disagreement_low > 0.05) == warned
    assert matters(change) == warned


def test_many_other_classes_do_not_matter_where_a_loss_is_excluded():
    harmless = outcomes(both_right=8500, moved=1500)

    assert harmless.disagreement_low > 0.05
    assert harmless.difference.low > -0.01
    assert not matters(harmless)
    assert matters(outcomes(both_right=8500, moved=1500, annotated=False))
