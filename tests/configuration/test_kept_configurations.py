"""A model that AccuBench made keeps its accuracy configuration, and that is what is inferred for it."""

import pytest
from described_models import a_model
from hypothesis import given
from hypothesis import strategies as st

from accubench.configuration import infer_configuration, parse_configuration, write_configuration

KEPT = "the accuracy configuration kept in the model"
TEXT = """
preprocessing:
  - decode: {color: BGR}
  - resize: {size: 256, mode: stretch}
  - crop: {size: 227}
  - normalize: {mean: [104, 117, 123]}
annotations: {offset: 1}
"""


def keeping(text):
    return a_model("openvino", (227, 227), mean=(1.0, 2.0, 3.0)).model_copy(update={"configuration_yaml": text})


def test_the_kept_configuration_is_inferred_before_metadata():
    resolved = infer_configuration(keeping(TEXT))

    assert resolved.configuration == parse_configuration(TEXT, name="a.yaml").configuration
    assert resolved.origins["preprocessing.3.normalize.mean"] == KEPT
    assert resolved.origins["annotations.offset"] == KEPT
    assert set(resolved.origins.values()) == {KEPT, "default"}


def test_a_configuration_comes_back_from_its_own_yaml():
    written = parse_configuration(TEXT, name="a.yaml")

    assert infer_configuration(keeping(write_configuration(written))).configuration == written.configuration


@pytest.mark.parametrize(
    "text", ["", "preprocessing: [", "preprocessing: [decode: {shade: BGR}]", "steps: 3", "[" * 99]
)
def test_a_damaged_one_is_noted_and_metadata_counts(text):
    resolved = infer_configuration(keeping(text))
    without = infer_configuration(keeping(None))

    assert resolved.configuration == without.configuration
    assert resolved.notes[0].startswith("The accuracy configuration kept in the model is ignored")
    assert resolved.notes[1:] == without.notes


@given(st.text())
def test_no_text_is_fatal(text):
    infer_configuration(keeping(text))
