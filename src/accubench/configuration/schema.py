"""The JSON schema of an accuracy configuration, for editors and other programs."""

from __future__ import annotations

from typing import Any, cast

from accubench.configuration.wording import EXPECTATIONS, SECTIONS
from accubench.records.accuracy_configuration import (
    OPENCV_INTERPOLATIONS,
    PILLOW_INTERPOLATIONS,
    AccuracyConfiguration,
)

__all__ = ["SCHEMA_ID", "json_schema"]

SCHEMA_ID = "https://github.com/accubench/accubench/blob/main/docs/accuracy-configuration.schema.json"
"""Where the schema is published."""

_EXAMPLE = {
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


def _given(name: str, constraint: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {name: constraint}, "required": [name]}


_RULES: dict[str, dict[str, Any]] = {
    "Resize": {
        "allOf": [
            {
                "if": _given("library", {"const": "pillow"}),
                "then": {"properties": {"interpolation": {"enum": list(PILLOW_INTERPOLATIONS)}}},
                "else": {"properties": {"interpolation": {"enum": list(OPENCV_INTERPOLATIONS)}}},
            },
            {
                "if": _given("mode", {"const": "shorter_side"}),
                "then": {"properties": {"size": {"type": "integer"}}},
            },
        ]
    },
    "Crop": {
        "oneOf": [
            _given("size", {"not": {"type": "null"}}),
            _given("fraction", {"not": {"type": "null"}}),
        ],
        "allOf": [
            {
                "if": _given("rounding", {"const": "symmetric"}),
                "then": _given("fraction", {"not": {"type": "null"}}),
            }
        ],
    },
    "Annotations": {
        "allOf": [
            {
                "if": _given("by", {"const": "name"}),
                "then": {"properties": {"offset": {"const": 0}, "map": {"type": "null"}}},
            },
            {
                "if": _given("map", {"type": "object"}),
                "then": {"properties": {"offset": {"const": 0}}},
            },
        ]
    },
    "AccuracyConfiguration": {
        "properties": {
            "preprocessing": {
                "prefixItems": [{"$ref": "#/$defs/DecodeStep"}],
                "items": {"not": {"$ref": "#/$defs/DecodeStep"}},
            }
        }
    },
}
"""What the records check among several values, in the words of JSON schema."""


def json_schema() -> dict[str, Any]:
    """The schema (draft 2020-12) of the YAML form, kept in ``docs/accuracy-configuration.schema.json``.

    It is made from the records; what they check among several values is added.
    One rule has no counterpart: a class id as key of ``annotations.map`` is text in JSON.

    >>> json_schema()["required"]
    ['preprocessing']
    """
    schema = AccuracyConfiguration.model_json_schema()
    definitions: dict[str, Any] = schema.pop("$defs")
    for name, definition in definitions.items():
        _tidy(definition)
        definition.update(_RULES.get(name, {}))
    for section, record in SECTIONS.items():
        for key, value in definitions[record.__name__]["properties"].items():
            if "enum" not in value:
                value["examples"] = [_json_form(EXPECTATIONS[f"{section}.{key}"].example)]
    definitions["Annotations"]["properties"]["map"]["anyOf"][0]["propertyNames"] = {"pattern": "^[-+]?[0-9]+$"}
    definitions["Normalize"]["properties"]["scale"]["not"] = {
        "anyOf": [{"const": 0}, {"type": "array", "contains": {"const": 0}}]
    }
    _tidy(schema)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "AccuBench accuracy configuration",
        **schema,
        "allOf": [_RULES["AccuracyConfiguration"]],
        "examples": [_EXAMPLE],
        "$defs": definitions,
    }


def _tidy(definition: dict[str, Any]) -> None:
    """Without the titles that only repeat names, and with descriptions on one line."""
    definition.pop("title", None)
    for part in (definition, *cast("dict[str, dict[str, Any]]", definition.get("properties", {})).values()):
        part.pop("title", None)
        if "description" in part:
            part["description"] = " ".join(str(part["description"]).split())


def _json_form(value: Any) -> Any:
    """Keys of maps are text in JSON."""
    if isinstance(value, dict):
        return {str(key): item for key, item in cast("dict[Any, Any]", value).items()}
    return value
