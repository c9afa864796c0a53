from hypothesis import given, settings

from accubench.configuration import describe_configuration, parse_configuration, write_configuration
from accubench.records.accuracy_configuration import AccuracyConfiguration, ResolvedConfiguration
from configuration_strategies import configurations, resolved_configurations

TUTORIAL = """\
preprocessing:
  - decode: {color: BGR, exif: ignore}
  - resize: {size: 256, mode: stretch, library: opencv, interpolation: bilinear}
  - crop: {size: 227, rounding: floor}
  - normalize: {mean: [104, 117, 123], scale: 1}
outputs: {scores: auto}
annotations: {offset: 0}
metrics: {top_k: [1, 5], per_class: true, calibration_bins: 15}
"""


def read(text):
    return parse_configuration(text, name="test.yaml").configuration


@settings(deadline=None)
@given(configurations)
def test_every_configuration_reads_back_equal(configuration):
    assert read(write_configuration(configuration)) == configuration


@settings(deadline=None)
@given(resolved_configurations)
def test_no_origin_or_note_can_break_out_of_its_comment(resolved):
    assert read(write_configuration(resolved)) == resolved.configuration


@settings(deadline=None)
@given(configurations)
def test_a_written_configuration_is_written_the_same_again(configuration):
    text = write_configuration(configuration)

    assert write_configuration(read(text)) == text


def test_the_tutorial_is_written_as_people_write_it():
    assert write_configuration(read(TUTORIAL)) == TUTORIAL


def test_origins_stand_behind_their_step_and_notes_on_top():
    configuration = read("preprocessing: [decode: {}, crop: {size: 8}]")
    resolved = ResolvedConfiguration(
        configuration=configuration,
        origins={
            "preprocessing.0.decode.color": "habit",
            "preprocessing.0.decode.exif": "habit",
            "preprocessing.1.crop.size": "the model's input",
            "preprocessing.1.crop.rounding": "default",
        },
        notes=("Look\nhere.",),
    )

    assert write_configuration(resolved).splitlines()[:4] == [
        "# Look here.",
        "preprocessing:",
        "  - decode: {color: RGB, exif: ignore}  # habit",
        "  - crop: {size: 8, rounding: floor}  # size: the model's input; rounding: default",
    ]


def test_rare_decode_rules_are_written_only_where_they_differ():
    text = write_configuration(read("preprocessing: [decode: {cmyk: fail}]"))

    assert "- decode: {color: RGB, exif: ignore, cmyk: fail}" in text


def test_a_long_map_is_written_as_a_block_and_reads_back():
    configuration = AccuracyConfiguration.model_validate(
        {"preprocessing": [{"decode": {}}], "annotations": {"map": {i: i + 1 for i in range(1000)}}}
    )
    text = write_configuration(configuration)

    assert "\n    999: 1000\n" in text
    assert read(text) == configuration


def test_a_description_lists_every_value_with_an_effect_in_order():
    rows = describe_configuration(parse_configuration(TUTORIAL, name="dir/tutorial.yaml"))

    assert [row for row in rows if not row[0].startswith("preprocessing.0")] == [
        ("preprocessing.1.resize.size", "256", "tutorial.yaml:3"),
        ("preprocessing.1.resize.mode", "stretch", "tutorial.yaml:3"),
        ("preprocessing.1.resize.library", "opencv", "tutorial.yaml:3"),
        ("preprocessing.1.resize.interpolation", "bilinear", "tutorial.yaml:3"),
        ("preprocessing.2.crop.size", "227", "tutorial.yaml:4"),
        ("preprocessing.2.crop.rounding", "floor", "tutorial.yaml:4"),
        ("preprocessing.3.normalize.mean", "[104, 117, 123]", "tutorial.yaml:5"),
        ("preprocessing.3.normalize.scale", "1", "tutorial.yaml:5"),
        ("outputs.scores", "auto", "tutorial.yaml:6"),
        ("annotations.offset", "0", "tutorial.yaml:7"),
        ("metrics.top_k", "[1, 5]", "tutorial.yaml:8"),
        ("metrics.per_class", "true", "tutorial.yaml:8"),
        ("metrics.calibration_bins", "15", "tutorial.yaml:8"),
    ]
    assert [row[0].rpartition(".")[2] for row in rows[:6]] == [
        "color", "exif", "alpha", "sixteen_bit", "cmyk", "animated",
    ]  # fmt: skip
