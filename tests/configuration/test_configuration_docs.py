import re
from pathlib import Path

import pytest
from described_models import a_model, steps

from accubench.configuration import PRESETS, parse_configuration, preset_configuration, read_configuration
from accubench.configuration.wording import SECTIONS
from accubench.preprocessing import Preprocessor
from accubench.records.model import TensorDescription

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "accuracy-configuration.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
EXAMPLES = sorted((DOCS / "examples").glob("*.yaml"))
INPUT_SIDES = {"tutorial": 227, "mobilenet-v2-quant": 224, "mobilenet-v1-quant": 128, "torchvision-resnet50": 224}


def parsed(text):
    return parse_configuration(text, name="docs.yaml").configuration


def test_every_yaml_block_of_the_page_is_a_configuration_without_cautions():
    assert len(BLOCKS) == 10
    for block in BLOCKS:
        assert not parse_configuration(block, name="docs.yaml").notes


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_page_shows_what_a_preset_is(name):
    (block,) = re.findall(rf"^`{name}`:.*?```yaml\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE)
    side = 227 if name == "caffe-imagenet" else 224
    background = name == "tf-slim"
    preset = preset_configuration(name, a_model("onnx", (side, side), background=background))

    assert parsed(block) == preset.configuration, steps(preset)


@pytest.mark.parametrize("section", list(SECTIONS))
def test_the_page_has_a_row_for_every_option_and_names_every_choice(section):
    heading = rf"^##+ {section}$(.*?)(?=^##)"
    (text,) = re.findall(heading, PAGE, re.DOTALL | re.MULTILINE | re.IGNORECASE)

    for name, field in SECTIONS[section].model_fields.items():
        assert f"| `{name}` |" in text, name
        for choice in getattr(field.annotation, "__args__", ()):
            assert not isinstance(choice, str) or f"`{choice}`" in text, choice


def test_the_tutorial_on_the_page_is_the_file():
    assert read_configuration(DOCS / "examples/tutorial.yaml").configuration == parsed(BLOCKS[0])


def test_all_examples_are_linked_from_the_page():
    assert {path.name for path in EXAMPLES} == set(re.findall(r"\(examples/(.*?)\)", PAGE))
    assert {path.stem for path in EXAMPLES} == set(INPUT_SIDES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_ends_in_the_input_it_names(path):
    resolved = read_configuration(path)
    side = INPUT_SIDES[path.stem]
    model_input = TensorDescription(name="data", shape=(1, 3, side, side), dtype="float32", layout="NCHW")

    assert not resolved.notes
    assert Preprocessor(resolved.configuration, model_input).output_shape_hwc == (side, side, 3)


def test_the_python_example_of_the_page_runs(monkeypatch, capsys):
    monkeypatch.chdir(DOCS / "examples")
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names = {}
    exec(code, names)  # the page is ours

    assert names["resolved"].configuration.decode.color == "BGR"
    assert names["resolved"].origins["preprocessing.1.resize.size"] == "tutorial.yaml:4"
    assert "# tutorial.yaml:4" in capsys.readouterr().out
