import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accubench.configuration import parse_configuration, read_configuration
from accubench.configuration.wording import EXPECTATIONS, SECTIONS, STEPS
from accubench.errors import ConfigurationError, Finding
from accubench.records.accuracy_configuration import AccuracyConfiguration

TUTORIAL = """\
preprocessing:
  - decode: {color: BGR, exif: ignore}
  - resize: {size: 256, mode: stretch, library: opencv, interpolation: bilinear}
  - crop: {size: 227}
  - normalize: {mean: [104, 117, 123]}
outputs: {scores: auto}
annotations: {offset: 0}
metrics: {top_k: [1, 5], per_class: true}
"""


def problems(text):
    """Every finding as ``line:column message remedy``."""
    with pytest.raises(ConfigurationError) as caught:
        parse_configuration(text, name="test.yaml")
    assert all(finding.file == "test.yaml" for finding in caught.value.findings)
    return [str(finding).removeprefix("test.yaml:") for finding in caught.value.findings]


def findings_of(text):
    """The findings, none where the text is a configuration; any other error passes through."""
    try:
        parse_configuration(text, name="a.yaml")
    except ConfigurationError as error:
        return error.findings or [Finding(code="no-finding", message="an error without one")]
    return ()


def with_step(step):
    return f"preprocessing:\n- decode: {{}}\n- {step}\n"


def test_the_tutorial_is_read():
    configuration = parse_configuration(TUTORIAL, name="tutorial.yaml").configuration

    assert configuration == AccuracyConfiguration.model_validate(
        {
            "preprocessing": [
                {"decode": {"color": "BGR", "exif": "ignore"}},
                {"resize": {"size": 256, "mode": "stretch", "library": "opencv", "interpolation": "bilinear"}},
                {"crop": {"size": 227}},
                {"normalize": {"mean": [104, 117, 123]}},
            ],
            "outputs": {"scores": "auto"},
            "annotations": {"offset": 0},
            "metrics": {"top_k": [1, 5], "per_class": True},
        }
    )


def test_given_values_have_file_and_line_as_origin_and_others_default():
    origins = parse_configuration(TUTORIAL, name="some/where/tutorial.yaml").origins

    assert origins["preprocessing.1.resize.size"] == "tutorial.yaml:3"
    assert origins["preprocessing.3.normalize.mean"] == "tutorial.yaml:5"
    assert origins["preprocessing.3.normalize.scale"] == "default"
    assert origins["annotations.offset"] == "tutorial.yaml:7"
    assert origins["outputs.name"] == "default"
    assert set(origins.values()) == {"default", *(f"tutorial.yaml:{line}" for line in range(2, 9))}


def test_every_value_has_an_origin():
    origins = parse_configuration("preprocessing: [decode: {}]", name="a.yaml").origins

    decode = {f"preprocessing.0.decode.{name}" for name in SECTIONS["decode"].model_fields}
    others = {f"{section}.{name}" for section in ("outputs", "annotations", "metrics")
              for name in SECTIONS[section].model_fields}  # fmt: skip
    assert set(origins) == decode | others


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ("resize: {size: 8, interpolaton: bicubic}",
         ("3:21: resize has no key 'interpolaton'; there are size, mode, library, interpolation, fill. "
         "Did you mean 'interpolation'?")),
        ("normalize: {std: [1, 2, 3]}",
         "3:15: normalize has no key 'std'; there are mean, scale. Did you mean 'scale'?"),
        ("resize: {size: 8, mean: 3}",
         ("3:21: resize has no key 'mean'; there are size, mode, library, interpolation, fill. "
         "'mean' belongs to normalize.")),
        ('resize: {size: "256"}',
         ("3:18: resize.size is the text '256'; expected a whole number of pixels from 1 to 65535, or [height, width]. "
         "Remove the quotes.")),
        ("resize: {size: 256x224}",
         ("3:18: resize.size is the text '256x224'; expected a whole number of pixels from 1 to 65535, or "
         "[height, width]. Write [256, 224]: height first.")),
        ("resize: {size: 256.0}",
         ("3:18: resize.size is 256.0; expected a whole number of pixels from 1 to 65535, or [height, width]. "
         "Write 256.")),
        ("resize: {size: [1, 2, 3]}",
         "3:18: resize.size is [1, 2, 3]; expected a whole number of pixels from 1 to 65535, or [height, width]."),
        ("resize: {size: 8, mode: squash}",
         ("3:27: resize.mode is the text 'squash'; expected one of stretch, shorter_side, letterbox. "
         "Did you mean 'stretch'?")),
        ("resize: {size: 8, library: pillow, interpolation: area}",
         "3:53: resize: pillow has no interpolation 'area'; it has nearest, box, bilinear, hamming, bicubic, lanczos."),
        ("resize: {mode: stretch}",
         "3:3: resize has no size; expected a whole number of pixels from 1 to 65535, or [height, width]."),
        ("crop: {fraction: 87.5}",
         ("3:20: crop.fraction is 87.5; expected a number above 0, and 1 at most, such as 0.875. "
         "It is a share, not per cent: 0.875.")),
        ("crop: {size: 3, fraction: 0.5}", "3:29: crop: give either size or fraction."),
        ("crop: {}", "3:3: crop: give either size or fraction."),
        ("normalize: {mean: [104, x, 123]}",
         ("3:27: normalize.mean, item 2, is the text 'x'; expected a number, or a list with one number per channel "
         "such as [104, 117, 123].")),
        ("normalize: {scale: 0}", "3:22: normalize.scale is 0: scale divides and must not be 0."),
        ("normalize: {mean: .nan}",
         ("3:21: normalize.mean is nan; expected a number, or a list with one number per channel such as "
         "[104, 117, 123].")),
        ("normalise: {mean: 3}",
         ("3:3: There is no step 'normalise'; expected one of decode, resize, crop, normalize. "
         "Did you mean 'normalize'?")),
        ("crop",
         "3:3: A step is the text 'crop'; expected one of decode, resize, crop, normalize. Write '- crop: {…}'."),
        ("crop:", "3:8: crop is empty; expected its options: size, fraction, rounding."),
        ("normalize: ",
         "3:13: normalize is empty; expected its options: mean, scale. Write 'normalize: {}' for the defaults."),
        ("decode: {}", "3:3: Step 2 decodes: preprocessing starts with one decode step."),
        ("{}", "3:3: A step is {}; expected one of decode, resize, crop, normalize with its options."),
        ("[3]", "3:3: A step is [3]; expected one of decode, resize, crop, normalize with its options."),
        ("crop: {size: 3, size: 4}", "3:19: 'size' is given twice, first in line 3. Keep one of them."),
        ("crop: {size: 3}\n  resize: {size: 3}",
         ("4:3: A step with 2 keys (crop, resize); expected one. Begin each step with its own '- ', and indent the "
         "options of a step further than its name.")),
    ],
)  # fmt: skip
def test_one_mistake_in_a_step_is_one_located_finding(step, expected):
    assert problems(with_step(step)) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("preprocessing: {decode: {}}",
         ("1:16: preprocessing is {decode: {}}; expected a list of steps that begins with '- decode: …'. "
         "Begin each step with '- '.")),
        ("preprocessing: []", "1:16: preprocessing is []; expected a list of steps that begins with '- decode: …'."),
        ("preprocessing: [crop: {size: 3}]",
         ("1:17: The first step is crop: preprocessing starts with one decode step. "
         "Put '- decode: {color: RGB}' before it.")),
        ("- decode: {}",
         ("1:1: The file is [{decode: {}}]; expected 'preprocessing:' with a list of steps. "
         "Put the steps below 'preprocessing:'.")),
        ("just text", "1:1: The file is the text 'just text'; expected 'preprocessing:' with a list of steps."),
        ("outputs: {}",
         "1:1: There is no 'preprocessing:'; expected a list of steps that begins with '- decode: …'."),
        ("preprocesing: [decode: {}]",
         ("1:1: At the top there is no key 'preprocesing'; there are preprocessing, outputs, annotations, metrics. "
         "Did you mean 'preprocessing'?")),
        ("preprocessing: [decode: {}]\ntop_k: [1]",
         ("2:1: At the top there is no key 'top_k'; there are preprocessing, outputs, annotations, metrics. "
         "'top_k' belongs to metrics.")),
        ("preprocessing: [decode: {}]\nresize: {size: 3}",
         ("2:1: At the top there is no key 'resize'; there are preprocessing, outputs, annotations, metrics. "
         "It is a step: write '- resize: …' below 'preprocessing:'.")),
        ("preprocessing: [decode: {color: rgb}]",
         "1:33: decode.color is the text 'rgb'; expected one of RGB, BGR, gray. Did you mean 'RGB'?"),
        ("preprocessing: [decode: {}]\noutputs:",
         "2:9: outputs is empty; expected its options: scores, name. Write 'outputs: {}' for the defaults."),
        ("preprocessing: [decode: {}]\nannotations: {offset: 1, by: name}",
         "2:30: annotations: give only one of offset, map and by: name."),
        ("preprocessing: [decode: {}]\nannotations: {map: {0: 1, a: 2}}",
         ("2:30: annotations.map, item the text 'a', is 2; expected the model's output for each id of the dataset, "
         "such as {0: 1, 1: 5}.")),
        ("preprocessing: [decode: {}]\nmetrics: {top_k: 5}",
         "2:18: metrics.top_k is 5; expected a list of whole numbers from 1 up, such as [1, 5]. Write [5]."),
        ("preprocessing: [decode: {}]\nmetrics: {per_class: yes}",
         "2:22: metrics.per_class is the text 'yes'; expected true or false. Write true."),
        ("preprocessing: [decode: {}]\n? [1]\n: 2", "2:3: A list or mapping stands where a key was expected."),
    ],
)  # fmt: skip
def test_one_mistake_in_the_file_is_one_located_finding(text, expected):
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "1:1: The file is empty; expected 'preprocessing:' with a list of steps."),
        ("# only a comment\n", "1:1: The file is empty; expected 'preprocessing:' with a list of steps."),
        ("preprocessing:\n\t- decode: {}", "2:1: A tab stands where YAML expects something else. Indent with spaces."),
        ("a: b: c",
         ("1:5: A ':' that YAML does not expect here. Check the indentation of this line and the one above, and quote "
         "text that contains ': '.")),
        ("a: 1\n---\nb: 2", "2:1: A second document begins here; expected one. Remove the line '---'."),
        ("a: &x [1]\nb: *x", "1:4: Anchors (&name) and aliases (*name) are not read here. Write the value out."),
        ("a: !!python/object/apply:os.system [true]",
         "1:4: Tags (!name) are not read here. Write the plain value; quote text that begins with '!'."),
        ("[" * 100_000, "1:13: More than 12 levels of nesting. A configuration needs five."),
        ("ab\nc\x00", "2:2: The character U+0000 must not stand in YAML."),
        ("x" * 1_000_001, "1:1: The file has more than 1,000,000 characters; expected a few lines of YAML."),
    ],
)  # fmt: skip
def test_text_that_is_no_plain_yaml_is_refused_with_its_line(text, expected):
    assert problems(text) == [expected]


@pytest.mark.parametrize("text", ["{", '"abc', "a: [1", "- a\nb: 1", "%YAML 9", "@x"])
def test_other_syntax_errors_name_line_and_reason(text):
    (problem,) = problems(text)

    assert "Not valid YAML" in problem
    assert problem.split(":")[0].isdecimal()


def test_a_billion_laughs_are_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 10)]

    assert problems("\n".join(lines)) == [
        "1:5: Anchors (&name) and aliases (*name) are not read here. Write the value out."
    ]


def test_all_problems_of_a_file_come_at_once_in_its_order():
    text = """\
preprocessing:
  - decod: {color: rgb, x: 1}
  - resize: {size: "256", library: pillow, interpolation: area}
  - crop: {siz: 227, fraction: 0.5}
  - normalise: {mean: [a, ~], std: 0}
  - decode: {}
metrics: {top_k: [0, 1], bins: 15}
annotations: {map: {1: b}, offset: 1}
"""
    found = problems(text)

    assert [problem.split(": ")[0] for problem in found] == [
        "2:5", "2:20", "2:25", "3:20", "3:59", "4:12", "4:17", "5:5", "5:24", "5:27", "5:31", "5:36", "6:5", "7:19",
        "7:26", "8:24", "8:36",
    ]  # fmt: skip


def test_a_file_of_thousands_of_mistakes_is_refused_in_a_moment():
    found = problems("preprocessing:\n" + "- decod: {colr: rgb}\n" * 2000)

    assert len(found) == 3 * 2000 + 1999
    assert "2001:17: decode.color is the text 'rgb'" in "\n".join(found)


def test_the_summary_names_the_file_and_counts_the_problems():
    with pytest.raises(ConfigurationError, match=r"^bad\.yaml is not a valid accuracy configuration: 2 problems\."):
        parse_configuration("preprocessing: [decode: {x: 1, y: 2}]", name="bad.yaml")


@pytest.mark.parametrize(
    ("written", "read"),
    [("1e2", 100.0), ("1E-3", 0.001), ("-.5", -0.5), ("017", 17.0), ("+3", 3.0), ("0.875", 0.875), ("5.", 5.0)],
)
def test_numbers_are_read_as_people_mean_them(written, read):
    resolved = parse_configuration(with_step(f"normalize: {{mean: {written}}}"), name="a.yaml")

    assert resolved.configuration.preprocessing[1].normalize.mean == read


@pytest.mark.parametrize("written", ["1:30", "0x1F", "1_000", "yes", "2026-01-01", "x" * 5000])
def test_what_only_looks_like_a_number_is_refused(written):
    (problem,) = problems(with_step(f"normalize: {{mean: {written}}}"))

    assert "normalize.mean is the text" in problem
    assert len(problem) < 250


def test_a_map_of_thousands_of_classes_is_read():
    lines = "".join(f"    {dataset_class}: {dataset_class + 1}\n" for dataset_class in range(3_000))
    resolved = parse_configuration(f"preprocessing: [decode: {{}}]\nannotations:\n  map:\n{lines}", name="a.yaml")

    assert resolved.configuration.annotations.map == {i: i + 1 for i in range(3_000)}
    assert resolved.origins["annotations.map"] == "a.yaml:3"


ODD_VALUES = ("[]", "[1]", "[1, 1, 1]", "[[]]", "[[1]]", "[null]", "{}", "{a: 1}", "{0: 1}", "null", "x", "''", "true")
ODD_VALUES += ("-1", "0", "0.5", "1e999", ".nan", "-0.0", "99999999999999999999999", "2026-11-29")


@pytest.mark.parametrize(
    ("section", "field"), [(name, field) for name, record in SECTIONS.items() for field in record.model_fields]
)
def test_every_odd_value_of_a_field_is_taken_or_refused_where_it_stands(section, field):
    for value in ODD_VALUES:
        options = f"{section}: {{{field}: {value}}}"
        beside = "size: 5, " if section in {"resize", "crop"} and field != "size" else ""
        if section == "decode":
            text = f"preprocessing:\n- {options}\n"
        elif section in STEPS:
            text = f"preprocessing:\n- decode: {{}}\n- {section}: {{{beside}{field}: {value}}}\n"
        else:
            text = f"preprocessing:\n- decode: {{}}\n{options}\n"
        for finding in findings_of(text):
            assert finding.line == text.count("\n"), (text, finding)
            assert field in finding.message, (text, finding)


_words = st.sampled_from(
    ["preprocessing", "decode", "resize", "crop", "normalize", "size", "mean", "scale", "map", "metrics", "top_k", "x"]
)
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | _words,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_words | st.integers(), children, max_size=3),
    max_leaves=12,
)


@settings(deadline=None, max_examples=200)
@given(_anything)
def test_any_data_is_a_configuration_or_a_located_error(data):
    import yaml

    class Dumper(yaml.SafeDumper):
        ignore_aliases = staticmethod(lambda _: True)

    for wrapped in (data, {"preprocessing": data}, {"preprocessing": [{"decode": {}}, data]}):
        text = yaml.dump(wrapped, Dumper=Dumper)
        lines = text.count("\n") + 1
        assert all(finding.column and 1 <= finding.line <= lines for finding in findings_of(text))


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_a_configuration_or_a_located_error(text):
    for whole in (text, f"preprocessing:\n- decode: {{}}\n{text}"):
        assert all(finding.line for finding in findings_of(whole))


def test_a_file_is_read_and_errors_have_its_whole_path(tmp_path):
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text(TUTORIAL, encoding="utf-8-sig")
    bad.write_text("preprocessing: [decode: {x: 1}]")

    assert read_configuration(good).origins["preprocessing.0.decode.color"] == "good.yaml:2"
    with pytest.raises(ConfigurationError) as caught:
        read_configuration(bad)
    assert caught.value.findings[0].file == str(bad)


def test_files_that_are_no_text_are_refused(tmp_path):
    latin, huge = tmp_path / "latin.yaml", tmp_path / "huge.yaml"
    latin.write_bytes(b"# a\n# caf\xe9\n")
    huge.write_bytes(b"#" * 1_000_001)

    with pytest.raises(ConfigurationError, match=r"latin\.yaml:2: The byte 0xE9 is not UTF-8"):
        read_configuration(latin)
    with pytest.raises(ConfigurationError, match=r"more than 1,000,000 bytes"):
        read_configuration(huge)
    with pytest.raises(ConfigurationError, match=r"absent\.yaml: The file cannot be opened: No such file"):
        read_configuration(tmp_path / "absent.yaml")
    with pytest.raises(ConfigurationError, match=r"cannot be opened: Is a directory"):
        read_configuration(tmp_path)


@pytest.mark.parametrize(
    ("steps", "caution"),
    [
        ("decode: {color: RGB}, normalize: {mean: [0.485, 0.456, 0.406], scale: [0.229, 0.224, 0.225]}",
         "units of 0 to 1"),
        ("decode: {color: RGB}, normalize: {mean: [104, 117, 123]}", "in the order BGR"),
        ("decode: {color: BGR}, normalize: {mean: [123.675, 116.28, 103.53], scale: 58}", "in the order RGB"),
        ("decode: {color: BGR}, normalize: {mean: [104, 117, 123]}", None),
        ("decode: {color: RGB}, normalize: {scale: 255}, normalize: {mean: [0.485, 0.456, 0.406], scale: 0.2}", None),
        ("decode: {color: RGB}, normalize: {mean: 127.5, scale: 127.5}", None),
        ("decode: {color: RGB}, normalize: {}", None),
    ],
)  # fmt: skip
def test_the_usual_mistakes_of_normalisation_are_noted(steps, caution):
    notes = parse_configuration(f"preprocessing: [{steps}]", name="a.yaml").notes

    assert len(notes) == (caution is not None)
    assert caution is None or caution in notes[0]


def test_every_value_of_the_records_is_described_and_its_example_is_right():
    fields = {f"{section}.{name}" for section, record in SECTIONS.items() for name in record.model_fields}

    assert set(EXPECTATIONS) == fields
    for field, expectation in EXPECTATIONS.items():
        section, name = field.split(".")
        needed = {"size": 8} if section == "resize" or field == "crop.rounding" else {}
        SECTIONS[section].model_validate({**needed, name: expectation.example})


def test_importing_the_room_loads_nothing_heavy():
    program = (
        "import sys, accubench.configuration; "
        "print([m for m in ('openvino', 'onnx', 'cv2', 'polars', 'plotly', 'pyarrow', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=Path.cwd())

    assert done.stdout.strip() == "[]"
