"""Ids of one model as ids of another, both ways."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accubench.analysis.matched_classes import MatchedClasses


@st.composite
def matchings(draw):
    parent_count = draw(st.integers(1, 8))
    outputs = draw(st.lists(st.integers(-1, parent_count - 1), min_size=1, max_size=8))
    seen = set()
    return [-1 if each in seen or seen.add(each) else each for each in outputs], parent_count


@given(matchings())
def test_a_class_goes_to_its_counterpart_and_back(matching):
    parent_outputs, parent_count = matching
    matched = MatchedClasses.of(parent_outputs, parent_count)
    ids = np.arange(len(parent_outputs))

    assert matched.in_parent(ids).tolist() == parent_outputs
    back = matched.in_optimised(matched.in_parent(ids))
    assert back.tolist() == [each if parent_outputs[each] >= 0 else -1 for each in ids.tolist()]
    theirs = [parent_outputs.index(each) if each in parent_outputs else -1 for each in range(parent_count)]
    assert matched.in_optimised(np.arange(parent_count)).tolist() == theirs
    assert matched.in_parent(np.array([-1])).tolist() == matched.in_optimised(np.array([-1])).tolist() == [-1]


@pytest.mark.parametrize(
    ("parent_outputs", "parent_count", "same"),
    [([0, 1, 2], 3, True), ([0, 1], 3, False), ([0, 1, -1], 2, False), ([1, 0], 2, False)],
)
def test_models_are_the_same_with_equal_outputs_in_equal_order(parent_outputs, parent_count, same):
    assert MatchedClasses.of(parent_outputs, parent_count).same is same


@pytest.mark.parametrize("parent_outputs", [[0, 0], [0, 2], [-2, 0]])
def test_what_is_no_matching_is_refused(parent_outputs):
    with pytest.raises(ValueError, match="output"):
        MatchedClasses.of(parent_outputs, 2)
