"""Form and YAML say the same, in both directions, and a form's edit leaves the rest of the text alone."""

import pytest
from hypothesis import given, settings

from accubench.configuration import parse_configuration, write_configuration
from accubench.configuration.checking import check_text
from accubench.configuration.form_writing import write_form
from accubench.records.accuracy_configuration import AccuracyConfiguration
from accubench.records.configuration_form import (
    CheckedConfiguration,
    ConfigurationForm,
    CropForm,
    DecodeForm,
    MetricsForm,
    NormalizeForm,
    ResizeForm,
)
from accubench.web.configuration_form import form_view
from configuration_strategies import configurations

BY_HAND = """\
# How SqueezeNet was trained
preprocessing:
  # colours first
  - decode: {color: BGR, exif: ignore}  # Caffe
  # squashed
  - resize:
      size: 256   # both sides
      mode: stretch

  - crop: {size: 227}  # the input
  - normalize: {mean: [104, 117, 123]}
# read as they are
outputs: {scores: auto}
metrics:
  top_k: [1, 5]  # as everyone does
"""


def read(text):
    return parse_configuration(text, name="test.yaml").configuration


def form_of(text):
    form = check_text(text).form
    assert form is not None
    return form


def with_step(form, index, **values):
    steps = list(form.steps)
    steps[index] = steps[index].model_copy(update=values)
    return form.model_copy(update={"steps": tuple(steps)})


@given(configurations)
def test_a_form_written_as_yaml_gives_the_same_form(configuration):
    form = form_of(write_configuration(configuration))

    assert form_of(write_form(form).text) == form


@given(configurations)
def test_yaml_shown_as_a_form_and_written_again_is_the_same_configuration(configuration):
    form = form_of(write_configuration(configuration))

    assert read(write_form(form).text) == configuration


@given(configurations)
def test_a_form_that_nobody_edited_leaves_the_text_as_it_is(configuration):
    text = write_configuration(configuration)

    assert write_form(form_of(text), text).text == text


@settings(max_examples=50)
@given(configurations, configurations)
def test_any_form_can_be_written_into_any_text(before, after):
    written = write_form(form_of(write_configuration(after)), write_configuration(before))

    assert read(written.text) == after
    assert not written.lost_comments


def test_a_value_is_exchanged_in_place():
    written = write_form(with_step(form_of(BY_HAND), 1, height="300"), BY_HAND)

    assert written.text == BY_HAND.replace("size: 256   # both", "size: 300   # both")
    assert written.lost_comments == ()


def test_a_value_that_was_a_default_is_added_to_its_step():
    written = write_form(with_step(form_of(BY_HAND), 2, rounding="half_even"), BY_HAND)

    assert written.text == BY_HAND.replace("{size: 227}", "{size: 227, rounding: half_even}")


def test_a_step_moves_with_the_comments_above_and_behind_it():
    form = form_of(BY_HAND)
    decode, resize, crop, normalize = form.steps
    moved = form.model_copy(update={"steps": (decode, crop, resize, normalize)})

    written = write_form(moved, BY_HAND)

    lines = written.text.splitlines()
    assert lines.index("  - crop: {size: 227}  # the input") < lines.index("  # squashed")
    assert lines[lines.index("  # squashed") + 1] == "  - resize:"
    assert not written.lost_comments
    assert form_of(written.text) == moved


def test_a_removed_step_takes_its_comment_along_and_says_so():
    form = form_of(BY_HAND)

    written = write_form(form.model_copy(update={"steps": (*form.steps[:2], form.steps[3])}), BY_HAND)

    assert written.lost_comments == ("# the input",)
    assert "# squashed" in written.text


def test_an_added_step_stands_where_the_form_has_it():
    form = form_of(BY_HAND)
    added = form.model_copy(update={"steps": (*form.steps, ResizeForm(height="64"))})

    written = write_form(added, BY_HAND)

    assert read(written.text).preprocessing[4].resize.size == 64
    assert not written.lost_comments


def test_a_section_that_the_text_leaves_out_is_added_at_its_end():
    form = form_of(BY_HAND)

    written = write_form(
        form.model_copy(update={"annotations": form.annotations.model_copy(update={"offset": "1"})}), BY_HAND
    )

    assert written.text == BY_HAND + "annotations: {offset: 1}\n"


def test_text_in_one_flow_is_written_anew_and_its_comments_are_named():
    text = "{preprocessing: [decode: {color: BGR}]}  # short\n"
    form = form_of(text)

    written = write_form(form.model_copy(update={"steps": (*form.steps, CropForm(height="8"))}), text)

    assert read(written.text).preprocessing[1].crop.size == 8
    assert written.lost_comments == ("# short",)


@pytest.mark.parametrize(
    ("form", "path"),
    [
        (ConfigurationForm(steps=(DecodeForm(), ResizeForm(height="big: {"))), "preprocessing.1.resize.size"),
        (ConfigurationForm(steps=(DecodeForm(), ResizeForm(height=""))), "preprocessing.1.resize.size"),
        (ConfigurationForm(steps=(DecodeForm(), NormalizeForm(mean="1, two, 3"))), "preprocessing.1.normalize.mean"),
        (ConfigurationForm(metrics=MetricsForm(calibration_bins="")), "metrics.calibration_bins"),
        (ConfigurationForm(metrics=MetricsForm(top_k="0")), "metrics.top_k"),
    ],
)
def test_a_mistake_in_a_control_is_found_at_that_control(form, path):
    text = write_form(form, "preprocessing: [decode: {}]\n").text
    checked = check_text(text)

    assert [(placed.path or "").startswith(path) for placed in checked.findings] == [True]
    view = form_view(checked.form, CheckedConfiguration(findings=checked.findings, form=checked.form))
    wrong = [control.place for part in (*view.steps, *view.sections) for control in part.controls if control.error]
    assert wrong == [path]


def test_what_a_form_has_no_control_for_keeps_the_form_away_and_the_text_whole():
    text = "preprocessing: [decode: {}, rotate: {by: 90}]\n"

    checked = check_text(text)

    assert checked.form is None
    assert "rotate" in checked.form_problem


def test_every_value_of_the_records_has_a_control():
    letterbox = ResizeForm(height="8", mode="letterbox")
    steps = (DecodeForm(), letterbox, CropForm(height="8"), CropForm(way="fraction", fraction="0.5"), NormalizeForm())
    places = set()
    for annotations in ({"way": "offset"}, {"way": "map", "map": "0: 1"}):
        form = ConfigurationForm.model_validate({"steps": steps, "annotations": annotations})
        view = form_view(form, CheckedConfiguration())
        places |= {control.place for part in (*view.steps, *view.sections) for control in part.controls}

    schema = AccuracyConfiguration.model_json_schema()["$defs"]
    of_steps = {"decode": "Decode", "resize": "Resize", "crop": "Crop", "normalize": "Normalize"}
    of_sections = {"outputs": "Outputs", "annotations": "Annotations", "metrics": "Metrics"}
    known = {place.partition(".")[2].partition(".")[2] if place.startswith("pre") else place for place in places}
    wanted = {
        f"{name}.{key}" for name, record in (of_steps | of_sections).items() for key in schema[record]["properties"]
    }
    assert wanted - known == {"annotations.by"}  # a way of matching classes, chosen beside offset and map
