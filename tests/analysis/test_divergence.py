"""The KL divergence against scipy.special.rel_entr."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import rel_entr, softmax

from accubench.analysis.divergence import kl_divergence
from accubench.analysis.matched_classes import MatchedClasses


@given(st.integers(0, 10_000), st.integers(2, 9), st.floats(0.1, 5))
def test_it_is_the_sum_of_scipys_relative_entropies(seed, classes, spread):
    random = np.random.default_rng(seed)
    p_nc, q_nc = (softmax(random.normal(scale=spread, size=(6, classes)), axis=1) for _ in range(2))

    found = kl_divergence(q_nc, p_nc, MatchedClasses.of(range(classes), classes))

    np.testing.assert_allclose(found, rel_entr(p_nc, q_nc).sum(axis=1), rtol=1e-9, atol=1e-12)


@given(st.integers(0, 10_000))
def test_it_is_over_the_classes_that_both_models_have_in_common(seed):
    random = np.random.default_rng(seed)
    optimised_nc, parent_nc = softmax(random.normal(size=(5, 4)), axis=1), softmax(random.normal(size=(5, 3)), axis=1)
    q_nc, p_nc = optimised_nc[:, [0, 3]], parent_nc[:, [2, 0]]
    p_nc, q_nc = p_nc / p_nc.sum(axis=1, keepdims=True), q_nc / q_nc.sum(axis=1, keepdims=True)

    found = kl_divergence(optimised_nc, parent_nc, MatchedClasses.of([2, -1, -1, 0], 3))

    np.testing.assert_allclose(found, rel_entr(p_nc, q_nc).sum(axis=1), rtol=1e-9, atol=1e-14)


def test_a_class_that_is_ruled_out_counts_as_one_with_a_probability_of_1e_12():
    same = MatchedClasses.of([0, 1], 2)
    found = kl_divergence(np.array([[1.0, 0.0]]), np.array([[0.75, 0.25]]), same)
    assert found[0] == rel_entr([0.75, 0.25], [1.0, 1e-12]).sum()


@given(st.integers(0, 10_000), st.floats(0, 100))
def test_equal_probabilities_have_no_divergence_at_all(seed, spread):
    p_nc = softmax(np.random.default_rng(seed).normal(scale=spread, size=(4, 50)), axis=1)
    assert kl_divergence(p_nc, p_nc, MatchedClasses.of(range(50), 50)).tolist() == [0, 0, 0, 0]


@given(st.integers(0, 10_000), st.floats(0, 100))
def test_it_is_never_negative(seed, spread):
    random = np.random.default_rng(seed)
    p_nc = softmax(random.normal(scale=spread, size=(4, 50)), axis=1)
    q_nc = softmax(np.log(p_nc + 1e-300) + random.normal(scale=1e-9, size=p_nc.shape), axis=1)
    assert (kl_divergence(q_nc, p_nc, MatchedClasses.of(range(50), 50)) >= 0).all()


def test_without_probability_in_common_classes_there_is_none():
    found = kl_divergence(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]), MatchedClasses.of([0, -1], 2))
    assert np.isnan(found).all()
