"""The validator below knows the few words of JSON schema that ours uses, and refuses any other."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings

from accubench.configuration import json_schema, parse_configuration, write_configuration
from accubench.configuration.yaml_source import read_source
from accubench.errors import ConfigurationError
from configuration_strategies import configurations

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json_schema()
REGENERATE = (
    'docs/accuracy-configuration.schema.json is not what the records say; write it again with: python -c "import json; '
    'from accubench.configuration import json_schema; print(json.dumps(json_schema(), indent=2, ensure_ascii=False))" '
    "> docs/accuracy-configuration.schema.json"
)
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}
ANNOTATIONS = {"$schema", "$id", "$defs", "title", "description", "default", "examples"}


def has_type(value, name):
    if name in {"integer", "number"}:
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return number and (name == "number" or float(value).is_integer())
    return isinstance(value, TYPES[name])


def check_object(value, schema):
    properties = schema.get("properties", {})
    yield set(schema.get("required", [])) <= set(value)
    yield all(fits(item, properties[key]) for key, item in value.items() if key in properties)
    others = schema.get("additionalProperties", True)
    for key, item in value.items():
        if key not in properties and others is not True:
            yield others is not False and fits(item, others)
    yield all(re.search(schema["propertyNames"]["pattern"], key) for key in value if "propertyNames" in schema)


def check_array(value, schema):
    first = schema.get("prefixItems", [])
    yield schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    yield all(fits(item, one) for item, one in zip(value, first, strict=False))
    yield all(fits(item, schema.get("items", True)) for item in value[len(first) :])
    yield "contains" not in schema or any(fits(item, schema["contains"]) for item in value)


def check_number(value, schema):
    yield schema.get("minimum", value) <= value <= schema.get("maximum", value)
    yield "exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"]


OBJECT = {"properties", "required", "additionalProperties", "propertyNames"}
ARRAY = {"minItems", "maxItems", "prefixItems", "items", "contains"}
NUMBER = {"minimum", "maximum", "exclusiveMinimum"}
ANY = {"type", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "not", "if", "then", "else"}


def fits(value, schema):
    if isinstance(schema, bool):
        return schema
    assert set(schema) <= ANNOTATIONS | OBJECT | ARRAY | NUMBER | ANY, f"unknown words: {sorted(schema)}"
    checks = [
        "type" not in schema or has_type(value, schema["type"]),
        value in schema.get("enum", [value]),
        "const" not in schema or (value == schema["const"] and not isinstance(value, bool)),
        "$ref" not in schema or fits(value, SCHEMA["$defs"][schema["$ref"].removeprefix("#/$defs/")]),
        any(fits(value, one) for one in schema.get("anyOf", [True])),
        sum(fits(value, one) for one in schema.get("oneOf", [True])) == 1,
        all(fits(value, one) for one in schema.get("allOf", [])),
        not fits(value, schema.get("not", False)),
        fits(value, schema.get("then" if fits(value, schema.get("if", True)) else "else", True)),
    ]
    if isinstance(value, dict):
        checks += check_object(value, schema)
    elif isinstance(value, list):
        checks += check_array(value, schema)
    elif has_type(value, "number"):
        checks += check_number(value, schema)
    return all(checks)


def with_text_keys(value):
    """As JSON has it."""
    return json.loads(json.dumps(value))


def test_the_published_schema_is_the_one_of_the_records():
    published = json.loads((DOCS / "accuracy-configuration.schema.json").read_text(encoding="utf-8"))

    assert published == SCHEMA, REGENERATE


def test_every_reference_resolves_and_every_definition_is_used():
    references = set(re.findall(r'"#/\$defs/(\w+)"', json.dumps(SCHEMA)))

    assert references == set(SCHEMA["$defs"])


def test_every_option_has_a_description():
    for name, definition in SCHEMA["$defs"].items():
        for key, option in definition["properties"].items():
            assert "description" in option or "$ref" in option, f"{name}.{key}"


def test_the_example_of_the_schema_fits_it():
    assert all(fits(example, SCHEMA) for example in SCHEMA["examples"])


@settings(deadline=None)
@given(configurations)
def test_every_written_configuration_fits_the_schema(configuration):
    source = read_source(write_configuration(configuration), name="a.yaml")

    assert fits(with_text_keys(source.data), SCHEMA)


VALID = [
    "preprocessing: [decode: {}]",
    "preprocessing: [decode: {}, crop: {size: [3, 4]}]",
    "preprocessing: [decode: {}, crop: {fraction: 0.5, rounding: symmetric}]",
    "preprocessing: [decode: {}, resize: {size: 3, library: pillow, interpolation: hamming}]",
    "preprocessing: [decode: {}]\nannotations: {map: {0: 1}, offset: 0}",
    "preprocessing: [decode: {}, normalize: {mean: 1, scale: [1, 2.5]}]",
]
INVALID = [
    "outputs: {}",
    "preprocessing: []",
    "preprocessing: {decode: {}}",
    "preprocessing: [crop: {size: 3}]",
    "preprocessing: [decode: {}, decode: {}]",
    "preprocessing: [decode: {}, blur: {}]",
    "preprocessing: [decode: {color: rgb}]",
    "preprocessing: [decode: {}, resize: {}]",
    "preprocessing: [decode: {}, resize: {size: '3'}]",
    "preprocessing: [decode: {}, resize: {size: 0}]",
    "preprocessing: [decode: {}, resize: {size: [1, 2, 3]}]",
    "preprocessing: [decode: {}, resize: {size: 3, interpolation: lanczos}]",
    "preprocessing: [decode: {}, resize: {size: 3, interpolation: area, library: pillow}]",
    "preprocessing: [decode: {}, resize: {size: [3, 4], mode: shorter_side}]",
    "preprocessing: [decode: {}, resize: {size: 3, fill: 256}]",
    "preprocessing: [decode: {}, crop: {}]",
    "preprocessing: [decode: {}, crop: {size: 3, fraction: 0.5}]",
    "preprocessing: [decode: {}, crop: {fraction: 0}]",
    "preprocessing: [decode: {}, crop: {size: 3, rounding: symmetric}]",
    "preprocessing: [decode: {}, normalize: {mean: []}]",
    "preprocessing: [decode: {}, normalize: {mean: [1, 2, 3, 4, 5]}]",
    "preprocessing: [decode: {}, normalize: {scale: 0}]",
    "preprocessing: [decode: {}, normalize: {scale: [1, 0]}]",
    "preprocessing: [decode: {}]\nannotations: {offset: 1, by: name}",
    "preprocessing: [decode: {}]\nannotations: {offset: 1, map: {0: 1}}",
    "preprocessing: [decode: {}]\nannotations: {by: name, map: {0: 1}}",
    "preprocessing: [decode: {}]\nannotations: {map: {a: 1}}",
    "preprocessing: [decode: {}]\nmetrics: {top_k: []}",
    "preprocessing: [decode: {}]\nmetrics: {top_k: [0]}",
    "preprocessing: [decode: {}]\nmetrics: {calibration_bins: 1}",
    "preprocessing: [decode: {}]\nmetrics: {per_class: 1}",
    "preprocessing: [decode: {}]\nextra: 1",
]


@pytest.mark.parametrize("text", VALID)
def test_parser_and_schema_agree_on_what_is_right(text):
    parse_configuration(text, name="a.yaml")

    assert fits(with_text_keys(read_source(text, name="a.yaml").data), SCHEMA)


@pytest.mark.parametrize("text", INVALID)
def test_parser_and_schema_agree_on_what_is_wrong(text):
    with pytest.raises(ConfigurationError):
        parse_configuration(text, name="a.yaml")

    assert not fits(with_text_keys(read_source(text, name="a.yaml").data), SCHEMA)
