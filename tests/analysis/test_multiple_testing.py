"""Q-values against statsmodels and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from accubench.analysis import benjamini_hochberg

# Few distinct values, so that ties are common.
P_VALUES = st.lists(st.sampled_from([0.0, 1e-9, 0.01, 0.02, 0.03, 0.05, 0.5, 1.0]) | st.floats(0, 1), min_size=1)


@given(P_VALUES)
def test_q_values_are_those_of_statsmodels_and_scipy(p_values):
    q_n = benjamini_hochberg(p_values)

    np.testing.assert_allclose(q_n, multipletests(p_values, method="fdr_bh")[1], rtol=1e-12)
    np.testing.assert_allclose(q_n, false_discovery_control(p_values, method="bh"), rtol=1e-12)


def test_the_published_example_comes_out():
    # Benjamini and Hochberg 1995, section 4.1: at 5 % four of the fifteen hypotheses are rejected.
    p_values = [
        *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528),
        *(0.7590, 1.0000),
    ]
    assert np.flatnonzero(benjamini_hochberg(p_values) <= 0.05).tolist() == [0, 1, 2, 3]


def test_no_tests_give_no_q_values():
    assert benjamini_hochberg([]).tolist() == []


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_a_single_test_needs_no_correction(p):
    assert benjamini_hochberg([p]).tolist() == [p]
